"""Where a ticket's time went: how long it lay with which group and how long it waited, read from its journal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Group
from itsm.kernel.db import session
from itsm.kernel.formats import Reader
from itsm.kernel.text import _
from itsm.tickets.models import JournalEntry
from itsm.web.presentation import HOLD_REASONS

SHOWN_PARTS = 3
CHUNK = 500


@dataclass(frozen=True)
class Standing:
    """Where a ticket stands from an instant on."""

    at: datetime
    group_id: int | None
    category: str
    hold_reason: str


@dataclass(frozen=True)
class Stay:
    """Seconds on the wall that a ticket spent with a group, or waiting for something."""

    group_id: int | None
    hold_reason: str
    seconds: int


def standings(changes: Iterable[tuple[datetime, dict[str, Any]]]) -> list[Standing]:
    """How a ticket moved between groups and states, from the changes of its journal in order."""
    found: list[Standing] = []
    group_id, category, reason = None, "open", ""
    for at, values in changes:
        group_id = values.get("group_id", (None, group_id))[1]
        category = values.get("state_category", (None, category))[1]
        reason = values.get("hold_reason", (None, reason))[1] or ""
        found.append(Standing(at, group_id, category, reason if category == "waiting" else ""))
    return found


def stays(path: Sequence[Standing], from_at: datetime, to_at: datetime) -> list[Stay]:
    """Time spent in each place within [from_at, to_at), longest first; resolved time is nobody's."""
    spent: dict[tuple[int | None, str], float] = defaultdict(float)
    ends = [*(step.at for step in path[1:]), to_at] if path else []
    for step, end in zip(path, ends, strict=True):
        seconds = (min(end, to_at) - max(step.at, from_at)).total_seconds()
        if seconds > 0 and step.category not in {"resolved", "closed"}:
            waiting = (step.hold_reason or "waiting") if step.category == "waiting" else ""
            spent[None if waiting else step.group_id, waiting] += seconds
    found = [Stay(group_id, waiting, int(seconds)) for (group_id, waiting), seconds in spent.items()]
    return sorted(found, key=lambda stay: (-stay.seconds, stay.group_id or 0, stay.hold_reason))


def read_paths(ticket_ids: Sequence[int], before: datetime) -> dict[int, list[Standing]]:
    """The paths of tickets that the caller was allowed to read; one statement for each 500."""
    changes: dict[int, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    for start in range(0, len(ticket_ids), CHUNK):
        statement = select(JournalEntry.ticket_id, JournalEntry.at, JournalEntry.changes).where(
            JournalEntry.ticket_id.in_(ticket_ids[start : start + CHUNK]),
            JournalEntry.kind.in_(("created", "change")),
            JournalEntry.at < before,
            ~JournalEntry.retracted,
        )
        for row in session.execute(statement.order_by(JournalEntry.ticket_id, JournalEntry.id)):
            changes[row.ticket_id].append((row.at, row.changes))
    return {ticket_id: standings(found) for ticket_id, found in changes.items()}


def group_names() -> dict[int, str]:
    """Names of all groups by id."""
    return {row.id: row.name for row in session.execute(select(Group.id, Group.name))}


def in_words(found: Sequence[Stay], *, groups: dict[int, str], reader: Reader) -> str:
    """The longest stays as a phrase: `Network 12:30, waits for the customer 3:05`."""
    parts = []
    for stay in found[:SHOWN_PARTS]:
        name = (
            str(HOLD_REASONS.get(stay.hold_reason, _("on hold")))
            if stay.hold_reason
            else groups.get(stay.group_id or 0)
        )
        parts.append(f"{name or _('no group')} {reader.clock_time(stay.seconds)}")
    return "; ".join(parts)
