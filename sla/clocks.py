"""Service level clocks as a pure function of a ticket's history, a target and an instant. Rules: C1 to C6.

What the rules leave open is decided here: acceptance is never paused; response and acceptance end at the latest when
the ticket is resolved; an update clock ends with the resolution and starts a new generation when the ticket is
reopened; a clock whose priority has no target counts as cancelled until it has one again.
"""

from collections.abc import Iterable
from datetime import datetime

from sla.calendars.calendar import BusinessCalendar, NeverOpen
from sla.clock_run import ClockRun
from sla.clock_values import Clock, ClockState, Segment
from sla.history import Cancelled, Created, HistoryEvent, Metric, Target

__all__ = ["Clock", "ClockState", "Segment", "compute_clock", "compute_generations", "step_instant"]


def compute_clock(metric: Metric, target: Target, history: Iterable[HistoryEvent], now: datetime) -> Clock:
    """Return the current generation of a clock as it stands at an instant. Rules: C1 to C6.

    `target` is what applied when the ticket was created. Events may come in any order, those after `now` are left out;
    events of one instant keep their order, except that a creation, then a cancellation come first. Raises `ValueError`
    for a target of another metric and for a ticket created twice.
    """
    return compute_generations(metric, target, history, now)[-1]


def compute_generations(
    metric: Metric, target: Target, history: Iterable[HistoryEvent], now: datetime
) -> tuple[Clock, ...]:
    """Return the clocks of every generation, ended ones first: each promise of an update is kept or broken by itself.

    A change of target that starts anew goes on in the same clock under a higher generation. Arguments and errors are
    those of `compute_clock`.
    """
    if target.metric != metric:
        raise ValueError(f"target: is for {target.metric}, not for {metric}")
    run = ClockRun(metric, target)
    for event in sorted((event for event in history if event.at <= now), key=_order):
        run.apply(event)
    return run.generations(now)


def _order(event: HistoryEvent) -> tuple[datetime, int]:
    # Cancelling also moves the ticket to a closed state: the clock must not count as met for that.
    rank = 0 if isinstance(event, Created) else 1 if isinstance(event, Cancelled) else 2
    return event.at, rank


def step_instant(
    clock: Clock, calendar: BusinessCalendar, *, percent: int | None = None, minutes_before_due: int | None = None
) -> datetime | None:
    """Return when an escalation step falls while the clock runs, None while it is paused or ended. Rule: E1.

    Exactly one offset is given: per cent of the target, 100 and more allowed, falls at the earliest instant with that
    share spent; business minutes before the due instant, negative for after it, never before the measurement began.
    """
    if (percent is None) == (minutes_before_due is None):
        raise ValueError("a step needs either percent or minutes_before_due")
    if clock.due_at is None or clock.target_seconds is None or clock.measured_from_at is None:
        return None
    pauses = [(segment.from_at, segment.to_at) for segment in clock.segments if not segment.counted]
    try:
        if minutes_before_due is not None:
            return max(clock.measured_from_at, calendar.add(clock.due_at, -60 * minutes_before_due, pauses))
        to_spend = -(-clock.target_seconds * (percent or 0) // 100) - clock.carried_seconds
        return calendar.add(clock.measured_from_at, max(to_spend, 0), pauses)
    except NeverOpen:
        return None
