"""What happens to major incidents."""

from dataclasses import dataclass

from itsm.tickets.events import TicketEvent


@dataclass(frozen=True)
class MajorDeclared(TicketEvent):
    """An incident was declared a major one."""

    actor_id: int | None


@dataclass(frozen=True)
class MajorUpdated(TicketEvent):
    """An update was posted; `phase` is the one it speaks of."""

    update_id: int
    phase: str


@dataclass(frozen=True)
class MajorActionAsked(TicketEvent):
    """The review of a major asks for an action that a problem or a change (`becomes`) shall carry."""

    action_id: int
    becomes: str
    title: str
