"""Reads a service desk's audit log: one CSV row for each saved state of an incident. Pure; wrong rows are reported."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO
from zoneinfo import ZoneInfo

MISSING = frozenset({"", "?"})
INSTANT_FORMAT = "%d-%m-%Y %H:%M"
LONGEST_VALUE = 200
MOST_ROWS = 2_000_000
REQUIRED = (
    "number", "incident_state", "sys_mod_count", "caller_id", "opened_at", "sys_updated_by", "sys_updated_at",
    "contact_type", "location", "category", "subcategory", "impact", "urgency", "priority", "assignment_group",
    "assigned_to", "closed_code",
)  # fmt: skip
STATES = {  # state of the log -> our state and the reason for waiting
    "New": ("new", ""),
    "Active": ("in_progress", ""),
    "Awaiting User Info": ("on_hold", "customer"),
    "Awaiting Evidence": ("on_hold", "customer"),
    "Awaiting Vendor": ("on_hold", "supplier"),
    "Awaiting Problem": ("on_hold", "problem"),
    "Awaiting Change": ("on_hold", "change"),
    "Resolved": ("resolved", ""),
    "Closed": ("closed", ""),
    "Canceled": ("cancelled", ""),
}
CHANNELS = {"Phone": "phone", "Email": "mail", "Self service": "portal", "IVR": "phone", "Direct opening": "web"}


@dataclass(frozen=True)
class Fault:
    """A row that was left out, by its number in the file (the heading is row 1), and which field was wrong."""

    row: int
    field: str
    text: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.field}: {self.text}"


@dataclass(frozen=True)
class AuditRow:
    """One saved state of an incident. Names are as the log has them; an empty text means missing."""

    number: str
    at: datetime
    order: int
    opened_at: datetime
    state: str
    hold_reason: str
    caller: str
    updated_by: str
    channel: str
    location: str
    category: str
    subcategory: str
    impact: int
    urgency: int
    priority: int
    group: str
    assignee: str
    closed_code: str


class WrongField(ValueError):
    """A field of a row cannot be read; `field` names it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def read_rows(source: TextIO, *, timezone: str) -> tuple[dict[str, list[AuditRow]], list[Fault], int]:
    """Rows by incident in the order of their instants, the faults, and the number of rows.

    Instants are local to `timezone`. Raises `WrongField` when the heading lacks a column.
    """
    reader = csv.DictReader(source)
    lacking = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if lacking:
        raise WrongField(lacking[0], "this column is missing in the heading")
    found: dict[str, list[AuditRow]] = defaultdict(list)
    faults: list[Fault] = []
    zone, number = ZoneInfo(timezone), 1
    for number, values in enumerate(reader, start=2):
        if number > MOST_ROWS:
            raise WrongField("number", f"the file has more than {MOST_ROWS} rows; split it")
        try:
            row = read_row(values, zone)
        except WrongField as error:
            faults.append(Fault(number, error.field, str(error)))
        else:
            found[row.number].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.at, row.order))
    return dict(found), faults, number - 1


def read_row(values: dict[str, str | None], zone: ZoneInfo) -> AuditRow:
    """One row; raises `WrongField`."""
    number = _text(values, "number")
    if not number:
        raise WrongField("number", "is missing")
    state = _text(values, "incident_state")
    if state not in STATES:
        raise WrongField("incident_state", f"“{state}” is not a known state")
    name, reason = STATES[state]
    return AuditRow(
        number=number,
        at=_instant(values, "sys_updated_at", zone),
        order=_count(values, "sys_mod_count"),
        opened_at=_instant(values, "opened_at", zone),
        state=name,
        hold_reason=reason,
        caller=_text(values, "caller_id"),
        updated_by=_text(values, "sys_updated_by"),
        channel=CHANNELS.get(_text(values, "contact_type"), "import"),
        location=_text(values, "location"),
        category=_text(values, "category"),
        subcategory=_text(values, "subcategory"),
        impact=_grade(values, "impact", most=4),
        urgency=_grade(values, "urgency", most=4),
        priority=_grade(values, "priority", most=5),
        group=_text(values, "assignment_group"),
        assignee=_text(values, "assigned_to"),
        closed_code=_text(values, "closed_code"),
    )


def _text(values: dict[str, str | None], field: str) -> str:
    text = " ".join((values.get(field) or "").split())
    if len(text) > LONGEST_VALUE:
        raise WrongField(field, "is longer than 200 characters")
    return "" if text in MISSING else text


def _instant(values: dict[str, str | None], field: str, zone: ZoneInfo) -> datetime:
    text = _text(values, field)
    try:
        return datetime.strptime(text, INSTANT_FORMAT).replace(tzinfo=zone).astimezone(UTC)
    except ValueError as error:
        raise WrongField(field, f"“{text}” is not a day and time like 29-02-2016 01:16") from error


def _count(values: dict[str, str | None], field: str) -> int:
    text = _text(values, field)
    if not text.isdecimal() or len(text) > 9:
        raise WrongField(field, f"“{text}” is not a number")
    return int(text)


def _grade(values: dict[str, str | None], field: str, *, most: int) -> int:
    text = _text(values, field)
    digits = text.split(" ")[0]
    if not digits.isdecimal() or not 1 <= int(digits[:3]) <= most:
        raise WrongField(field, f"“{text}” does not begin with 1 to {most}")
    return int(digits)


def first_named(rows: Sequence[AuditRow], field: str) -> str:
    """The first value that some row names; what is missing at the start is taken from there."""
    return next((value for row in rows if (value := str(getattr(row, field)))), "")


def names_in(rows: Iterable[AuditRow], field: str) -> set[str]:
    """Every value that some row names."""
    return {value for row in rows if (value := str(getattr(row, field)))}
