"""Business time: how many open seconds lie between two instants, and where an amount of them ends.

Every instant is held as whole seconds; what lies below a second is cut off towards the past on the way in. Rule: T5.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sla.calendars.local_hours import DAY_NAMES, LocalHours, Opening, RuleStretch, merge_spans
from sla.calendars.open_seconds import OpenSeconds
from sla.calendars.zone_offsets import DAY_SECONDS, EPOCH

SEARCH_LIMIT_SECONDS = 7305 * DAY_SECONDS
FIRST_YEAR, LAST_YEAR = 1900, 2400
_SECOND = timedelta(seconds=1)
_RULES_NAMED = 5

_MAX_ENTRIES = 10_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}):([0-5][0-9])(?::([0-5][0-9]))?")
_Sized = TypeVar("_Sized", bound=Sized)

Spans = Iterable[tuple[datetime, datetime]]


class NeverOpen(ValueError):
    """No instant within 20 years has the amount asked for. Rule: T4."""


class CalendarError(ValueError):
    """A calendar that cannot be read: the dotted name of the field, and what is wrong with it."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name
        self.message = message


class CalendarRule(NamedTuple):
    """A stretch [from_at, to_at) with the calendar rule that opens or closes it, for example "holiday 2026-12-25"."""

    from_at: datetime
    to_at: datetime
    is_open: bool
    rule: str


