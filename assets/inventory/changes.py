"""Records of inventories, how a new one is laid over the last, and what changed between two of them.

A record is plain JSON data: ``{"source": {…}, "sections": […], "stale": […], <section>: {…} or […]}`` with the sections
of ``model.SECTIONS``; dates and instants are ISO texts, lists are sorted.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from assets.inventory.model import LIST_SECTIONS, RECORD_FIELDS, SECTIONS, Inventory
from assets.inventory.noise import MEASURED, is_noise

Record = dict[str, Any]
ChangeKind = Literal["added", "removed", "changed"]

EMPTY_WHEN_ABSENT = frozenset({"virtual_machines", "remote_access", "monitors", "antivirus"})
"""Sections that agents leave out when they find nothing; a full inventory without one empties it."""

_KEYS: dict[str, tuple[str, ...]] = {
    "users": ("login", "domain"),
    "cpus": ("name",),
    "memories": ("slot", "caption", "description"),
    "networks": ("name",),
    "storages": ("name",),
    "drives": ("mount_point", "volume"),
    "software": ("name", "architecture"),
    "monitors": ("caption", "serial"),
    "printers": ("name",),
    "batteries": ("name", "serial"),
    "antivirus": ("name",),
    "virtual_machines": ("name", "uuid"),
    "remote_access": ("type",),
    "ports": ("number", "name"),
    "neighbours": ("port_number", "port_name"),
    "components": ("index", "name"),
    "page_counters": ("name",),
    "supplies": ("name",),
}
_SOURCE_FIELDS = ("agent_kind", "agent_id", "device_id", "agent_version", "tag", "kind")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two records.

    ``label`` is the field for a section of single values, else the name of the entry. ``before`` and ``after`` are the
    values; for an entry that changed they hold only the fields that differ.
    """

    section: str
    kind: ChangeKind
    label: str
    before: Any = None
    after: Any = None


def as_data(inventory: Inventory) -> Record:
    """The record of one inventory: JSON-able, equal for equal content whatever order the agent wrote it in."""
    record: Record = {
        "source": {name: getattr(inventory, name) for name in _SOURCE_FIELDS},
        "sections": [section for section in SECTIONS if section in inventory.sections],
        "stale": [],
    }
    for section, names in RECORD_FIELDS.items():
        record[section] = {name: _plain(getattr(inventory, name)) for name in names}
    system = {"fqdn": inventory.fqdn, "domain": inventory.domain} | asdict(inventory.operating_system)
    record["operating_system"] = _plain(system)
    for section in LIST_SECTIONS:
        record[section] = sorted((_entry(value) for value in getattr(inventory, section)), key=_place)
    return record


def merge_inventory(previous: Record, inventory: Inventory) -> Record:
    """Lay a new inventory over the last record, by the rule for partial or for full ones; neither input is changed."""
    return merge_partial(previous, inventory) if inventory.is_partial else merge_full(previous, inventory)


def merge_partial(previous: Record, inventory: Inventory) -> Record:
    """Replace exactly the sections that are present and leave all others as they were.

    An agent drops unchanged sections from a partial inventory, so absence says nothing. Rule: INV-17.
    """
    new = as_data(inventory)
    sent = set(new["sections"])
    merged = {"source": _merged_source(previous, new)}
    return merged | _laid_over(previous, new, sent, stale=set(previous["stale"]) - sent)


def merge_full(previous: Record, inventory: Inventory) -> Record:
    """Replace the sections that are present, empty those of ``EMPTY_WHEN_ABSENT``, keep others and mark them stale.

    Rule: INV-18.
    """
    new = as_data(inventory)
    replaced = set(new["sections"]) | EMPTY_WHEN_ABSENT
    stale = {section for section in SECTIONS if section not in replaced and section in previous["sections"]}
    return {"source": new["source"]} | _laid_over(previous, new, replaced, stale=stale)


