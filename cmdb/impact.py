"""What does an outage of this CI touch, and who must know? And the other way: what does it need?"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

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


@dataclass(frozen=True)
class Impact:
    """The answer: the roots, further CIs by distance, the relations between them, services hit, people affected.

    `people_affected` is a lower bound: the owners of the CIs hit, or the users of the largest service hit when those
    are more. `truncated` tells that more CIs exist than were asked for; `beyond_depth` that some lie deeper.
    """

    roots: Sequence[Node]
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    services: Sequence[Node]
    people_affected: int
    truncated: bool
    beyond_depth: bool

    @property
    def root(self) -> Node:
        """The CI that was asked about; of several the first by name."""
        return self.roots[0]

    def node(self, ci_id: int) -> Node | None:
        """A root or a reached CI by its id."""
        return next((each for each in (*self.roots, *self.nodes) if each.id == ci_id), None)


def impact_of(
    actor: Actor, ci_id: int, *, direction: Direction = "down", depth: int = DEPTH, limit: int = LIMIT
) -> Impact:
    """What an outage of a CI reaches (`down`: its consumers) or what it depends on (`up`: its suppliers).

    Two statements for each level of distance; each CI appears once, at its true distance. Raises `Invalid` for a depth
    outside 1..50 or a limit outside 1..100,000. Rule: D1.
    """
    return impact_of_all(actor, [ci_id], direction=direction, depth=depth, limit=limit)


def impact_of_all(
    actor: Actor, ci_ids: Collection[int], *, direction: Direction = "down", depth: int = DEPTH, limit: int = LIMIT
) -> Impact:
    """`impact_of` for several CIs that fail together, in as many statements; two that stand in for one another do not.

    Raises `NotFound` where the actor may not see one of them. Rule: D1.
    """
    require(actor, "cmdb.read")
    if not 1 <= depth <= DEEPEST:
        raise Invalid.field("depth", _("Ask for a depth of 1 to %(most)s.", most=DEEPEST))
    if not 1 <= limit <= LARGEST:
        raise Invalid.field("limit", _("Ask for 1 to %(most)s CIs.", most=LARGEST))
    cis = queries.get_cis(actor, ci_ids)
    types = queries.relation_types()
    roots = [Node(ci.id, ci.name, ci.class_key, ci.state, ci.criticality, ci.owner_id) for ci in cis]
    found = walk(actor, roots, direction=direction, depth=depth, limit=limit, types=types)
    degraded = degraded_ids(found, [root.id for root in roots], types) if direction == "down" else set()
    return _answer(found, direction, degraded)


def _answer(found: Walk, direction: Direction, degraded: set[int]) -> Impact:
    nodes = [node._replace(degraded=True) if node.id in degraded else node for node in found.nodes.values()]
    nodes.sort(key=lambda node: (node.depth, node.name.lower(), node.id))
    services = _services(nodes)
    return Impact(
        roots=[node for node in nodes if node.depth == 0],
        nodes=[node for node in nodes if node.depth > 0],
        edges=sorted(found.edges, key=attrgetter("id")),
        services=services,
        people_affected=_people(found.nodes.values(), services) if direction == "down" else 0,
        truncated=found.truncated,
        beyond_depth=found.beyond_depth,
    )


def _services(nodes: Sequence[Node]) -> list[Node]:
    keys = set(classes.load().keys_below(BUSINESS_SERVICE))
    hit = [node for node in nodes if node.class_key in keys]
    return sorted(hit, key=lambda node: (node.degraded, node.criticality, node.name.lower(), node.id))


def _people(nodes: Iterable[Node], services: Sequence[Node]) -> int:
    owners = {node.owner_id for node in nodes if node.owner_id is not None}
    largest = 0
    for start in range(0, len(services), CHUNK):
        ids = [service.id for service in services[start : start + CHUNK]]
        for attributes in session.scalars(select(Ci.attributes).where(Ci.id.in_(ids))):
            users = attributes.get(USERS)
            largest = max(largest, int(users) if isinstance(users, int | float) else 0)
    return max(len(owners), largest)
