"""A ticket as it stood at an earlier instant, rebuilt from its journal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from itsm.kernel.lifecycle import UNFINISHED
from itsm.tickets.models import JournalEntry, Ticket

INSTANTS = frozenset({"created_at", "updated_at", "responded_at", "resolved_at", "closed_at", "wake_at"})
OWN = "custom."  # how journals name the site's own fields


class PastTicket:
    """Answers as the ticket would have then; what no journal tells (its CIs, its due instant) is as it is today."""

    def __init__(self, ticket: Ticket, facts: Mapping[str, Any]) -> None:
        self._ticket, self._facts = ticket, dict(facts)

    def __getattr__(self, name: str) -> Any:
        facts = self.__dict__["_facts"]
        return facts[name] if name in facts else getattr(self.__dict__["_ticket"], name)


def story(ticket: Ticket, journal: Sequence[JournalEntry]) -> Iterator[tuple[JournalEntry, PastTicket]]:
    """Each entry in order, with the ticket as it stood right after it. Entries that were taken back are passed over."""
    entries = [entry for entry in journal if not entry.retracted]
    columns = {column.key for column in type(ticket).__mapper__.column_attrs}
    facts = _first_facts(ticket, entries, columns)
    for entry in entries:
        facts |= _side(entry, columns, facts, side=1)
        facts |= _derived(facts, entry)
        yield entry, PastTicket(ticket, facts)


def _first_facts(ticket: Ticket, entries: Sequence[JournalEntry], columns: set[str]) -> dict[str, Any]:
    """What each changed column held before its first change: going back, the oldest entry has the last word."""
    facts: dict[str, Any] = {"reopenings": 0, "reassignments": 0, "responded_at": None, "resolution": ""}
    facts |= {"resolved_at": None, "closed_at": None, "created_at": ticket.created_at, "updated_at": ticket.created_at}
    facts["custom"] = dict(ticket.custom or {})
    for entry in reversed(entries):
        facts |= _side(entry, columns, facts, side=0)
    return facts


def _side(entry: JournalEntry, columns: set[str], facts: Mapping[str, Any], *, side: int) -> dict[str, Any]:
    """What an entry says of columns and own fields before it (`side` 0) or after it (1)."""
    found = {name: _value(name, pair[side]) for name, pair in entry.changes.items() if name in columns}
    own = {name.removeprefix(OWN): pair[side] for name, pair in entry.changes.items() if name.startswith(OWN)}
    if own:
        known = {**facts["custom"], **own}
        found["custom"] = {key: value for key, value in known.items() if value is not None}
    return found


def _value(name: str, value: Any) -> Any:
    if name in INSTANTS and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _derived(facts: Mapping[str, Any], entry: JournalEntry) -> dict[str, Any]:
    """Columns that services set without telling the journal."""
    changes = entry.changes
    found: dict[str, Any] = {"updated_at": entry.at}
    if facts.get("state_category"):
        found["unfinished"] = int(facts["state_category"] in {each.value for each in UNFINISHED})
    if entry.kind == "public" and not entry.by_requester and not entry.automatic and facts["responded_at"] is None:
        found["responded_at"] = entry.at
    was = changes.get("state_category", (None, None))
    if was[0] == "resolved" and found.get("unfinished"):
        found["reopenings"] = facts["reopenings"] + 1
    group = changes.get("group_id", (None, None))
    if entry.kind == "change" and group[0] is not None and group[1] is not None:
        found["reassignments"] = facts["reassignments"] + 1
    return found
