"""Staffing through the API."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from itsm.identity.models import Group, Person
from itsm.kernel.db import session
from tests.conftest import NOW
from tests.factories import Factory

V1 = "/api/v1"
SPAN = {"from_at": NOW.isoformat(), "until_at": (NOW + timedelta(days=2)).isoformat()}


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Network")


@pytest.fixture
def anna(make: Factory, group: Group) -> Person:
    return make.person("Anna", roles=("agent",), groups=(group,), email="anna@example.org")


@pytest.fixture
def lead(make: Factory, group: Group, anna: Person) -> dict[str, str]:
    person = make.person("Lena", roles=("agent", "supervisor"), groups=(group,), email="lena@example.org")
    return headers_of(make, person)


def headers_of(make: Factory, person: Person) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {make.token(person)}"}
    session.commit()
    return headers


def matching(client: FlaskClient, address: str, headers: dict[str, str]) -> dict[str, str]:
    return headers | {"If-Match": client.get(address, headers=headers).headers["ETag"]}


def test_skills(client: FlaskClient, make: Factory, lead: dict[str, str]) -> None:
    category = make.category()
    made = client.post(f"{V1}/skills", json={"name": "Linux"}, headers=lead)
    address = made.headers["Location"]
    level = {"person": "anna@example.org", "level": 4}
    assert client.put(f"{address}/people", json=level, headers=lead).status_code == 200
    need = {"category_id": category.id, "level": 2}
    body = client.put(f"{address}/categories", json=need, headers=lead).json
    assert (body["people"], body["categories"]) == ([level], [need])
    changed = client.patch(address, json={"name": "Unix"}, headers=matching(client, address, lead))
    assert changed.json["name"] == "Unix"
    assert [each["name"] for each in client.get(f"{V1}/skills?q=uni", headers=lead).json["items"]] == ["Unix"]


def test_absences_tell_the_reason_to_few(
    client: FlaskClient, make: Factory, anna: Person, lead: dict[str, str]
) -> None:
    own = headers_of(make, anna)
    made = client.post(f"{V1}/absences", json=SPAN | {"reason": "sick", "deputy": "lena@example.org"}, headers=own)
    assert (made.status_code, made.json["person"], made.json["reason"]) == (201, "anna@example.org", "sick")
    other = headers_of(make, make.person(roles=("agent",)))
    seen: list[Any] = [client.get(f"{V1}/absences", headers=each).json["items"][0] for each in (own, lead, other)]
    assert ["reason" in each for each in seen] == [True, True, False]
    address = made.headers["Location"]
    circle = SPAN | {"person": "lena@example.org", "deputy": "anna@example.org"}
    refused = client.post(f"{V1}/absences", json=circle, headers=lead)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["deputy_id"])
    assert client.patch(address, json={"deputy": None}, headers=matching(client, address, own)).json["deputy"] is None
    assert client.post(f"{V1}/absences", json=circle, headers=other).status_code == 403
    assert client.delete(address, headers=other).status_code == 403
    assert client.delete(address, headers=own).status_code == 204


def test_rotas(client: FlaskClient, make: Factory, lead: dict[str, str]) -> None:
    body = {"name": "Nights", "group": "Network", "timezone": "Europe/Stockholm", "starts_on": "2026-11-16"}
    made = client.post(f"{V1}/rotas", json=body | {"people": ["anna@example.org", "lena@example.org"]}, headers=lead)
    assert made.json["on_call"] == {
        "scheduled": "anna@example.org",
        "person": "anna@example.org",
        "until_at": "2026-11-23T08:00:00+00:00",
        "next": "lena@example.org",
    }
    address = made.headers["Location"]
    swap = client.post(f"{address}/overrides", json=SPAN | {"person": "lena@example.org"}, headers=lead)
    shifts = client.get(f"{address}/shifts", headers=lead).json["items"]
    assert [each["person"] for each in shifts[:3]] == ["lena@example.org", "anna@example.org", "lena@example.org"]
    assert client.delete(swap.headers["Location"], headers=lead).status_code == 204
    too_long = {"start": "2026-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z"}
    assert client.get(f"{address}/shifts", query_string=too_long, headers=lead).status_code == 422
    assert client.post(f"{address}/notes", json={"body": "All quiet."}, headers=lead).status_code == 201
    assert client.get(f"{address}/notes", headers=lead).json[0]["author"] == "Lena"
    changes = {"handover_time": "07:30", "people": ["lena@example.org"]}
    changed = client.patch(address, json=changes, headers=matching(client, address, lead)).json
    assert (changed["handover_time"], changed["people"]) == ("07:30", ["lena@example.org"])
    assert [each["name"] for each in client.get(f"{V1}/rotas", headers=lead).json["items"]] == ["Nights"]


def test_assignment_limit_and_load(
    client: FlaskClient, make: Factory, group: Group, anna: Person, lead: dict[str, str]
) -> None:
    address = f"{V1}/groups/{group.id}/assignment"
    changed = client.patch(address, json={"strategy": "by_load"}, headers=matching(client, address, lead))
    assert changed.json["strategy"] == "by_load"
    assert client.put(f"{V1}/people/{anna.id}/limit", json={"most_open": 1}, headers=lead).status_code == 204
    incident = client.post(f"{V1}/incidents", json={"title": "No labels", "group": "Network"}, headers=lead).json
    assert incident["assignee"] == "anna@example.org"
    load = client.get(f"{V1}/groups/{group.id}/load", headers=lead).json["items"]
    assert [(each["person"], each["open_tickets"], each["most_open"]) for each in load] == [
        ("anna@example.org", 1, 1),
        ("lena@example.org", 0, None),
    ]


def test_requesters_plan_and_see_nothing(client: FlaskClient, make: Factory, group: Group) -> None:
    own = headers_of(make, make.person())
    for path in ("skills", "absences", "rotas", f"groups/{group.id}/load", f"groups/{group.id}/assignment"):
        assert client.get(f"{V1}/{path}", headers=own).status_code == 403
    assert client.post(f"{V1}/absences", json=SPAN, headers=own).status_code == 403
