"""Pages of agreements, calendars and clocks."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from itsm.kernel.db import session
from itsm.tickets import services
from sla.agreements.queries import show_agreement
from sla.models import Agreement, BusinessHours
from tests.factories import Factory
from tests.sla.conftest import Agreements, at, clock_row

Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def supervisor(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sue", roles=("supervisor",)))


def send(client: FlaskClient, address: str, **values: object) -> TestResponse:
    page = client.get(address).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return client.post(address, data={"csrf_token": token[1], **values})


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def test_the_overview_shows_targets_compliance_and_what_is_at_risk(
    app: Flask, supervisor: FlaskClient, make: Factory
) -> None:
    agent = make.actor()
    kept, late = make.incident(agent), make.incident(agent, title="Burning", impact=1, urgency=1)
    with at(0.1):
        services.take_step(agent, kept, "resolve", fields={"resolution_code": "fixed", "resolution": "x"})
    with at(1):
        services.write_entry(agent, late, kind="public", body="Coming")
    with at(3):
        page = text_of(supervisor, "/sla")
    assert "Standard" in page
    assert "50.0 %" in page  # of two responses one was in time
    assert "100.0 %" in page
    assert "Burning" in page


def test_the_number_of_statements_does_not_follow_the_clocks(
    app: Flask, supervisor: FlaskClient, make: Factory, counted: Counted
) -> None:
    def statements() -> int:
        with counted() as seen:
            text_of(supervisor, "/sla")
        return len(seen)

    statements()
    make.incident(impact=1, urgency=1)
    few = statements()
    for _each in range(12):
        make.incident(impact=1, urgency=1)
    assert statements() == few


def test_the_clocks_stand_on_the_ticket_with_why(app: Flask, supervisor: FlaskClient, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    page = text_of(supervisor, f"/incidents/{incident.number}")
    assert page.count("clock-card clock-running") == 2
    address = f"/sla/clocks/{incident.number}/resolution"
    assert address in page
    why = text_of(supervisor, address)
    assert "Why the resolution clock stands here" in why
    assert "style=" not in why


def test_an_end_user_sees_no_clocks(app: Flask, client: FlaskClient, make: Factory) -> None:
    incident = make.incident()
    make.sign_in(client, make.person())
    assert client.get(f"/sla/clocks/{incident.number}/resolution").status_code == 403
    assert client.get("/sla").status_code == 403


def test_a_reason_is_kept_with_a_missed_clock(app: Flask, supervisor: FlaskClient, make: Factory) -> None:
    incident = make.incident(make.actor(), impact=1, urgency=1)
    with at(9):
        services.write_entry(make.actor(), incident, kind="public", body="Sorry")
        address = f"/sla/clocks/{incident.number}/response"
        answer = send(supervisor, address, reason="Night shift <ill>")
        assert answer.status_code == 302
        assert "Night shift &lt;ill&gt;" in text_of(supervisor, address)
    assert clock_row(incident, "response").reason == "Night shift <ill>"


CALENDAR = {"name": "Plant", "timezone": "Europe/Athens", "mon": "08:00-12:00, 13:00-17:00", "fri": "22:00-06:00"}


def test_a_calendar_is_made_by_its_form(app: Flask, supervisor: FlaskClient) -> None:
    facts = CALENDAR | {
        "holidays": "2026-12-25 Christmas\n2026-12-26",
        "date_hours": "2026-12-24 09:00-12:00\n2026-12-31",
    }
    answer = send(supervisor, "/sla/calendars/new", **facts)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    row = session.scalars(select(BusinessHours).where(BusinessHours.name == "Plant")).one()
    assert row.definition == {
        "weekly": {"mon": [["08:00", "12:00"], ["13:00", "17:00"]], "fri": [["22:00", "06:00"]]},
        "holidays": ["2026-12-25", "2026-12-26"],
        "date_hours": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
    }
    page = text_of(supervisor, answer.location)
    assert "08:00–12:00, 13:00–17:00" in page
    assert "00:00–06:00" in page  # Saturday, from Friday's night


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mon": "8-17"}, "is not a time like"),
        ({"mon": "", "fri": ""}, "never opens"),
        ({"timezone": "Mars"}, "unknown time zone"),
        ({"holidays": "Christmas"}, "must be a date"),
        ({"then": "holidays", "country": "XX", "year": "2026"}, "No holidays are known"),
    ],
)
def test_a_wrong_calendar_is_refused_and_nothing_typed_is_lost(
    app: Flask, supervisor: FlaskClient, change: dict[str, str], words: str
) -> None:
    answer = send(supervisor, "/sla/calendars/new", **(CALENDAR | change))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "Plant" in page


def test_holidays_of_a_country_are_proposed_not_saved(app: Flask, supervisor: FlaskClient) -> None:
    proposal = {"then": "holidays", "country": "se", "year": "2027", "holidays": "2027-01-01 ours"}
    page = send(supervisor, "/sla/calendars/new", **(CALENDAR | proposal)).get_data(as_text=True)
    assert "2027-01-06" in page
    assert "2027-01-01 ours" in page
    assert session.scalar(select(BusinessHours).where(BusinessHours.name == "Plant")) is None


def test_a_preview_shows_what_would_move_and_changes_nothing(
    app: Flask, supervisor: FlaskClient, make: Factory, agreements: Agreements
) -> None:
    agreement = session.scalars(select(Agreement)).one()
    incident = make.incident()
    address = f"/sla/calendars/{agreement.calendar_id}"
    values = {"name": "Office hours", "timezone": "Europe/Stockholm", "wed": "08:00-09:00", "thu": "08:00-09:00"}
    page = send(supervisor, address, **values, version="1", then="preview").get_data(as_text=True)
    assert "2 open clocks would move" in page
    assert incident.number in page
    assert session.get_one(BusinessHours, agreement.calendar_id).version == 1


AGREEMENT = {
    "name": "Gold",
    "condition": "kind = incident and priority <= 2",
    "active": "true",
    "target_resolution_1": "4:30",
    "target_response_1": "1",
    "steps.0.0.metric": "resolution",
    "steps.0.0.at": "80",
    "steps.0.0.actions": ["notify_group", "raise_level"],
}


def test_an_agreement_is_made_and_changed_by_its_form(app: Flask, supervisor: FlaskClient) -> None:
    calendar = session.scalars(select(BusinessHours).order_by(BusinessHours.id)).first()
    assert calendar is not None
    facts = AGREEMENT | {"calendar_id": str(calendar.id)}
    answer = send(supervisor, "/sla/agreements/new", **facts, valid_from="2026-12-01T00:00")
    assert answer.status_code == 302, answer.get_data(as_text=True)
    shown = show_agreement(int(answer.location.rsplit("/", 1)[1]))
    assert {(row.metric, row.priority): row.seconds for row in shown.targets} == {
        ("resolution", 1): 16_200,
        ("response", 1): 3600,
    }
    assert [(row.percent, row.actions) for row in shown.steps] == [(80, ["notify_group", "raise_level"])]
    assert shown.row.valid_from is not None
    assert "4:30" in text_of(supervisor, answer.location)
    step_id = shown.steps[0].id
    change = facts | {"version": "1", "target_resolution_1": "5:00"}
    assert send(supervisor, answer.location, **change).status_code == 302
    session.expire_all()
    again = show_agreement(shown.row.id)
    assert (again.seconds("resolution", 1), again.steps[0].id, again.row.valid_from) == (18_000, step_id, None)
    assert send(supervisor, answer.location, **change).status_code == 422  # based on an old version


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"condition": "priorty = 1"}, "Did you mean priority"),
        ({"target_resolution_1": "soon"}, "hours and minutes"),
        ({"steps.0.0.actions": []}, "what each step does"),
        ({"valid_from": "2026-12-02T00:00", "valid_to": "2026-12-01T00:00"}, "must end after it begins"),
        ({"name": "Standard"}, "exists already"),
    ],
)
def test_a_wrong_agreement_is_refused(
    app: Flask, supervisor: FlaskClient, change: dict[str, object], words: str
) -> None:
    calendar_id = session.scalars(select(BusinessHours.id)).first()
    answer = send(supervisor, "/sla/agreements/new", **(AGREEMENT | {"calendar_id": str(calendar_id)} | change))
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_an_agent_reads_but_does_not_change(app: Flask, client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("agent",)))
    agreement = session.scalars(select(Agreement)).one()
    page = text_of(client, f"/sla/agreements/{agreement.id}")
    assert 'value="save"' not in page
    assert client.get("/sla/agreements/new").status_code == 403
