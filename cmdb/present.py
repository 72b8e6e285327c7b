"""CIs, classes and relations as JSON-ready dictionaries: names instead of ids; a fixed number of statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from cmdb.classes import ClassTree
from cmdb.impact import Impact
from cmdb.models import Ci, CiClass
from cmdb.queries import NamedRelation
from cmdb.traversal import Direction, Edge, Node
from itsm.identity.models import Group, Organisation, Person, Site
from itsm.kernel.db import session

COLUMNS = (
    "id", "class_key", "name", "state", "serial", "criticality", "attributes", "origin", "last_seen_at", "created_at",
    "updated_at", "version",
)  # fmt: skip
NAMED: tuple[tuple[str, str, Any, Any], ...] = (
    ("site", "site_id", Site, Site.name),
    ("organisation", "organisation_id", Organisation, Organisation.name),
    ("owner", "owner_id", Person, Person.email),
    ("group", "group_id", Group, Group.name),
)


def present(cis: Sequence[Ci]) -> list[dict[str, Any]]:
    """CIs as their output schema wants them."""
    rows = [{name: getattr(ci, name) for name in COLUMNS} for ci in cis]
    for member, column, table, shown in NAMED:
        ids = {getattr(ci, column) for ci in cis} - {None}
        names: dict[Any, Any] = (
            dict(session.execute(select(table.id, shown).where(table.id.in_(ids))).tuples().all()) if ids else {}
        )
        for row, ci in zip(rows, cis, strict=True):
            row[member] = names.get(getattr(ci, column))
    return rows


def present_one(ci: Ci) -> dict[str, Any]:
    """One CI as its output schema wants it."""
    return present([ci])[0]


def present_class(tree: ClassTree, row: CiClass) -> dict[str, Any]:
    """A class as its output schema wants it."""
    names = ("id", "key", "title", "abstract", "icon", "attributes", "shown_to_requesters", "active", "version")
    above = tree.line(row.key)[:-1]
    return {name: getattr(row, name) for name in names} | {
        "parent": above[-1].key if above else None,
        "inherited": [definition for each in above for definition in each.attributes],
    }


def present_relation(named: NamedRelation) -> dict[str, Any]:
    """A relation as its output schema wants it."""
    row = named.relation
    return {
        "id": row.id,
        "source": row.source_id,
        "source_name": named.source,
        "target": row.target_id,
        "target_name": named.target,
        "type": row.type_key,
        "origin": row.origin,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
    }


def present_impact(found: Impact, direction: Direction) -> dict[str, Any]:
    """An impact exactly as `ImpactOutput` describes it: thousands of rows, too many to send through a schema."""
    return {
        "direction": direction,
        "people_affected": found.people_affected,
        "truncated": found.truncated,
        "beyond_depth": found.beyond_depth,
        "root": _impact_node(found.root),
        "nodes": [_impact_node(node) for node in found.nodes],
        "edges": [_impact_edge(edge) for edge in found.edges],
        "services": [_impact_node(node) for node in found.services],
    }


def _impact_node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "name": node.name,
        "class": node.class_key,
        "status": node.state,
        "criticality": node.criticality,
        "depth": node.depth,
        "via": node.via,
        "degraded": node.degraded,
    }


def _impact_edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source_id,
        "target": edge.target_id,
        "type": edge.type_key,
        "supplier": edge.supplier_id,
        "consumer": edge.consumer_id,
    }


def brief(ci: Ci) -> dict[str, Any]:
    """A CI as a member of a ticket."""
    return {"id": ci.id, "name": ci.name, "class": ci.class_key, "state": ci.state}
