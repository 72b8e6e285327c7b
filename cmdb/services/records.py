"""Making, changing and moving configuration items."""

from collections.abc import Mapping
from typing import Any

from cmdb.attributes import checked, checked_discovered
from cmdb.classes import Attribute, load
from cmdb.events import CiChanged, CiCreated, CiMoved
from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci
from cmdb.services import facts as fact_services
from cmdb.services.facts import COLUMNS, DISCOVERED, MANUAL, name_key
from cmdb.services.indexing import index_new
from itsm.identity.models import Group, Organisation, Person, Site
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, session
from itsm.kernel.errors import IllegalTransition, Invalid
from itsm.kernel.events import emit
from itsm.kernel.records import check_version, require, set_changes
from itsm.kernel.text import _

REFERENCES: Mapping[str, type[Base]] = {
    "site_id": Site,
    "organisation_id": Organisation,
    "owner_id": Person,
    "group_id": Group,
}
FACTS = frozenset({*REFERENCES, "serial", "criticality"})
BY_HAND = "hand"


def create_ci(
    actor: Actor,
    *,
    class_key: str,
    name: str,
    state: str = "in_operation",
    attributes: Mapping[str, Any] | None = None,
    origin: str = BY_HAND,
    **facts: Any,
) -> Ci:
    """Record a configuration item.

    `facts` are site_id, organisation_id, owner_id, group_id, serial and criticality. Values given by hand stay in
    force over discovery; others are facts of `origin` (`agent`, `snmp`, `import`, …). Raises `Invalid` that names the
    field.
    """
    require(actor, "cmdb.edit")
    tree = load()
    row = tree.usable(class_key)
    if state not in LIFECYCLE.states:
        raise Invalid.field("state", _("Choose one of the states: %(names)s.", names=", ".join(LIFECYCLE.states)))
    known = tree.attributes_of(class_key)
    values = _first_values(known, attributes or {}, strict=origin == BY_HAND)
    if origin == BY_HAND:
        _check_required(known, values)
    ci = Ci(
        class_id=row.id,
        class_key=row.key,
        name=_checked_name(name),
        state=state,
        attributes=values,
        origin=origin,
        **_checked_facts(facts),
    )
    ci.name_key = name_key(ci.name)
    session.add(ci)
    session.flush()
    _record_creation(actor, ci)
    return ci


def _record_creation(actor: Actor, ci: Ci) -> None:
    at = clock.now()
    source = MANUAL if ci.origin == BY_HAND else ci.origin
    typed = {name: value for name, value in ci.attributes.items() if name != DISCOVERED}
    fact_services.insert_first(ci, {"name": ci.name, "serial": ci.serial, **typed}, source=source, at=at)
    if source != MANUAL:
        ci.last_seen_at = at
        session.flush()
    index_new(ci)
    recorded = {"class": ci.class_key, "name": ci.name, "state": ci.state, "serial": ci.serial, **typed}
    audit.record(
        actor,
        "ci.created",
        subject_kind="ci",
        subject_id=ci.id,
        changes={name: [None, value] for name, value in recorded.items() if value not in (None, "")},
    )
    emit(CiCreated(ci.id, actor.person_id, class_key=ci.class_key, origin=ci.origin))


def _first_values(known: Mapping[str, Attribute], given: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    loose: dict[str, Any] = {}
    for name, value in given.items():
        if name in known:
            try:
                values[name] = checked(known[name], value)
            except Invalid:
                if strict:
                    raise
                loose[name] = checked_discovered(name, value)
        elif strict:
            raise Invalid.field(name[:100], _("This class has no attribute “%(name)s”.", name=name[:100]))
        else:
            loose[name] = checked_discovered(name, value)
    kept = {name: value for name, value in values.items() if value is not None}
    return kept | ({DISCOVERED: loose} if loose else {})


def _check_required(known: Mapping[str, Attribute], values: Mapping[str, Any]) -> None:
    missing = [name for name, each in known.items() if each.required and values.get(name) is None]
    if missing:
        raise Invalid(_("Some facts are missing."), errors={name: [_("This is needed.")] for name in missing})


def _checked_name(name: str) -> str:
    text = name.replace("\x00", "").strip()
    if not text:
        raise Invalid.field("name", _("Give it a name."))
    if len(text) > 255:
        raise Invalid.field("name", _("This is too long (at most 255 characters)."))
    return text


def _checked_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    unknown = facts.keys() - FACTS
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("A CI has no such field."))
    values = dict(facts)
    for name, table in REFERENCES.items():
        if values.get(name) is not None and session.get(table, values[name]) is None:
            raise Invalid.field(name, _("There is no such record."))
    if not 1 <= values.get("criticality", 3) <= 4:
        raise Invalid.field("criticality", _("Criticality runs from 1 (critical) to 4 (low)."))
    if "serial" in values:
        values["serial"] = str(values["serial"] or "").strip()[:255]
    return values


