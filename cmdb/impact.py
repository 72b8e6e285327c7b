"""What does an outage of this CI touch, and who must know? And the other way: what does it need?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import select

from cmdb import classes, queries
from cmdb.models import Ci
from cmdb.redundancy import degraded_ids
from cmdb.traversal import CHUNK, Direction, Edge, Node, Walk, walk
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import require
from itsm.kernel.text import _

DEPTH, LIMIT = 20, 10_000
DEEPEST, LARGEST = 50, 100_000
BUSINESS_SERVICE = "business_service"
USERS = "users"


class ImpactNode(NamedTuple):
    """A CI that the outage reaches; `via` are the ids between the root and it on a shortest path, nearest first."""

    id: int
    name: str
    class_key: str
    state: str
    criticality: int
    depth: int
    via: tuple[int, ...]
    degraded: bool


@dataclass(frozen=True)
class Impact:
    """The answer: CIs by distance, the relations between them, services hit, people affected.

    `people_affected` is a lower bound: the owners of the CIs hit, or the users of the largest service hit when those
    are more. `truncated` tells that more CIs exist than were asked for; `beyond_depth` that some lie deeper.
    """

    root: ImpactNode
    nodes: Sequence[ImpactNode]
    edges: Sequence[Edge]
    services: Sequence[ImpactNode]
    people_affected: int
    truncated: bool
    beyond_depth: bool

    def node(self, ci_id: int) -> ImpactNode | None:
        """The root or a reached CI by its id."""
        return next((each for each in (self.root, *self.nodes) if each.id == ci_id), None)


def impact_of(
    actor: Actor, ci_id: int, *, direction: Direction = "down", depth: int = DEPTH, limit: int = LIMIT
) -> Impact:
    """What an outage of a CI reaches (`down`: its consumers) or what it depends on (`up`: its suppliers).

    One statement for each level of distance; each CI appears once, at its true distance. Raises `Invalid` for a depth
    outside 1..50 or a limit outside 1..100,000. Rule: C5.
    """
    require(actor, "cmdb.read")
    if not 1 <= depth <= DEEPEST:
        raise Invalid.field("depth", _("Ask for a depth of 1 to %(most)s.", most=DEEPEST))
    if not 1 <= limit <= LARGEST:
        raise Invalid.field("limit", _("Ask for 1 to %(most)s CIs.", most=LARGEST))
    ci = queries.get_ci(actor, ci_id)
    types = queries.relation_types()
    root = Node(ci.id, ci.name, ci.class_key, ci.state, ci.criticality, ci.owner_id)
    found = walk(actor, root, direction=direction, depth=depth, limit=limit, types=types)
    degraded = degraded_ids(found, ci.id, types) if direction == "down" else set()
    return _answer(found, direction, degraded)


def _answer(found: Walk, direction: Direction, degraded: set[int]) -> Impact:
    nodes = [_shown(node, node.id in degraded) for node in found.nodes.values()]
    nodes.sort(key=lambda node: (node.depth, node.name.lower(), node.id))
    services = _services(nodes)
    return Impact(
        root=nodes[0],
        nodes=nodes[1:],
        edges=sorted(found.edges, key=attrgetter("id")),
        services=services,
        people_affected=_people(found.nodes.values(), services) if direction == "down" else 0,
        truncated=found.truncated,
        beyond_depth=found.beyond_depth,
    )


def _shown(node: Node, degraded: bool) -> ImpactNode:
    return ImpactNode(node.id, node.name, node.class_key, node.state, node.criticality, node.depth, node.via, degraded)


def _services(nodes: Sequence[ImpactNode]) -> list[ImpactNode]:
    keys = set(classes.load().keys_below(BUSINESS_SERVICE))
    hit = [node for node in nodes if node.class_key in keys]
    return sorted(hit, key=lambda node: (node.degraded, node.criticality, node.name.lower(), node.id))


def _people(nodes: Iterable[Node], services: Sequence[ImpactNode]) -> int:
    owners = {node.owner_id for node in nodes if node.owner_id is not None}
    largest = 0
    for start in range(0, len(services), CHUNK):
        ids = [service.id for service in services[start : start + CHUNK]]
        for attributes in session.scalars(select(Ci.attributes).where(Ci.id.in_(ids))):
            users = attributes.get(USERS)
            largest = max(largest, int(users) if isinstance(users, int | float) else 0)
    return max(len(owners), largest)
