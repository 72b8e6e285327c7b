"""A calendar as an administrator writes it, and the plain dates that it comes to. Pure.

What is written: weekly hours, holidays and special hours with names, recurring days. What whoever counts reads is `weekly`,
`holidays` and `date_hours` alone: the dates of recurring days are computed for 20 years back and 20 ahead of the year of
writing. Rule: T5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from sla.calendars.calendar import BusinessCalendar, CalendarError, parse_calendar
from sla.calendars.recurring_days import LONGEST_NAME, RecurringDay, occurrences, parse_recurring
from sla.models import BusinessHours

PLAIN_MEMBERS = ("weekly", "holidays", "date_hours")
MEMBERS = (*PLAIN_MEMBERS, "names", "sources", "recurring")
EMPTY: Mapping[str, Any] = {
    "weekly": {}, "holidays": [], "date_hours": {}, "names": {}, "sources": {}, "recurring": [],
}  # fmt: skip
YEARS_AROUND = 20
BY_HAND = "hand"


@dataclass(frozen=True)
class Compiled:
    """The two columns of a calendar, and the calendar that they are."""

    definition: dict[str, Any]
    details: dict[str, Any] | None
    calendar: BusinessCalendar


def written_of(calendar: BusinessHours) -> dict[str, Any]:
    """What an administrator wrote of a stored calendar, with all of `MEMBERS`."""
    return {**EMPTY, **calendar.definition, **(calendar.details or {})}


def compile_calendar(timezone: str, written: Mapping[str, Any], *, year: int) -> Compiled:
    """What is written, read and found usable; raises `Invalid` that names the part. Rules: T1, T4."""
    unknown = sorted(written.keys() - set(MEMBERS))
    if unknown:
        raise Invalid.field(unknown[0], _("A calendar has no such field."))
    try:
        compiled = _compiled(timezone, written, year)
    except CalendarError as error:
        field = "timezone" if error.field == "tz" else re.split(r"[.\[]", error.field)[0]
        raise Invalid.field(field, _("%(place)s: %(fault)s", place=error.field, fault=error.message)) from error
    if not compiled.calendar.ever_opens:
        raise Invalid.field("weekly", _("A calendar that never opens has no deadline. Give at least one open hour."))
    return compiled


def _compiled(timezone: str, written: Mapping[str, Any], year: int) -> Compiled:
    plain = {name: written[name] for name in PLAIN_MEMBERS if written.get(name)}
    parse_calendar({"tz": timezone, **plain})
    recurring = parse_recurring(written.get("recurring") or [])
    dates = {*plain.get("holidays", ()), *plain.get("date_hours", {})}
    details: dict[str, Any] = {
        "names": _by_date(written.get("names") or {}, "names", dates),
        "sources": _by_date(written.get("sources") or {}, "sources", dates),
        "recurring": [each.as_data() for each in recurring],
    }
    definition = _with_recurring(plain, recurring, year)
    calendar = parse_calendar({"tz": timezone, **definition})
    if recurring:
        details |= {name: plain.get(name, EMPTY[name]) for name in ("holidays", "date_hours")}
    kept = {name: value for name, value in details.items() if value or recurring}
    return Compiled(definition, kept or None, calendar)


def _by_date(value: object, place: str, dates: set[str]) -> dict[str, str]:
    """Texts of the dates that are holidays or have special hours; those of other dates are dropped."""
    if not isinstance(value, Mapping):
        raise CalendarError(place, "must be an object")
    for day, text in value.items():
        if not isinstance(text, str) or len(text) > LONGEST_NAME:
            raise CalendarError(f"{place}.{str(day)[:40]}", f"must be a text of at most {LONGEST_NAME} letters")
    return {day: text.strip() for day, text in sorted(value.items()) if day in dates and text.strip()}


def _with_recurring(plain: Mapping[str, Any], recurring: tuple[RecurringDay, ...], year: int) -> dict[str, Any]:
    """Plain members with the dates of recurring days; a date that is written by itself stays as it is written."""
    holidays, special = list(plain.get("holidays", ())), dict(plain.get("date_hours", {}))
    written = {*holidays, *special}
    for day, each in recurring_dates(recurring, year=year):
        key = day.isoformat()
        if key in written:
            continue
        if each.hours:
            special[key] = [list(pair) for pair in each.hours]
        elif key not in holidays:
            holidays.append(key)
    definition = {"weekly": plain.get("weekly", {}), "holidays": holidays, "date_hours": special}
    return {name: value for name, value in definition.items() if value}


def recurring_dates(recurring: tuple[RecurringDay, ...], *, year: int) -> list[tuple[date, RecurringDay]]:
    """Where recurring days fall in the 20 years before and after a year, in order."""
    first_on, last_on = date(year - YEARS_AROUND, 1, 1), date(year + YEARS_AROUND, 12, 31)
    found = [(each.falls_on, day) for day in recurring for each in occurrences(day, first_on=first_on, last_on=last_on)]
    return sorted(found, key=lambda pair: pair[0])


def names_of(written: Mapping[str, Any], *, year: int) -> dict[date, str]:
    """What the days of a calendar are called: recurring days by their names, dates by those written for them."""
    recurring = parse_recurring(written.get("recurring") or [])
    names = {day: each.name for day, each in recurring_dates(recurring, year=year)}
    return names | {date.fromisoformat(day): text for day, text in (written.get("names") or {}).items()}
