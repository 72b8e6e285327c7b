"""Opening hours on a zone's local time line: weekly intervals, holidays and the hours of single dates.

The local line counts the labels a wall clock shows, in whole seconds since the label 1970-01-01T00:00. It knows no
zone: what a zone's transitions do to the labels is decided in `sla.open_seconds`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sla.calendars.zone_offsets import DAY_SECONDS

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK_SECONDS = 7 * DAY_SECONDS
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()


@dataclass(frozen=True, order=True, slots=True)
class Opening:
    """One open interval [opens, closes) of a day, in seconds after that day's local midnight.

    A closing time above 86,400 lies on the next day: the interval still belongs to the day on which it starts.
    Equal times are an interval of no length. Rule: T1.
    """

    opens_seconds: int
    closes_seconds: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_seconds < DAY_SECONDS:
            raise ValueError("opens_seconds: must lie within the day")
        if not self.opens_seconds <= self.closes_seconds <= self.opens_seconds + DAY_SECONDS:
            raise ValueError("closes_seconds: must lie within 24 hours after opening")

    @property
    def label(self) -> str:
        """The interval as people write it, for example "22:00-06:00"."""
        return f"{_clock_time(self.opens_seconds)}-{_clock_time(self.closes_seconds)}"


class RuleStretch(NamedTuple):
    """A stretch [start, end) of whole seconds on one line with the calendar rule that governs it."""

    start: int
    end: int
    is_open: bool
    rule: str


class _DayHours(NamedTuple):
    openings: tuple[Opening, ...]
    open_rule: str
    closed_rule: str


def _clock_time(seconds: int) -> str:
    hours, rest = divmod(seconds if seconds <= DAY_SECONDS else seconds - DAY_SECONDS, 3600)
    minutes, odd_seconds = divmod(rest, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{odd_seconds:02d}" if odd_seconds else "")


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the union of half-open spans as ordered spans that neither overlap nor touch; empty ones vanish."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


class _Measure:
    """How many seconds of a set of spans lie before a point, in logarithmic time."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = merge_spans(spans)
        self._starts = [start for start, _ in ordered]
        self._ends = [end for _, end in ordered]
        self._covered_before = [0]
        for start, end in ordered:
            self._covered_before.append(self._covered_before[-1] + end - start)
        self.total = self._covered_before[-1]

    def before(self, point: int) -> int:
        index = bisect_right(self._starts, point) - 1
        if index < 0:
            return 0
        covered = self._covered_before[index]
        end = self._ends[index]
        return covered + (point if point < end else end) - self._starts[index]


