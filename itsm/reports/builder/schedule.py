"""When a mailed report is due: each day, week or month at a time on the recipient's own clocks. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule

from itsm.kernel.text import Message, _

LAST_DAY = 31
LONGEST = timedelta(days=40)  # between two instants, with days to spare
RHYTHMS: dict[str, Message] = {"daily": _("every day"), "weekly": _("every week"), "monthly": _("every month")}


@dataclass(frozen=True)
class Rhythm:
    """`name` of `RHYTHMS`; `day` of the week (1 Monday to 7) or of the month; `minute` after midnight in a zone.

    A month that has no such day takes its last one.
    """

    name: str
    day: int
    minute: int
    zone: str

    def instants(self, after: datetime) -> Iterator[datetime]:
        """The instants (UTC) after another one, in order; a time that clocks skip is that much later."""
        place = ZoneInfo(self.zone)
        begin = datetime.combine(after.astimezone(place).date() - timedelta(days=1), time())
        for found in self._days(begin):
            local = datetime.combine(found.date(), time(self.minute // 60, self.minute % 60), place)
            instant = local.astimezone(UTC)
            if instant > after:
                yield instant

    def _days(self, begin: datetime) -> rrule:
        if self.name == "weekly":
            return rrule(WEEKLY, dtstart=begin, byweekday=min(self.day, 7) - 1)
        if self.name == "monthly":
            # Of the days up to the wanted one that a month may lack, each month takes the last that it has.
            wanted = list(range(min(self.day, 28), self.day + 1))
            return rrule(MONTHLY, dtstart=begin, bymonthday=wanted, bysetpos=-1)
        return rrule(DAILY, dtstart=begin)

    def next_instant(self, after: datetime) -> datetime:
        """The first instant after another one."""
        return next(self.instants(after))

    def last_due(self, first: datetime, now: datetime) -> datetime:
        """Of several times that passed while nobody sent anything the last one, which alone is made up for."""
        due = first
        for instant in self.instants(max(first, now - LONGEST)):
            if instant > now:
                break
            due = instant
        return due