@dataclass(frozen=True)
class BusinessCalendar:
    """The open seconds of one time zone. Rules: T1, T2.

    `weekly` holds seven sequences of openings, Monday first. `date_hours` replaces the weekly openings of single dates
    and wins over a holiday on the same date. Instants must carry an offset and lie in the years 1900 to 2400, else
    `ValueError` is raised.
    """

    zone: ZoneInfo
    weekly: tuple[tuple[Opening, ...], ...]
    holidays: frozenset[date] = frozenset()
    date_hours: Mapping[date, tuple[Opening, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise ValueError("weekly: seven days are needed, Monday first")

    @property
    def ever_opens(self) -> bool:
        """Whether the calendar has any open second; one without is refused where it is saved. Rule: T4."""
        return self._hours.ever_opens

    def between(self, start: datetime, end: datetime, exclude: Spans = ()) -> int:
        """Return the open seconds in [start, end) outside the excluded spans, negative if `end` is first. Rule: T3."""
        first, last = _whole_second(start), _whole_second(end)
        if last < first:
            return -self.between(end, start, exclude)
        excluded = _excluded(exclude)
        return sum(self._open_seconds.measure(low, high) for low, high in _free_pieces(first, last, excluded))

    def add(self, start: datetime, seconds: int, exclude: Spans = ()) -> datetime:
        """Return the instant, in UTC, at which an amount of open seconds counted from `start` is used up. Rule: T3.

        A positive amount ends at the earliest such instant, which may be a closing time; a negative one at the latest
        such instant before `start`; zero is `start` itself, open or not. Raises `NeverOpen` when there is none within
        20 years.
        """
        origin = _whole_second(start)
        excluded = _excluded(exclude)
        found = self._subtract(origin, -seconds, excluded) if seconds < 0 else self._add(origin, seconds, excluded)
        if found is None:
            raise NeverOpen(self._why_never(seconds))
        return _instant(found)

    def is_open(self, at: datetime) -> bool:
        """Tell whether the second that begins at an instant is open."""
        second = _whole_second(at)
        return self._open_seconds.measure(second, second + 1) == 1

    def next_open(self, at: datetime) -> datetime:
        """Return an instant itself while the calendar is open, else its next opening; raises `NeverOpen`. Rule: E4."""
        return at if self.is_open(at) else self.add(at, 1) - _SECOND

    def intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open intervals within [start, end) in order, in UTC; none touches the next."""
        opened: tuple[int, int] | None = None
        for stretch in self._open_seconds.stretches(_whole_second(start), _whole_second(end)):
            if not stretch.is_open:
                continue
            if opened and opened[1] == stretch.start:
                opened = (opened[0], stretch.end)
                continue
            if opened:
                yield _instant(opened[0]), _instant(opened[1])
            opened = (stretch.start, stretch.end)
        if opened:
            yield _instant(opened[0]), _instant(opened[1])

    def rules(self, start: datetime, end: datetime) -> Iterator[CalendarRule]:
        """Yield the whole of [start, end) cut where the governing rule changes, in order."""
        current: RuleStretch | None = None
        for stretch in self._open_seconds.stretches(_whole_second(start), _whole_second(end)):
            if current and current[2:] == stretch[2:]:
                current = current._replace(end=stretch.end)
                continue
            if current:
                yield _calendar_rule(current)
            current = stretch
        if current:
            yield _calendar_rule(current)

    def rule_at(self, at: datetime) -> str:
        """Return the rule that governs the second that begins at an instant, for example "weekly mon 09:00-17:00"."""
        second = _whole_second(at)
        return next(self._open_seconds.stretches(second, second + 1)).rule

    def rule_between(self, start: datetime, end: datetime) -> str:
        """Return one line that names what governs a stretch: its rules up to a week, else weekly hours and exceptions.

        Closed hours are only named where nothing else governs; of many exceptions the first five are named.
        """
        first, last = _whole_second(start), _whole_second(end)
        if last <= first:
            return self.rule_at(start)
        if last - first > 7 * DAY_SECONDS:
            named = ["weekly hours", *self._open_seconds.exceptions_between(first, last)]
        else:
            named = list(dict.fromkeys(stretch.rule for stretch in self._open_seconds.stretches(first, last)))
            named = [rule for rule in named if rule != "closed"] or named
        more = len(named) - _RULES_NAMED - 1
        return ", ".join(named[: _RULES_NAMED + 1]) + (f" and {more} more" if more > 0 else "")

    @cached_property
    def _hours(self) -> LocalHours:
        return LocalHours(self.weekly, holidays=self.holidays, date_hours=self.date_hours)

    @cached_property
    def _open_seconds(self) -> OpenSeconds:
        return OpenSeconds(self.zone, self._hours)

    def _add(self, origin: int, seconds: int, excluded: Sequence[tuple[int, int]]) -> int | None:
        if seconds == 0:
            return origin
        limit = origin + SEARCH_LIMIT_SECONDS
        *pieces, rest = _free_pieces(origin, limit, excluded) or [(limit, limit)]
        for low, high in pieces:
            available = self._open_seconds.measure(low, high)
            if available >= seconds:
                return self._open_seconds.earliest(low, seconds, limit=high)
            seconds -= available
        return self._open_seconds.earliest(rest[0], seconds, limit=rest[1])

    def _subtract(self, origin: int, seconds: int, excluded: Sequence[tuple[int, int]]) -> int | None:
        limit = origin - SEARCH_LIMIT_SECONDS
        rest, *pieces = _free_pieces(limit, origin, excluded) or [(limit, limit)]
        for low, high in reversed(pieces):
            available = self._open_seconds.measure(low, high)
            if available >= seconds:
                return self._open_seconds.latest(high, seconds, limit=low)
            seconds -= available
        return self._open_seconds.latest(rest[1], seconds, limit=rest[0])

    def _why_never(self, seconds: int) -> str:
        if not self.ever_opens:
            return "the calendar never opens"
        return f"{seconds} open seconds are not reached within 20 years"


def _whole_second(at: datetime) -> int:
    if at.utcoffset() is None:
        raise ValueError("an instant needs a time zone offset")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"an instant must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return (at - EPOCH) // _SECOND


def _instant(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


def _calendar_rule(stretch: RuleStretch) -> CalendarRule:
    return CalendarRule(_instant(stretch.start), _instant(stretch.end), stretch.is_open, stretch.rule)


def _excluded(spans: Spans) -> list[tuple[int, int]]:
    excluded = [(_whole_second(from_at), _whole_second(to_at)) for from_at, to_at in spans]
    if any(end < start for start, end in excluded):
        raise ValueError("exclude: a span ends before it starts")
    return merge_spans(excluded)


def _free_pieces(start: int, end: int, excluded: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what of [start, end) no excluded span covers, in order."""
    if not excluded:
        return [(start, end)]
    pieces = []
    for low, high in excluded:
        if high <= start:
            continue
        if low >= end:
            break
        if start < low:
            pieces.append((start, low))
        start = high
    if start < end:
        pieces.append((start, end))
    return pieces


def parse_calendar(mapping: object) -> BusinessCalendar:
    """Read a calendar from its JSON shape: `tz`, `weekly`, `holidays`, `date_hours`; only `tz` must be there.

    Times are HH:MM or HH:MM:SS, days `mon` to `sun`, dates YYYY-MM-DD. Raises `CalendarError`, which names the field.
    A calendar that never opens is read: ask `ever_opens` before one is saved. Rules: T1, T4.
    """
    shape = _object(mapping, "calendar")
    for key in shape:
        if key not in ("tz", "weekly", "holidays", "date_hours"):
            raise CalendarError(str(key)[:40], "unknown field")
    weekly = _object(shape.get("weekly", {}), "weekly")
    for day in weekly:
        if day not in DAY_NAMES:
            raise CalendarError(f"weekly.{str(day)[:40]}", f"unknown day; known are {', '.join(DAY_NAMES)}")
    date_hours = _object(shape.get("date_hours", {}), "date_hours")
    return BusinessCalendar(
        zone=_zone(shape.get("tz")),
        weekly=tuple(parse_openings(weekly.get(name, []), f"weekly.{name}") for name in DAY_NAMES),
        holidays=frozenset(
            _date(day, f"holidays[{index}]") for index, day in enumerate(_array(shape.get("holidays", []), "holidays"))
        ),
        date_hours={
            _date(day, f"date_hours.{str(day)[:40]}"): parse_openings(openings, f"date_hours.{str(day)[:40]}")
            for day, openings in date_hours.items()
        },
    )


def _object(value: object, name: str) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise CalendarError(name, "must be an object")
    return _limited(value, name)


def _array(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise CalendarError(name, "must be a list")
    return _limited(value, name)


def _limited(value: _Sized, name: str) -> _Sized:
    if len(value) > _MAX_ENTRIES:
        raise CalendarError(name, f"has more than {_MAX_ENTRIES} entries")
    return value


def _zone(name: object) -> ZoneInfo:
    if not isinstance(name, str) or not 0 < len(name) <= 64:
        raise CalendarError("tz", "must be the name of an IANA time zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CalendarError("tz", f"unknown time zone {name!r}") from None


def _date(text: object, name: str) -> date:
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise CalendarError(name, "must be a date YYYY-MM-DD")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CalendarError(name, f"there is no date {text}") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CalendarError(name, f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def parse_openings(intervals: object, name: str) -> tuple[Opening, ...]:
    """Read the intervals of one day, a list of pairs of times; raises `CalendarError` that names the place."""
    numbered = enumerate(_array(intervals, name))
    return tuple(_opening(interval, f"{name}[{index}]") for index, interval in numbered)


def _opening(interval: object, name: str) -> Opening:
    times = _array(interval, name)
    if len(times) != 2:
        raise CalendarError(name, "must be a pair of times")
    opens, closes = _seconds_of_day(times[0], f"{name}[0]"), _seconds_of_day(times[1], f"{name}[1]")
    if opens == DAY_SECONDS:
        raise CalendarError(f"{name}[0]", "24:00 can only end an interval")
    return Opening(opens, closes if opens <= closes else closes + DAY_SECONDS)


def _seconds_of_day(text: object, name: str) -> int:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (24, 0, 1)
    if (hours, minutes, seconds) > (24, 0, 0):
        raise CalendarError(name, "must be a time HH:MM or HH:MM:SS from 00:00 to 24:00")
    return hours * 3600 + minutes * 60 + seconds
