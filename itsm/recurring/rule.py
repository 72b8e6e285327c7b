"""When something recurs: a rule (RRULE of RFC 5545), a time of day on the clocks of a zone, and what happens on days off. Pure.

Rules recur once a day at most, so that each instant stands for one day. Rules: Q1, Q2.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = frozenset(
    {
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYDAY",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYMONTH",
        "BYSETPOS",
        "WKST",
    }
)
LONGEST = 500
LARGEST = 1000  # of INTERVAL and COUNT
HORIZON = timedelta(days=366 * 12)  # what does not come within twelve years does not come
MOVED_FAR = timedelta(days=60)
SKIP, MOVE = "skip", "move"

IsWorkday = Callable[[date], bool]
_PART = re.compile(r"([A-Z]+)=([A-Z0-9+,:-]+)")
_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")


def every_day(day: date) -> bool:
    """The calendar of those who never close."""
    del day
    return True


@dataclass(frozen=True)
class Schedule:
    """A rule with its first day and its time: `minute` counts from midnight on the clocks of `zone`.

    `off_days` says what a day off does: nothing (empty), `skip` the day, or `move` to the next day that `is_workday`.
    """

    rule: str
    starts_on: date
    minute: int
    zone: ZoneInfo
    off_days: str = ""
    is_workday: IsWorkday = every_day

    def instants(self, after: datetime) -> Iterator[datetime]:
        """The instants (UTC) after another one, in order, each once. Rule: Q1."""
        last = after
        for day in self._days(after):
            placed = self._placed(day)
            if placed is not None and (instant := self._instant(placed)) > last:
                last = instant
                yield instant

    def next_instants(self, after: datetime, number: int) -> list[datetime]:
        """At most this many instants after another one."""
        return list(islice(self.instants(after), number))

    def _days(self, after: datetime) -> Iterator[date]:
        """Days of the rule, from far enough before an instant that what is moved beyond it is among them."""
        parts = parse(self.rule)
        count = int(parts.pop("COUNT", 0)) or None
        first = after.astimezone(self.zone).date() - (MOVED_FAR if self.off_days == MOVE else timedelta(days=2))
        until = min(_until(parts.pop("UNTIL", ""), self.zone), max(first, self.starts_on) + HORIZON)
        begin, end = datetime.combine(self.starts_on, time()), datetime.combine(until, time())
        text = ";".join(f"{name}={value}" for name, value in parts.items())
        days = (each.date() for each in islice(rrulestr(text, dtstart=begin).replace(until=end), count))
        return (day for day in days if day >= first)

    def _placed(self, day: date) -> date | None:
        if not self.off_days or self.is_workday(day):
            return day
        if self.off_days == SKIP:
            return None
        later = (day + timedelta(days=distance) for distance in range(1, MOVED_FAR.days))
        return next((each for each in later if self.is_workday(each)), None)

    def _instant(self, day: date) -> datetime:
        """A time that clocks skip is that much later; of one that comes twice the first counts. Rule: Q1."""
        local = datetime.combine(day, time(self.minute // 60, self.minute % 60), self.zone)
        return local.astimezone(UTC)


def _until(text: str, zone: ZoneInfo) -> date:
    """The last day that UNTIL allows, in the zone."""
    match = _UNTIL.fullmatch(text)
    if match is None:
        return date.max - HORIZON
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return instant.astimezone(zone).date() if match[7] else instant.date()


def parse(text: str) -> dict[str, str]:
    """The parts of a rule; raises `Invalid` for the field `rule` when it is none, or one that recurs within a day."""
    plain = text.strip().upper().removeprefix("RRULE:")
    pieces = [_PART.fullmatch(piece) for piece in plain.split(";") if piece]
    parts = {match[1]: match[2] for match in pieces if match is not None}
    if len(plain) > LONGEST or not pieces or len(parts) != len(pieces):
        raise Invalid.field("rule", _("This is not a rule. Write one like FREQ=WEEKLY;BYDAY=MO."))
    unknown = sorted(parts.keys() - PARTS)
    if unknown:
        raise Invalid.field("rule", _("%(name)s is not possible here.", name=unknown[0]))
    if parts.get("FREQ") not in FREQUENCIES:
        raise Invalid.field("rule", _("FREQ must be one of %(names)s.", names=", ".join(FREQUENCIES)))
    _check_numbers(parts)
    return parts


def _check_numbers(parts: Mapping[str, str]) -> None:
    for name in ("INTERVAL", "COUNT"):
        value = parts.get(name, "1")
        if not value.isdecimal() or not 1 <= int(value) <= LARGEST:
            raise Invalid.field("rule", _("%(name)s must be 1 to %(most)s.", name=name, most=LARGEST))
    if "UNTIL" in parts and _UNTIL.fullmatch(parts["UNTIL"]) is None:
        raise Invalid.field("rule", _("UNTIL must be a day like 20271231."))


def checked(text: str) -> str:
    """A rule as it is kept; raises `Invalid` for the field `rule`."""
    parts = parse(text)
    try:
        _until(parts.get("UNTIL", ""), ZoneInfo("UTC"))
        plain = ";".join(f"{name}={value}" for name, value in parts.items() if name not in {"COUNT", "UNTIL"})
        rrulestr(plain, dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 (only tried, on no clock)
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise Invalid.field("rule", _("This is not a rule. Write one like FREQ=WEEKLY;BYDAY=MO.")) from error
    return ";".join(f"{name}={value}" for name, value in parts.items())
