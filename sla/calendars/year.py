"""One year of a business calendar day by day: what kind of day each is, its open hours, sums by month. Pure.

The year is that of the reader's calendar: Gregorian, or Jalali for Persian.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import jdatetime
from babel.dates import get_day_names, get_month_names

from itsm.kernel.formats import JALALI_MONTHS, Reader
from itsm.kernel.month import locale_of, week_of
from sla.calendars.calendar import BusinessCalendar
from sla.calendars.local_hours import Opening, merge_spans
from sla.calendars.zone_offsets import DAY_SECONDS

KINDS = ("full", "open", "short", "extra", "closed", "holiday")
FIRST_YEAR, LAST_YEAR = 1901, 2399


@dataclass(frozen=True)
class YearDay:
    """One day: `kind` is one of `KINDS`; `hours` are the stretches open on it, `seconds` their real length.

    `changed_seconds` says by how much clocks go forward (+) or back (-) on it; `column` (0 to 6) and `row` where it
    stands in its month.
    """

    day: date
    number: str
    kind: str
    hours: str
    seconds: int
    name: str
    changed_seconds: int
    column: int
    row: int


@dataclass(frozen=True)
class YearMonth:
    """One month: its days in order, the open seconds, and how many days differ from the weekly hours."""

    title: str
    days: tuple[YearDay, ...]

    @cached_property
    def seconds(self) -> int:
        """Open seconds of the month."""
        return sum(each.seconds for each in self.days)

    @cached_property
    def open_days(self) -> int:
        """Days with any open hour."""
        return sum(each.seconds > 0 for each in self.days)

    @cached_property
    def special(self) -> list[YearDay]:
        """Days that differ from the weekly hours, or on which clocks change."""
        return [each for each in self.days if each.kind in ("short", "extra", "holiday") or each.changed_seconds]

    def count(self, kind: str) -> int:
        """Days of a kind."""
        return sum(each.kind == kind for each in self.days)


@dataclass(frozen=True)
class Year:
    """A year as it is drawn; `number` is the year of the reader's calendar, `weekdays` its columns in order."""

    number: int
    months: tuple[YearMonth, ...]
    weekdays: tuple[str, ...]

    @property
    def seconds(self) -> int:
        """Open seconds of the year."""
        return sum(month.seconds for month in self.months)

    @property
    def open_days(self) -> int:
        """Days with any open hour."""
        return sum(month.open_days for month in self.months)

    def count(self, kind: str) -> int:
        """Days of a kind."""
        return sum(month.count(kind) for month in self.months)


def this_year(reader: Reader, today: date) -> int:
    """The year of the reader's calendar in which a day lies."""
    return int(jdatetime.date.fromgregorian(date=today).year) if reader.is_jalali else today.year


def fitting_year(reader: Reader, wanted: int | None, today: date) -> int:
    """The wanted year, where it is one of the reader's calendar that can be drawn, else the present one.

    A Gregorian year that a Persian reader gives (an old link) is the Jalali one that begins in it, and the other way round.
    """
    year = wanted or this_year(reader, today)
    if reader.is_jalali and year > 1700:
        year -= 621
    elif not reader.is_jalali and year < 1700:
        year += 621
    first, last = (FIRST_YEAR - 621, LAST_YEAR - 622) if reader.is_jalali else (FIRST_YEAR, LAST_YEAR)
    return year if first <= year <= last else this_year(reader, today)


def year_of(calendar: BusinessCalendar, reader: Reader, number: int, names: Mapping[date, str]) -> Year:
    """A calendar's year as the reader counts years; `names` says what days are called."""
    locale = locale_of(reader.language)
    names_of_days = get_day_names("narrow", context="stand-alone", locale=locale)
    weekdays = tuple(str(names_of_days[weekday]) for weekday in week_of(reader.language, range(7)))
    first_weekday = locale.first_week_day
    months = tuple(
        _month(calendar, reader, number, month, names=names, first_weekday=first_weekday) for month in range(1, 13)
    )
    return Year(number, months, weekdays)


def _month(
    calendar: BusinessCalendar, reader: Reader, year: int, month: int, *, names: Mapping[date, str], first_weekday: int
) -> YearMonth:
    first, following = _first_day(reader, year, month), _first_day(reader, year + month // 12, month % 12 + 1)
    offset = (first.weekday() - first_weekday) % 7
    days = []
    for at in range((following - first).days):
        day = first + timedelta(days=at)
        days.append(_day(calendar, reader, day, name=names.get(day, ""), number=at + 1, place=divmod(offset + at, 7)))
    return YearMonth(_month_title(reader, month), tuple(days))


def _month_title(reader: Reader, month: int) -> str:
    if reader.is_jalali:
        return JALALI_MONTHS[month - 1]
    return str(get_month_names("wide", "stand-alone", reader.language)[month])


def _first_day(reader: Reader, year: int, month: int) -> date:
    if reader.is_jalali:
        first: date = jdatetime.date(year, month, 1).togregorian()
        return first
    return date(year, month, 1)


def _day(
    calendar: BusinessCalendar, reader: Reader, day: date, *, name: str, number: int, place: tuple[int, int]
) -> YearDay:
    start, end = (datetime.combine(each, time(), calendar.zone) for each in (day, day + timedelta(days=1)))
    stretches = list(calendar.intervals(start, end))
    seconds = sum(int((closes - opens).total_seconds()) for opens, closes in stretches)
    length = int(end.timestamp() - start.timestamp())
    return YearDay(
        day=day,
        number=reader.digits(str(number)),
        kind=_kind(calendar, day, is_full=0 < length == seconds),
        hours=reader.digits(", ".join(_stretch(opens, closes, calendar.zone) for opens, closes in stretches)),
        seconds=seconds,
        name=name,
        changed_seconds=DAY_SECONDS - length,
        column=place[1],
        row=place[0],
    )


def _stretch(opens: datetime, closes: datetime, zone: ZoneInfo) -> str:
    first, last = opens.astimezone(zone).strftime("%H:%M"), closes.astimezone(zone).strftime("%H:%M")
    return f"{first}–{'24:00' if last == '00:00' else last}"


def _kind(calendar: BusinessCalendar, day: date, *, is_full: bool) -> str:
    """What a day is by the openings that start on it; open round the clock also counts what ran on from the day before."""
    usual = _length(calendar.weekly[day.weekday()])
    special = calendar.date_hours.get(day)
    if special is not None:
        found = _length(special)
        if found == 0:
            return "holiday" if usual else "closed"
        if found != usual:
            return "extra" if found > usual else "short"
    elif day in calendar.holidays:
        return "holiday"
    if is_full:
        return "full"
    return "open" if usual or special else "closed"


def _length(openings: tuple[Opening, ...]) -> int:
    return sum(
        end - start for start, end in merge_spans((each.opens_seconds, each.closes_seconds) for each in openings)
    )
