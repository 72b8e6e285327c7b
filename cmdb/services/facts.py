"""Facts become values: each source keeps its newest value of an attribute, and the most trusted source decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from cmdb.attributes import checked, checked_discovered
from cmdb.classes import Attribute, load
from cmdb.events import CiChanged
from cmdb.models import Ci, CiFact
from cmdb.services.indexing import index
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.events import emit
from itsm.kernel.records import require
from itsm.kernel.text import _

MANUAL = "manual"
RANKS: Mapping[str, int] = {MANUAL: 50, "import": 40, "agent": 30, "snmp": 20, "inferred": 10}
UNKNOWN_RANK = 15
COLUMNS = {"name": Attribute("name", "Name"), "serial": Attribute("serial", "Serial number")}
DISCOVERED = "discovered"
MOST_DISCOVERED = 300
LONGEST_COLUMN = 255


@dataclass(frozen=True)
class Change:
    """One attribute of a CI that got another value, and the source that decided."""

    attribute: str
    before: Any
    after: Any
    source: str


def rank(source: str) -> int:
    """How far a source is trusted; higher wins. Rule: D3 (by hand, import, agent, SNMP, other, inferred)."""
    return RANKS.get(source, UNKNOWN_RANK)


def record_facts(
    actor: Actor, ci: Ci, *, source: str, facts: Mapping[str, Any], at: datetime, confidence: int = 90
) -> list[Change]:
    """Keep what a source says about a CI and answer the values that changed by it.

    `facts` maps attributes of the class, `name` and `serial` to values. What the class does not know, or what
    discovery brings in a wrong form, is kept under `discovered`; a person's wrong value is `Invalid`. A fact older
    than the one that its source gave last is ignored. By hand, None takes back what was set by hand. Facts never
    change the state, so that a retired CI stays retired. Rule: D2, D3.
    """
    require(actor, "cmdb.edit")
    known = load().attributes_of(ci.class_key) | COLUMNS
    typed, loose = _sorted_out(known, facts, strict=source == MANUAL)
    current = _facts_of(ci.id)
    _store(ci.id, current, typed, source=source, at=at, confidence=confidence)
    changes = [change for name in typed if (change := _decide(ci, name, current)) is not None]
    changes += _keep_discovered(ci, loose, source=source)
    if source != MANUAL and (ci.last_seen_at is None or at > ci.last_seen_at):
        ci.last_seen_at = at
    finish(actor, ci, changes)
    return changes


def _sorted_out(
    known: Mapping[str, Attribute], facts: Mapping[str, Any], *, strict: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    typed: dict[str, Any] = {}
    loose: dict[str, Any] = {}
    for name, value in facts.items():
        if name not in known:
            if strict:
                raise Invalid.field(name[:100], _("This class has no attribute “%(name)s”.", name=name[:100]))
            loose[name] = checked_discovered(name, value)
            continue
        try:
            typed[name] = _checked(known[name], value)
        except Invalid:
            if strict:
                raise
            loose[name] = checked_discovered(name, value)
    return typed, loose


def _checked(attribute: Attribute, value: Any) -> Any:
    stored = checked(attribute, value)
    if attribute.name in COLUMNS and stored is not None and len(stored) > LONGEST_COLUMN:
        raise Invalid.field(attribute.name, _("This is too long (at most 255 characters)."))
    if attribute.name == "name" and stored is None:
        raise Invalid.field("name", _("Give it a name."))
    return stored


Facts = dict[str, dict[str, CiFact]]  # attribute -> source -> fact


def _facts_of(ci_id: int) -> Facts:
    found: Facts = {}
    for fact in session.scalars(select(CiFact).where(CiFact.ci_id == ci_id)):
        found.setdefault(fact.attribute, {})[fact.source] = fact
    return found


def _store(ci_id: int, current: Facts, typed: Mapping[str, Any], *, source: str, at: datetime, confidence: int) -> None:
    for name, value in typed.items():
        fact = current.setdefault(name, {}).get(source)
        if value is None and source == MANUAL:
            _take_back(current, name, fact)
        elif fact is None:
            current[name][source] = CiFact(
                ci_id=ci_id, attribute=name, source=source, value=value, at=at, confidence=confidence
            )
            session.add(current[name][source])
        elif fact.at <= at:
            fact.value, fact.at, fact.confidence = value, at, confidence
    session.flush()


def _take_back(current: Facts, name: str, fact: CiFact | None) -> None:
    if fact is not None:
        session.delete(fact)
        del current[name][MANUAL]


def _decide(ci: Ci, name: str, current: Facts) -> Change | None:
    facts = [fact for fact in current[name].values() if fact.value is not None]
    best = max(facts, key=lambda fact: (rank(fact.source), fact.at), default=None)
    value = best.value if best else None
    if name in COLUMNS and value is None:
        value = "" if name == "serial" else ci.name
    before = getattr(ci, name) if name in COLUMNS else ci.attributes.get(name)
    if before == value:
        return None
    set_value(ci, name, value)
    return Change(name, before, value, best.source if best else MANUAL)


def set_value(ci: Ci, name: str, value: Any) -> None:
    """Set a column or an attribute of a CI (None removes an attribute)."""
    if name in COLUMNS:
        setattr(ci, name, value)
        if name == "name":
            ci.name_key = name_key(value)
        return
    rest = {key: held for key, held in ci.attributes.items() if key != name}
    ci.attributes = rest if value is None else rest | {name: value}


def name_key(name: str) -> str:
    """A name as lists are ordered by it."""
    return name.lower()[:LONGEST_COLUMN]


def _keep_discovered(ci: Ci, loose: Mapping[str, Any], *, source: str) -> list[Change]:
    held: dict[str, Any] = ci.attributes.get(DISCOVERED, {})
    changes = []
    for name, value in loose.items():
        if held.get(name) != value and (name in held or len(held) < MOST_DISCOVERED):
            changes.append(Change(f"{DISCOVERED}.{name}", held.get(name), value, source))
            held = {**held, name: value}
    if changes:
        ci.attributes = ci.attributes | {DISCOVERED: held}
    return changes


def finish(actor: Actor, ci: Ci, changes: Sequence[Change]) -> None:
    """Write what changed: version, search words, audit entry, event."""
    if not changes:
        session.flush()
        return
    ci.version += 1
    ci.updated_at = clock.now()
    session.flush()
    index(ci)
    recorded = {_field(change.attribute): [change.before, change.after] for change in changes}
    audit.record(
        actor,
        "ci.changed",
        subject_kind="ci",
        subject_id=ci.id,
        changes=recorded | {"source": [None, changes[0].source]},
    )
    emit(CiChanged(ci.id, actor.person_id, fields=frozenset(recorded)))


def _field(attribute: str) -> str:
    return attribute if attribute in COLUMNS else f"attributes.{attribute}"


def insert_first(ci: Ci, values: Mapping[str, Any], *, source: str, at: datetime) -> None:
    """Keep the values that a CI was made with as its first facts; one statement."""
    rows = [
        {"ci_id": ci.id, "attribute": name, "source": source, "value": value, "at": at, "confidence": 90}
        for name, value in values.items()
        if value not in (None, "")
    ]
    if rows:
        session.execute(insert(CiFact), rows)