class LocalHours:
    """The open labels of a local time line, counted by whole weeks and corrected by blocks of exceptional days.

    Rule: T5. The cost of `opened_before` grows with the logarithm of the number of exceptions only.
    """

    def __init__(
        self,
        weekly: Sequence[Sequence[Opening]],
        *,
        holidays: Iterable[date] = (),
        date_hours: Mapping[date, Sequence[Opening]] | None = None,
    ) -> None:
        self._weekdays = [
            _DayHours(_merge_openings(openings), f"weekly {name} ", "closed")
            for name, openings in zip(DAY_NAMES, weekly, strict=True)
        ]
        self._exceptions = {_day_number(day): _DayHours((), "", f"holiday {day}") for day in holidays}
        for day, openings in (date_hours or {}).items():
            name = f"date hours {day}"
            self._exceptions[_day_number(day)] = _DayHours(_merge_openings(openings), f"{name} ", f"{name} closed")
        self._exception_days = sorted(self._exceptions)
        self._week = _Measure(self._week_spans())
        self._measure_blocks()

    @property
    def ever_opens(self) -> bool:
        """Whether any label at all is open. Rule: T4."""
        return self._week.total > 0 or self._exceptional.total > 0

    def opened_before(self, label: int) -> int:
        """Return the count of open labels before one, up to a constant: only differences mean anything."""
        index = bisect_right(self._block_starts, label) - 1
        if index < 0:
            return self._weekly_before(label)
        if label >= self._block_ends[index]:
            return self._weekly_before(label) + self._corrections[index + 1]
        block_start = self._block_starts[index]
        inside = self._exceptional.before(label) - self._exceptional.before(block_start)
        return self._weekly_before(block_start) + self._corrections[index] + inside

    def stretches(self, start: int, end: int) -> Iterator[RuleStretch]:
        """Yield the stretches of [start, end) in order, each with the rule that opens or closes it."""
        cursor = start
        for opening in self._openings(start, end):
            if opening.end <= cursor:
                continue
            yield from self._closed(cursor, opening.start)
            yield opening._replace(start=max(cursor, opening.start))
            cursor = opening.end
        yield from self._closed(cursor, end)

    def exceptions_between(self, start: int, end: int) -> list[str]:
        """Return the rules of the exceptional days that have a label in [start, end), in order."""
        first = bisect_right(self._exception_days, start // DAY_SECONDS - 1)
        last = bisect_right(self._exception_days, (end - 1) // DAY_SECONDS)
        return [self._exceptions[day].closed_rule.removesuffix(" closed") for day in self._exception_days[first:last]]

    def _hours_of(self, day: int) -> _DayHours:
        return self._exceptions.get(day) or self._weekdays[(day + _EPOCH_WEEKDAY) % 7]

    def _openings(self, start: int, end: int) -> Iterator[RuleStretch]:
        for day in range(start // DAY_SECONDS - 1, (end - 1) // DAY_SECONDS + 1):
            hours = self._hours_of(day)
            for opening in hours.openings:
                opens = max(start, day * DAY_SECONDS + opening.opens_seconds)
                closes = min(end, day * DAY_SECONDS + opening.closes_seconds)
                if opens < closes:
                    yield RuleStretch(opens, closes, is_open=True, rule=hours.open_rule + opening.label)

    def _closed(self, start: int, end: int) -> Iterator[RuleStretch]:
        while start < end:
            day = start // DAY_SECONDS
            day_end = min(end, (day + 1) * DAY_SECONDS)
            yield RuleStretch(start, day_end, is_open=False, rule=self._hours_of(day).closed_rule)
            start = day_end

    def _week_spans(self) -> Iterator[tuple[int, int]]:
        for weekday, hours in enumerate(self._weekdays):
            for opening in hours.openings:
                opens = weekday * DAY_SECONDS + opening.opens_seconds
                closes = weekday * DAY_SECONDS + opening.closes_seconds
                yield opens, min(closes, _WEEK_SECONDS)
                yield 0, closes - _WEEK_SECONDS

    def _weekly_before(self, label: int) -> int:
        weeks, rest = divmod(label + _EPOCH_WEEKDAY * DAY_SECONDS, _WEEK_SECONDS)
        return weeks * self._week.total + self._week.before(rest)

    def _measure_blocks(self) -> None:
        # What opens on an exceptional day may run into the next, and what would have run into it may be gone:
        # both days are counted by themselves.
        days = merge_spans((day, day + 2) for day in self._exceptions)
        self._block_starts = [first * DAY_SECONDS for first, _ in days]
        self._block_ends = [last * DAY_SECONDS for _, last in days]
        spans: list[tuple[int, int]] = []
        for start, end in zip(self._block_starts, self._block_ends, strict=True):
            spans += [(stretch.start, stretch.end) for stretch in self.stretches(start, end) if stretch.is_open]
        self._exceptional = _Measure(spans)
        self._corrections = [0]
        for start, end in zip(self._block_starts, self._block_ends, strict=True):
            really = self._exceptional.before(end) - self._exceptional.before(start)
            by_week = self._weekly_before(end) - self._weekly_before(start)
            self._corrections.append(self._corrections[-1] + really - by_week)


def _merge_openings(openings: Iterable[Opening]) -> tuple[Opening, ...]:
    spans = merge_spans((opening.opens_seconds, opening.closes_seconds) for opening in openings)
    # Two intervals that join to more than 24 hours stay two: no opening is longer than a day.
    joined = all(end - start <= DAY_SECONDS for start, end in spans)
    return tuple(Opening(start, end) for start, end in spans) if joined else tuple(sorted(openings))


def _day_number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL
