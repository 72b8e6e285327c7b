"""Pages and API of major incidents."""

import re

from flask.testing import FlaskClient

from incident.major import queries, services
from incident.models import Incident
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import services as tickets
from itsm.tickets.tasks import queries as tasks
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import statements_of

RESOLVED = {"resolution_code": "fixed", "resolution": "The switch was replaced."}


def declared(make: Factory, title: str = "Mail does not arrive") -> Incident:
    incident = make.incident(title=title)
    services.declare(SYSTEM, incident, reason="Nobody gets mail", headline="Mail")
    return incident


def test_from_the_burst_to_the_review_in_a_browser(client: FlaskClient, make: Factory) -> None:
    lead = make.person(roles=("supervisor",))
    category = make.category("Mail")
    found = [make.incident(title=f"No mail {number}", category_id=category.id) for number in range(6)]
    services.note_bursts()
    make.sign_in(client, lead)
    assert "6 incidents about" in client.get("/notices").text
    assert "6 incidents about" in client.get("/incidents/major").text
    candidate = queries.list_candidates(make.actor_of(lead))[0].row.id
    number = found[0].number
    assert "Why it is a major incident" in client.get(f"/incidents/{number}/major?candidate={candidate}").text
    assert post(client, f"/incidents/{number}/major", headline="Mail").status_code == 422
    facts = {"headline": "Mail", "reason": "Nobody gets mail", "candidate": str(candidate)}
    room = post(client, f"/incidents/{number}/major", **facts).location
    assert room == f"/incidents/{number}/room"
    page = client.get(room).text
    assert "looking for the cause" in page
    assert found[5].number in page
    assert "To the room" in client.get(f"/incidents/{number}").text
    assert post(client, f"{room}/parts", tickets=[str(each.id) for each in found[1:4]]).status_code == 302
    assert post(client, f"{room}/parts", number=found[4].number).status_code == 302
    assert post(client, f"{room}/parts", number="INC0000000").status_code == 422
    assert post(client, f"{room}/updates", body="The cause is a switch.", phase="identified").status_code == 302
    assert post(client, f"{room}/updates", body="x", phase="resolved").status_code == 422
    changes = {"headline": "Mail", "conference_url": "https://meet.example.org/1", "cadence_minutes": "15"}
    assert post(client, room, **changes, on_portal="true", lead_id=str(lead.id)).status_code == 302
    assert "https://meet.example.org/1" in client.get(room).text
    assert post(client, room, **changes | {"conference_url": "javascript:alert(1)"}).status_code == 422
    assert (
        post(client, f"{room}/audiences", kind="addresses", addresses="a@example.net, b@example.net").status_code == 302
    )
    assert "a@example.net" in client.get(room).text
    tickets.take_step(SYSTEM, session.get_one(Incident, found[0].id), "resolve", fields=RESOLVED)
    assert "Resolve them with the same solution" in client.get(room).text
    assert post(client, f"{room}/review", causes="A switch", what_happened="It died").status_code == 302
    assert post(client, f"{room}/actions", title="Find out why", becomes="problem").status_code == 302
    page = client.get(room).text
    assert f"/problems/new?incident={number}" in page
    assert "Find out why" in client.get(f"/problems/new?incident={number}&title=Find+out+why").text
    finished = {"causes": "A switch", "what_happened": "It died", "finish": "1"}
    assert post(client, f"{room}/review", **finished, version="2").status_code == 302
    assert "Finished by" in client.get(room).text


def test_people_outside_read_it_on_the_portal_and_callers_hear_of_it(client: FlaskClient, make: Factory) -> None:
    incident = declared(make)
    services.post_update(SYSTEM, incident, body="We are on it.")
    agent, reader = make.person(roles=("agent",)), make.person()
    make.sign_in(client, agent)
    assert "Known outages" in client.get("/incidents/new").text
    assert post(client, f"/incidents/{incident.number}/room/updates", body="x").status_code == 403
    make.sign_in(client, reader)
    page = client.get("/portal").text
    assert "Known outages" in page
    assert "We are on it." in page
    assert incident.number not in page
    assert client.get(f"/incidents/{incident.number}/room").status_code == 403
    assert client.get("/api/v1/outages").json["items"][0]["text"] == "We are on it."


def test_the_pages_need_as_many_statements_for_many_as_for_few(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("supervisor",)))
    first = declared(make)
    room = f"/incidents/{first.number}/room"
    services.absorb(SYSTEM, first, [make.incident().id])
    services.post_update(SYSTEM, first, body="Hello")
    few = [statements_of(client, address) for address in ("/incidents/major", room, "/portal", "/notices")]
    services.absorb(SYSTEM, first, [make.incident().id for _number in range(4)])
    for number in range(3):
        services.post_update(SYSTEM, first, body="Hello again")
        services.post_update(SYSTEM, declared(make, f"Trouble {number}"), body="Hello")
    many = [statements_of(client, address) for address in ("/incidents/major", room, "/portal", "/notices")]
    assert many == few


