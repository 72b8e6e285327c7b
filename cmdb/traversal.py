"""Walking the graph of relations in the database, one frontier at a time: memory follows the answer, not the CMDB."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, Select, select, union_all

from cmdb import policy
from cmdb.models import Ci, Relation, RelationType
from itsm.kernel.actor import Actor
from itsm.kernel.db import session

Direction = Literal["down", "up"]
CHUNK = 5_000  # ids in one statement
EDGES_PER_NODE = 10  # how many relations are read at most for each CI that may be shown


class Node(NamedTuple):
    """A CI as the walk met it; `depth` is its distance from the root."""

    id: int
    name: str
    class_key: str
    state: str
    criticality: int
    owner_id: int | None
    depth: int


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
    edges: dict[tuple[int, int], Edge] = field(default_factory=dict)  # by relation and consumer
    truncated: bool = False
    beyond_depth: bool = False


def walk(
    actor: Actor, root: Node, *, direction: Direction, depth: int, limit: int, types: Mapping[str, RelationType]
) -> Walk:
    """Find what an outage of the root reaches (`down`) or what the root needs (`up`), breadth first.

    At most `limit` CIs besides the root and `limit` times ten relations are read. Retired CIs end the walk.
    """
    found = Walk({root.id: root})
    frontier = [root.id]
    for level in range(1, depth + 1):
        frontier = _one_level(actor, found, frontier, direction=direction, level=level, limit=limit, types=types)
        if not frontier or found.truncated:
            return found
    found.beyond_depth = _has_more(actor, found, frontier, direction=direction, types=types)
    return found


def _one_level(
    actor: Actor,
    found: Walk,
    frontier: Sequence[int],
    *,
    direction: Direction,
    level: int,
    limit: int,
    types: Mapping[str, RelationType],
) -> list[int]:
    fresh: list[int] = []
    for row in _rows(actor, found, frontier, direction=direction, limit=limit, types=types):
        if row.id not in found.nodes:
            if len(found.nodes) > limit:
                found.truncated = True
                break
            found.nodes[row.id] = Node(row.id, row.name, row.class_key, row.state, row.criticality, row.owner_id, level)
            fresh.append(row.id)
        edge = _edge(row, direction)
        found.edges[edge.id, edge.consumer_id] = edge
    return fresh


def _rows(
    actor: Actor,
    found: Walk,
    frontier: Sequence[int],
    *,
    direction: Direction,
    limit: int,
    types: Mapping[str, RelationType],
) -> Iterator[Row[Any]]:
    for chunk in _chunks(frontier):
        room = limit * EDGES_PER_NODE - len(found.edges)
        statement = _steps(actor, chunk, direction=direction, types=types)
        if statement is None or room <= 0:
            found.truncated = found.truncated or room <= 0
            return
        rows = session.execute(statement.limit(room + 1)).all()
        found.truncated = found.truncated or len(rows) > room
        yield from rows[:room]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _steps(
    actor: Actor, frontier: Sequence[int], *, direction: Direction, types: Mapping[str, RelationType]
) -> Select[Any] | None:
    """One statement for all relations that lead on from the frontier, with the CIs at their far end."""
    to_source = [key for key, each in types.items() if each.impact in {"to_source", "both"}]
    to_target = [key for key, each in types.items() if each.impact in {"to_target", "both"}]
    by_target, by_source = (to_source, to_target) if direction == "down" else (to_target, to_source)
    ways = []
    for keys, near, far in (
        (by_target, Relation.target_id, Relation.source_id),
        (by_source, Relation.source_id, Relation.target_id),
    ):
        if keys:
            ways.append(
                select(
                    Relation.id.label("relation_id"),
                    Relation.source_id.label("source_id"),
                    Relation.target_id.label("target_id"),
                    Relation.type_key.label("type_key"),
                    near.label("near_id"),
                    far.label("far_id"),
                ).where(near.in_(frontier), Relation.type_key.in_(keys))
            )
    if not ways:
        return None
    steps = union_all(*ways).subquery()
    far_ci = select(steps, Ci.id, Ci.name, Ci.class_key, Ci.state, Ci.criticality, Ci.owner_id)
    far_ci = far_ci.join(Ci, Ci.id == steps.c.far_id).where(Ci.state != "retired", policy.visible(actor))
    return far_ci.order_by(steps.c.far_id, steps.c.relation_id)


def _edge(row: Row[Any], direction: Direction) -> Edge:
    supplier, consumer = (row.near_id, row.far_id) if direction == "down" else (row.far_id, row.near_id)
    return Edge(row.relation_id, row.source_id, row.target_id, row.type_key, supplier, consumer)


def _has_more(
    actor: Actor, found: Walk, frontier: Sequence[int], *, direction: Direction, types: Mapping[str, RelationType]
) -> bool:
    """Whether a CI that was not found lies one step beyond the frontier."""
    for chunk in _chunks(frontier):
        statement = _steps(actor, chunk, direction=direction, types=types)
        if statement is None:
            return False
        for row in session.execute(statement.limit(EDGES_PER_NODE * CHUNK)):
            if row.id not in found.nodes:
                return True
    return False
