"""The forecast as JSON."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itsm.kernel.db import session
from itsm.tickets import services
from sla.forecast import jobs as forecast_jobs
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, at
from tests.sla.forecast.conftest import solved

ADDRESS = "/api/v1/slas/forecast"


@pytest.fixture
def agreed(app: Flask, make: Factory, agreements: Agreements) -> str:
    """One running ticket of a category of which thirty were solved, ten of them late; answers its number."""
    agreements.make()
    agent, printers = make.actor(), make.category("Printers")
    for number in range(30):
        solved(make, agent, 20 if number < 20 else 30, began=300 - number, category_id=printers.id)
    with at(-10):
        ticket = make.incident(agent, title="Old", impact=4, urgency=3, category_id=printers.id)
    services.write_entry(agent, ticket, kind="public", body="We look at it")
    forecast_jobs.learn()
    session.commit()
    return ticket.number


def test_the_forecast_is_read_with_why(agreed: str, client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    with at(1):
        body = client.get(ADDRESS, headers=headers).get_json()
    [item] = body["items"]
    assert (item["ticket"], item["title"], item["metric"], item["priority"]) == (agreed, "Old", "resolution", 4)
    assert (item["late"], item["of"], item["percent"], item["alike"]) == (10, 30, 33, "category_priority_group")
    assert (item["elapsed_seconds"], item["left_seconds"]) == (11 * HOUR, 13 * HOUR)
    assert "10 of 30 similar tickets" in item["why"]
    assert (body["looked_at"], body["unknown"], body["more"], body["next"]) == (1, 0, False, None)
    assert body["learned_at"]


def test_it_is_narrowed_to_a_group_and_to_what_the_reader_may_read(
    agreed: str, client: FlaskClient, make: Factory
) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    other = make.group("Other")
    assert client.get(f"{ADDRESS}?group={other.id}", headers=headers).get_json()["items"] == []
    assert client.get(f"{ADDRESS}?group=x", headers=headers).status_code == 422
    requester = {"Authorization": f"Bearer {make.token(make.person(roles=('end_user',)))}"}
    assert client.get(ADDRESS, headers=requester).status_code == 403
    assert client.get(ADDRESS).status_code == 401
