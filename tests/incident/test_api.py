"""Incidents through the API, as the contract says."""

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from incident.models import Incident
from itsm.kernel.db import session
from itsm.tickets.models import JournalEntry
from tests.factories import Factory
from tests.statements import counted

INCIDENTS = "/api/v1/incidents"


@pytest.fixture
def caller(app: Flask, make: Factory) -> dict[str, str]:
    """Headers of an agent's token."""
    group = make.group("Desk")
    agent = make.person("Agent", roles=("agent",), groups=(group,), email="agent@example.org")
    return {"Authorization": f"Bearer {make.token(agent)}"}


def opened(client: FlaskClient, caller: dict[str, str], **facts: Any) -> dict[str, Any]:
    answer = client.post(INCIDENTS, json={"title": "No labels", "impact": 2, "urgency": 1} | facts, headers=caller)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json
    return body


def test_creating_answers_what_the_contract_promises(
    client: FlaskClient, make: Factory, caller: dict[str, str]
) -> None:
    make.person("Elena", email="elena@example.org")
    make.category("Printing", group=make.group("Printers", level=2))
    body = opened(client, caller, requester="elena@example.org", category="Printing", description="x", channel="phone")
    assert body["number"].startswith("INC")
    assert (body["state"], body["priority"], body["group"], body["assignee"]) == ("new", 1, "Printers", None)
    assert body["requester"] == "elena@example.org"
    assert {each["target"] for each in body["sla"]} == {"response", "resolution"}
    assert all(each["due_at"] and each["state"] for each in body["sla"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"impact": 5}, "impact"),
        ({"impact": "high"}, "impact"),
        ({"urgency": 0}, "urgency"),
        ({"requester": "nobody@example.org"}, "requester"),
        ({"requester": "not an address"}, "requester"),
        ({"category": "Unknown"}, "category"),
        ({"channel": "pigeon"}, "channel"),
        ({"colour": "red"}, "colour"),
        ({"priority": 1}, "priority"),
        ({"ci": ["no-such-ci"]}, "ci"),
    ],
)
def test_bad_input_names_its_field(
    client: FlaskClient, caller: dict[str, str], change: dict[str, Any], field: str
) -> None:
    answer = client.post(INCIDENTS, json={"title": "x"} | change, headers=caller)
    assert answer.status_code == 422
    assert answer.content_type.startswith("application/problem+json")
    assert field in {name.split(".")[0] for name in answer.json["errors"]}
    assert session.scalar(select(func.count()).select_from(Incident)) == 0


@pytest.mark.parametrize(
    ("body", "kind"), [("{", "application/json"), ("[]", "application/json"), ("title=x", "text/plain")]
)
def test_what_is_no_json_object_is_refused(client: FlaskClient, caller: dict[str, str], body: str, kind: str) -> None:
    answer = client.post(INCIDENTS, data=body, headers=caller | {"Content-Type": kind})
    assert answer.status_code in {400, 415, 422}
    assert answer.content_type.startswith("application/problem+json")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "'; DROP TABLE ticket; --", "{{ 7*7 }}", "\u202eevil", "نوشته", "a\x00b"]
)
def test_hostile_text_comes_back_as_it_was_or_is_refused(
    client: FlaskClient, caller: dict[str, str], text: str
) -> None:
    answer = client.post(INCIDENTS, json={"title": text, "description": text}, headers=caller)
    if "\x00" in text:
        assert answer.status_code == 422
        return
    number = answer.json["number"]
    assert client.get(f"{INCIDENTS}/{number}", headers=caller).json["title"] == text


def test_without_a_token_nothing_is_answered(client: FlaskClient) -> None:
    for answer in (client.get(INCIDENTS), client.post(INCIDENTS, json={"title": "x"})):
        assert answer.status_code == 401
        assert answer.json["status"] == 401


