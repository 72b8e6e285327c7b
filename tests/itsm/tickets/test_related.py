"""Filters across relations: SQL and memory agree, and nothing that the asker may not read is ever told."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cmdb.models import TicketCi
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.query.filters import context_of
from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from itsm.query.tree import And, Node, Not, Or
from itsm.query.written import write
from itsm.tickets import filters, policy, queries, services
from itsm.tickets.models import Ticket, TicketLink, Watcher
from sla.models import SlaClock
from tests.factories import Factory
from tests.properties import examples

COMPARISONS = [
    "requester.vip = true",
    'requester.name ~ "anna"',
    "requester.email is empty",
    'requester.organisation in subtree("Iberia")',
    'requester.organisation = "Madrid"',
    'organisation in subtree("Iberia")',
    'category in subtree("Hardware")',
    "assignee.name is empty",
    'assignee.name ~ "sam"',
    "ci.class = server",
    'ci.class in subtree("Server")',
    "ci.criticality >= 1",
    "ci is empty",
    'ci ~ "orders"',
    "ci.owner is empty",
    "parent is empty",
    'parent.title ~ "whole"',
    "parent.priority <= 3",
    "parent.state != new",
    "links is not empty",
    'links.title ~ "part"',
    "links.priority > 1",
    'journal ~ "secret"',
    "journal is empty",
    "watcher is empty",
    "watcher is not empty",
    "sla.resolution.due < now() + 2h",
    "sla.resolution.due is empty",
    "sla.response.state = met",
    "sla.response.state != running",
    "sla.resolution.target > 1h",
    'sla.resolution.agreement ~ "s"',
]


@pytest.fixture
def office(make: Factory) -> dict[str, Any]:
    """Tickets that are related with people, one another, CIs and clocks; some with nothing at all."""
    iberia = make.organisation("Iberia")
    madrid = make.organisation("Madrid", parent=iberia)
    hardware = make.category("Hardware")
    anna = make.person("Anna Requester", organisation_id=madrid.id, vip=True)
    bert = make.person("Bert Requester", organisation_id=iberia.id)
    sam = make.person("Sam Agent", roles=("agent",))
    hidden = make.group("Board", restricted=True)
    whole = make.incident(title="The whole secret plan", requester_id=sam.id)
    whole.requester_id, whole.group_id = None, hidden.id
    part = make.incident(title="A part", requester_id=bert.id, category_id=make.category("Printer", parent=hardware).id)
    other = make.incident(title="Other", requester_id=anna.id, assignee_id=sam.id)
    services.write_entry(SYSTEM, other, kind="internal", body="the secret word")
    session.add_all([TicketLink(source_id=part.id, target_id=whole.id, relation="child_of")])
    session.add(Watcher(ticket_id=other.id, person_id=bert.id))
    session.add(TicketCi(ticket_id=part.id, ci_id=make.ci("db-orders").id))
    session.flush()
    return {"anna": anna, "bert": bert, "sam": sam, "whole": whole, "part": part, "other": other}


def by_sql(actor: Actor, text: str) -> set[int]:
    return set(session.scalars(select(Ticket.id).where(policy.visible(actor), *filters.conditions(actor, text))))


def by_predicate(actor: Actor, tree: Node) -> set[int]:
    holds = compile_predicate(tree, filters.fields_for(actor), context_of(actor))
    return {ticket.id for ticket in session.scalars(select(Ticket).where(policy.visible(actor))) if holds(ticket)}


@pytest.mark.parametrize("text", COMPARISONS)
def test_sql_and_memory_agree(office: dict[str, Any], make: Factory, text: str) -> None:
    for actor in (SYSTEM, make.actor_of(office["sam"])):
        assert by_sql(actor, text) == by_predicate(actor, parse(text))


@given(
    tree=st.recursive(
        st.sampled_from([parse(text) for text in COMPARISONS]),
        lambda parts: st.one_of(
            parts.map(Not),
            *(
                st.lists(parts, min_size=2, max_size=3).map(lambda found, joint=joint: joint(tuple(found)))
                for joint in (And, Or)
            ),
        ),
        max_leaves=5,
    )
)
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_trees_agree_and_read_back(office: dict[str, Any], make: Factory, tree: Node) -> None:
    actor = make.actor_of(office["sam"])
    assert parse(write(tree)) == tree
    assert by_sql(actor, write(tree)) == by_predicate(actor, tree)


HIDDEN = {"title": "something else", "priority": 1, "state": "closed", "state_category": "closed", "description": "x"}


def told(actor: Actor, text: str) -> dict[str, Any]:
    """All that an actor learns by a filter: rows, order, groups, a count, an aggregate."""
    conditions = filters.conditions(actor, text)
    pages = {
        order: [row.id for row in queries.list_rows(actor, conditions=conditions, order=order).items]
        for order in queries.ORDERS
    }
    parts = {
        each: [row.id for row in queries.list_rows(actor, conditions=conditions, grouping=each).items]
        for each in queries.GROUPINGS
    }
    sums = select(func.count(), func.sum(Ticket.priority), func.max(Ticket.title))
    return {**pages, **parts, "sums": tuple(session.execute(sums.where(policy.visible(actor), *conditions)).one())}


@pytest.mark.parametrize(
    "text", [*COMPARISONS, "not (parent.title ~ whole)", "links.group is empty or parent.kind = problem"]
)
def test_what_is_hidden_changes_no_answer(office: dict[str, Any], make: Factory, text: str) -> None:
    actor, whole = make.actor_of(office["sam"]), office["whole"]
    assert whole.id not in by_sql(actor, "")
    before = told(actor, text)
    for name, value in HIDDEN.items():
        setattr(whole, name, value)
    session.flush()
    assert told(actor, text) == before
    session.delete(session.scalars(select(TicketLink)).one())
    session.flush()
    assert told(actor, text) == before


def test_a_hidden_parent_does_not_match(office: dict[str, Any], make: Factory) -> None:
    assert by_sql(SYSTEM, 'parent.title ~ "secret"') == {office["part"].id}
    assert by_sql(make.actor_of(office["sam"]), 'parent.title ~ "secret"') == set()


def test_a_hidden_number_is_as_unknown_as_none(office: dict[str, Any], make: Factory) -> None:
    actor, number = make.actor_of(office["sam"]), office["whole"].number
    told_hidden, told_missing = refused(actor, f"links = {number}"), refused(actor, "links = INC9999999")
    assert told_hidden.replace(number, "N") == told_missing.replace("INC9999999", "N")
    assert by_sql(SYSTEM, f"links = {number}") == {office["part"].id}


def refused(actor: Actor, text: str) -> str:
    with pytest.raises(Invalid) as error:
        filters.conditions(actor, text)
    return str(error.value.errors["q"][0])


def test_requesters_find_no_internal_notes(office: dict[str, Any], make: Factory) -> None:
    anna, other = make.actor_of(office["anna"]), office["other"]
    assert other.id in by_sql(anna, "")
    assert by_sql(anna, "journal ~ secret") == set()
    assert by_sql(make.actor_of(office["sam"]), "journal ~ secret") == {other.id}
    services.write_entry(SYSTEM, other, kind="public", body="not a secret")
    assert by_sql(anna, "journal ~ secret") == {other.id}


@pytest.mark.parametrize(
    "name", ["requester.name", "parent.title", "links", "ci", "watcher", "sla.resolution.due", "assignee"]
)
def test_requesters_have_no_fields_of_the_inside(make: Factory, name: str) -> None:
    assert filters.fields_for(make.actor("end_user")).find(name) is None


def test_who_may_not_read_a_ci_does_not_filter_by_it(office: dict[str, Any], make: Factory) -> None:
    actor = Actor(person_id=office["sam"].id, name="Sam", permissions=frozenset({"tickets.read", "people.read"}))
    assert by_sql(actor, 'ci ~ "orders"') == set()
    assert office["part"].id in by_sql(actor, "ci is empty")


def test_clocks_are_asked_by_their_present_generation(office: dict[str, Any]) -> None:
    ticket = office["other"]
    old = {row.metric: row for row in session.scalars(select(SlaClock).where(SlaClock.ticket_id == ticket.id))}
    assert by_sql(SYSTEM, "sla.resolution.state = met") == set()
    copy = {column.name: getattr(old["resolution"], column.key) for column in SlaClock.__table__.columns}
    session.add(SlaClock(**{**copy, "id": None, "generation": 2, "state": "met"}))
    session.flush()
    assert by_sql(SYSTEM, "sla.resolution.state = met") == {ticket.id}
