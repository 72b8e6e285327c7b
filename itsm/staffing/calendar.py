"""Which span stands on which day of a calendar, in the reader's zone. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itsm.kernel.month import Month


@dataclass(frozen=True)
class Span:
    """Something that lasts: `kind` is `away`, `call` or `swap`; `detail` is what to say of it beside the name."""

    from_at: datetime
    until_at: datetime
    name: str
    kind: str
    detail: Any = ""


def bounds_of(month: Month, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which the grid of a month begins and ends."""
    start = datetime.combine(month.first_on, time(), zone).astimezone(UTC)
    return start, datetime.combine(month.last_on + timedelta(days=1), time(), zone).astimezone(UTC)


def by_day(spans: Iterable[Span], month: Month, zone: ZoneInfo) -> dict[date, list[Span]]:
    """Day → the spans that cover part of it, in the order given; a span that ends at midnight leaves the next day out."""
    days: dict[date, list[Span]] = defaultdict(list)
    for span in spans:
        first = max(span.from_at.astimezone(zone).date(), month.first_on)
        last = min((span.until_at - timedelta(microseconds=1)).astimezone(zone).date(), month.last_on)
        for offset in range((last - first).days + 1):
            days[first + timedelta(days=offset)].append(span)
    return days
