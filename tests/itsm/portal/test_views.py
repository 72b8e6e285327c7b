"""The portal as the requester sees it."""

import io

import pytest
from flask.testing import FlaskClient

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import closing, services
from itsm.tickets.closing import Period
from itsm.tickets.models import Attachment
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.journal import whole_journal
from tests.statements import counted

SECRET = "the-inside-of-things"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def person(make: Factory) -> Person:
    return make.person("Ada Requester")


@pytest.fixture
def visitor(client: FlaskClient, make: Factory, person: Person) -> FlaskClient:
    session.commit()
    return make.sign_in(client, person)


def test_reporting_trouble_makes_an_incident_of_the_person(visitor: FlaskClient, person: Person) -> None:
    page = visitor.get("/portal/new").text
    assert "Something is broken" in page
    answer = post(
        visitor,
        "/portal/new",
        title="Printer eats paper",
        description="Since Monday",
        impact="3",
        urgency="2",
        files=(io.BytesIO(b"picture"), "photo.png"),
    )
    assert answer.status_code == 302
    incident = session.query(Incident).filter_by(title="Printer eats paper").one()
    assert (incident.requester_id, incident.channel, incident.impact, incident.urgency) == (person.id, "portal", 3, 2)
    assert answer.location.endswith(f"/portal/tickets/{incident.number}")
    assert [row.name for row in session.query(Attachment).filter_by(ticket_id=incident.id)] == ["photo.png"]


def test_a_form_with_faults_keeps_what_was_typed_and_names_the_field(visitor: FlaskClient) -> None:
    answer = post(visitor, "/portal/new", title="", description="All that I typed", urgency="9")
    assert answer.status_code == 422
    assert "All that I typed" in answer.text
    assert 'id="e-title"' in answer.text
    refused = post(visitor, "/portal/new", title="x", category_id="999999", description="Still here")
    assert refused.status_code == 422
    assert "Still here" in refused.text


def test_a_requester_cannot_set_staff_fields(visitor: FlaskClient) -> None:
    for name, value in (("priority", "1"), ("group_id", "1"), ("assignee_id", "1"), ("requester_id", "1")):
        assert post(visitor, "/portal/new", title="x", **{name: value}).status_code == 422
    assert session.query(Incident).count() == 0


def test_home_shows_own_open_tickets_in_plain_words(visitor: FlaskClient, make: Factory, person: Person) -> None:
    agent = make.actor()
    incident = make.incident(make.actor_of(person), title="No network")
    services.take_step(agent, incident, "hold", fields={"hold_reason": "customer", "note": SECRET})
    session.commit()
    page = visitor.get("/portal").text
    assert "No network" in page
    assert "Waiting for your answer" in page
    assert SECRET not in page


def test_the_search_box_takes_a_number_or_words(visitor: FlaskClient, make: Factory, person: Person) -> None:
    mine = make.incident(make.actor_of(person), title="Projector flickers")
    foreign = make.incident(make.actor("end_user"), title="Projector of somebody else")
    session.commit()
    assert visitor.get(f"/portal?q={mine.number.lower()}").location.endswith(mine.number)
    page = visitor.get("/portal?q=projector").text
    assert "Projector flickers" in page
    assert "somebody else" not in page
    assert visitor.get(f"/portal?q={foreign.number}").status_code == 200


def test_nothing_of_the_inside_is_shown(visitor: FlaskClient, make: Factory, person: Person) -> None:
    group = make.group(f"{SECRET}-group")
    agent = make.actor(groups=(group,), name=f"{SECRET} agent")
    incident = make.incident(make.actor_of(person), title="Mouse is dead")
    services.write_entry(agent, incident, kind="internal", body=f"{SECRET} note")
    services.write_entry(agent, incident, kind="work", body=f"{SECRET} work", minutes=5)
    hidden = services.Upload(f"{SECRET}.txt", b"x", "text/plain")
    services.write_entry(agent, incident, kind="internal", body="y", uploads=[hidden])
    services.assign(agent, incident, group_id=group.id, assignee_id=agent.person_id)
    services.override_priority(agent, incident, priority=1, reason=f"{SECRET} reason")
    services.take_step(agent, incident, "hold", fields={"hold_reason": "supplier", "note": f"{SECRET} step"})
    session.commit()
    page = visitor.get(f"/portal/tickets/{incident.number}").text
    assert SECRET not in page
    assert SECRET not in visitor.get("/portal").text


