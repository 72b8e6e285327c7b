"""What people type about calendars and agreements, and what it means: hours, dates, lengths, rows of steps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from sla.calendar import BusinessCalendar
from sla.definitions import StepInput
from sla.explanation import DAYS
from sla.models import METRICS, BusinessHours
from sla.queries import ShownAgreement
from sla.schemas import STEP_ROWS
from sla.working_hours import Workers

PREVIEWED_WEEKS = 4
FREE_ROWS = 2
_INTERVAL = re.compile(r"(\d{2}:\d{2}(?::\d{2})?)\s*[-–]\s*(\d{2}:\d{2}(?::\d{2})?)")
_LENGTH = re.compile(r"(\d{1,5}):([0-5]\d)")


def read_intervals(field: str, text: str) -> list[list[str]]:
    """Hours such as `08:00-12:00, 13:00-17:00`; an empty text means closed."""
    intervals = []
    for part in re.split(r"[,;]", text):
        match = _INTERVAL.fullmatch(part.strip())
        if match is not None:
            intervals.append([match[1], match[2]])
        elif part.strip():
            raise Invalid.field(field, _("“%(hours)s” is not a time like 08:00-17:00.", hours=part.strip()[:40]))
    return intervals


def write_intervals(intervals: Iterable[Sequence[str]]) -> str:
    """Hours as the form shows them."""
    return ", ".join(f"{opens}-{closes}" for opens, closes in intervals)


def read_definition(data: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar's definition out of the form; raises `Invalid` that names the field."""
    weekly = {day: read_intervals(day, data.get(day, "")) for day in DAYS}
    return {
        "weekly": {day: intervals for day, intervals in weekly.items() if intervals},
        "holidays": _lines(data.get("holidays", "")),
        "date_hours": _date_hours(data.get("date_hours", "")),
    }


def read_addresses(text: str) -> list[str]:
    """Addresses of people, one a line or with commas between them."""
    return re.sub(r"[,;]", " ", text).split()


def _lines(text: str) -> list[str]:
    # What follows the date on its line is a remark, such as the name of the holiday.
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def _date_hours(text: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        day, _blank, hours = line.strip().partition(" ")
        if day:
            closed = hours.strip().lower() in ("", "-", "closed")
            found[day] = [] if closed else read_intervals("date_hours", hours)
    return found


def calendar_values(calendar: BusinessHours, workers: Workers) -> dict[str, Any]:
    """A calendar as its form shows it."""
    definition = calendar.definition
    weekly = definition.get("weekly", {})
    special = definition.get("date_hours", {})
    return {
        "version": str(calendar.version),
        "name": calendar.name,
        "timezone": calendar.timezone,
        "holidays": "\n".join(definition.get("holidays", [])),
        "date_hours": "\n".join(
            f"{day} {write_intervals(hours) or 'closed'}" for day, hours in sorted(special.items())
        ),
        **{day: write_intervals(weekly.get(day, [])) for day in DAYS},
        "group_ids": list(workers.groups),
        "people": "\n".join(workers.people.values()),
    }


def with_holidays(text: str, *, country: str, year: int) -> str:
    """The list of holidays with a country's added for a year, to be looked through before it is saved."""
    import holidays

    try:
        proposed = holidays.country_holidays(country.upper(), years=year)
    except (NotImplementedError, AttributeError) as error:
        raise Invalid.field(
            "country", _("No holidays are known for “%(code)s”. Use a code like SE.", code=country)
        ) from error
    lines = {line.split()[0]: line.strip() for line in text.splitlines() if line.strip()}
    for day, name in proposed.items():
        lines.setdefault(day.isoformat(), f"{day.isoformat()} {name}")
    return "\n".join(lines[day] for day in sorted(lines))


def preview_weeks(calendar: BusinessCalendar, *, now: datetime) -> list[list[tuple[date, str, str]]]:
    """Four weeks from this Monday: (date, open hours, the rule where it is an exception) of each day."""
    today = now.astimezone(calendar.zone).date()
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=number) for number in range(7 * PREVIEWED_WEEKS)]
    shown = [_preview_day(calendar, day) for day in days]
    return [shown[start : start + 7] for start in range(0, len(shown), 7)]


