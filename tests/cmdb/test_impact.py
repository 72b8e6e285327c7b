"""Impact against networkx on the whole graph, and the shapes that go wrong elsewhere."""

import itertools
from typing import Any

import networkx as nx
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from cmdb import impact, services, traversal
from cmdb.impact import impact_of, impact_of_all
from cmdb.models import Ci, Relation
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from tests.factories import Factory
from tests.properties import examples
from tests.statements import counted

NODES = 9
FLOWS = {"depends_on": "to_source", "member_of": "to_target", "located_at": "none"}
Triple = tuple[int, int, str]

graphs = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.sampled_from(list(FLOWS))).filter(
        lambda triple: triple[0] != triple[1]
    ),
    max_size=25,
    unique=True,
)


def expected(triples: list[Triple], root: int, direction: str, depth: int) -> dict[int, int]:
    """Distances by networkx over every relation."""
    graph: Any = nx.DiGraph()
    graph.add_nodes_from(range(NODES))
    for source, target, kind in triples:
        if FLOWS[kind] == "to_source":
            graph.add_edge(target, source)
        elif FLOWS[kind] == "to_target":
            graph.add_edge(source, target)
    graph = graph if direction == "down" else graph.reverse()
    found = nx.single_source_shortest_path_length(graph, root, cutoff=depth)
    return {node: distance for node, distance in found.items() if node != root}


@pytest.fixture
def nodes(app: Flask, make: Factory) -> list[Ci]:
    return [make.ci(f"n{number}") for number in range(NODES)]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    triples=graphs, direction=st.sampled_from(["down", "up"]), depth=st.integers(1, 6), chunk=st.sampled_from([2, 5000])
)
def test_the_walk_agrees_with_networkx_on_the_whole_graph(
    nodes: list[Ci], triples: list[Triple], direction: Any, depth: int, chunk: int
) -> None:
    session.execute(delete(Relation))
    ids = [ci.id for ci in nodes]
    rows = [
        {"source_id": ids[one], "target_id": ids[two], "type_key": kind, "origin": "hand"} for one, two, kind in triples
    ]
    if rows:
        session.execute(insert(Relation), rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traversal, "CHUNK", chunk)
        found = impact_of(SYSTEM, ids[0], direction=direction, depth=depth)
    wanted = expected(triples, 0, direction, depth)
    assert {ids.index(node.id): node.depth for node in found.nodes} == wanted
    assert len(found.nodes) == len(wanted)
    assert not found.truncated
    assert found.beyond_depth == (expected(triples, 0, direction, 99).keys() != wanted.keys())
    for node in found.nodes:
        assert len(node.via) == node.depth - 1
        steps = [found.root.id, *node.via, node.id]
        ways = {(edge.supplier_id, edge.consumer_id) for edge in found.edges}
        pairs = itertools.pairwise(steps)
        assert all((pair if direction == "down" else pair[::-1]) in ways for pair in pairs)


def names(found: impact.Impact) -> list[str]:
    return [node.name for node in found.nodes]


def test_a_chain_ends_in_its_services_and_people(app: Flask, make: Factory) -> None:
    anna, bo = make.person(), make.person()
    host = make.ci("host", class_key="hypervisor")
    vm = make.ci("vm", class_key="virtual_machine", owner_id=anna.id)
    program = make.ci("crm", class_key="application", owner_id=bo.id)
    service = make.ci("Sales", class_key="business_service", owner_id=bo.id)
    make.relation(vm, host, "virtualised_by")
    make.relation(program, vm, "runs_on")
    make.relation(service, program)
    found = impact_of(SYSTEM, host.id)
    assert [(node.name, node.depth) for node in found.nodes] == [("vm", 1), ("crm", 2), ("Sales", 3)]
    assert found.nodes[-1].via == (vm.id, program.id)
    assert ([each.name for each in found.services], found.people_affected) == (["Sales"], 2)
    services.edit_ci(SYSTEM, service, version=None, changes={"attributes": {"users": 250}})
    assert impact_of(SYSTEM, host.id).people_affected == 250
    up = impact_of(SYSTEM, service.id, direction="up")
    assert (names(up), up.people_affected) == (["crm", "vm", "host"], 0)


def test_a_cycle_ends_and_a_diamond_counts_once(app: Flask, make: Factory) -> None:
    root, left, right, top = (make.ci(name) for name in ("root", "left", "right", "top"))
    for consumer, supplier in ((left, root), (right, root), (top, left), (top, right), (root, top)):
        make.relation(consumer, supplier)
    found = impact_of(SYSTEM, root.id)
    assert [(node.name, node.depth) for node in found.nodes] == [("left", 1), ("right", 1), ("top", 2)]
    assert len(found.edges) == 5


def test_a_retired_ci_carries_nothing_on(app: Flask, make: Factory) -> None:
    root, middle, far = make.ci("root"), make.ci("middle", state="retired"), make.ci("far")
    make.relation(middle, root)
    make.relation(far, middle)
    assert impact_of(SYSTEM, root.id).nodes == []


def test_a_cut_answer_says_so(app: Flask, make: Factory) -> None:
    hub = make.ci("hub", class_key="switch")
    for number in range(6):
        make.relation(make.ci(f"leaf{number}"), hub)
    cut = impact_of(SYSTEM, hub.id, limit=4)
    assert (len(cut.nodes), cut.truncated) == (4, True)
    whole = impact_of(SYSTEM, hub.id, limit=6)
    assert (len(whole.nodes), whole.truncated) == (6, False)


