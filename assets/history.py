"""The history of an asset in words: what the audit log holds, with names instead of ids."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from assets.kinds import KINDS
from assets.lifecycle import DISPOSALS, LIFECYCLE, STOCK_STATES
from assets.models import Asset
from cmdb import queries as cmdb
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.formats import Reader
from itsm.kernel.text import Message, _

TITLES: dict[str, Message] = {
    "tag": _("Tag"), "name": _("Name"), "kind": _("Kind"), "model": _("Model"), "manufacturer": _("Manufacturer"),
    "serial": _("Serial number"), "owner_id": _("User"), "site_id": _("Site"), "organisation_id": _("Organisation"),
    "state": _("State"), "stock_state": _("Stock"), "disposal": _("Disposal"), "certificate": _("Certificate"),
    "supplier": _("Supplier"), "order_number": _("Order number"), "purchased_on": _("Purchased"),
    "price_minor": _("Price"), "currency": _("Currency"), "warranty_until": _("Warranty until"),
    "ci_id": _("Configuration item"), "notes": _("Notes"), "note": _("Note"),
}  # fmt: skip
DAYS = frozenset({"purchased_on", "warranty_until"})
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


@dataclass(frozen=True)
class _Names:
    """What ids stand for, and how days and amounts are written for the reader."""

    people: dict[int, str]
    sites: dict[int, str]
    organisations: dict[int, str]
    cis: dict[int, str]
    reader: Reader


def in_words(actor: Actor, asset: Asset, entries: Sequence[AuditEntry], reader: Reader) -> list[HistoryLine]:
    """The entries, newest first, with names of people, places and CIs; four statements whatever their number."""
    names = _Names(
        people=identity.person_names(_ids(entries, "owner_id")),
        sites={site.id: site.name for site in identity.list_sites()} if _ids(entries, "site_id") else {},
        organisations=identity.organisation_names(_ids(entries, "organisation_id")),
        cis={ci.id: ci.name for ci in cmdb.list_by_ids(actor, _ids(entries, "ci_id"))},
        reader=reader,
    )
    return [
        HistoryLine(
            entry.at, entry.actor_name, entry.channel, _title(entry.action), _changes(entry.changes, currencies, names)
        )
        for entry, currencies in zip(entries, _currencies(asset, entries), strict=True)
    ]


def _currencies(asset: Asset, entries: Sequence[AuditEntry]) -> Iterator[list[str]]:
    """The currency before and after each entry, told backwards from the present one."""
    present = asset.currency
    for entry in entries:
        pair = entry.changes.get("currency", [present, present])
        yield [each or "" for each in pair]
        present = pair[0]


def _ids(entries: Sequence[AuditEntry], field: str) -> set[int]:
    return {value for entry in entries for value in entry.changes.get(field, []) if isinstance(value, int)}


def _title(action: str) -> Message:
    name = action.removeprefix("asset.")
    steps = {step.name: step.title for step in LIFECYCLE.transitions}
    return {"created": CREATED, "changed": CHANGED}.get(name) or steps.get(name, name)


def _changes(changes: dict[str, Any], currencies: list[str], names: _Names) -> list[tuple[Message, str, str]]:
    """A new currency is told with the price that it came with."""
    fields = [name for name in changes if name != "currency" or "price_minor" not in changes]
    lines = []
    for field in fields:
        before, after = (
            _word(field, value, currency, names) for value, currency in zip(changes[field], currencies, strict=True)
        )
        lines.append((TITLES.get(field, field), before, after))
    return lines


def _word(field: str, value: Any, currency: str, names: _Names) -> str:
    if value in (None, ""):
        return ""
    if field == "price_minor":
        return f"{names.reader.number(value / 100, decimals=2)} {currency}".rstrip()
    if field in DAYS:
        return names.reader.day(date.fromisoformat(value))
    if field == "state":
        return str(LIFECYCLE[value].title) if value in LIFECYCLE.states else str(value)
    return str(_known(field, names).get(value, value))


def _known(field: str, names: _Names) -> Mapping[Any, Any]:
    known: dict[str, Mapping[Any, Any]] = {
        "owner_id": names.people,
        "site_id": names.sites,
        "organisation_id": names.organisations,
        "ci_id": names.cis,
        "stock_state": STOCK_STATES,
        "disposal": DISPOSALS,
        "kind": KINDS,
    }
    return known.get(field, {})
