"""What an outage stops and what it only degrades, where several suppliers can stand in for one another."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import case, or_, select

from cmdb.lifecycle import WORKING_STATES
from cmdb.models import Ci, Relation, RelationType
from cmdb.traversal import CHUNK, Edge, Walk
from itsm.kernel.db import session

NEEDED = "members_needed"


def degraded_ids(found: Walk, root_ids: Collection[int], types: Mapping[str, RelationType]) -> set[int]:
    """Ids of CIs that an outage of the roots together reaches but does not stop.

    A CI stops when a supplier that it has no substitute for stops. A consumer by a `redundant` relation stops when
    fewer than `members_needed` of its suppliers by that relation (1 unless its attribute says more) are left in
    operation. A `degrades` relation never stops. Rule: C5.
    """
    met = {edge.type_key for edge in found.edges}
    if all(types[key].effect == "stops" for key in met):
        return set()
    redundant = {key for key in met if types[key].effect == "redundant"}
    clusters = {edge.consumer_id for edge in found.edges if edge.type_key in redundant}
    groups = _groups(clusters, types, redundant)
    needed = _needed(clusters)
    stopped = _stopped(found.edges, root_ids, types, groups, needed)
    return found.nodes.keys() - stopped


def _stopped(
    edges: Iterable[Edge],
    root_ids: Collection[int],
    types: Mapping[str, RelationType],
    groups: Mapping[int, set[int]],
    needed: Mapping[int, int],
) -> set[int]:
    onward: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        onward[edge.supplier_id].append(edge)
    stopped, waiting = set(root_ids), list(root_ids)
    left = {cluster: set(members) for cluster, members in groups.items()}
    while waiting:
        for edge in onward[waiting.pop()]:
            consumer = edge.consumer_id
            if consumer not in stopped and _stops(edge, types[edge.type_key].effect, left, needed):
                stopped.add(consumer)
                waiting.append(consumer)
    return stopped


def _stops(edge: Edge, effect: str, left: Mapping[int, set[int]], needed: Mapping[int, int]) -> bool:
    if effect != "redundant":
        return effect == "stops"
    members = left.get(edge.consumer_id, set())
    members.discard(edge.supplier_id)
    return len(members) < needed.get(edge.consumer_id, 1)


def _groups(clusters: set[int], types: Mapping[str, RelationType], redundant: set[str]) -> dict[int, set[int]]:
    """Consumer → its suppliers by redundant relations that are in operation."""
    groups: dict[int, set[int]] = {cluster: set() for cluster in clusters}
    if not clusters:
        return groups
    to_target = [key for key in redundant if types[key].impact == "to_target"]
    to_source = [key for key in redundant if types[key].impact == "to_source"]
    by_target = Relation.type_key.in_(to_target)
    consumer = case((by_target, Relation.target_id), else_=Relation.source_id)
    supplier = case((by_target, Relation.source_id), else_=Relation.target_id)
    for chunk in _chunks(sorted(clusters)):
        towards = or_(
            by_target & Relation.target_id.in_(chunk), Relation.type_key.in_(to_source) & Relation.source_id.in_(chunk)
        )
        statement = select(consumer.label("consumer"), supplier.label("supplier")).join(Ci, Ci.id == supplier)
        for row in session.execute(statement.where(towards, Ci.state.in_(WORKING_STATES))):
            groups[row.consumer].add(row.supplier)
    return groups


def _needed(clusters: set[int]) -> dict[int, int]:
    needed: dict[int, int] = {}
    for chunk in _chunks(sorted(clusters)):
        for row in session.execute(select(Ci.id, Ci.attributes).where(Ci.id.in_(chunk))):
            needed[row.id] = _number(row.attributes)
    return needed


def _number(attributes: Mapping[str, Any]) -> int:
    value = attributes.get(NEEDED)
    return max(1, int(value)) if isinstance(value, int | float) else 1


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