def test_public_replies_are_shown_and_answered(visitor: FlaskClient, make: Factory, person: Person) -> None:
    agent = make.actor(name="Grace Agent")
    incident = make.incident(make.actor_of(person))
    services.write_entry(agent, incident, kind="public", body="Is the cable in?")
    services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    session.commit()
    assert "Is the cable in?" in visitor.get(f"/portal/tickets/{incident.number}").text
    answer = post(
        visitor, f"/portal/tickets/{incident.number}/reply", body="Yes it is", files=(io.BytesIO(b"x"), "cable.png")
    )
    assert answer.status_code == 302
    page = visitor.get(f"/portal/tickets/{incident.number}").text
    assert "Yes it is" in page
    assert "cable.png" in page
    session.refresh(incident)
    assert incident.state == "in_progress"
    assert whole_journal(incident.id)[-1].channel in {"portal", "system"}


def test_an_empty_reply_is_refused_with_words(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = make.incident(make.actor_of(person))
    session.commit()
    answer = post(visitor, f"/portal/tickets/{incident.number}/reply", body="  ")
    assert answer.status_code == 422
    assert "Write something first." in answer.text


def _resolved(make: Factory, person: Person) -> Incident:
    incident = make.incident(make.actor_of(person))
    fields = {"resolution_code": "fixed", "resolution": "Changed the toner"}
    services.take_step(make.actor(), incident, "resolve", fields=fields)
    session.commit()
    return incident


def test_it_works_now_closes(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = _resolved(make, person)
    page = visitor.get(f"/portal/tickets/{incident.number}").text
    assert "It works now" in page
    assert "Changed the toner" in page
    assert post(visitor, f"/portal/tickets/{incident.number}/steps/close", version=incident.version).status_code == 302
    session.refresh(incident)
    assert incident.state == "closed"


def test_it_still_does_not_work_needs_a_reason_and_reopens(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = _resolved(make, person)
    path = f"/portal/tickets/{incident.number}/steps/reopen"
    assert post(visitor, path, version=incident.version).status_code == 422
    assert post(visitor, path, version=incident.version, note="Grey pages").status_code == 302
    session.refresh(incident)
    assert (incident.state, incident.reopenings) == ("in_progress", 1)
    assert "Grey pages" in visitor.get(f"/portal/tickets/{incident.number}").text


def test_a_stale_step_is_refused_and_keeps_the_note(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = _resolved(make, person)
    answer = post(
        visitor, f"/portal/tickets/{incident.number}/steps/reopen", version=incident.version - 1, note="Grey pages"
    )
    assert answer.status_code == 409
    assert "Grey pages" in answer.text


def test_cancelling(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = make.incident(make.actor_of(person))
    session.commit()
    assert post(visitor, f"/portal/tickets/{incident.number}/steps/cancel", note="Found it").status_code == 302
    session.refresh(incident)
    assert incident.state == "cancelled"


def test_steps_of_staff_cannot_be_taken(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = make.incident(make.actor_of(person))
    session.commit()
    for name, status in (("start", 403), ("resolve", 403), ("close", 409), ("nonsense", 409)):
        assert post(visitor, f"/portal/tickets/{incident.number}/steps/{name}", note="x").status_code == status, name


def test_a_reply_to_a_closed_incident_opens_one_that_continues_it(
    visitor: FlaskClient, make: Factory, person: Person
) -> None:
    incident = _resolved(make, person)
    services.take_step(SYSTEM, incident, "close")
    session.commit()
    answer = post(visitor, f"/portal/tickets/{incident.number}/reply", body="It came back")
    fresh = session.query(Incident).filter_by(reopened_from_id=incident.id).one()
    assert answer.location.endswith(fresh.number)
    assert (fresh.requester_id, fresh.channel) == (person.id, "portal")
    assert incident.number in visitor.get(f"/portal/tickets/{fresh.number}").text


def test_other_peoples_tickets_do_not_exist(visitor: FlaskClient, make: Factory) -> None:
    foreign = make.incident(make.actor("end_user"), title="Not yours")
    session.commit()
    base = f"/portal/tickets/{foreign.number}"
    assert visitor.get(base).status_code == 404
    assert post(visitor, f"{base}/reply", body="hello").status_code == 404
    assert post(visitor, f"{base}/steps/cancel", note="x").status_code == 404
    assert visitor.get("/portal/tickets/INC9999999").status_code == 404
    assert visitor.get(f"/portal/tickets/{'9' * 60}").status_code == 404


def test_colleagues_tickets_are_listed_only_where_allowed(client: FlaskClient, make: Factory) -> None:
    house = make.organisation()
    worker, head = make.person(organisation_id=house.id), make.person(organisation_id=house.id, sees_colleagues=True)
    peer = make.person(organisation_id=house.id)
    incident = make.incident(make.actor_of(worker), title="Colleague's trouble")
    session.commit()
    assert "Colleague&#39;s trouble" in make.sign_in(client, head).get("/portal/tickets?of=colleagues").text
    assert client.get(f"/portal/tickets/{incident.number}").status_code == 200
    make.sign_in(client, peer)
    assert "Colleague&#39;s trouble" not in client.get("/portal/tickets?of=colleagues").text
    assert client.get(f"/portal/tickets/{incident.number}").status_code == 404


def test_staff_is_led_to_the_desk_for_other_peoples_tickets(client: FlaskClient, make: Factory, person: Person) -> None:
    agent = make.person(roles=("agent",))
    incident = make.incident(make.actor_of(person))
    services.write_entry(make.actor_of(agent), incident, kind="internal", body=SECRET)
    session.commit()
    make.sign_in(client, agent)
    page = client.get(f"/portal/tickets/{incident.number}").text
    assert "Work it at the desk" in page
    assert SECRET not in page
    assert post(client, f"/portal/tickets/{incident.number}/reply", body="x").status_code == 403


def test_hostile_text_comes_back_escaped(visitor: FlaskClient, make: Factory, person: Person) -> None:
    incident = make.incident(make.actor_of(person), title=HOSTILE, description=HOSTILE)
    services.write_entry(make.actor(name=HOSTILE), incident, kind="public", body=HOSTILE)
    session.commit()
    for path in ("/portal", "/portal/tickets", f"/portal/tickets/{incident.number}", "/portal?q=%3Cscript%3E"):
        page = visitor.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    assert (
        "<script>"
        not in visitor.get("/portal/new?title=%3Cscript%3Ealert(1)").text.split("<main")[1].split("</main")[0]
    )


def test_lists_take_as_many_statements_for_many_rows_as_for_few(
    visitor: FlaskClient, make: Factory, person: Person
) -> None:
    actor = make.actor_of(person)
    make.incident(actor)
    session.commit()
    counts = []
    for _round in range(2):
        for path in ("/portal", "/portal/tickets"):
            session.expunge_all()
            with counted() as seen:
                visitor.get(path)
            counts.append(len(seen))
        for _number in range(12):
            make.incident(actor)
        session.commit()
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12


def test_a_closing_period_costs_no_statement_for_each_row(visitor: FlaskClient, make: Factory, person: Person) -> None:
    person_id, solved_id = person.id, make.category().id
    closing.set_period(SYSTEM, solved_id, Period(2))

    def statements(rows: int) -> int:
        for _number in range(rows):
            make.incident(category_id=make.category().id, requester_id=person_id)
            solved = make.incident(category_id=solved_id, requester_id=person_id)
            services.take_step(SYSTEM, solved, "resolve", fields={"resolution_code": "fixed", "resolution": "Done."})
        session.commit()
        visitor.get("/portal/tickets")
        session.expunge_all()
        session.info.clear()
        with counted() as seen:
            assert visitor.get("/portal/tickets").text.count("Solved") >= rows
        return sum("FROM ticket_category" in statement for statement in seen)

    assert statements(1) == statements(4) == 1
