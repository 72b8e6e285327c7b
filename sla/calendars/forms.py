"""What people type about calendars, and what it means: hours, dates with names, recurring days."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _
from sla.calendars.calendar import CalendarError
from sla.calendars.recurring_days import MOST_DAYS, Occurrence, occurrences, parse_recurring
from sla.calendars.schemas import PRESETS, SHOWN_OCCURRENCES
from sla.calendars.working_hours import Workers
from sla.calendars.written import written_of
from sla.explanation import DAYS
from sla.models import BusinessHours

FREE_ROWS = 2
_TIME = r"(\d{1,2}:\d{2}(?::\d{2})?)"
_INTERVAL = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}", re.ASCII)
_HOURS_FIRST = re.compile(rf"({_TIME}\s*[-–]\s*{_TIME}(?:\s*[,;]\s*{_TIME}\s*[-–]\s*{_TIME})*)(?:\s+|$)", re.ASCII)
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_CLOSED = ("-", "–", "closed")

PRESET_TITLES: dict[str, Message] = {
    "mon_fri": _("Monday to Friday, 9 to 17"),
    "mon_fri_lunch": _("Monday to Friday with a lunch break, 9 to 12 and 13 to 17"),
    "sat_wed": _("Saturday to Wednesday, 8 to 16 (weekend Thursday and Friday)"),
    "sun_thu": _("Sunday to Thursday, 8 to 16 (weekend Friday and Saturday)"),
    "always": _("Around the clock, every day"),
}
_PRESETS: dict[str, tuple[str, str]] = {
    "mon_fri": ("mon tue wed thu fri", "09:00-17:00"),
    "mon_fri_lunch": ("mon tue wed thu fri", "09:00-12:00, 13:00-17:00"),
    "sat_wed": ("sat sun mon tue wed", "08:00-16:00"),
    "sun_thu": ("sun mon tue wed thu", "08:00-16:00"),
    "always": ("mon tue wed thu fri sat sun", "00:00-24:00"),
}


def preset(name: str) -> dict[str, str]:
    """The hours of the seven days in a usual week; raises `Invalid` for `preset`."""
    if name not in PRESETS:
        raise Invalid.field("preset", _("Choose one of the usual weeks."))
    days, hours = _PRESETS[name]
    return {day: hours if day in days.split() else "" for day in DAYS}


def read_intervals(field: str, text: str) -> list[list[str]]:
    """Hours such as `08:00-12:00, 13:00-17:00`; an empty text means closed."""
    intervals = []
    for part in re.split(r"[,;،؛]", text.translate(_DIGITS)):
        match = _INTERVAL.fullmatch(part.strip())
        if match is not None:
            intervals.append([match[1].rjust(5, "0"), match[2].rjust(5, "0")])
        elif part.strip():
            raise Invalid.field(field, _("“%(hours)s” is not a time like 08:00-17:00.", hours=part.strip()[:40]))
    return intervals


def write_intervals(intervals: Iterable[Sequence[str]]) -> str:
    """Hours as the form shows them."""
    return ", ".join(f"{opens}-{closes}" for opens, closes in intervals)


def read_definition(data: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar's definition out of the form; raises `Invalid` that names the field."""
    weekly = {day: read_intervals(day, data.get(day, "")) for day in DAYS}
    names: dict[str, str] = {}
    return {
        "weekly": {day: intervals for day, intervals in weekly.items() if intervals},
        "holidays": _holidays(data.get("holidays", ""), names),
        "date_hours": _date_hours(data.get("date_hours", ""), names),
        "names": names,
        "recurring": read_recurring(data),
    }


def read_addresses(text: str) -> list[str]:
    """Addresses of people, one a line or with commas between them."""
    return re.sub(r"[,;]", " ", text).split()


def _dated_lines(text: str) -> Iterable[tuple[str, str]]:
    """Date and rest of each line that is not empty."""
    for line in text.splitlines():
        day, _blank, rest = line.strip().partition(" ")
        if day:
            yield day.translate(_DIGITS), rest.strip()


