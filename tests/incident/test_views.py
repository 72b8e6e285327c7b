"""Pages of incidents."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.db import session
from itsm.tickets.models import Attachment
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token
from tests.statements import counted


@pytest.fixture
def agent(app: Flask, make: Factory) -> Person:
    second = make.group("Second line", level=2)
    return make.person("Agent Smith", roles=("agent",), groups=(make.group("First line", escalates_to_id=second.id),))


@pytest.fixture
def desk(client: FlaskClient, make: Factory, agent: Person) -> FlaskClient:
    return make.sign_in(client, agent)


def test_a_call_is_logged_and_shown(desk: FlaskClient, make: Factory) -> None:
    caller = make.person("Elena Ruiz", phone="+34 555 0101")
    found = desk.get("/incidents/caller?caller=0101").text
    assert "Elena Ruiz" in found
    form = {
        "title": "No labels",
        "requester_id": caller.id,
        "impact": 3,
        "urgency": 1,
        "channel": "phone",
        "then": "save",
    }
    answer = desk.post("/incidents/new", data=form | {"csrf_token": csrf_token(desk, "/incidents/new")})
    assert answer.status_code == 302
    page = desk.get(answer.location).text
    assert "No labels" in page
    assert "Elena Ruiz" in page


def test_what_was_typed_is_kept_when_something_is_wrong(desk: FlaskClient) -> None:
    form = {"title": "", "description": "A long story", "impact": 3, "urgency": 1, "then": "save"}
    answer = desk.post("/incidents/new", data=form | {"csrf_token": csrf_token(desk, "/incidents/new")})
    assert answer.status_code == 422
    assert "A long story" in answer.text


def test_save_and_resolve_is_a_first_contact_resolution(desk: FlaskClient) -> None:
    form = {
        "title": "Password",
        "impact": 4,
        "urgency": 3,
        "then": "resolve",
        "resolution_code": "advice",
        "resolution": "Reset",
    }
    desk.post("/incidents/new", data=form | {"csrf_token": csrf_token(desk, "/incidents/new")})
    incident = session.scalars(select(Incident)).one()
    assert (incident.state, incident.first_contact) == ("resolved", True)


def test_the_page_escapes_what_people_write(desk: FlaskClient, make: Factory) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    incident = make.incident(title=evil, description=evil)
    for address in (f"/incidents/{incident.number}", "/desk?view=all"):
        page = desk.get(address).text
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page


def test_a_reply_with_a_file_is_kept_and_served_as_a_download(desk: FlaskClient, make: Factory) -> None:
    incident = make.incident()
    address = f"/incidents/{incident.number}"
    data = {
        "csrf_token": csrf_token(desk, address),
        "kind": "public",
        "body": "See the picture",
        "files": (io.BytesIO(b"<html><script>1</script></html>"), "../../evil.html"),
    }
    assert desk.post(f"/tickets/{incident.id}/entries", data=data).status_code == 302
    row = session.scalars(select(Attachment)).one()
    assert row.name == "evil.html"
    answer = desk.get(f"/attachments/{row.id}/evil.html")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_stale_edit_shows_both_sides_and_loses_nothing(desk: FlaskClient, make: Factory) -> None:
    incident = make.incident(title="First title")
    token = csrf_token(desk, f"/incidents/{incident.number}")
    form = {
        "csrf_token": token,
        "version": incident.version,
        "impact": 3,
        "urgency": 3,
        "category_id": "",
        "priority": "",
        "reason": "",
    }
    assert desk.post(f"/tickets/{incident.id}/facts", data=form | {"title": "Second title"}).status_code == 302
    late = desk.post(f"/tickets/{incident.id}/facts", data=form | {"title": "Third title"})
    assert late.status_code == 409
    assert "Third title" in late.text
    assert "Second title" in late.text


def test_passing_on_shows_the_path(desk: FlaskClient, make: Factory, agent: Person) -> None:
    incident = make.incident(make.actor_of(agent))
    token = csrf_token(desk, f"/incidents/{incident.number}")
    desk.post(f"/tickets/{incident.id}/escalate", data={"csrf_token": token, "note": "Cable is fine", "to": "level"})
    page = desk.get(f"/incidents/{incident.number}").text
    assert "Second line" in page
    assert "Cable is fine" in page


@pytest.mark.parametrize("address", ["/desk?view=all", "/desk?view=everything"])
def test_the_desk_costs_the_same_for_one_and_fifty_rows(desk: FlaskClient, make: Factory, address: str) -> None:
    make.incident()
    desk.get(address)
    with counted() as few:
        desk.get(address)
    for _each in range(49):
        make.incident(requester_id=make.person().id)
    desk.get(address)
    with counted() as many:
        page = desk.get(address).text
    assert page.count("data-row") >= 50
    assert len(few) == len(many) <= 8, "\n".join(many)


def test_the_record_costs_at_most_fourteen_statements(desk: FlaskClient, make: Factory, agent: Person) -> None:
    incident = make.incident(make.actor_of(agent), requester_id=make.person().id)
    desk.get(f"/incidents/{incident.number}")
    with counted() as statements:
        desk.get(f"/incidents/{incident.number}")
    assert len(statements) <= 14, "\n".join(statements)


def test_a_filter_that_cannot_be_read_says_where(desk: FlaskClient) -> None:
    page = desk.get("/desk?q=priorty+%3D+1").text
    assert "priority" in page
    assert "<mark>priorty</mark> = 1" in page


def test_a_requester_is_led_to_the_portal(client: FlaskClient, make: Factory) -> None:
    person = make.person()
    incident = make.incident(make.actor_of(person))
    answer = make.sign_in(client, person).get(f"/incidents/{incident.number}")
    assert answer.location == f"/portal/tickets/{incident.number}"
    assert client.get("/desk").status_code == 403
