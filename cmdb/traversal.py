"""Walking the graph of relations in the database, one frontier at a time: memory follows the answer, not the CMDB."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, select, union_all

from cmdb import policy
from cmdb.models import Ci, Relation, RelationType
from itsm.kernel.actor import Actor
from itsm.kernel.db import among, session

Direction = Literal["down", "up"]
CHUNK = 1_000  # ids in one statement: few enough that a cut answer reads little beyond what it shows
EDGES_PER_NODE = 10  # how many relations are read at most for each CI that may be shown
FRONTIER = "frontier"


class Node(NamedTuple):
    """A CI that the walk met.

    `depth` is its distance from the nearest root, `via` the ids between on a shortest path, nearest to the root first;
    `degraded` that an outage of the roots does not stop it (known once the walk has ended).
    """

    id: int
    name: str
    class_key: str
    state: str
    criticality: int
    owner_id: int | None
    depth: int = 0
    via: tuple[int, ...] = ()
    degraded: bool = False


class Edge(NamedTuple):
    """A relation along which an outage flows from `supplier_id` to `consumer_id`."""

    id: int
    source_id: int
    target_id: int
    type_key: str
    supplier_id: int
    consumer_id: int


class Steps(NamedTuple):
    """What one level asks, for the ids in `FRONTIER`: relations that lead on, and CIs that the walk may enter."""

    relations: Select[*tuple[Any, ...]]
    ends: Select[*tuple[Any, ...]]


@dataclass
class Walk:
    """What a walk found: nodes by id (the roots too), edges, whether something was cut or lies beyond the depth."""

    nodes: dict[int, Node]
    edges: list[Edge] = field(default_factory=list)
    truncated: bool = False
    beyond_depth: bool = False


def walk(
    actor: Actor,
    roots: Sequence[Node],
    *,
    direction: Direction,
    depth: int,
    limit: int,
    types: Mapping[str, RelationType],
) -> Walk:
    """Find what an outage of the roots together reaches (`down`) or what they need (`up`), breadth first.

    Each CI stands at its distance from the nearest root. At most `limit` CIs besides the
    roots and `limit` times ten relations are read. Retired CIs end the walk.
    """
    found = Walk({root.id: root for root in roots})
    steps = _steps(actor, direction, types)
    if steps is None:
        return found
    frontier, most = list(found.nodes), limit + len(found.nodes)
    for _level in range(depth):
        frontier = _one_level(found, frontier, steps, down=direction == "down", limit=limit, most=most)
        if not frontier or found.truncated:
            return found
    found.beyond_depth = _has_more(found, frontier, steps)
    return found


def _one_level(found: Walk, frontier: Sequence[int], steps: Steps, *, down: bool, limit: int, most: int) -> list[int]:
    nodes, fresh = found.nodes, list[int]()
    for chunk in _chunks(frontier):
        rows = _relations(found, chunk, steps, limit=limit)
        ends = _far_ends(steps, {far_id for *_facts, far_id in rows} - nodes.keys())
        for relation_id, source_id, target_id, type_key, far_id in rows:
            near_id = source_id if far_id == target_id else target_id
            if far_id not in nodes:
                facts = ends.get(far_id)
                if facts is None:
                    continue  # retired, or not for the actor to see: the walk ends here
                if len(nodes) >= most:
                    found.truncated = True
                    return fresh
                nodes[far_id] = _beyond(nodes[near_id], facts)
                fresh.append(far_id)
            supplier_id, consumer_id = (near_id, far_id) if down else (far_id, near_id)
            found.edges.append(Edge(relation_id, source_id, target_id, type_key, supplier_id, consumer_id))
        if found.truncated:
            break
    return fresh


def _beyond(near: Node, facts: Sequence[Any]) -> Node:
    ci_id, name, class_key, state, criticality, owner_id = facts
    via = (*near.via, near.id) if near.depth else ()
    return Node(ci_id, name, class_key, state, criticality, owner_id, near.depth + 1, via)


def _relations(found: Walk, near: Sequence[int], steps: Steps, *, limit: int) -> Sequence[Sequence[Any]]:
    """Relations that lead on from these CIs, by the id at the far end, as many as may still be read."""
    room = limit * EDGES_PER_NODE - len(found.edges)
    rows = _read(steps.relations.limit(max(room, 0) + 1), near)
    found.truncated = found.truncated or len(rows) > room
    return rows[: max(room, 0)]


def _far_ends(steps: Steps, ids: Collection[int]) -> dict[int, Sequence[Any]]:
    """Facts of those CIs that the walk may enter, by id, each read once however many relations lead to it."""
    return {row[0]: row for chunk in _chunks(sorted(ids)) for row in _read(steps.ends, chunk)}


def _read(statement: Select[*tuple[Any, ...]], ids: Sequence[int]) -> Sequence[Sequence[Any]]:
    # Straight from the connection: the session's own loading costs more than the rows.
    return session.connection().execute(statement, {FRONTIER: ids}).all()


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _steps(actor: Actor, direction: Direction, types: Mapping[str, RelationType]) -> Steps | None:
    """The statements of one level; None when no type leads that way.

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
            ways.append(relation.where(among(near, FRONTIER), Relation.type_key.not_in(barred)))
    if not ways:
        return None
    relations = union_all(*ways).subquery()
    ends = select(Ci.id, Ci.name, Ci.class_key, Ci.state, Ci.criticality, Ci.owner_id)
    return Steps(
        select(relations).order_by(relations.c.far_id, relations.c.id),
        ends.where(among(Ci.id, FRONTIER), Ci.state != "retired", policy.visible(actor)),
    )


def _has_more(found: Walk, frontier: Sequence[int], steps: Steps) -> bool:
    """Whether a CI that was not found lies one step beyond the frontier."""
    for chunk in _chunks(frontier):
        rows = _read(steps.relations.limit(EDGES_PER_NODE * CHUNK), chunk)
        if _far_ends(steps, {far_id for *_facts, far_id in rows} - found.nodes.keys()):
            return True
    return False
