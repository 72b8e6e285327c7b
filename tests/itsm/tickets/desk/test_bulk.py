"""Many tickets at once: the preview tells what happens, each ticket all or nothing, undo restores exactly. Rules: DSK-1, U1."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from sqlalchemy import select

from itsm.identity.models import Group, Person
from itsm.kernel import undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.jobs import BackgroundTask, run_tasks
from itsm.kernel.module import registry
from itsm.tickets import services
from itsm.tickets.desk import bulk, tasks
from itsm.tickets.models import Ticket, TicketLink, Watcher
from itsm.tickets.services.restoring import picture
from sla.models import SlaClock
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.properties import examples
from tests.statements import counted

FIXED = {"resolution_code": "fixed", "resolution": "New cable."}


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Network")


@pytest.fixture
def agent(make: Factory, group: Group) -> Person:
    return make.person("Anna Agent", roles=("agent",), groups=(group,))


@pytest.fixture
def actor(make: Factory, agent: Person) -> Actor:
    return make.actor_of(agent)


def everything(tickets: list[Ticket]) -> dict[str, Any]:
    """All that a bulk may touch."""
    clocks = select(SlaClock.ticket_id, SlaClock.metric, SlaClock.due_at, SlaClock.ended_at, SlaClock.state)
    links = select(TicketLink.source_id, TicketLink.target_id, TicketLink.relation)
    return {
        "facts": [picture(ticket) | {"due": [ticket.due_at, ticket.due_state]} for ticket in tickets],
        "watchers": sorted(map(tuple, session.execute(select(Watcher.ticket_id, Watcher.person_id)))),
        "links": sorted(map(tuple, session.execute(links))),
        "clocks": sorted(map(tuple, session.execute(clocks))),
    }


def change(actor: Actor, tickets: list[Ticket], wanted: Mapping[str, Any]) -> bulk.Result:
    bulk.check(actor, wanted)
    return bulk.change_all(actor, [each.id for each in tickets], wanted, title="Bulk", back="/desk")


def take_back(actor: Actor, step: undo.Undo | None) -> None:
    assert step is not None
    undo.take_back(actor, step.id, registry().undos)


def wanted_changes(group: Group, agent: Person, parent: Ticket) -> st.SearchStrategy[dict[str, Any]]:
    steps = st.sampled_from(
        [
            {},
            {"step": "start"},
            {"step": "resolve", "fields": FIXED},
            {"step": "hold", "fields": {"hold_reason": "supplier"}},
        ]
    )
    facts = st.fixed_dictionaries(
        {"watch": st.booleans()},
        optional={
            "group_id": st.just(group.id),
            "assignee_id": st.just(agent.id),
            "nobody": st.booleans(),
            "impact": st.integers(1, 4),
            "urgency": st.integers(1, 4),
            "parent": st.just(parent.number),
            "priority": st.integers(1, 5),
        },
    )
    return st.builds(lambda one, step: {"reason": "The director waits", **one, **step}, facts, steps)


@checked(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.one_database
def test_the_preview_is_what_happens_and_undo_restores_all(
    make: Factory, actor: Actor, agent: Person, group: Group, data: st.DataObject
) -> None:
    parent = make.incident(title="The great outage")
    problem, mine = make.problem(), make.incident(group_id=group.id)
    solved = make.incident(group_id=group.id)
    services.take_step(actor, solved, "start")
    services.take_step(actor, solved, "resolve", fields=FIXED)
    tickets: list[Ticket] = [parent, problem, mine, solved]
    wanted = data.draw(wanted_changes(group, agent, parent))
    try:
        bulk.check(actor, wanted)
    except Invalid:
        return
    planned = bulk.plan(actor, [each.id for each in tickets], wanted)
    session.flush()
    before = everything(tickets)
    result = change(actor, tickets, wanted)
    assert [number for number, _reason in result.refused] == [each.ticket.number for each in planned if each.refusal]
    changed = sum(1 for each in planned if each.lines and not each.refusal)
    assert changed <= result.done  # a step may be taken that leaves every shown value as it was
    assert result.done + result.unchanged + len(result.refused) == len(tickets)
    if result.done:
        take_back(actor, result.undo)
    else:
        assert result.undo is None
    assert everything(tickets) == before


def test_what_one_refuses_leaves_the_others_alone(make: Factory, actor: Actor, group: Group) -> None:
    good, ended = make.incident(group_id=group.id), make.incident(group_id=group.id)
    services.take_step(actor, ended, "start")
    services.take_step(actor, ended, "resolve", fields=FIXED)
    before = picture(ended)
    result = change(actor, [good, ended], {"step": "start", "impact": 1})
    assert (result.done, [number for number, _reason in result.refused]) == (1, [ended.number])
    assert good.state_category == "active"
    assert picture(ended) == before


def test_who_may_not_work_them_changes_none(make: Factory, group: Group) -> None:
    reader = make.actor("end_user")
    ticket = make.incident(requester_id=reader.person_id, group_id=group.id)
    planned = bulk.plan(reader, [ticket.id], {"impact": 1})
    assert "not change" in str(planned[0].refusal)
    assert change(reader, [ticket], {"impact": 1}).done == 0


def test_tickets_that_may_not_be_read_are_passed_over(make: Factory, actor: Actor) -> None:
    hidden = make.incident(group_id=make.group("Board", restricted=True).id)
    fresh = make.actor_of(session.get_one(Person, actor.person_id))
    assert bulk.plan(fresh, [hidden.id], {"impact": 1}) == []
    assert change(fresh, [hidden], {"impact": 1}).done == 0


def test_undo_is_refused_when_a_ticket_went_on_since(make: Factory, actor: Actor, group: Group) -> None:
    ticket = make.incident(group_id=group.id)
    result = change(actor, [ticket], {"impact": 1})
    services.change_facts(actor, ticket, version=None, changes={"impact": 4})
    with pytest.raises(Conflict, match="impact"):
        take_back(actor, result.undo)


def test_a_plan_does_not_grow_its_statements(make: Factory, actor: Actor, agent: Person, group: Group) -> None:
    wanted = {"group_id": group.id, "assignee_id": agent.id, "step": "start", "watch": True}
    tickets = [make.incident(group_id=group.id) for _number in range(3)]
    with counted() as few:
        bulk.plan(actor, [each.id for each in tickets], wanted)
    tickets += [make.incident(group_id=group.id) for _number in range(20)]
    with counted() as many:
        assert len(bulk.plan(actor, [each.id for each in tickets], wanted)) == 23
    assert len(many) <= len(few)


def test_many_are_changed_in_the_background_with_one_undo(
    make: Factory, actor: Actor, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    tickets = [make.incident(group_id=group.id) for _number in range(5)]
    before = everything(list(tickets))
    task = tasks.ask(actor, [each.id for each in tickets], {"impact": 1, "watch": True}, title="Bulk", back="/desk")
    session.commit()
    run_tasks(dict(registry().tasks))
    done = session.get_one(BackgroundTask, task.id).result
    assert done is not None
    assert (done["done"], done["failed"]) == (5, 0)
    again = [session.get_one(Ticket, each.id) for each in tickets]
    assert {each.impact for each in again} == {1}
    assert [row.id for row in undo.list_recent(actor)] == [done["undo"]]
    take_back(actor, session.get(undo.Undo, done["undo"]))
    assert everything(again) == before


def test_the_page_shows_the_preview_and_then_changes(
    make: Factory, client: FlaskClient, agent: Person, group: Group
) -> None:
    page = make.sign_in(client, agent)
    tickets = [make.incident(title=f"Ticket {number}", group_id=group.id) for number in range(3)]
    ids = [each.id for each in tickets]
    text = page.get("/desk/bulk?view=all&" + "&".join(f"ids={each}" for each in ids)).text
    assert "Change 3 tickets" in text
    form = {"chosen": ",".join(map(str, ids)), "back": "/desk?view=all", "impact": "1"}
    preview = post(page, "/desk/bulk/preview", **form)
    assert preview.status_code == 200
    assert "3 would change" in preview.text
    assert {session.get_one(Ticket, each).impact for each in ids} == {4}
    assert post(page, "/desk/bulk", **form).headers["Location"] == "/desk?view=all"
    session.expire_all()
    assert {session.get_one(Ticket, each).impact for each in ids} == {1}
    assert "3 tickets changed" in page.get("/desk?view=all").text


def test_all_that_match_are_chosen_at_once(make: Factory, client: FlaskClient, agent: Person, group: Group) -> None:
    page = make.sign_in(client, agent)
    for number in range(4):
        make.incident(group_id=group.id, impact=1 + number % 2)
    assert "Change 2 tickets" in page.get("/desk/bulk?view=all&q=impact%20%3D%201&all=1").text


def test_a_step_asks_for_its_fields_before_it_is_previewed(
    make: Factory, client: FlaskClient, agent: Person, group: Group
) -> None:
    page = make.sign_in(client, agent)
    ticket = make.incident(group_id=group.id)
    form = {"chosen": str(ticket.id), "back": "/desk", "step": "hold"}
    assert 'name="hold_reason"' in post(page, "/desk/bulk/preview", **form).text
    shown = post(page, "/desk/bulk/preview", **{**form, "hold_reason": "supplier"}).text
    assert "1 would change" in shown


def test_nothing_wanted_and_a_priority_without_reason_are_refused(
    make: Factory, client: FlaskClient, agent: Person, group: Group
) -> None:
    page = make.sign_in(client, agent)
    form = {"chosen": str(make.incident(group_id=group.id).id), "back": "/desk"}
    assert post(page, "/desk/bulk/preview", **form).status_code == 422
    answer = post(page, "/desk/bulk", **{**form, "priority": "1"})
    assert answer.status_code == 422
    assert "Say why" in answer.text


def test_a_bulk_in_the_background_is_its_owners_alone(
    make: Factory, client: FlaskClient, agent: Person, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    page = make.sign_in(client, agent)
    ids = [make.incident(group_id=group.id).id for _number in range(2)]
    form = {"chosen": ",".join(map(str, ids)), "back": "/desk", "impact": "1"}
    address = post(page, "/desk/bulk", **form).headers["Location"]
    assert "Waits for a worker" in page.get(address).text
    run_tasks(dict(registry().tasks))
    assert "2 tickets changed" in page.get(address).text
    other = make.sign_in(page, make.person(roles=("agent",)))
    assert other.get(address).status_code == 404