@pytest.mark.parametrize(
    ("needed", "broken", "degraded"), [(None, 0, True), (2, 0, True), (3, 0, False), (2, 1, False), (None, 2, False)]
)
def test_redundancy_degrades_until_too_few_are_left(
    app: Flask, make: Factory, needed: int | None, broken: int, degraded: bool
) -> None:
    cluster = make.ci("cluster", class_key="cluster", attributes={"members_needed": needed})
    service = make.ci("service", class_key="business_service")
    members = [make.ci(f"m{number}") for number in range(3)]
    for member in members:
        make.relation(member, cluster, "member_of")
    make.relation(service, cluster)
    for member in members[1 : 1 + broken]:
        services.change_state(SYSTEM, member, "in_repair")
    found = impact_of(SYSTEM, members[0].id)
    assert [(node.name, node.degraded) for node in found.nodes] == [("cluster", degraded), ("service", degraded)]


def test_a_host_below_all_members_stops_the_cluster(app: Flask, make: Factory) -> None:
    host, cluster = make.ci("host"), make.ci("cluster", class_key="cluster")
    for number in range(2):
        member = make.ci(f"m{number}")
        make.relation(member, host, "virtualised_by")
        make.relation(member, cluster, "member_of")
    found = impact_of(SYSTEM, host.id)
    assert {node.name: node.degraded for node in found.nodes} == {"m0": False, "m1": False, "cluster": False}


def test_two_members_that_fail_together_stop_the_cluster(app: Flask, make: Factory) -> None:
    cluster, service = make.ci("cluster", class_key="cluster"), make.ci("service", class_key="business_service")
    one, two = make.ci("m1"), make.ci("m2")
    for member in (one, two):
        make.relation(member, cluster, "member_of")
    make.relation(service, cluster)
    alone, together = impact_of(SYSTEM, one.id), impact_of_all(SYSTEM, [two.id, one.id])
    assert [(node.name, node.degraded) for node in alone.services] == [("service", True)]
    assert [(node.name, node.degraded) for node in together.services] == [("service", False)]
    assert [root.name for root in together.roots] == ["m1", "m2"]


def test_of_several_roots_each_ci_counts_once_at_its_nearest(app: Flask, make: Factory) -> None:
    people = [make.person().id for _number in range(3)]
    near, far = make.ci("near", owner_id=people[0]), make.ci("far", owner_id=people[0])
    middle, shared = make.ci("middle", owner_id=people[1]), make.ci("shared", owner_id=people[2])
    for consumer, supplier in ((shared, near), (middle, far), (shared, middle), (middle, near)):
        make.relation(consumer, supplier)
    found = impact_of_all(SYSTEM, [near.id, far.id, near.id])
    assert [(node.name, node.depth) for node in found.nodes] == [("middle", 1), ("shared", 1)]
    assert (found.people_affected, found.truncated) == (3, False)
    assert [len(impact_of_all(SYSTEM, [near.id, far.id], limit=each).nodes) for each in (1, 2)] == [1, 2]


def test_several_roots_cost_what_one_costs(app: Flask, make: Factory) -> None:
    roots = [make.ci() for _number in range(12)]
    for root in roots:
        make.relation(make.ci(), root)

    def cost(number: int) -> int:
        with counted() as statements:
            impact_of_all(SYSTEM, [root.id for root in roots[:number]])
        return len(statements)

    assert cost(1) == cost(12) <= 6


def test_a_root_that_one_may_not_see_is_refused(app: Flask, make: Factory) -> None:
    ci = make.ci()
    for unknown in (ci.id + 1000, 2**70):
        with pytest.raises(NotFound):
            impact_of_all(SYSTEM, [ci.id, unknown])
    with pytest.raises(NotFound):
        impact_of_all(SYSTEM, [])


def test_a_lost_backup_degrades_only(app: Flask, make: Factory) -> None:
    backup, database = make.ci("backup"), make.ci("db", class_key="database")
    make.relation(database, backup, "backed_up_by")
    assert [node.degraded for node in impact_of(SYSTEM, backup.id).nodes] == [True]


def test_statements_follow_the_levels_not_the_cis(app: Flask, make: Factory) -> None:
    def cost(width: int) -> int:
        hub = make.ci("hub")
        for _number in range(width):
            middle = make.ci()
            make.relation(middle, hub)
            make.relation(make.ci(), middle)
        with counted() as statements:
            found = impact_of(SYSTEM, hub.id)
        assert len(found.nodes) == 2 * width
        return len(statements)

    assert cost(1) == cost(40) <= 8  # two a level: relations, then the CIs that nobody met yet


def test_bounds_and_rights(app: Flask, make: Factory) -> None:
    ci = make.ci()
    for wrong in ({"depth": 0}, {"depth": 51}, {"limit": 0}, {"limit": 100_001}):
        with pytest.raises(Invalid) as refusal:
            impact_of(SYSTEM, ci.id, **wrong)
        assert set(refusal.value.errors) == set(wrong)
    with pytest.raises(Forbidden):
        impact_of(make.actor("end_user"), ci.id)
    with pytest.raises(NotFound):
        impact_of(SYSTEM, ci.id + 1)
