"""Which change stands on which day of the calendar, in the reader's zone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from itsm.kernel.formats import Reader

LONGEST_SHOWN_DAYS = 62


@dataclass(frozen=True)
class Entry:
    """One change on one day; `time` is its start on the first day and empty on those that follow."""

    row: Any
    time: str


def place_on_days(rows: Sequence[Any], reader: Reader) -> dict[date, list[Entry]]:
    """Day → changes whose window touches it; a window that ends at midnight does not touch the day that begins then."""
    days: dict[date, list[Entry]] = {}
    for row in rows:
        first = reader.local(row.planned_start_at).date()
        last = reader.local(row.planned_end_at - timedelta(microseconds=1)).date()
        for at in range(min((last - first).days, LONGEST_SHOWN_DAYS) + 1):
            on = first + timedelta(days=at)
            days.setdefault(on, []).append(Entry(row, reader.time(row.planned_start_at) if at == 0 else ""))
    return days
