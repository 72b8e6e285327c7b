"""Days that come back every year on a date of the Gregorian, the Jalali or the Hijri calendar, and where they fall. Pure.

Jalali dates are those of Iran's calendar. Hijri dates are those of Umm al-Qura, known for 1924 to 2077; what is announced
may lie a day off, so one year's occurrence can be moved.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import jdatetime
from hijridate import Gregorian, Hijri

from sla.calendars.calendar import CalendarError, parse_openings

SYSTEMS = ("gregorian", "jalali", "hijri")
LARGEST_DAY = {
    "gregorian": (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
    "jalali": (31, 31, 31, 31, 31, 31, 30, 30, 30, 30, 30, 30),
    "hijri": (30,) * 12,
}
FARTHEST_MOVE_DAYS = 30
LONGEST_NAME = 255
MOST_DAYS = 40
MOST_MOVES = 100
HIJRI_FROM, HIJRI_TO = date(1924, 8, 1), date(2077, 11, 16)
_MEMBERS = frozenset({"name", "system", "month", "day", "hours", "moved"})


@dataclass(frozen=True)
class RecurringDay:
    """A day of every year: closed, or open in `hours` (pairs of times) only.

    `moved` says on which date the occurrence of one year of its own calendar falls instead.
    """

    name: str
    system: str
    month: int
    day: int
    hours: tuple[tuple[str, str], ...] = ()
    moved: Mapping[int, date] | None = None

    def as_data(self) -> dict[str, Any]:
        """The day as JSON holds it."""
        return {
            "name": self.name,
            "system": self.system,
            "month": self.month,
            "day": self.day,
            "hours": [list(pair) for pair in self.hours],
            "moved": {str(year): day.isoformat() for year, day in sorted((self.moved or {}).items())},
        }


@dataclass(frozen=True)
class Occurrence:
    """Where a recurring day falls in one year of its own calendar: as computed, and where it was moved to."""

    year: int
    computed_on: date
    moved_on: date | None = None

    @property
    def falls_on(self) -> date:
        """The day that counts."""
        return self.moved_on or self.computed_on


def occurrences(recurring: RecurringDay, *, first_on: date, last_on: date) -> Iterator[Occurrence]:
    """Where a day falls from one date to another, in order; years that have no such day are left out."""
    moved = recurring.moved or {}
    first, last = _year_of(recurring.system, first_on), _year_of(recurring.system, last_on)
    # A moved one may leave the range or come into it.
    for year in range(first - 1, last + 2):
        computed = _date_of(recurring.system, year, recurring.month, recurring.day)
        if computed is not None:
            found = Occurrence(year, computed, moved.get(year))
            if first_on <= found.falls_on <= last_on:
                yield found


def _year_of(system: str, day: date) -> int:
    if system == "jalali":
        return int(jdatetime.date.fromgregorian(date=day).year)
    if system == "hijri":
        known = min(max(day, HIJRI_FROM), HIJRI_TO)
        return int(Gregorian(known.year, known.month, known.day).to_hijri().year)
    return day.year


def _date_of(system: str, year: int, month: int, day: int) -> date | None:
    try:
        if system == "jalali":
            found: date = jdatetime.date(year, month, day).togregorian()
            return found
        if system == "hijri":
            gregorian = Hijri(year, month, day).to_gregorian()
            return date(gregorian.year, gregorian.month, gregorian.day)
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def parse_recurring(value: object) -> tuple[RecurringDay, ...]:
    """Recurring days out of JSON; raises `CalendarError` that names the place, such as `recurring[2].day`."""
    if not isinstance(value, list | tuple):
        raise CalendarError("recurring", "must be a list")
    if len(value) > MOST_DAYS:
        raise CalendarError("recurring", f"has more than {MOST_DAYS} entries")
    return tuple(_parse_one(each, f"recurring[{number}]") for number, each in enumerate(value))


def _parse_one(value: object, place: str) -> RecurringDay:
    if not isinstance(value, Mapping):
        raise CalendarError(place, "must be an object")
    unknown = sorted(str(key) for key in value.keys() - _MEMBERS)
    if unknown:
        raise CalendarError(f"{place}.{unknown[0][:40]}", "unknown field")
    name, system = value.get("name"), value.get("system")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
        raise CalendarError(f"{place}.name", f"must be a name of at most {LONGEST_NAME} letters")
    if system not in SYSTEMS:
        raise CalendarError(f"{place}.system", f"must be one of {', '.join(SYSTEMS)}")
    month = _whole(value.get("month"), f"{place}.month", 12)
    day = _whole(value.get("day"), f"{place}.day", LARGEST_DAY[system][month - 1])
    hours = value.get("hours", [])
    parse_openings(hours, f"{place}.hours")
    pairs = tuple((str(opens), str(closes)) for opens, closes in hours)
    plain = RecurringDay(name.strip(), system, month, day, pairs)
    return RecurringDay(plain.name, system, month, day, pairs, _moves(value.get("moved") or {}, plain, place))


def _whole(value: object, place: str, largest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise CalendarError(place, f"must be a whole number from 1 to {largest}")
    return value


def _moves(value: object, plain: RecurringDay, place: str) -> dict[int, date]:
    if not isinstance(value, Mapping) or len(value) > MOST_MOVES:
        raise CalendarError(f"{place}.moved", f"must be an object of at most {MOST_MOVES} years")
    return dict(_move(year, day, plain, f"{place}.moved.{str(year)[:10]}") for year, day in value.items())


def _move(year: object, day: object, plain: RecurringDay, place: str) -> tuple[int, date]:
    number = int(year) if isinstance(year, str) and year.isascii() and year.isdigit() and len(year) <= 4 else 0
    computed = _date_of(plain.system, number, plain.month, plain.day) if number else None
    if computed is None:
        raise CalendarError(place, "the day does not occur in that year of its calendar")
    try:
        moved = date.fromisoformat(day) if isinstance(day, str) and len(day) == 10 else None
    except ValueError:
        moved = None
    if moved is None:
        raise CalendarError(place, "must be a date YYYY-MM-DD")
    if abs((moved - computed).days) > FARTHEST_MOVE_DAYS:
        raise CalendarError(place, f"must lie within {FARTHEST_MOVE_DAYS} days of {computed}")
    return number, moved