def test_a_repeat_with_its_key_returns_the_first_answer(client: FlaskClient, caller: dict[str, str]) -> None:
    headers = caller | {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post(INCIDENTS, json={"title": "once"}, headers=headers)
    again = client.post(INCIDENTS, json={"title": "once"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert session.scalar(select(func.count()).select_from(Incident)) == 1
    other = client.post(INCIDENTS, json={"title": "twice"}, headers=headers)
    assert other.status_code == 422


def test_changing_needs_the_version_it_is_based_on(client: FlaskClient, caller: dict[str, str]) -> None:
    number = opened(client, caller)["number"]
    address = f"{INCIDENTS}/{number}"
    tag = client.get(address, headers=caller).headers["ETag"]
    assert client.patch(address, json={"urgency": 3}, headers=caller).status_code == 428
    changed = client.patch(address, json={"urgency": 3}, headers=caller | {"If-Match": tag})
    assert (changed.status_code, changed.json["priority"]) == (200, 3)
    stale = client.patch(address, json={"urgency": 4}, headers=caller | {"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json["current"]["version"] > 1
    assert client.get(address, headers=caller).json["urgency"] == 3


def test_a_priority_by_hand_needs_a_reason_and_keeps_it(client: FlaskClient, caller: dict[str, str]) -> None:
    number = opened(client, caller)["number"]
    address = f"{INCIDENTS}/{number}"
    headers = caller | {"If-Match": client.get(address, headers=caller).headers["ETag"]}
    refused = client.patch(address, json={"priority": 5}, headers=headers)
    assert refused.status_code == 422
    headers = caller | {"If-Match": client.get(address, headers=caller).headers["ETag"]}
    body = client.patch(address, json={"priority": 5, "priority_reason": "Test device"}, headers=headers).json
    assert (body["priority"], body["priority_reason"]) == (5, "Test device")


def test_steps_and_journal(client: FlaskClient, caller: dict[str, str]) -> None:
    number = opened(client, caller)["number"]
    address = f"{INCIDENTS}/{number}"
    illegal = client.post(f"{address}/transitions", json={"name": "close"}, headers=caller)
    assert illegal.status_code == 409
    missing = client.post(f"{address}/transitions", json={"name": "resolve"}, headers=caller)
    assert set(missing.json["errors"]) == {"resolution_code", "resolution"}
    entry = client.post(f"{address}/journal", json={"kind": "work", "body": "Looked", "minutes": 15}, headers=caller)
    assert (entry.status_code, entry.json["minutes"]) == (201, 15)
    fields = {"resolution_code": "fixed", "resolution": "New ribbon"}
    done = client.post(f"{address}/transitions", json={"name": "resolve", "fields": fields}, headers=caller)
    assert (done.status_code, done.json["state"]) == (200, "resolved")
    kinds = [item["kind"] for item in client.get(f"{address}/journal", headers=caller).json["items"]]
    assert kinds[-1] == "created"
    assert "work" in kinds


def test_the_requester_never_sees_the_inside(client: FlaskClient, make: Factory, caller: dict[str, str]) -> None:
    person = make.person("Elena", email="elena@example.org")
    number = opened(client, caller, requester="elena@example.org")["number"]
    client.post(f"{INCIDENTS}/{number}/journal", json={"kind": "internal", "body": "SECRET-NOTE"}, headers=caller)
    own = {"Authorization": f"Bearer {make.token(person)}"}
    assert "SECRET-NOTE" not in client.get(f"{INCIDENTS}/{number}/journal", headers=own).text
    assert "priority_reason" not in client.get(f"{INCIDENTS}/{number}", headers=own).json
    for kind in ("internal", "work"):
        refused = client.post(f"{INCIDENTS}/{number}/journal", json={"kind": kind, "body": "x"}, headers=own)
        assert refused.status_code == 403
    stranger = {"Authorization": f"Bearer {make.token(make.person('Stranger'))}"}
    assert client.get(f"{INCIDENTS}/{number}", headers=stranger).status_code == 404
    assert client.get(INCIDENTS, headers=stranger).json == {"items": [], "next": None}


def test_collections_page_filter_and_sort(client: FlaskClient, caller: dict[str, str]) -> None:
    numbers = [opened(client, caller, title=f"Ticket {each}", urgency=1 + each % 4)["number"] for each in range(7)]
    page = client.get(f"{INCIDENTS}?limit=3", headers=caller).json
    assert [item["number"] for item in page["items"]] == numbers[:-4:-1]
    rest = client.get(f"{INCIDENTS}?limit=200&cursor={page['next']}", headers=caller).json
    assert len(rest["items"]) == 4
    assert rest["next"] is None
    urgent = client.get(INCIDENTS, query_string={"q": "urgency = 1"}, headers=caller).json["items"]
    assert {item["urgency"] for item in urgent} == {1}
    wrong = client.get(INCIDENTS, query_string={"q": "urgencyy = 1"}, headers=caller)
    assert wrong.status_code == 422
    assert "urgency" in wrong.json["errors"]["q"][0]
    assert client.get(f"{INCIDENTS}?sort=colour", headers=caller).status_code == 422


def test_similar_incidents_offer_their_solution(separate_app: Flask) -> None:
    """On a database of its own, for MariaDB's full text sees what is committed only."""
    with separate_app.app_context():
        make = Factory()
        caller = {"Authorization": f"Bearer {make.token(make.person('Agent', roles=('agent',)))}"}
        session.commit()
        session.remove()
    client = separate_app.test_client()
    solved = opened(client, caller, title="Label printer blinks green")["number"]
    fields = {"resolution_code": "fixed", "resolution": "Replaced the ribbon"}
    client.post(f"{INCIDENTS}/{solved}/transitions", json={"name": "resolve", "fields": fields}, headers=caller)
    number = opened(client, caller, title="Green blinking label printer")["number"]
    items = client.get(f"{INCIDENTS}/{number}/similar", headers=caller).json["items"]
    assert [(item["number"], item["resolution"]) for item in items] == [(solved, "Replaced the ribbon")]


def test_creating_costs_at_most_eighteen_statements(client: FlaskClient, make: Factory, caller: dict[str, str]) -> None:
    make.person("Elena", email="elena@example.org")
    opened(client, caller, requester="elena@example.org")
    with counted() as statements:
        opened(client, caller, requester="elena@example.org")
    assert len(statements) <= 18, "\n".join(statements)


def test_every_change_is_journalled_once(client: FlaskClient, caller: dict[str, str]) -> None:
    number = opened(client, caller)["number"]
    address = f"{INCIDENTS}/{number}"
    headers = caller | {"If-Match": client.get(address, headers=caller).headers["ETag"]}
    client.patch(address, json={"title": "Better title", "urgency": 4}, headers=headers)
    entries = session.scalars(select(JournalEntry).where(JournalEntry.kind == "change")).all()
    assert [sorted(entry.changes) for entry in entries] == [["priority", "title", "urgency"]]


def test_a_requester_learns_of_nobody_elses_address(client: FlaskClient, make: Factory) -> None:
    make.person("Elena", email="elena@example.org")
    own = {"Authorization": f"Bearer {make.token(make.person(email='me@example.org'))}"}
    body = {"title": "No labels"}
    answers = [
        client.post(INCIDENTS, json=body | {"requester": address}, headers=own)
        for address in ("elena@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json == answers[1].json
    assert client.post(INCIDENTS, json=body | {"requester": "Me@example.org"}, headers=own).status_code == 201


@pytest.mark.parametrize("field", ["requester", "assignee", "group", "organisation", "level", "reassignments"])
def test_a_requester_filters_by_nothing_that_is_kept_inside(client: FlaskClient, make: Factory, field: str) -> None:
    make.person("Elena", email="elena@example.org")
    own = {"Authorization": f"Bearer {make.token(make.person())}"}
    for value in ("elena@example.org", "nobody@example.org", "2"):
        answer = client.get(INCIDENTS, query_string={"q": f'{field} = "{value}"'}, headers=own)
        assert answer.status_code == 422
        assert f"There is no field “{field}”" in answer.json["errors"]["q"][0]
    assert client.get(INCIDENTS, query_string={"q": "priority = 1"}, headers=own).status_code == 200
