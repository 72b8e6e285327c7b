"""What a clock says: its standing at one instant, and the segments that explain it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sla.calendars.calendar import BusinessCalendar
from sla.history import Metric

ClockState = Literal["not_started", "running", "paused", "met", "breached", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch [from_at, to_at) of a clock's life and why it was counted or not. Rule: C1.

    `seconds` are the stretch's open seconds, spent where `counted` and spared where not; the counted ones of a clock
    add up to its elapsed seconds. A segment without length explains a change of target; its seconds are what the
    change added to what is spent, negative where it gave time back. Rule: C5.
    """

    from_at: datetime
    to_at: datetime
    counted: bool
    reason: str
    calendar: BusinessCalendar = field(repr=False)
    seconds: int

    @property
    def calendar_rule(self) -> str:
        """The rule of the calendar that was in force; told only to who asks, since most clocks are not explained."""
        return self.calendar.rule_between(self.from_at, self.to_at)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The standing of one metric of one ticket at one instant. Rules: C1, C4.

    `due_at` is set only while the clock runs, also when it is breached, and None where the calendar never gets there
    (T4). `remaining_seconds` is negative once the target is exceeded. `generation` counts resets from 1. The due
    instant is measured from `measured_from_at`, where `carried_seconds` were spent already.
    """

    metric: Metric
    state: ClockState
    target_seconds: int | None
    elapsed_seconds: int
    remaining_seconds: int | None
    started_at: datetime | None
    due_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    generation: int
    segments: tuple[Segment, ...]
    measured_from_at: datetime | None
    carried_seconds: int


def not_started_clock(metric: Metric) -> Clock:
    """Return the clock of a ticket that has not been created yet."""
    return Clock(
        metric=metric,
        state="not_started",
        target_seconds=None,
        elapsed_seconds=0,
        remaining_seconds=None,
        started_at=None,
        due_at=None,
        stopped_at=None,
        breached_at=None,
        generation=1,
        segments=(),
        measured_from_at=None,
        carried_seconds=0,
    )
