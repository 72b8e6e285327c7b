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
    """A ticket was given to another group or person; `regrouped` when it came to another group."""

    group_id: int | None
    assignee_id: int | None
    actor_id: int | None
    escalated: bool = False
    regrouped: bool = False


@dataclass(frozen=True)
class TicketAnswered(TicketEvent):
    """A public, internal or work entry was written."""

    journal_id: int
    entry_kind: str
    by_requester: bool
    automatic: bool
    actor_id: int | None


@dataclass(frozen=True)
class PeopleMentioned(TicketEvent):
    """A note that only staff read addresses people; who is addressed in a public reply gets that reply."""

    journal_id: int
    person_ids: tuple[int, ...]
    actor_id: int | None


@dataclass(frozen=True)
class TicketRestored(TicketEvent):
    """Facts of a ticket were set back to what they were before a step that was taken back; `fields` names them."""

    fields: frozenset[str]


@dataclass(frozen=True)
class TicketMerged(TicketEvent):
    """The ticket went on in another one, `target_id`, which tells both stories from now on.

    `acknowledge` is False when its requester must not be told.
    """

    target_id: int
    actor_id: int | None
    acknowledge: bool = True


@dataclass(frozen=True)
class TicketUnmerged(TicketEvent):
    """A merge into `target_id` was taken back; `told` when the requester had heard of the merge by mail."""

    target_id: int
    told: bool


@dataclass(frozen=True)
class TicketTargetSpent(TicketEvent):
    """A share of a target was spent (the step of an agreement fell): `percent` of `metric`."""

    metric: str
    percent: int
