"""The history of an asset in words: what the audit log holds, with names instead of ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.kinds import KINDS
from assets.lifecycle import DISPOSALS, LIFECYCLE, STOCK_STATES
from itsm.identity import queries as identity
from itsm.kernel.audit import AuditEntry
from itsm.kernel.text import Message, _

TITLES: dict[str, Message] = {
    "tag": _("Tag"), "name": _("Name"), "kind": _("Kind"), "model": _("Model"), "manufacturer": _("Manufacturer"),
    "serial": _("Serial number"), "owner_id": _("User"), "site_id": _("Site"), "organisation_id": _("Organisation"),
    "state": _("State"), "stock_state": _("Stock"), "disposal": _("Disposal"), "certificate": _("Certificate"),
    "supplier": _("Supplier"), "order_number": _("Order number"), "purchased_on": _("Purchased"),
    "price_minor": _("Price (hundredths)"), "currency": _("Currency"), "warranty_until": _("Warranty until"),
    "ci_id": _("Configuration item"), "notes": _("Notes"), "note": _("Note"),
}  # fmt: skip
CREATED: Message = _("Recorded")
CHANGED: Message = _("Changed")


@dataclass(frozen=True)
class HistoryLine:
    """One change: when, who, through which channel, what was done, and field → before and after in words."""

    at: datetime
    actor_name: str
    channel: str
    title: Message
    changes: list[tuple[Message, str, str]]


def in_words(entries: Sequence[AuditEntry]) -> list[HistoryLine]:
    """The entries with names of people and sites; two statements whatever their number."""
    people = identity.person_names(_ids(entries, "owner_id"))
    sites = {site.id: site.name for site in identity.list_sites()} if _ids(entries, "site_id") else {}
    return [
        HistoryLine(
            entry.at, entry.actor_name, entry.channel, _title(entry.action), _changes(entry.changes, people, sites)
        )
        for entry in entries
    ]


def _ids(entries: Sequence[AuditEntry], field: str) -> set[int]:
    return {value for entry in entries for value in entry.changes.get(field, []) if isinstance(value, int)}


def _title(action: str) -> Message:
    name = action.removeprefix("asset.")
    steps = {step.name: step.title for step in LIFECYCLE.transitions}
    return {"created": CREATED, "changed": CHANGED}.get(name) or steps.get(name, name)


def _changes(changes: dict[str, Any], people: dict[int, str], sites: dict[int, str]) -> list[tuple[Message, str, str]]:
    lines = []
    for field, pair in changes.items():
        before, after = (_word(field, value, people, sites) for value in pair)
        lines.append((TITLES.get(field, field), before, after))
    return lines


def _word(field: str, value: Any, people: dict[int, str], sites: dict[int, str]) -> str:
    if value in (None, ""):
        return ""
    if field == "state":
        return str(LIFECYCLE[value].title) if value in LIFECYCLE.states else str(value)
    names: dict[str, dict[Any, Any]] = {
        "owner_id": people,
        "site_id": sites,
        "stock_state": STOCK_STATES,
        "disposal": DISPOSALS,
        "kind": KINDS,
    }
    return str(names.get(field, {}).get(value, value))
