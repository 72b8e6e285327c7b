"""The period of a report: half-open whole days in one zone, cut into months of the reader's calendar."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import jdatetime

from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _

LONGEST_DAYS = 3660
Day = Callable[[date], date]


@dataclass(frozen=True)
class Period:
    """Days [first, end) in a zone; `jalali` cuts them into Jalali months. Of `all_time` the first day says nothing."""

    first: date
    end: date
    timezone: str
    jalali: bool = False
    all_time: bool = False

    @property
    def from_at(self) -> datetime:
        """The instant at which the period begins."""
        return day_start(self.first, self.timezone)

    @property
    def to_at(self) -> datetime:
        """The instant before which the period ends."""
        return day_start(self.end, self.timezone)

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.first).days

    def months(self) -> list[date]:
        """First days of the months, each cut to the period."""
        starts = [self.first]
        while (following := next_month(starts[-1], jalali=self.jalali)) < self.end:
            starts.append(following)
        return starts

    def starts(self, days: list[date]) -> tuple[datetime, ...]:
        """The instants at which these days begin."""
        return tuple(day_start(day, self.timezone) for day in days)


def checked_period(first: date, end: date, *, timezone: str, jalali: bool = False) -> Period:
    """A period whose days and zone make sense; raises `Invalid` that names the field."""
    if end <= first:
        raise Invalid.field("to", _("The last day must lie after the first; the period ends before this day."))
    if (end - first).days > LONGEST_DAYS:
        raise Invalid.field("from", _("A report covers ten years at most."))
    if not 1900 <= first.year <= 2400:
        raise Invalid.field("from", _("This year is outside of what reports cover."))
    return Period(first, end, timezone, jalali)


def day_start(day: date, timezone: str) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def month_start(day: date, *, jalali: bool) -> date:
    """The first day of the month that a day belongs to."""
    if not jalali:
        return day.replace(day=1)
    there = jdatetime.date.fromgregorian(date=day)
    start: date = jdatetime.date(there.year, there.month, 1).togregorian()
    return start


def next_month(day: date, *, jalali: bool) -> date:
    """The first day of the month after the one that a day belongs to."""
    return month_start(month_start(day, jalali=jalali) + timedelta(days=32), jalali=jalali)


def year_start(day: date, *, jalali: bool) -> date:
    """The first day of the year that a day belongs to."""
    if not jalali:
        return day.replace(month=1, day=1)
    start: date = jdatetime.date(jdatetime.date.fromgregorian(date=day).year, 1, 1).togregorian()
    return start


def presets(today: date, *, jalali: bool) -> list[tuple[str, Message, date, date]]:
    """Ready-made periods: name, title, first day, day before which they end."""
    this = month_start(today, jalali=jalali)
    last = month_start(this - timedelta(days=1), jalali=jalali)
    quarter = last
    for _step in range(2):
        quarter = month_start(quarter - timedelta(days=1), jalali=jalali)
    year = year_start(today, jalali=jalali)
    following = today + timedelta(days=1)
    return [
        ("last_month", _("Last month"), last, this),
        ("this_month", _("This month so far"), this, following),
        ("last_3_months", _("Last three months"), quarter, this),
        ("this_year", _("This year so far"), year, following),
        ("last_30_days", _("Last 30 days"), following - timedelta(days=30), following),
    ]
