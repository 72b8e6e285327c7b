"""Walking the graph of relations in the database, one frontier at a time: memory follows the answer, not the CMDB."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, select, union_all

from cmdb import policy
from cmdb.models import Ci, Relation, RelationType
from itsm.kernel.actor import Actor
from itsm.kernel.db import session

Direction = Literal["down", "up"]
CHUNK = 1_000  # ids in one statement: few enough that a cut answer reads little beyond what it shows
EDGES_PER_NODE = 10  # how many relations are read at most for each CI that may be shown
FRONTIER: BindParameter[int] = bindparam("frontier", expanding=True, literal_execute=True)  # cheaper than parameters


class Node(NamedTuple):
    """A CI as the walk met it; `depth` is its distance from the root, `via` the ids between on a shortest path."""

    id: int
    name: str
    class_key: str
    state: str
    criticality: int
    owner_id: int | None
    depth: int = 0
    via: tuple[int, ...] = ()


class Edge(NamedTuple):
    """A relation along which an outage flows from `supplier_id` to `consumer_id`."""

    id: int
    source_id: int
    target_id: int
    type_key: str
    supplier_id: int
    consumer_id: int


@dataclass
class Walk:
    """What a walk found: nodes by id (the root too), edges, whether something was cut or lies beyond the depth."""

    nodes: dict[int, Node]
    edges: list[Edge] = field(default_factory=list)
    truncated: bool = False
    beyond_depth: bool = False


def walk(
    actor: Actor, root: Node, *, direction: Direction, depth: int, limit: int, types: Mapping[str, RelationType]
) -> Walk:
    """Find what an outage of the root reaches (`down`) or what the root needs (`up`), breadth first.

    At most `limit` CIs besides the root and `limit` times ten relations are read. Retired CIs end the walk.
    """
    found = Walk({root.id: root})
    steps = _steps(actor, direction, types)
    if steps is None:
        return found
    frontier = [root.id]
    for _level in range(depth):
        frontier = _one_level(found, frontier, steps, down=direction == "down", limit=limit)
        if not frontier or found.truncated:
            return found
    found.beyond_depth = _has_more(found, frontier, steps)
    return found


def _one_level(found: Walk, frontier: Sequence[int], steps: Select[Any], *, down: bool, limit: int) -> list[int]:
    nodes, fresh = found.nodes, list[int]()
    for relation_id, source_id, target_id, type_key, far_id, *facts in _rows(found, frontier, steps, limit=limit):
        near_id = source_id if far_id == target_id else target_id
        if far_id not in nodes:
            if len(nodes) > limit:
                found.truncated = True
                break
            nodes[far_id] = _beyond(nodes[near_id], far_id, facts)
            fresh.append(far_id)
        supplier_id, consumer_id = (near_id, far_id) if down else (far_id, near_id)
        found.edges.append(Edge(relation_id, source_id, target_id, type_key, supplier_id, consumer_id))
    return fresh


def _beyond(near: Node, far_id: int, facts: Sequence[Any]) -> Node:
    name, class_key, state, criticality, owner_id = facts
    via = (*near.via, near.id) if near.depth else ()
    return Node(far_id, name, class_key, state, criticality, owner_id, near.depth + 1, via)


def _rows(found: Walk, frontier: Sequence[int], steps: Select[Any], *, limit: int) -> Iterator[Sequence[Any]]:
    for chunk in _chunks(frontier):
        room = limit * EDGES_PER_NODE - len(found.edges)
        if room <= 0:
            found.truncated = True
            return
        rows = session.execute(steps.limit(room + 1), {FRONTIER.key: chunk}).all()
        found.truncated = found.truncated or len(rows) > room
        yield from rows[:room]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _steps(actor: Actor, direction: Direction, types: Mapping[str, RelationType]) -> Select[Any] | None:
    """One statement for all relations that lead on from the ids in `FRONTIER`, with the CIs at their far end.

    It names the types that do not lead on: the index is then read once for each id, not once for each id and type.
    """
    to_source, to_target = ("to_source", "to_target") if direction == "down" else ("to_target", "to_source")
    ways = []
    for impact, near, far in (
        (to_source, Relation.target_id, Relation.source_id),
        (to_target, Relation.source_id, Relation.target_id),
    ):
        barred = [key for key, each in types.items() if each.impact not in {impact, "both"}]
        if len(barred) < len(types):
            relation = select(
                Relation.id, Relation.source_id, Relation.target_id, Relation.type_key, far.label("far_id")
            )
            ways.append(relation.where(near.in_(FRONTIER), Relation.type_key.not_in(barred)))
    if not ways:
        return None
    steps = union_all(*ways).subquery()
    columns = (steps.c.id, steps.c.source_id, steps.c.target_id, steps.c.type_key, steps.c.far_id)
    far_ci = select(*columns, Ci.name, Ci.class_key, Ci.state, Ci.criticality, Ci.owner_id)
    far_ci = far_ci.join(Ci, Ci.id == steps.c.far_id).where(Ci.state != "retired", policy.visible(actor))
    return far_ci.order_by(steps.c.far_id, steps.c.id)


def _has_more(found: Walk, frontier: Sequence[int], steps: Select[Any]) -> bool:
    """Whether a CI that was not found lies one step beyond the frontier."""
    for chunk in _chunks(frontier):
        for row in session.execute(steps.limit(EDGES_PER_NODE * CHUNK), {FRONTIER.key: chunk}):
            if row.far_id not in found.nodes:
                return True
    return False
