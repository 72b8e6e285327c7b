"""What examples of clocks share: calendars, instants, promises, and the clock that a history gives."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sla.calendars.calendar import parse_calendar
from sla.clocks import Clock, compute_clock
from sla.history import (
    Category,
    Created,
    HistoryEvent,
    Metric,
    StateChanged,
    Target,
)

MINUTE, HOUR, DAY = 60, 3600, 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = parse_calendar({"tz": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in DAYS[:5]}})
ALWAYS = parse_calendar({"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in DAYS}})
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


def on(hours: float, days: int = 0) -> datetime:
    """An instant counted from Monday 9 March 2026, midnight."""
    return MONDAY + timedelta(days=days, hours=hours)


def promise(metric: Metric = "resolution", **more: Any) -> Target:
    options: dict[str, Any] = {"seconds": {1: 15 * MINUTE, 2: 4 * HOUR, 4: 24 * HOUR}, "calendar": OFFICE}
    return Target(metric=metric, **{**options, **more})


def became(at: datetime, category: Category, **more: Any) -> StateChanged:
    return StateChanged(at=at, category=category, **more)


def clock_of(target: Target, now: datetime, *events: HistoryEvent) -> Clock:
    return compute_clock(target.metric, target, events, now)


PAUSED = (Created(on(9), priority=2), became(on(10), "waiting", state="on hold", reason="customer"))
SOLVED = (Created(on(9), priority=2), became(on(11), "resolved"))