def _preview_day(calendar: BusinessCalendar, day: date) -> tuple[date, str, str]:
    start, end = (datetime.combine(each, time(), calendar.zone) for each in (day, day + timedelta(days=1)))
    hours = [
        (_local(from_at, calendar.zone), _local(to_at, calendar.zone))
        for from_at, to_at in calendar.intervals(start, end)
    ]
    rules = [
        stretch.rule for stretch in calendar.rules(start, end) if stretch.rule.startswith(("holiday", "date hours"))
    ]
    return (
        day,
        ", ".join(f"{opens}–{'24:00' if closes == '00:00' else closes}" for opens, closes in hours),
        next(iter(rules), ""),
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def read_length(field: str, text: str) -> int:
    """Seconds of a length written as hours and minutes (`4:30`) or whole hours (`8`)."""
    match = _LENGTH.fullmatch(text.strip())
    if match is not None:
        return int(match[1]) * 3600 + int(match[2]) * 60
    if text.strip().isascii() and text.strip().isdigit():
        return int(text) * 3600
    raise Invalid.field(field, _("Write hours and minutes like 4:30."))


def write_length(seconds: int | None) -> str:
    """A length as the form shows it."""
    return "" if seconds is None else f"{seconds // 3600}:{seconds % 3600 // 60:02d}"


def read_targets(data: Mapping[str, Any]) -> dict[tuple[str, int], int]:
    """The matrix of targets; empty cells promise nothing."""
    return {
        (metric, priority): read_length(f"target_{metric}_{priority}", data[f"target_{metric}_{priority}"])
        for metric in METRICS
        for priority in range(1, 6)
        if data.get(f"target_{metric}_{priority}")
    }


def read_steps(data: Mapping[str, Any]) -> list[StepInput]:
    """The rows of steps; a row without a share is left out."""
    rows = [(metric, f"step_{metric}_{number}") for metric in METRICS for number in range(STEP_ROWS)]
    return [
        StepInput(metric, data[f"{row}_percent"], tuple(data.get(f"{row}_actions", ())), data[f"{row}_urgent"])
        for metric, row in rows
        if data.get(f"{row}_percent")
    ]


def agreement_values(shown: ShownAgreement, zone: ZoneInfo) -> dict[str, Any]:
    """An agreement as its form shows it, instants in the reader's zone."""
    row = shown.row
    values: dict[str, Any] = {
        name: getattr(row, name) for name in ("version", "name", "active", "order", "condition", "calendar_id")
    }
    values |= {name: getattr(row, name) for name in ("pause_response", "reopen_counts", "target_change")}
    values["organisation_id"] = row.organisation_id or ""
    for name in ("valid_from", "valid_to"):
        instant = getattr(row, name)
        values[name] = instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if instant else ""
    for target in shown.targets:
        values[f"target_{target.metric}_{target.priority}"] = write_length(target.seconds)
    for metric in METRICS:
        for number, step in enumerate(each for each in shown.steps if each.metric == metric):
            values[f"step_{metric}_{number}_percent"] = step.percent
            values[f"step_{metric}_{number}_actions"] = step.actions
            values[f"step_{metric}_{number}_urgent"] = step.urgent
    return values


def step_rows(values: Mapping[str, Any], metric: str) -> list[str]:
    """Names of the step rows to show for a metric: those in use and two free ones."""
    used = [number for number in range(STEP_ROWS) if values.get(f"step_{metric}_{number}_percent")]
    shown = min(max(used, default=-1) + 1 + FREE_ROWS, STEP_ROWS)
    return [f"step_{metric}_{number}" for number in range(shown)]
