"""What the clocks read: the events of one ticket's history, and the target that an agreement sets for one metric.

Every event carries its instant. The history of a ticket is all a clock knows. Rule: C1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sla.calendars.calendar import BusinessCalendar

# `response`, `acceptance`, `update`, `resolution`, or the key of a metric of the site's own.
Metric = str
Category = Literal["open", "active", "waiting", "resolved", "closed"]
TargetChange = Literal["retroactive", "from_change"]
Remainder = Literal["percent", "anew"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What an agreement promises for one metric: open seconds by priority, in one calendar.

    A priority without seconds has no target. `pause_response` lets pausing states also pause the response clock (C3);
    `pause_reasons` limits pauses to those reasons, None pauses for every reason (C3). `target_change` says how a new
    priority or agreement is measured and `remainder` what a clock measured from the change starts with: the share that
    remains, or anew (C5). `reopen_counts` counts the time between resolved and reopened (C6).
    """

    metric: Metric
    seconds: Mapping[int, int]
    calendar: BusinessCalendar
    pause_response: bool = False
    pause_reasons: frozenset[str] | None = None
    target_change: TargetChange = "retroactive"
    remainder: Remainder = "percent"
    reopen_counts: bool = False

    def __post_init__(self) -> None:
        if any(seconds <= 0 for seconds in self.seconds.values()):
            raise ValueError("seconds: a target must be longer than nothing")


@dataclass(frozen=True)
class Created:
    """The ticket came into being."""

    at: datetime
    priority: int
    category: Category = "open"


@dataclass(frozen=True, kw_only=True)
class StateChanged:
    """The ticket entered a state; `pauses` is that state's own flag, by default true for category waiting (C3).

    `elsewhere` means that it left whoever the clock is for: every metric is paused, whatever the agreement says (C7).
    """

    at: datetime
    category: Category
    state: str = ""
    pauses: bool | None = None
    reason: str = ""
    elsewhere: bool = False

    @property
    def is_pausing(self) -> bool:
        """Whether the state asks clocks to pause."""
        return self.category == "waiting" if self.pauses is None else self.pauses


@dataclass(frozen=True)
class PriorityChanged:
    """The priority became another."""

    at: datetime
    priority: int


@dataclass(frozen=True)
class AgentReplied:
    """An agent gave a public answer or called back: no automatic mail, no internal note (C2)."""

    at: datetime


@dataclass(frozen=True)
class AssignedToPerson:
    """The ticket was given to a person (C2)."""

    at: datetime


@dataclass(frozen=True)
class PassedToGroup:
    """The ticket came to a group, or to none (C7)."""

    at: datetime
    group_id: int | None


@dataclass(frozen=True)
class Reset:
    """The condition that begins the clock of an own metric anew has come to hold (C2)."""

    at: datetime


@dataclass(frozen=True)
class AgreementChanged:
    """Another agreement's target applies to the metric from now on; None when no agreement covers it any more."""

    at: datetime
    target: Target | None


@dataclass(frozen=True)
class Cancelled:
    """The ticket was cancelled or merged into another: clocks that have not ended do not count (C6)."""

    at: datetime
    reason: str = "cancelled"


@dataclass(frozen=True)
class RecomputeOrdered:
    """Somebody ordered, on record, that an earlier breach be judged again by what applies now (C4)."""

    at: datetime
    reason: str


HistoryEvent = (
    Created
    | StateChanged
    | PriorityChanged
    | AgentReplied
    | AssignedToPerson
    | PassedToGroup
    | Reset
    | AgreementChanged
    | Cancelled
    | RecomputeOrdered
)