def compare(before: Record, after: Record) -> list[Change]:
    """What changed between two records, in the order of their sections, without the noise that ``noise`` describes."""
    changes: list[Change] = list(_record_changes("source", before["source"], after["source"]))
    for section in SECTIONS:
        if before.get(section) == after[section]:
            continue
        if section in LIST_SECTIONS:
            changes += _list_changes(section, before.get(section, []), after[section])
        else:
            changes += _record_changes(section, before.get(section, {}), after[section])
    return changes


def _merged_source(previous: Record, new: Record) -> Record:
    """A partial inventory may leave out the tag; it never takes one away."""
    source: Record = previous["source"] | {name: value for name, value in new["source"].items() if value}
    return source


def _laid_over(previous: Record, new: Record, replaced: set[str], *, stale: set[str]) -> Record:
    known = replaced & set(new["sections"]) | set(previous["sections"])
    return {
        "sections": [section for section in SECTIONS if section in known],
        "stale": [section for section in SECTIONS if section in stale],
    } | {section: new[section] if section in replaced else previous.get(section, new[section]) for section in SECTIONS}


def _record_changes(section: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in after:
        old, new = before.get(name), after[name]
        if old == new or is_noise(section, name, old, new, entry=after):
            continue
        kind: ChangeKind = "added" if _is_empty(old) else "removed" if _is_empty(new) else "changed"
        yield Change(section, kind, name, old, new)


def _list_changes(section: str, before: list[Record], after: list[Record]) -> Iterator[Change]:
    """Equal entries cancel out; what is left under one key is paired in order, so that an update is one change."""
    old_groups, new_groups = _grouped(section, before), _grouped(section, after)
    for key in sorted(old_groups.keys() | new_groups.keys(), key=str):
        old, new = _without_common(section, old_groups[key], new_groups[key])
        for first, second in zip(old, new, strict=False):
            yield from _entry_change(section, first, second)
        for entry in old[len(new) :]:
            yield Change(section, "removed", _label(section, entry), entry, None)
        for entry in new[len(old) :]:
            yield Change(section, "added", _label(section, entry), None, entry)


def _grouped(section: str, entries: list[Record]) -> defaultdict[tuple[Any, ...], list[Record]]:
    groups: defaultdict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for entry in entries:
        groups[tuple(entry.get(name) for name in _KEYS[section])].append(entry)
    return groups


def _without_common(section: str, old: list[Record], new: list[Record]) -> tuple[list[Record], list[Record]]:
    remaining: defaultdict[str, list[Record]] = defaultdict(list)
    for entry in new:
        remaining[_comparable(section, entry)].append(entry)
    gone = [entry for entry in old if not _took_one(remaining[_comparable(section, entry)])]
    return gone, sorted((entry for entries in remaining.values() for entry in entries), key=_order)


def _took_one(entries: list[Record]) -> bool:
    if entries:
        entries.pop()
        return True
    return False


def _entry_change(section: str, old: Record, new: Record) -> Iterator[Change]:
    names = [name for name in new if old.get(name) != new[name]]
    real = [name for name in names if not is_noise(section, name, old.get(name), new[name], entry=new)]
    if real:
        yield Change(
            section,
            "changed",
            _label(section, new),
            {name: old.get(name) for name in real},
            {name: new[name] for name in real},
        )


def _label(section: str, entry: Record) -> str:
    known = [str(entry[name]) for name in _KEYS[section] if not _is_empty(entry.get(name))]
    return known[0] if section == "software" and known else " ".join(known)


def _comparable(section: str, entry: Record) -> str:
    measured = MEASURED.get(section, frozenset())
    return _order({name: value for name, value in entry.items() if name not in measured})


def _place(entry: Record) -> tuple[str, ...]:
    """Where an entry stands in its section; all entries of a section have the same fields in the same order."""
    return tuple(map(str, entry.values()))


def _order(entry: Record) -> str:
    return json.dumps(entry, sort_keys=True, ensure_ascii=False)


def _entry(value: Any) -> Record:
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [asdict(inner) if hasattr(inner, "__dataclass_fields__") else _plain(inner) for inner in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [])