def test_the_plan_of_the_site(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("admin",)))
    assert "looking for the cause" in client.get("/admin/major").text
    values = {"tickets": "3", "minutes": "15", "cadence_minutes": "20", "identified": "{headline}: found"}
    assert post(client, "/admin/major", **values).status_code == 302
    assert "{headline}: found" in client.get("/admin/major").text
    assert post(client, "/admin/major", **values | {"tickets": "0"}).status_code == 422


def test_the_api_declares_updates_and_absorbs(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("supervisor",))
    headers = {"Authorization": f"Bearer {make.token(person)}"}
    incident, part = make.incident(), make.incident()
    address = f"/api/v1/incidents/{incident.number}/major"
    made = client.post(address, json={"reason": "All are hit", "headline": "Mail"}, headers=headers)
    assert (made.status_code, made.json["phase"], made.json["manager"]) == (201, "investigating", person.email)
    assert client.post(address, json={"reason": "again"}, headers=headers).status_code == 409
    changed = client.patch(
        address, json={"lead": person.email, "cadence_minutes": 0}, headers=headers | {"If-Match": made.headers["ETag"]}
    )
    assert (changed.json["lead"], changed.json["cadence_minutes"]) == (person.email, 0)
    told = client.post(f"{address}/updates", json={"body": "Found", "phase": "identified"}, headers=headers)
    assert (told.status_code, told.json["phase"]) == (201, "identified")
    absorbed = client.post(f"{address}/parts", json={"tickets": [part.number]}, headers=headers).json
    assert absorbed["tickets"] == [part.number]
    assert absorbed["undo"] is not None
    audience = {"kind": "addresses", "addresses": ["a@example.net"]}
    assert client.post(f"{address}/audiences", json=audience, headers=headers).status_code == 204
    listed = client.get("/api/v1/majors?active=true", headers=headers).json["items"]
    assert [(each["number"], each["parts"], each["phase"]) for each in listed] == [(incident.number, 1, "identified")]
    assert len(client.get(f"{address}/updates", headers=headers).json["items"]) == 1
    assert client.get("/api/v1/majors/candidates", headers=headers).json["items"] == []
    gone = client.post(f"{address}/withdraw", json={"reason": "No"}, headers=headers)
    assert gone.json["phase"] == "withdrawn"
    assert client.get(f"/api/v1/incidents/{incident.number}", headers=headers).json["is_major"] is False


def test_tasks_are_worked_on_in_the_room(client: FlaskClient, make: Factory) -> None:
    incident, owner = declared(make), make.person("Olga Owner", roles=("agent",))
    make.sign_in(client, make.person(roles=("supervisor",)))
    room, back = f"/incidents/{incident.number}/room", f"/incidents/{incident.number}/room#tasks"
    assert f'name="next" value="{back}"' in client.get(room).text
    facts = {"title": "Call the provider", "owner_id": str(owner.id), "due_at": "2026-11-18T12:00", "next": back}
    added = post(client, f"/tickets/{incident.id}/tasks", **facts)
    assert (added.status_code, added.location) == (302, back)
    page = client.get(room).text
    assert "Call the provider" in page
    assert re.search(r'<span class="muted"><bdi>Olga Owner</bdi> · <span[^>]*>18 Nov 2026 12:00', page)
    task = tasks.list_tasks(incident.id)[0].task
    form = client.get(f"/tasks/{task.id}", query_string={"next": back}).text
    assert f'name="next" value="{back}"' in form
    changed = post(client, f"/tasks/{task.id}", title="Ring the provider", owner="", due_at="", next=back)
    assert (changed.status_code, changed.location) == (302, back)
    assert post(client, f"/tasks/{task.id}/state", done="true", next=back).location == back
    assert "task-done" in client.get(room).text
    refused = post(client, f"/tickets/{incident.id}/tasks", title=" ", next=back)
    assert refused.location == back
    assert post(client, f"/tickets/{incident.id}/tasks", title="x", next="//evil.example").location == "/"


def test_the_form_to_log_a_call_tells_an_outage_once(client: FlaskClient, make: Factory) -> None:
    declared(make)
    caller = make.person("Carla Caller")
    make.sign_in(client, make.person(roles=("agent",)))
    assert client.get("/incidents/new").text.count("Known outages") == 1
    assert client.get(f"/incidents/new?requester_id={caller.id}").text.count("Known outages") <= 1
    assert "notice-known" in client.get("/notices").text  # which the form's style leaves out