def _holidays(text: str, names: dict[str, str]) -> list[str]:
    """Dates, one a line; what follows the date on its line is the name of the day."""
    found: dict[str, str] = {}
    for day, name in _dated_lines(text):
        found[day] = name or found.get(day, "")
    names |= {day: name for day, name in found.items() if name}
    return list(found)


def _date_hours(text: str, names: dict[str, str]) -> dict[str, list[list[str]]]:
    """Dates with hours, then perhaps a name: `2026-12-24 09:00-12:00 Christmas Eve`; without hours the day is closed."""
    found: dict[str, list[list[str]]] = {}
    for day, rest in _dated_lines(text):
        match = _HOURS_FIRST.match(rest.translate(_DIGITS))
        name = rest[match.end() :].strip() if match else rest
        if match is None and name.partition(" ")[0].lower() in _CLOSED:
            name = name.partition(" ")[2].strip()
        if name[:1].translate(_DIGITS).isdigit() or name[:1] in (",", ";"):
            raise Invalid.field("date_hours", _("“%(hours)s” is not a time like 08:00-17:00.", hours=name[:40]))
        found[day] = read_intervals("date_hours", match[1]) if match else []
        names |= {day: name} if name else {}
    return found


def read_recurring(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of recurring days; a row without a name is left out. Raises `Invalid` that names the row's field."""
    rows = (f"recurring_{number}" for number in range(MOST_DAYS))
    return [_recurring(data, row) for row in rows if data.get(f"{row}_name")]


def _recurring(data: Mapping[str, Any], row: str) -> dict[str, Any]:
    for part, words in (("month", _("Choose the month.")), ("day", _("Give the day of the month."))):
        if not data.get(f"{row}_{part}"):
            raise Invalid.field(f"{row}_{part}", words)
    system, _dash, month = str(data[f"{row}_month"]).partition("-")
    day = {
        "name": data[f"{row}_name"],
        "system": system,
        "month": int(month),
        "day": int(data[f"{row}_day"]),
        "hours": read_intervals(f"{row}_hours", data.get(f"{row}_hours") or ""),
    }
    try:
        parse_recurring([day])
        moved = _moved(data, row, day)
        parse_recurring([{**day, "moved": moved}])
    except CalendarError as error:
        part = error.field.partition(".")[2].partition(".")[0] or "name"
        place = {"moved": "on_0", "system": "month"}.get(part.partition("[")[0], part.partition("[")[0])
        raise Invalid.field(
            f"{row}_{place}", _("%(name)s: %(fault)s", name=str(day["name"])[:60], fault=error.message)
        ) from error
    return {**day, "moved": moved}


def _moved(data: Mapping[str, Any], row: str, day: Mapping[str, Any]) -> dict[str, str]:
    """Moved occurrences: those that the page kept aside, and the shown ones with another date than the computed."""
    pairs = (pair.partition("=") for pair in str(data.get(f"{row}_moved") or "").split())
    moved = {year: on for year, _sign, on in pairs}
    computed = {str(each.year): each.computed_on.isoformat() for each in coming(day)}
    for shown in range(SHOWN_OCCURRENCES):
        year, on = data.get(f"{row}_year_{shown}"), data.get(f"{row}_on_{shown}")
        if year:
            moved.pop(year, None)
            if on and on != computed.get(year):
                moved[year] = on
    return moved


def coming(day: Mapping[str, Any], *, today: date | None = None) -> list[Occurrence]:
    """Where a recurring day falls: all of 200 years, or the next ones from a day on."""
    parsed = parse_recurring([day])[0]
    first_on = today or date(1950, 1, 1)
    found = occurrences(parsed, first_on=first_on, last_on=date(min(first_on.year + 150, 2399), 12, 31))
    return list(found) if today is None else sorted(found, key=lambda each: each.falls_on)[:SHOWN_OCCURRENCES]


@dataclass(frozen=True)
class RecurringRow:
    """A row of the form: the beginning of its fields' names, and the next occurrences where it can be read."""

    prefix: str
    used: bool
    coming: list[Occurrence]


def recurring_rows(values: Mapping[str, Any], *, today: date) -> list[RecurringRow]:
    """The rows to show: those in use and two free ones."""
    used = [number for number in range(MOST_DAYS) if values.get(f"recurring_{number}_name")]
    shown = min(max(used, default=-1) + 1 + FREE_ROWS, MOST_DAYS)
    return [_row(values, f"recurring_{number}", today) for number in range(shown)]


def _row(values: Mapping[str, Any], prefix: str, today: date) -> RecurringRow:
    if not values.get(f"{prefix}_name"):
        return RecurringRow(prefix, used=False, coming=[])
    try:
        return RecurringRow(prefix, used=True, coming=coming(_recurring(values, prefix), today=today))
    except (Invalid, ValueError):
        return RecurringRow(prefix, used=True, coming=[])


def calendar_values(calendar: BusinessHours, workers: Workers) -> dict[str, Any]:
    """A calendar as its form shows it."""
    written = written_of(calendar)
    names, special = written["names"], written["date_hours"]
    values = {
        "version": str(calendar.version),
        "name": calendar.name,
        "timezone": calendar.timezone,
        "holidays": "\n".join(f"{day} {names.get(day, '')}".strip() for day in sorted(written["holidays"])),
        "date_hours": "\n".join(
            f"{day} {write_intervals(hours) or 'closed'} {names.get(day, '')}".strip()
            for day, hours in sorted(special.items())
        ),
        **{day: write_intervals(written["weekly"].get(day, [])) for day in DAYS},
        "group_ids": list(workers.groups),
        "people": "\n".join(workers.people.values()),
    }
    for number, each in enumerate(written["recurring"]):
        values |= _recurring_values(f"recurring_{number}", each)
    return values


def _recurring_values(prefix: str, day: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{prefix}_name": day["name"],
        f"{prefix}_month": f"{day['system']}-{day['month']}",
        f"{prefix}_day": str(day["day"]),
        f"{prefix}_hours": write_intervals(day["hours"]),
        f"{prefix}_moved": " ".join(f"{year}={on}" for year, on in day["moved"].items()),
    }


def with_holidays(text: str, found: Mapping[date, str]) -> str:
    """The list of holidays with others added, to be looked through before it is saved."""
    lines = {line.split()[0]: line.strip() for line in text.splitlines() if line.strip()}
    for day, name in found.items():
        lines.setdefault(day.isoformat(), f"{day.isoformat()} {name}")
    return "\n".join(lines[day] for day in sorted(lines))


@dataclass(frozen=True)
class Stripe:
    """One stretch of a day's picture in per cent of 24 hours; `is_late` is what runs on from the day before."""

    x: float
    width: float
    is_late: bool


def week_stripes(values: Mapping[str, Any]) -> dict[str, list[Stripe]]:
    """The weekly hours as pictures, day by day; a day that cannot be read is empty."""
    days = list(DAYS)
    found: dict[str, list[Stripe]] = {day: [] for day in days}
    for number, day in enumerate(days):
        following = days[(number + 1) % 7]
        for opens, closes in _minutes(day, values.get(day, "")):
            found[day].append(_stripe(opens, min(closes, 1440), is_late=False))
            if closes > 1440:
                found[following].append(_stripe(0, closes - 1440, is_late=True))
    return found


def _stripe(opens: int, closes: int, *, is_late: bool) -> Stripe:
    return Stripe(round(opens / 14.4, 2), round((closes - opens) / 14.4, 2), is_late)


def _minutes(day: str, text: str) -> list[tuple[int, int]]:
    try:
        pairs = [[int(each[:2]) * 60 + int(each[3:5]) for each in pair] for pair in read_intervals(day, text)]
    except Invalid:
        return []
    return [
        (opens, closes if closes >= opens else closes + 1440) for opens, closes in pairs if max(opens, closes) <= 1440
    ]