def edit_ci(actor: Actor, ci: Ci, *, version: int | None, changes: Mapping[str, Any]) -> None:
    """Change a CI by hand.

    `changes` holds name, serial, site_id, organisation_id, owner_id, group_id, criticality, class_key and
    `attributes` (name → value; None takes back what was set by hand). Raises `Conflict` when `version` is old.
    """
    require(actor, "cmdb.edit")
    check_version(ci, version, current={"name": ci.name, "state": ci.state, "serial": ci.serial})
    rest = dict(changes)
    by_hand = dict(rest.pop("attributes", {}) or {}) | {name: rest.pop(name) for name in COLUMNS if name in rest}
    class_key = rest.pop("class_key", None)
    if class_key and class_key != ci.class_key:
        _change_class(actor, ci, class_key)
    recorded = set_changes(ci, _checked_facts(rest))
    if recorded:
        session.flush()
        audit.record(actor, "ci.changed", subject_kind="ci", subject_id=ci.id, changes=recorded)
        emit(CiChanged(ci.id, actor.person_id, fields=frozenset(recorded)))
    if by_hand:
        fact_services.record_facts(actor, ci, source=MANUAL, facts=by_hand, at=clock.now(), confidence=100)
    _check_required(load().attributes_of(ci.class_key), ci.attributes)


def _change_class(actor: Actor, ci: Ci, class_key: str) -> None:
    tree = load()
    row, known = tree.usable(class_key), tree.attributes_of(class_key)
    kept = {name: value for name, value in ci.attributes.items() if name in known or name == DISCOVERED}
    homeless = {name: value for name, value in ci.attributes.items() if name not in kept}
    if homeless:
        kept[DISCOVERED] = kept.get(DISCOVERED, {}) | homeless
    before = ci.class_key
    set_changes(ci, {"class_id": row.id, "class_key": row.key, "attributes": kept})
    session.flush()
    audit.record(actor, "ci.changed", subject_kind="ci", subject_id=ci.id, changes={"class": [before, row.key]})
    emit(CiChanged(ci.id, actor.person_id, fields=frozenset({"class_key"})))


def change_state(actor: Actor, ci: Ci, state: str, *, version: int | None = None) -> None:
    """Move a CI to another state by its life cycle; raises `IllegalTransition` when no step leads there.

    Only a person brings back a retired CI. Rule: D2.
    """
    require(actor, "cmdb.edit")
    check_version(ci, version, current={"state": ci.state})
    if state == ci.state:
        return
    possible = {step.target for step in LIFECYCLE.steps_from(ci.state)}
    if state not in LIFECYCLE.states:
        raise Invalid.field("state", _("Choose one of the states: %(names)s.", names=", ".join(LIFECYCLE.states)))
    if state not in possible:
        raise IllegalTransition(
            _(
                "From “%(state)s” a CI cannot go to “%(target)s”.",
                state=LIFECYCLE[ci.state].title,
                target=LIFECYCLE[state].title,
            )
        )
    if ci.state == "retired" and actor.person_id is None:
        raise IllegalTransition(_("Only a person brings back what was retired."))
    before = ci.state
    recorded = set_changes(ci, {"state": state})
    session.flush()
    audit.record(actor, "ci.moved", subject_kind="ci", subject_id=ci.id, changes=recorded)
    emit(CiMoved(ci.id, actor.person_id, before=before, after=state))
