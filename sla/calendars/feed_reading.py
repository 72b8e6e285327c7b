"""The whole days that an iCal file holds. It may be broken or made to harm, so every way is bounded.

It is parsed by a process of its own, which ends after its seconds, memory or answer: a rule that never matches or repeats
each second costs its source and nothing else. Run as a module this is that process: bytes in, JSON out.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

LARGEST_FEED = 2 * 1024 * 1024
MOST_EVENTS = 5000
MOST_DAYS = 1000
LONGEST_EVENT_DAYS = 60
LONGEST_NAME = 255
SECONDS = 10
MEMORY_BYTES = 512 * 1024 * 1024


class Unreadable(Exception):
    """The file is no iCal file, or too much to read."""


@dataclass(frozen=True)
class FeedDays:
    """Whole days by date with their names; `left_out` counts events that are no whole days."""

    days: dict[date, str]
    left_out: int


def read_days(content: bytes, *, first_on: date, last_on: date) -> FeedDays:
    """The whole days of an iCal file from one date to another; raises `Unreadable`."""
    if len(content) > LARGEST_FEED:
        raise Unreadable("too large")
    command = [sys.executable, "-m", "sla.calendars.feed_reading", first_on.isoformat(), last_on.isoformat()]
    try:
        done = subprocess.run(  # noqa: S603 (our own module)
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser may warn without end
            timeout=SECONDS * 1.5,
            check=True,
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise Unreadable(type(error).__name__) from error
    days = {date.fromisoformat(day): str(name)[:LONGEST_NAME] for day, name in found["days"].items()}
    return FeedDays(days, int(found["left_out"]))


def _parsed(content: bytes, first_on: date, last_on: date) -> dict[str, Any]:
    from icalendar import Calendar
    from recurring_ical_events import of

    calendar = Calendar.from_ical(content)
    events = calendar.walk("VEVENT")
    if calendar.name != "VCALENDAR" or len(events) > MOST_EVENTS:
        raise Unreadable("no calendar, or too many events")
    whole = [event for event in events if _is_whole_day(event)]
    calendar.subcomponents = [part for part in calendar.subcomponents if part.name != "VEVENT"] + whole
    named: dict[date, list[str]] = {}
    for event in of(calendar, skip_bad_series=True).between(first_on, last_on + timedelta(days=1)):
        for day in _days_of(event):
            names = named.setdefault(day, [])
            told = "".join(each if each.isprintable() else " " for each in str(event.get("SUMMARY", "")))
            name = " ".join(told.split())[:LONGEST_NAME]
            if name and name not in names:
                names.append(name)
    within = sorted(day for day in named if first_on <= day <= last_on)
    if len(within) > MOST_DAYS:
        raise Unreadable("too many days")
    days = {day.isoformat(): ", ".join(named[day])[:LONGEST_NAME] for day in within}
    return {"days": days, "left_out": len(events) - len(whole)}


def _is_whole_day(event: Any) -> bool:
    start = event.get("DTSTART")
    if start is None or isinstance(start, list) or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return False
    return isinstance(start.dt, date) and not isinstance(start.dt, datetime)


def _days_of(event: Any) -> Iterator[date]:
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else start + timedelta(days=1)
    for number in range(min(max((end - start).days, 1), LONGEST_EVENT_DAYS)):
        yield start + timedelta(days=number)


def main(first_on: str, last_on: str) -> int:
    """Read one file from standard input and write its days; 1 when it cannot be read."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        content = sys.stdin.buffer.read(LARGEST_FEED + 1)
        found = _parsed(content, date.fromisoformat(first_on), date.fromisoformat(last_on))
    except Exception:  # noqa: BLE001 (the process exists so that any fault ends here)
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
