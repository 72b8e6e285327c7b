"""The slow walker that business time is compared with, and random calendars around what zones do at odd instants.

The walker looks at the label of every single minute and knows nothing but the calendar's plain data. What a zone calls the
minutes of a day is written down once, so that 20,000 examples look labels up instead of asking the zone again.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
DAYS = (*WEEKDAYS, "sat", "sun")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FARTHEST = 9_000  # minutes that the walker goes

Shape = dict[str, Any]
Spans = list[tuple[datetime, datetime]]
Drawn = tuple[Shape, Spans, datetime]


def minute_of(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def open_minutes(shape: Shape, day: date) -> bytearray:
    """Which minutes, counted from a day's midnight over two days, lie in an interval that starts on that day."""
    if day.isoformat() in shape["date_hours"]:
        intervals = shape["date_hours"][day.isoformat()]
    elif day.isoformat() in shape["holidays"]:
        intervals = []
    else:
        intervals = shape["weekly"].get(DAYS[day.weekday()], [])
    found = bytearray(2880)
    for opens, closes in ((minute_of(a), minute_of(b)) for a, b in intervals):
        for minute in range(opens, closes if opens <= closes else closes + 1440):
            found[minute] = 1
    return found


@cache
def labels(zone: str, day: date) -> tuple[int, ...]:
    """What a zone calls each minute of a day of UTC, in minutes since the midnight that begins the date before."""
    midnight, before = datetime.combine(day, time(), UTC), day - DAY
    written = [(midnight + index * MINUTE).astimezone(ZoneInfo(zone)) for index in range(1440)]
    return tuple((each.date() - before).days * 1440 + each.hour * 60 + each.minute for each in written)


class Walker:
    """Tells of every minute, by its label alone, whether it counts."""

    def __init__(self, shape: Shape, exclude: Spans | None = None) -> None:
        self.zone, self.exclude = shape["tz"], exclude or []
        self.starting_on = cache(partial(open_minutes, shape))

    def open_labels(self, day: date) -> bytes:
        """Which of the 1,440 labels of a date are open."""
        return bytes(map(or_, self.starting_on(day)[:1440], self.starting_on(day - DAY)[1440:]))

    def day_of_utc(self, day: date) -> bytes:
        three_dates = b"".join(self.open_labels(day + shift * DAY) for shift in (-1, 0, 1))
        return bytes(three_dates[label] for label in labels(self.zone, day))

    def minutes(self, start: datetime, count: int) -> bytearray:
        """A 1 for each of so many minutes from a whole minute on that counts, a 0 for each that does not."""
        skipped = start.hour * 60 + start.minute
        days = range((skipped + count) // 1440 + 1)
        found = bytearray(b"".join(self.day_of_utc(start.date() + index * DAY) for index in days))
        found = found[skipped : skipped + count]
        for low, high in self.exclude:
            for index in range(max(0, (low - start) // MINUTE), min(count, (high - start) // MINUTE)):
                found[index] = 0
        return found


def label_is_open(shape: Shape, instant: datetime) -> bool:
    return Walker(shape).minutes(instant, 1) == b"\1"


def walk_between(shape: Shape, exclude: Spans, start: datetime, end: datetime) -> int:
    return 60 * sum(Walker(shape, exclude).minutes(start, (end - start) // MINUTE))


def walk_add(shape: Shape, exclude: Spans, start: datetime, minutes: int, most: int = FARTHEST) -> datetime | None:
    """Where so many minutes are over, walking forwards or backwards; none when that is more than `most` minutes away."""
    if minutes == 0:
        return start
    walker, forwards = Walker(shape, exclude), minutes > 0
    passed = walker.minutes(start, most) if forwards else reversed(walker.minutes(start - most * MINUTE, most))
    left, step = abs(minutes), MINUTE if forwards else -MINUTE
    for index, counted in enumerate(passed, start=1):
        left -= counted
        if left == 0:
            return start + index * step
    return None


# Instants near which zones do something odd: transitions of an hour and of half an hour, at night and at midnight,
# a skipped day, the two changes around Ramadan, a change of standard time.
ODD_INSTANTS = {
    "Asia/Tehran": ["2022-03-21T20:30", "2022-09-21T19:30", "2024-05-01T00:00"],
    "Australia/Lord_Howe": ["2024-04-06T15:00", "2024-10-05T15:30", "2025-04-05T15:00"],
    "Asia/Kathmandu": ["1985-12-31T18:30", "2024-02-28T00:00"],
    "Asia/Kolkata": ["2000-02-28T18:30", "2028-02-29T12:00", "2100-02-28T18:30"],
    "America/New_York": ["2025-03-09T07:00", "2025-11-02T06:00", "2026-01-01T05:00"],
    "Europe/Stockholm": ["2025-03-30T01:00", "2025-10-26T01:00", "2024-12-31T23:00", "2024-02-29T11:00"],
    "Africa/Casablanca": ["2025-02-23T02:00", "2025-04-06T02:00", "2026-03-22T02:00"],
    "Pacific/Apia": ["2011-12-30T10:00", "2011-09-24T14:00"],
    "America/Sao_Paulo": ["2018-11-04T03:00", "2019-02-17T02:00"],
    "America/Havana": ["2025-03-09T05:00", "2025-11-02T05:00"],
    "Africa/Cairo": ["2024-04-25T22:00", "2024-10-31T21:00"],
}


QUARTERS = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
INTERVALS = st.lists(st.tuples(QUARTERS, QUARTERS | st.just("24:00")).map(list), max_size=3)
WEEKS = st.dictionaries(st.sampled_from(DAYS), INTERVALS, max_size=7)
CENTRES = [(zone, datetime.fromisoformat(f"{text}Z")) for zone in sorted(ODD_INSTANTS) for text in ODD_INSTANTS[zone]]


@cache
def around(zone: str, centre: datetime) -> st.SearchStrategy[Drawn]:
    """A calendar's plain data, excluded spans, and an instant, all around something odd in the zone."""
    local = [str((centre + days * DAY).astimezone(ZoneInfo(zone)).date()) for days in range(-4, 5)]
    near, minutes = st.sampled_from(local), st.integers(-5 * 1440, 5 * 1440).map(lambda count: centre + count * MINUTE)
    shape = st.fixed_dictionaries(
        {
            "tz": st.just(zone),
            "weekly": WEEKS,
            "holidays": st.sets(near, max_size=3).map(sorted),
            "date_hours": st.dictionaries(near, INTERVALS, max_size=2),
        }
    )
    span = st.builds(lambda low, length: (low, low + length * MINUTE), minutes, st.integers(0, 2000))
    return st.tuples(shape, st.lists(span, max_size=3), minutes)


SHAPES = st.sampled_from(CENTRES).flatmap(lambda found: around(*found))
