"""What people type about calendars and agreements, and what it means: dates and lengths."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from sla.agreements.queries import ShownAgreement
from sla.escalations import forms as step_forms

PREVIEWED_WEEKS = 4
_INTERVAL = re.compile(r"(\d{2}:\d{2}(?::\d{2})?)\s*[-–]\s*(\d{2}:\d{2}(?::\d{2})?)")
_LENGTH = re.compile(r"(\d{1,5}):([0-5]\d)")


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


def read_targets(data: Mapping[str, Any], metrics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The matrix of targets; empty cells promise nothing."""
    return {
        (metric, priority): read_length(f"target_{metric}_{priority}", data[f"target_{metric}_{priority}"])
        for metric in metrics
        for priority in range(1, 6)
        if data.get(f"target_{metric}_{priority}")
    }


def agreement_values(shown: ShownAgreement, zone: ZoneInfo) -> dict[str, Any]:
    """An agreement as its form shows it, instants in the reader's zone."""
    row = shown.row
    values: dict[str, Any] = {
        name: getattr(row, name) for name in ("version", "name", "active", "order", "condition", "calendar_id")
    }
    values |= {name: getattr(row, name) for name in ("pause_response", "reopen_counts", "target_change")}
    values["kind"] = row.kind
    for name in ("organisation_id", "group_id", "supplier_id", "service_id"):
        values[name] = getattr(row, name) or ""
    for name in ("valid_from", "valid_to"):
        instant = getattr(row, name)
        values[name] = instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if instant else ""
    for target in shown.targets:
        values[f"target_{target.metric}_{target.priority}"] = write_length(target.seconds)
    return values | step_forms.values_of(shown.steps)
