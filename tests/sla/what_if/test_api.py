"""What-ifs as JSON: asked, waited for, read, stopped, refused."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itsm.kernel import jobs
from itsm.kernel.module import registry
from itsm.tickets import services
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, at
from tests.sla.what_if.test_replay import RESOLVE, agreement

ADDRESS = "/api/v1/slas/what-if"
PERIOD = {"from": "2026-07-01", "to": "2026-10-01"}


def headers_of(make: Factory, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {make.token(make.person(roles=(role,)))}"}


@pytest.fixture
def number(app: Flask, make: Factory, agreements: Agreements) -> str:
    """An incident of the last quarter that was solved after thirty hours of the twenty-four that it might take."""
    agreements.make("Night and day")
    agent = make.actor()
    with at(-24 * 60):
        incident = make.incident(agent, title="Printer", impact=4, urgency=3)
    with at(-24 * 60 + 30):
        services.take_step(agent, incident, "resolve", fields=RESOLVE)
    return incident.number


def test_a_what_if_is_asked_and_read(number: str, client: FlaskClient, make: Factory) -> None:
    headers = headers_of(make, "supervisor")
    targets = [{"metric": "resolution", "priority": 4, "seconds": 48 * HOUR}]
    asked = client.post(
        ADDRESS, json=PERIOD | {"agreement": agreement("Night and day").id, "targets": targets}, headers=headers
    )
    assert asked.status_code == 201, asked.get_json()
    assert (asked.get_json()["state"], asked.get_json().get("result")) == ("queued", None)
    jobs.run_tasks(registry().tasks)
    body = client.get(asked.headers["Location"], headers=headers).get_json()
    assert (body["state"], body["percent"]) == ("done", 100)
    result = body["result"]
    assert (result["changed"], result["tickets"], result["looked_at"], result["cut"]) == (1, 1, 1, False)
    [change] = result["changes"]
    assert (change["ticket"], change["title"], change["metric"]) == (number, "Printer", "resolution")
    assert (change["before"]["counts"], change["after"]["counts"]) == ("missed", "met")
    whole = [each for each in result["figures"] if each["metric"] == "resolution" and each["priority"] is None]
    assert [(each["met_before"], each["missed_before"], each["met_after"], each["missed_after"]) for each in whole] == [
        (0, 1, 1, 0)
    ]
    [listed] = client.get(ADDRESS, headers=headers).get_json()["items"]
    assert (listed["id"], "result" in listed) == (body["id"], False)


def test_somebody_elses_is_not_there_and_ones_own_is_stopped(number: str, client: FlaskClient, make: Factory) -> None:
    headers, other = headers_of(make, "supervisor"), headers_of(make, "manager")
    matrix = [[1, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 4], [3, 4, 4, 5]]
    asked = client.post(ADDRESS, json=PERIOD | {"matrix": matrix}, headers=headers)
    assert asked.status_code == 201, asked.get_json()
    address = asked.headers["Location"]
    assert client.get(address, headers=other).status_code == 404
    assert client.delete(address, headers=other).status_code == 404
    assert client.get(ADDRESS, headers=other).get_json()["items"] == []
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get(address, headers=headers).get_json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "agreement"),
        ({"to": "2026-07-01"}, "to"),
        ({"from": "2027-07-01", "to": "2027-08-01"}, "from"),
        ({"agreement": 999999, "instead": 1}, "agreement"),
        ({"calendar": 1}, "calendar_instead"),
        ({"matrix": [[1, 2, 3, 4]]}, "matrix"),
        ({"matrix": [[5, 1, 1, 1]] * 4}, "matrix"),
        ({"timezone": "Nowhere/Land"}, "timezone"),
        ({"targets": [{"metric": "resolution", "priority": 9, "seconds": 1}]}, "targets.0.priority"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_names_its_field(client: FlaskClient, make: Factory, given: dict[str, Any], field: str) -> None:
    answer = client.post(ADDRESS, json=PERIOD | given, headers=headers_of(make, "supervisor"))
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_who_may_not_change_agreements_asks_nothing(client: FlaskClient, make: Factory) -> None:
    headers = headers_of(make, "agent")
    assert client.get(ADDRESS, headers=headers).status_code == 403
    assert client.post(ADDRESS, json=PERIOD, headers=headers).status_code == 403
