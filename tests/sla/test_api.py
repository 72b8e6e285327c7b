"""Calendars, agreements and clocks as JSON."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask
from sla.models import Agreement, BusinessHours
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import counted

WEEK = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "fri": [["22:00", "06:00"]]}
AGREEMENT = {
    "name": "Gold",
    "calendar": "Office hours",
    "condition": "priority <= 2",
    "targets": [{"metric": "resolution", "priority": 1, "seconds": 3600}],
    "steps": [{"metric": "resolution", "percent": 50, "actions": ["notify_group"]}],
}


@pytest.fixture
def manager(make: Factory) -> dict[str, str]:
    return {"Authorization": f"Bearer {make.token(make.person(roles=('manager',)))}"}


def test_a_calendar_is_made_read_and_changed(client: FlaskClient, manager: dict[str, str]) -> None:
    given = {"name": "Plant", "tz": "Europe/Athens", "weekly": WEEK, "holidays": ["2026-12-25"]}
    made = client.post("/api/v1/calendars", json=given, headers=manager)
    assert made.status_code == 201, made.json
    workers: dict[str, list[str]] = {"groups": [], "people": []}
    more: dict[str, Any] = {"date_hours": {}, "names": {}, "sources": {}, "recurring": []}
    assert made.json == given | workers | more | {"id": made.json["id"], "version": 1}
    read = client.get(made.headers["Location"], headers=manager)
    assert read.json == made.json
    etag = {"If-Match": read.headers["ETag"]}
    changed = client.patch(made.headers["Location"], json={"holidays": []}, headers=manager | etag)
    assert (changed.json["holidays"], changed.json["weekly"], changed.json["version"]) == ([], WEEK, 2)
    assert client.patch(made.headers["Location"], json={"tz": "UTC"}, headers=manager | etag).status_code == 412
    names = [row["name"] for row in client.get("/api/v1/calendars", headers=manager).json["items"]]
    assert names == ["Office hours", "Around the clock", "Plant"]


def test_a_calendar_names_who_works_in_its_hours(client: FlaskClient, make: Factory, manager: dict[str, str]) -> None:
    make.group("Desk")
    make.person(email="ann@example.org")
    given = {"name": "Plant", "tz": "UTC", "weekly": WEEK, "groups": ["Desk"], "people": ["ann@example.org"]}
    made = client.post("/api/v1/calendars", json=given, headers=manager)
    assert (made.status_code, made.json["groups"], made.json["people"]) == (201, ["Desk"], ["ann@example.org"])
    etag = {"If-Match": made.headers["ETag"]}
    changed = client.patch(made.headers["Location"], json={"people": []}, headers=manager | etag)
    assert (changed.json["groups"], changed.json["people"]) == (["Desk"], [])
    assert changed.headers["ETag"] != made.headers["ETag"]
    listed = {row["name"]: row["groups"] for row in client.get("/api/v1/calendars", headers=manager).json["items"]}
    assert listed == {"Office hours": [], "Around the clock": [], "Plant": ["Desk"]}
    for field, wrong in (("groups", ["None"]), ("people", ["nobody@example.org"])):
        answer = client.post("/api/v1/calendars", json=given | {"name": field, field: wrong}, headers=manager)
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_who_has_no_address_is_named_by_number(
    app: Flask, client: FlaskClient, make: Factory, manager: dict[str, str]
) -> None:
    walker = make.person("Walk In", email=None)
    named = [f"#{walker.id}"]
    given = {"name": "Plant", "tz": "UTC", "weekly": WEEK, "people": named}
    made = client.post("/api/v1/calendars", json=given, headers=manager)
    assert (made.status_code, made.json["people"]) == (201, named)
    wrong = client.post("/api/v1/calendars", json=given | {"name": "Other", "people": ["#999999"]}, headers=manager)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["people"])
    page = make.sign_in(app.test_client(), make.person(roles=("manager",)))
    form = {"name": "Plant", "timezone": "UTC", "mon": "08:00-16:00", "people": named[0]}
    address = f"/sla/calendars/{made.json['id']}"
    assert named[0] in page.get(address).text
    saved = post(page, address, **form)
    assert saved.status_code == 302, saved.text
    assert client.get(made.headers["Location"], headers=manager).json["people"] == named


def test_groups_cost_the_same_for_one_and_many(client: FlaskClient, make: Factory, manager: dict[str, str]) -> None:
    groups = [make.group(f"Group {number}") for number in range(12)]
    names = [*(group.name for group in groups[:6]), *(str(group.id) for group in groups[6:])]

    def cost(name: str, named: list[str]) -> int:
        given = {"name": name, "tz": "UTC", "weekly": WEEK, "groups": named}
        with counted() as seen:
            assert client.post("/api/v1/calendars", json=given, headers=manager).status_code == 201
        return sum("FROM support_group" in each for each in seen)

    cost("First", names[:1])
    assert cost("One", names[:1]) == cost("Many", names)


def test_an_urgent_step_is_kept(client: FlaskClient, manager: dict[str, str]) -> None:
    steps = [{"metric": "resolution", "percent": 50, "actions": ["notify_group"], "urgent": True}]
    made = client.post("/api/v1/slas", json=AGREEMENT | {"steps": steps}, headers=manager)
    assert made.json["steps"] == steps
    etag = {"If-Match": made.headers["ETag"]}
    steps[0]["urgent"] = False
    assert client.patch(made.headers["Location"], json={"steps": steps}, headers=manager | etag).json["steps"] == steps


def test_an_agreement_is_made_read_and_changed(
    app: Flask, client: FlaskClient, make: Factory, manager: dict[str, str]
) -> None:
    make.organisation("Acme")
    made = client.post("/api/v1/slas", json=AGREEMENT | {"organisation": "Acme"}, headers=manager)
    assert made.status_code == 201, made.json
    assert (made.json["organisation"], made.json["calendar"], made.json["active"]) == ("Acme", "Office hours", True)
    etag = {"If-Match": made.headers["ETag"]}
    change: dict[str, Any] = {
        "targets": [{"metric": "resolution", "priority": 1, "seconds": 7200}],
        "organisation": None,
    }
    changed = client.patch(made.headers["Location"], json=change, headers=manager | etag)
    assert changed.status_code == 200, changed.json
    assert (changed.json["targets"][0]["seconds"], changed.json["organisation"]) == (7200, None)
    assert changed.json["steps"] == [{**step, "urgent": False} for step in AGREEMENT["steps"]]
    first = client.get("/api/v1/slas?limit=1", headers=manager).json
    second = client.get(f"/api/v1/slas?limit=1&cursor={first['next']}", headers=manager).json
    assert [first["items"][0]["name"], second["items"][0]["name"], second["next"]] == ["Standard", "Gold", None]


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        ("calendars", {"tz": "Mars/Olympus"}, "timezone"),
        ("calendars", {"weekly": {}}, "weekly"),
        ("calendars", {"weekly": {"mon": [["09:00", "25:00"]]}}, "weekly"),
        ("calendars", {"weekly": [1]}, "weekly"),
        ("calendars", {"holidays": ["2026-02-30"]}, "holidays"),
        ("calendars", {"name": "Office hours"}, "name"),
        ("calendars", {"colour": "red"}, "colour"),
        ("slas", {"condition": "priorty = 1"}, "condition"),
        ("slas", {"calendar": "Nowhere"}, "calendar"),
        ("slas", {"organisation": "Nobody"}, "organisation"),
        ("slas", {"targets": [AGREEMENT["targets"][0]] * 2}, "targets"),
        ("slas", {"steps": [AGREEMENT["steps"][0]] * 2}, "steps"),
        ("slas", {"valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}, "valid_to"),
        ("slas", {"name": "Standard"}, "name"),
    ],
)
def test_wrong_input_names_the_field(
    client: FlaskClient, manager: dict[str, str], path: str, change: dict[str, Any], field: str
) -> None:
    base = AGREEMENT if path == "slas" else {"name": "Plant", "tz": "UTC", "weekly": WEEK}
    answer = client.post(f"/api/v1/{path}", json={**base, **change}, headers=manager)
    assert answer.status_code == 422
    assert field in answer.json["errors"], answer.json


def test_who_may_do_what(client: FlaskClient, make: Factory) -> None:
    agent = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    user = {"Authorization": f"Bearer {make.token(make.person())}"}
    assert client.get("/api/v1/slas", headers=agent).status_code == 200
    assert client.post("/api/v1/slas", json=AGREEMENT, headers=agent).status_code == 403
    assert client.get("/api/v1/slas", headers=user).status_code == 403


def test_a_change_with_open_clocks_asks_for_a_recompute(
    app: Flask, client: FlaskClient, make: Factory, manager: dict[str, str]
) -> None:
    make.incident()
    calendar = session.scalars(select(BusinessHours).where(BusinessHours.name == "Office hours")).one()
    before = session.scalars(select(Agreement)).one().terms_id
    answer = client.patch(
        f"/api/v1/calendars/{calendar.id}",
        json={"holidays": ["2026-11-19"]},
        headers=manager | {"If-Match": f'"{calendar.version}"'},
    )
    assert answer.status_code == 200
    session.expire_all()
    task = session.scalars(select(BackgroundTask).where(BackgroundTask.kind == "sla.recompute")).one()
    assert task.payload["agreement_ids"] == [session.scalars(select(Agreement)).one().id]
    assert session.scalars(select(Agreement)).one().terms_id != before


def test_a_ticket_carries_its_clocks(client: FlaskClient, make: Factory) -> None:
    agent = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    given = {"title": "No network", "impact": 3, "urgency": 3}
    made = client.post("/api/v1/incidents", json=given, headers=agent)
    assert made.status_code == 201, made.json
    assert made.json["sla"] == [
        {
            "target": metric,
            "due_at": due_at,
            "state": "running",
            "kind": "sla",
            "owner": None,
            "generation": 1,
            "target_seconds": seconds,
            "elapsed_seconds": 0,
            "customer_seconds": 0,
            "supplier_seconds": 0,
            "agreement": "Standard",
        }
        for metric, due_at, seconds in (
            ("response", "2026-11-18T13:00:00+00:00", 14_400),
            ("resolution", "2026-11-20T15:00:00+00:00", 86_400),
        )
    ]
