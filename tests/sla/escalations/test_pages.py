"""Steps by form and API, the matrix, and what the figures tell."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from incident import services as incidents
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from sla.agreements.queries import show_agreement
from sla.agreements.services import StepInput
from sla.escalations.lateness import lateness, share_of
from sla.jobs import fire_steps
from sla.models import BusinessHours
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, after, at
from tests.statements import statements_of

FOUR_HOURS = {("resolution", priority): 4 * HOUR for priority in range(1, 6)}
HOOK = "https://hooks.example.org/t/abc123"
NEW = "/sla/agreements/new"


@pytest.fixture
def supervisor(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sue", roles=("supervisor",)))


def send(client: FlaskClient, address: str, **values: object) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).get_data(as_text=True))
    assert token is not None
    facts = {"name": "Gold", "target_resolution_1": "4:00", "active": "true", "calendar_id": str(_calendar_id())}
    return client.post(address, data={"csrf_token": token[1], **facts, **values})


def _calendar_id() -> int:
    return session.scalars(select(BusinessHours.id).order_by(BusinessHours.id)).first() or 0


def row(prefix: str, **values: object) -> dict[str, object]:
    given = {"metric": "resolution", "at": "30", "unit": "before"} | values
    return {f"steps.{prefix}.{name}": value for name, value in given.items()}


def stored(answer: TestResponse) -> list[tuple[Any, ...]]:
    assert answer.status_code == 302, answer.get_data(as_text=True)
    session.expire_all()
    shown = show_agreement(int(answer.location.rsplit("/", 1)[1]))
    return [(each.group_id, each.percent, each.minutes, each.actions) for each in shown.steps]


def test_the_form_keeps_offsets_groups_and_every_action(app: Flask, make: Factory, client: FlaskClient) -> None:
    supervisor = make.sign_in(client, make.person("Ada", roles=("admin",)))
    group = make.group("Network")
    ann = make.person("Ann", roles=("agent",), groups=(group,), email="ann@example.org")
    values = row("0.0", at="80", unit="percent", actions=["notify_group"]) | row(
        "0.1", at="0", unit="after", priority="higher"
    )
    values |= {"steps.1.group_id": str(group.id)}
    values |= row(
        "1.0", people="ann@example.org", groups=[str(group.id)], group=str(group.id), assignee="ann@example.org"
    )
    values |= row("1.1", at="5", title="Call", task_group=str(group.id), due_hours="2")
    values |= row("1.2", at="15", unit="after", url=HOOK, secret="s3cret")
    answer = send(supervisor, NEW, **values)
    *others, (_group, _percent, _minutes, hook) = sorted(
        stored(answer), key=lambda each: (each[0] or 0, each[2] or 0, each[1] is None)
    )
    assert others == [
        (None, 80, None, ["notify_group"]),
        (None, None, 0, [{"do": "set_priority", "priority": "higher"}]),
        (
            group.id,
            None,
            -30,
            [
                {"do": "notify_people", "group_ids": [group.id], "person_ids": [ann.id]},
                {"do": "assign", "group_id": group.id, "assignee_id": ann.id},
            ],
        ),
        (
            group.id,
            None,
            -5,
            [{"do": "task", "title": "Call", "group_id": group.id, "owner_id": None, "due_hours": 2}],
        ),
    ]
    page = supervisor.get(answer.location).get_data(as_text=True)
    assert "s3cret" not in page
    assert hook[0]["secret"] not in page
    # What the page shows is sent again as it stands: nothing changes, the secret included.
    fields = {name: value for name, value in values.items() if not name.endswith("secret")}
    assert stored(send(supervisor, answer.location, **fields, version="1"))[-1][3] == hook
    assert show_agreement(int(answer.location.rsplit("/", 1)[1])).row.version == 1


def test_a_step_that_is_ticked_to_be_removed_goes(app: Flask, supervisor: FlaskClient) -> None:
    two = row("0.0", actions=["notify_group"]) | row("0.1", at="5", actions=["raise_level"])
    answer = send(supervisor, NEW, **two)
    assert len(stored(answer)) == 2
    gone = {"steps.0.0.remove": "true"}
    assert [each[3] for each in stored(send(supervisor, answer.location, **two, **gone, version="1"))] == [
        ["raise_level"]
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps.0.0.at": ""}, "steps.0.0.at"),
        ({"steps.0.0.at": "soon"}, "steps.0.0.at"),
        ({"steps.0.0.at": "99999"}, "steps.0.0.at"),
        ({"steps.0.0.at": "1001", "steps.0.0.unit": "percent"}, "steps.0.0.at"),
        ({"steps.0.0.unit": "years"}, "steps.0.0.unit"),
        ({"steps.0.0.actions": ["explode"]}, "steps.0.0.actions"),
        ({"steps.0.0.people": "nobody@example.org"}, "steps.0.0.people"),
        ({"steps.0.0.owner": "ann@example.org"}, "steps.0.0.title"),
        ({"steps.0.0.url": "http://localhost.example:x/"}, "steps.0.0.url"),
        ({"steps.0.0.title": "x" * 256}, "steps.0.0.title"),
        ({"steps.0.0.unknown": "1"}, "steps.0.0.unknown"),
        ({"steps.99.0.at": "1"}, "steps.99.0.at"),
        ({"steps.x": "1"}, "steps.x"),
        (
            {"steps.1.0.at": "5", "steps.1.0.metric": "resolution", "steps.1.0.actions": ["notify_group"]},
            "steps.1.group_id",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_everything_typed_kept(
    app: Flask, supervisor: FlaskClient, change: dict[str, object], field: str
) -> None:
    answer = send(supervisor, NEW, **(row("0.0", actions=["notify_manager"], title="Call <b>them</b>") | change))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert "Call &lt;b&gt;them" in page or "steps.0.0.title" in change
    assert "is-invalid" in page or field in (
        "steps.0.0.unknown",
        "steps.99.0.at",
        "steps.x",
        "steps.0.0.unit",
        "steps.0.0.actions",
    )


def test_steps_are_written_and_read_as_json(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('admin',)))}"}
    group = make.group("Network")
    make.person("Ann", roles=("agent",), groups=(group,), email="ann@example.org")
    steps: list[dict[str, Any]] = [
        {"metric": "resolution", "minutes": -30, "actions": ["notify_group", {"do": "set_priority", "priority": 2}]},
        {"metric": "resolution", "minutes": 15, "group": "Network", "actions": [{"do": "webhook", "url": HOOK}]},
    ]
    steps = [each | {"urgent": False} for each in steps]
    body = {"name": "Gold", "calendar": "Office hours", "steps": steps}
    body |= {"targets": [{"metric": "resolution", "priority": 1, "seconds": 3600}]}
    made = client.post("/api/v1/slas", json=body, headers=headers)
    assert made.status_code == 201, made.json
    assert made.json["steps"] == steps
    # The path of a webhook's address may be its secret: who only reads sees the host.
    reader = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    read = client.get(f"/api/v1/slas/{made.json['id']}", headers=reader)
    assert read.json["steps"][1]["actions"] == [{"do": "webhook", "url": "hooks.example.org"}]


def test_only_who_may_write_rules_has_a_webhook_called(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('manager',)))}"}
    step = {"metric": "resolution", "minutes": 15, "actions": [{"do": "webhook", "url": HOOK}]}
    body = {"name": "Gold", "calendar": "Office hours", "steps": [step]}
    body |= {"targets": [{"metric": "resolution", "priority": 1, "seconds": 3600}]}
    made = client.post("/api/v1/slas", json=body, headers=headers)
    assert (made.status_code, list(made.json["errors"])) == (422, ["steps"])


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"minutes": 0, "percent": 50}, "steps"),
        ({}, "steps"),
        ({"minutes": 10**6}, "steps.0.minutes"),
        ({"minutes": 5, "group": "No such"}, "steps.0.group"),
        ({"minutes": 5, "actions": [{"do": "assign", "group": "No such"}]}, "steps.0.actions.0.group"),
        ({"minutes": 5, "actions": [{"do": "assign", "rank": 1}]}, "steps.0.actions.0.rank"),
        ({"minutes": 5, "actions": [7]}, "steps.0.actions.0"),
        ({"minutes": 5, "actions": ["task"]}, "steps.0.actions.0.title"),
    ],
)
def test_a_wrong_step_in_json_names_its_field(
    client: FlaskClient, make: Factory, step: dict[str, Any], field: str
) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('manager',)))}"}
    body = {"name": "Gold", "calendar": "Office hours"}
    targets = [{"metric": "resolution", "priority": 1, "seconds": 3600}]
    given = {"metric": "resolution", "actions": ["notify_group"]} | step
    answer = client.post("/api/v1/slas", json=body | {"targets": targets, "steps": [given]}, headers=headers)
    assert answer.status_code == 422
    assert field in answer.json["errors"], answer.json


def test_the_page_shows_the_matrix_and_what_fired_how_late(
    app: Flask, make: Factory, agreements: Agreements, supervisor: FlaskClient
) -> None:
    group = make.group("Network")
    steps = (
        StepInput("resolution", 50, ("notify_group",)),
        StepInput("resolution", None, ("raise_level",), minutes=-30, group_id=group.id),
    )
    agreements.make("Silver", targets=FOUR_HOURS, steps=steps)
    incident = incidents.open_incident(SYSTEM, title="Burning", group_id=make.group("Desk").id)
    with at(2 + 3 / HOUR):
        fire_steps()
        page = supervisor.get("/sla/escalations").get_data(as_text=True)
        found = lateness(after(2 + 3 / HOUR))
        figures = supervisor.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_data(as_text=True)
    for words in ("Silver", "30 min before due", "Network", "Pass to the next level", incident.number, "3.0"):
        assert words in page
    assert (found.fired, found.median, found.p99, found.longest) == (1, 3.0, 3.0, 3.0)
    assert 'itsm_sla_step_lateness_seconds{quantile="0.99"} 3.0' in figures
    assert "itsm_sla_steps_fired 1.0" in figures


def test_the_page_costs_the_same_for_few_and_many(
    app: Flask, make: Factory, agreements: Agreements, supervisor: FlaskClient
) -> None:
    agreements.make("Silver", targets=FOUR_HOURS, steps=(StepInput("resolution", 50, ("notify_group",)),))
    group_id = make.group("Desk").id
    costs = []
    for number in (1, 8):
        for _each in range(number):
            incidents.open_incident(SYSTEM, title="Burning", group_id=group_id)
        with at(2):
            fire_steps()
        costs.append(statements_of(supervisor, "/sla/escalations"))
    assert costs[0] == costs[1]


def test_shares_of_sorted_values() -> None:
    assert [share_of([1.0, 2.0, 3.0, 9.0], percent) for percent in (50, 99, 100)] == [2.0, 9.0, 9.0]
    assert share_of([], 99) == 0
