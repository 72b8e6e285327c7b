"""What happens to tickets. Every event names the ticket and its kind, and carries ids and plain values only."""

from dataclasses import dataclass
from datetime import datetime

from itsm.kernel.events import Event


@dataclass(frozen=True)
class TicketEvent(Event):
    """Base of all ticket events."""

    ticket_id: int
    kind: str


@dataclass(frozen=True)
class TicketOpened(TicketEvent):
    """A ticket was recorded; `acknowledge` is False when its requester must get no confirmation."""

    actor_id: int | None
    channel: str
    at: datetime
    acknowledge: bool = True


@dataclass(frozen=True)
class TicketMoved(TicketEvent):
    """A ticket took a step of its life cycle."""

    step: str
    before: str
    after: str
    before_category: str
    after_category: str
    actor_id: int | None


@dataclass(frozen=True)
class TicketChanged(TicketEvent):
    """Facts of a ticket changed; `fields` names them."""

    fields: frozenset[str]
    actor_id: int | None


@dataclass(frozen=True)
class TicketAssigned(TicketEvent):
    """A ticket was given to another group or person."""

    group_id: int | None
    assignee_id: int | None
    actor_id: int | None
    escalated: bool = False


@dataclass(frozen=True)
class TicketAnswered(TicketEvent):
    """A public, internal or work entry was written."""

    journal_id: int
    entry_kind: str
    by_requester: bool
    automatic: bool
    actor_id: int | None
