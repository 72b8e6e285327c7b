"""Putting the pages of the CMDB together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmdb import classes, layout, queries
from cmdb.classes import Attribute, ClassTree
from cmdb.impact import Impact, impact_of
from cmdb.layout import Map
from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci, CiFact, RelationType
from cmdb.present import present_one
from cmdb.services.facts import DISCOVERED, rank
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.lifecycle import Transition
from itsm.kernel.text import RIGHT_TO_LEFT, Message, _
from itsm.web.presentation import reader

MINI_CIS, MINI_LAYER, MINI_LIMIT = 9, 2, 500
HISTORY_SHOWN = 20
SOURCES: Mapping[str, Message] = {
    "manual": _("by hand"), "agent": _("agent"), "snmp": _("SNMP"), "import": _("import"), "inferred": _("inferred"),
}  # fmt: skip
FIELD_TITLES: Mapping[str, Message] = {
    "name": _("Name"), "serial": _("Serial number"), "state": _("State"), "class": _("Class"), "source": _("Source"),
    "criticality": _("Criticality"), "site_id": _("Site"), "organisation_id": _("Organisation"),
    "owner_id": _("Owner"), "group_id": _("Managed by"),
}  # fmt: skip
CRITICALITIES: Mapping[int, Message] = {1: _("critical"), 2: _("high"), 3: _("medium"), 4: _("low")}


@dataclass(frozen=True)
class ShownFact:
    """An attribute with the value in force, its source, and what other sources say."""

    attribute: Attribute
    value: Any
    source: CiFact | None
    others: Sequence[CiFact]


@dataclass(frozen=True)
class FactGroup:
    """The attributes that one class of the line brings."""

    title: Message
    facts: Sequence[ShownFact]


def fact_groups(tree: ClassTree, ci: Ci) -> list[FactGroup]:
    """What is known of a CI, grouped by the class that an attribute comes from; only what has a value."""
    by_attribute: dict[str, list[CiFact]] = {}
    for fact in queries.facts_of(ci.id):
        by_attribute.setdefault(fact.attribute, []).append(fact)
    known, groups = tree.attributes_of(ci.class_key), []
    for row in tree.line(ci.class_key):
        names = [definition["name"] for definition in row.attributes if definition["name"] in known]
        shown = [_shown(known.pop(name), ci.attributes.get(name), by_attribute.get(name, [])) for name in names]
        filled = [fact for fact in shown if fact.value is not None or fact.others]
        if filled:
            groups.append(FactGroup(_(row.title), filled))
    return groups


def _shown(attribute: Attribute, value: Any, facts: list[CiFact]) -> ShownFact:
    ordered = sorted(facts, key=lambda fact: (rank(fact.source), fact.at), reverse=True)
    deciding = next((fact for fact in ordered if fact.value == value), None)
    return ShownFact(attribute, value, deciding, [fact for fact in ordered if fact.value != value])


@dataclass(frozen=True)
class RelationGroup:
    """Relations of one kind seen from one end, in words."""

    words: Message
    related: Sequence[queries.RelatedCi]


def relation_groups(actor: Actor, ci: Ci, types: Mapping[str, RelationType]) -> list[RelationGroup]:
    """Relations of a CI, both ways."""
    found: dict[tuple[str, bool], list[queries.RelatedCi]] = {}
    for each in queries.relations_of(actor, ci.id):
        found.setdefault((each.type_key, each.outgoing), []).append(each)
    return [
        RelationGroup(words_of(types[key], outgoing=outgoing), related) for (key, outgoing), related in found.items()
    ]


def words_of(kind: RelationType, *, outgoing: bool) -> Message:
    """How a relation reads from one of its ends."""
    return _(kind.forward) if outgoing else _(kind.backward)


def relation_choices(types: Mapping[str, RelationType]) -> list[tuple[str, Message]]:
    """Every relation read forward and, with a `-` before its key, backward."""
    return [choice for key, kind in types.items() for choice in ((key, _(kind.forward)), (f"-{key}", _(kind.backward)))]


@dataclass(frozen=True)
class HistoryLine:
    """One entry of a CI's history in words."""

    entry: AuditEntry
    words: Sequence[str]


def history_lines(actor: Actor, tree: ClassTree, ci: Ci, types: Mapping[str, RelationType]) -> list[HistoryLine]:
    """What happened to a CI, newest first."""
    attributes = tree.attributes_of(ci.class_key)
    return [
        HistoryLine(entry, [_change(name, pair, attributes, types, tree) for name, pair in entry.changes.items()])
        for entry in queries.history(actor, ci, limit=HISTORY_SHOWN)
    ]


def _change(
    name: str,
    pair: Sequence[Any],
    attributes: Mapping[str, Attribute],
    types: Mapping[str, RelationType],
    tree: ClassTree,
) -> str:
    before, after = (_plain(name, value, tree) for value in pair)
    title = _change_title(name, attributes, types)
    if name == "source" or not before:
        return f"{title}: {after}"
    return f"{title}: {before} → {after or '–'}"


def _plain(name: str, value: Any, tree: ClassTree) -> str:
    if name == "class" and value:
        return str(tree.title(value))
    if name == "state" and value in LIFECYCLE.states:
        return str(LIFECYCLE[value].title)
    if name == "source":
        return str(SOURCES.get(value, value))
    return "" if value is None else str(value)[:200]


def _change_title(name: str, attributes: Mapping[str, Attribute], types: Mapping[str, RelationType]) -> str:
    kind, _dot, rest = name.partition(".")
    if kind in {"relation", "related"} and rest in types:
        return str(words_of(types[rest], outgoing=kind == "relation"))
    plain = rest if kind == "attributes" else name
    known = attributes.get(plain)
    return str(known.label if known else FIELD_TITLES.get(plain, plain))


def mini_map(actor: Actor, ci_id: int) -> tuple[Impact, Map]:
    """What an outage reaches and a map of the nearest CIs, for the side of a page."""
    found = impact_of(actor, ci_id, limit=MINI_LIMIT)
    drawn = layout.draw(found, most=MINI_CIS, layer_most=MINI_LAYER, upright=True)
    return found, drawn


def is_mirrored() -> bool:
    """Whether the present page reads from right to left."""
    return reader().language in RIGHT_TO_LEFT


def steps(ci: Ci) -> Sequence[Transition]:
    """Steps that lead on from the state of a CI."""
    return LIFECYCLE.steps_from(ci.state)


def category(state: str) -> str:
    """The category of a CI state, for its badge."""
    return LIFECYCLE.category(state).value if state in LIFECYCLE.states else "closed"


def record_context(actor: Actor, ci: Ci) -> dict[str, Any]:
    """Everything a CI's page shows."""
    tree, types = classes.load(), queries.relation_types()
    found, drawn = mini_map(actor, ci.id) if actor.has("cmdb.read") else (None, None)
    return {
        "ci": ci,
        "named": present_one(ci),
        "tree": tree,
        "groups": fact_groups(tree, ci),
        "discovered": ci.attributes.get(DISCOVERED, {}),
        "relations": relation_groups(actor, ci, types),
        "choices": relation_choices(types),
        "history": history_lines(actor, tree, ci, types),
        "tickets": queries.open_tickets_of(actor, [ci.id]),
        "impact": found,
        "map": drawn,
        "steps": steps(ci),
    }
