"""Tasks, checklists, what they stop, and their pages."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.errors import Conflict, Forbidden, IllegalTransition, Invalid
from itsm.rules import services as rules
from itsm.tickets import queries as tickets
from itsm.tickets.live.services import save_draft
from itsm.tickets.services import take_step, watch, write_entry
from itsm.tickets.tasks import checklists, lines, queries, services
from itsm.tickets.worktime.services import start_timer
from tests.factories import Factory
from tests.itsm.tickets.posting import send
from tests.statements import counted

RESOLVE = {"resolution_code": "fixed", "resolution": "New driver"}


@pytest.fixture
def agent(make: Factory) -> Person:
    return make.person("Ada Lovelace", roles=("agent",), groups=(make.group("Desk"),))


@pytest.fixture
def actor(make: Factory, agent: Person) -> Actor:
    return make.actor_of(agent)


@pytest.fixture
def incident(make: Factory, actor: Actor) -> Incident:
    return make.incident(actor, requester_id=make.person().id)


@pytest.fixture
def desk(client: FlaskClient, make: Factory, agent: Person) -> FlaskClient:
    return make.sign_in(client, agent)


def test_tasks_stand_in_order_with_names_and_what_they_wait_for(actor: Actor, incident: Incident) -> None:
    first = services.add_task(actor, incident, title="  Order  it ", owner_id=actor.person_id)
    services.add_task(actor, incident, title="Install it", needs=[first.id])
    found = queries.list_tasks(incident.id)
    assert [(each.task.title, each.owner, list(each.waits_for)) for each in found] == [
        ("Order it", "Ada Lovelace", []),
        ("Install it", "", ["Order it"]),
    ]
    assert queries.progress_of([incident.id]) == {incident.id: (0, 2)}


def test_a_task_waits_for_those_that_come_first(actor: Actor, incident: Incident) -> None:
    first = services.add_task(actor, incident, title="Order it")
    second = services.add_task(actor, incident, title="Install it", needs=[first.id])
    with pytest.raises(Conflict, match="Order it"):
        services.set_done(actor, incident, second, done=True)
    services.set_done(actor, incident, first, done=True)
    services.set_done(actor, incident, second, done=True)
    assert second.done_by_id == actor.person_id
    assert second.done_at == clock.now()


def test_tasks_never_wait_in_a_circle(actor: Actor, incident: Incident) -> None:
    one, two, three = (services.add_task(actor, incident, title=name) for name in "abc")
    services.set_needs(actor, incident, two, [one.id])
    services.set_needs(actor, incident, three, [two.id])
    with pytest.raises(Invalid, match="circle"):
        services.set_needs(actor, incident, one, [three.id])
    with pytest.raises(Invalid, match="circle"):
        services.set_needs(actor, incident, one, [one.id])
    assert queries.needs_of(incident.id) == {two.id: {one.id}, three.id: {two.id}}


def test_a_task_waits_for_its_own_ticket_only(make: Factory, actor: Actor, incident: Incident) -> None:
    foreign = services.add_task(actor, make.incident(actor), title="Elsewhere")
    with pytest.raises(Invalid, match="own ticket"):
        services.add_task(actor, incident, title="Here", needs=[foreign.id])


def test_open_required_tasks_stop_resolving_unless_told_otherwise(actor: Actor, incident: Incident) -> None:
    services.add_task(actor, incident, title="Optional")
    services.add_task(actor, incident, title="Tell the shift", required=True)
    with pytest.raises(IllegalTransition, match="Tell the shift"):
        take_step(actor, incident, "resolve", fields=RESOLVE)
    take_step(actor, incident, "resolve", fields=RESOLVE, despite_tasks=True)
    assert incident.state_category == "resolved"
    told = tickets.list_journal(actor, incident)[0].changes
    assert told["task.left_open"] == [None, "Tell the shift"]


def test_a_finished_required_task_stops_nothing(actor: Actor, incident: Incident) -> None:
    task = services.add_task(actor, incident, title="Tell the shift", required=True)
    services.set_done(actor, incident, task, done=True)
    take_step(actor, incident, "resolve", fields=RESOLVE)
    assert "task.left_open" not in tickets.list_journal(actor, incident)[0].changes


def test_only_who_works_the_ticket_changes_its_tasks(make: Factory, actor: Actor, incident: Incident) -> None:
    task = services.add_task(actor, incident, title="Order it")
    outsider = make.actor("end_user")
    with pytest.raises(Forbidden):
        services.add_task(outsider, incident, title="Mine")
    with pytest.raises(Forbidden):
        services.set_done(outsider, incident, task, done=True)


def test_moving_and_deleting(actor: Actor, incident: Incident) -> None:
    one, two, three = (services.add_task(actor, incident, title=name) for name in "abc")
    services.set_needs(actor, incident, two, [one.id])
    services.move_task(actor, incident, three, up=True)
    services.delete_task(actor, incident, one)
    assert [each.task.title for each in queries.list_tasks(incident.id)] == ["c", "b"]
    assert queries.needs_of(incident.id) == {}


def test_an_automatic_checklist_comes_with_its_category_and_those_below(make: Factory, actor: Actor) -> None:
    hardware = make.category("Hardware")
    items = lines.parse_lines("! Order the laptop | 24 h | 30 min\nInstall it | after 1", {})
    checklists.create_template(
        SYSTEM, {"name": "New laptop", "category_id": hardware.id, "automatic": True, "items": items}
    )
    inside = make.incident(actor, category_id=make.category("Laptop", parent=hardware).id)
    outside = make.incident(actor, category_id=make.category("Mail").id)
    assert queries.list_tasks(outside.id) == []
    first, second = queries.list_tasks(inside.id)
    assert (first.task.checklist, first.task.required, first.task.minutes) == ("New laptop", True, 30)
    assert first.task.due_at == clock.now() + timedelta(hours=24)
    assert second.waits_for == ["Order the laptop"]


def test_lines_and_items_say_the_same() -> None:
    text = "! Order the laptop | Purchasing | 24 h | 30 min\nInstall it | after 1"
    items = lines.parse_lines(text, {"Purchasing": 7})
    assert items[0] == {"title": "Order the laptop", "required": True, "group_id": 7, "due_hours": 24, "minutes": 30}
    assert lines.to_lines(items, {7: "Purchasing"}) == text
    with pytest.raises(Invalid, match="Line 1"):
        lines.parse_lines("Order it | Nobody", {})
    with pytest.raises(Invalid, match="above it"):
        checklists.checked_items([{"title": "a", "after": 1}])


def test_a_task_is_added_and_ticked_on_the_page(desk: FlaskClient, incident: Incident) -> None:
    answer = send(desk, f"/tickets/{incident.id}/tasks", {"title": "Order it", "required": "true"})
    assert answer.status_code == 302
    task = queries.list_tasks(incident.id)[0].task
    part = send(desk, f"/tasks/{task.id}/state", {"done": "true"}, HX_Request="true")
    assert "1 of 1" in part.text
    assert "<html" not in part.text
    page = desk.get(f"/incidents/{incident.number}").text
    assert "task done: Order it" in page


def test_the_page_says_why_it_cannot_be_resolved(
    desk: FlaskClient, make: Factory, actor: Actor, incident: Incident
) -> None:
    services.add_task(actor, incident, title="Tell the shift", required=True)
    address = f"/tickets/{incident.id}/steps/resolve"
    refused = send(desk, address, {"version": incident.version, **RESOLVE})
    assert refused.status_code == 409
    assert "Tell the shift" in refused.text
    assert "New driver" in refused.text
    assert send(desk, address, {"version": incident.version, "despite_tasks": "true", **RESOLVE}).status_code == 302


def test_ones_own_tasks_come_due_first(desk: FlaskClient, actor: Actor, incident: Incident) -> None:
    services.add_task(actor, incident, title="No hurry", owner_id=actor.person_id)
    services.add_task(actor, incident, title="Soon", owner_id=actor.person_id, due_at=clock.now() + timedelta(hours=1))
    services.add_task(actor, incident, title="Of nobody", group_id=min(actor.group_ids))
    page = desk.get("/tasks").text
    assert page.index("Soon") < page.index("No hurry")
    assert "Of nobody" not in page
    assert "Of nobody" in desk.get("/tasks?show=groups").text
    with counted() as few:
        desk.get("/tasks")
    for number in range(20):
        services.add_task(actor, incident, title=f"Task {number}", owner_id=actor.person_id)
    with counted() as many:
        desk.get("/tasks")
    assert len(few) == len(many)


def test_a_task_is_edited_on_its_page(desk: FlaskClient, agent: Person, actor: Actor, incident: Incident) -> None:
    first = services.add_task(actor, incident, title="First")
    task = services.add_task(actor, incident, title="Order it")
    form = {
        "version": "1",
        "title": "Order two",
        "owner": agent.email,
        "needs": str(first.id),
        "due_at": "2026-11-20T10:00",
    }
    assert send(desk, f"/tasks/{task.id}", form).status_code == 302
    changed = queries.list_tasks(incident.id)[1]
    assert (changed.task.title, changed.owner, changed.waits_for) == ("Order two", "Ada Lovelace", ["First"])
    stale = send(desk, f"/tasks/{task.id}", form | {"title": "Order three"})
    assert stale.status_code == 409
    assert "Order three" in stale.text
    assert "2026-11-20T10:00" in desk.get(f"/tasks/{task.id}").text


def test_the_api_of_tasks(client: FlaskClient, make: Factory, agent: Person, incident: Incident) -> None:
    bearer = {"Authorization": f"Bearer {make.token(agent)}"}
    answer = client.post(f"/api/v1/tickets/{incident.number}/tasks", json={"title": "Order it"}, headers=bearer)
    assert answer.status_code == 201, answer.text
    task_id = answer.json["id"]
    change = client.patch(
        f"/api/v1/tasks/{task_id}", json={"owner": agent.email}, headers=bearer | {"If-Match": answer.headers["ETag"]}
    )
    assert change.json["owner"] == "Ada Lovelace"
    done = client.post(f"/api/v1/tasks/{task_id}/state", json={"done": True}, headers=bearer)
    assert done.json["done"] is True
    assert [each["id"] for each in client.get(f"/api/v1/tickets/{incident.number}/tasks", headers=bearer).json] == [
        task_id
    ]


def test_checklists_are_kept_by_supervisors(client: FlaskClient, make: Factory, agent: Person) -> None:
    assert make.sign_in(client, agent).get("/admin/checklists").status_code == 403
    lead = make.sign_in(client, make.person(roles=("supervisor",)))
    form = {"name": "New laptop", "lines": "! Order it\nInstall it | after 1", "active": "true"}
    assert send(lead, "/admin/checklists/new", form).status_code == 302
    assert "New laptop" in lead.get("/admin/checklists").text
    faulty = send(lead, "/admin/checklists/new", form | {"name": "Other", "lines": "Order it | Nobody"})
    assert faulty.status_code == 422
    assert "Order it | Nobody" in faulty.text


def test_a_rule_adds_a_task(make: Factory) -> None:
    group = make.group("Purchasing")
    action = {
        "do": "task",
        "title": "Order for {{number}}",
        "group_id": group.id,
        "days": 2,
        "required": "yes",
    }
    rules.create_rule(SYSTEM, {"name": "Order", "trigger": "opened", "active": True, "actions": [action]})
    incident = make.incident()
    [listed] = queries.list_tasks(incident.id)
    assert (listed.task.title, listed.group, listed.task.required) == (
        f"Order for {incident.number}",
        "Purchasing",
        True,
    )
    assert listed.task.due_at == clock.now() + timedelta(days=2)


def test_the_page_with_all_its_parts_costs_at_most_fourteen_statements(
    desk: FlaskClient, actor: Actor, incident: Incident
) -> None:
    first = services.add_task(actor, incident, title="Order it", owner_id=actor.person_id)
    services.add_task(actor, incident, title="Install it", needs=[first.id])
    write_entry(actor, incident, kind="work", body="@Nobody", minutes=5)
    watch(actor, incident, person_id=actor.person_id or 0)
    start_timer(actor, incident)
    save_draft(actor, incident.id, kind="public", body="Half")
    desk.get(f"/incidents/{incident.number}")
    with counted() as statements:
        desk.get(f"/incidents/{incident.number}")
    assert len(statements) <= 14, "\n".join(statements)


def test_groups_of_a_checklist_are_one_question(make: Factory, actor: Actor, incident: Incident) -> None:
    groups = [make.group() for _number in range(4)]
    items = [{"title": f"Step {group.id}", "group_id": group.id} for group in groups]
    template = checklists.create_template(SYSTEM, {"name": "Move", "items": items})
    live = next(each for each in queries.templates.all() if each.id == template.id)
    with counted() as seen:
        made = services.apply_template(actor, incident, live)
    assert [task.group_id for task in made] == [group.id for group in groups]
    assert sum("FROM support_group" in statement for statement in seen) == 1
