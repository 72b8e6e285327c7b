"""The journal names no ticket that its reader may not open."""

import pytest
from flask.testing import FlaskClient

from incident.models import Incident
from itsm.identity.models import Group, Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import services
from tests.factories import Factory
from tests.statements import statements_of


@pytest.fixture
def closed_group(make: Factory) -> Group:
    return make.group("Personnel", restricted=True)


@pytest.fixture
def tickets(make: Factory, closed_group: Group) -> tuple[Incident, Incident, Incident]:
    """A ticket that is linked to an open and a closed one."""
    shown, known, closed = make.incident(), make.incident(), make.incident(group_id=closed_group.id)
    services.link(SYSTEM, shown, known, relation="relates_to")
    services.link(SYSTEM, shown, closed, relation="relates_to")
    services.link(SYSTEM, closed, shown, relation="duplicate_of")
    session.commit()
    return shown, known, closed


def page(client: FlaskClient, make: Factory, reader: Person, ticket: Incident) -> str:
    make.sign_in(client, reader)
    return client.get(f"/incidents/{ticket.number}").text


def test_a_page_names_no_closed_ticket(
    client: FlaskClient, make: Factory, closed_group: Group, tickets: tuple[Incident, Incident, Incident]
) -> None:
    shown, known, closed = tickets
    text = page(client, make, make.person(roles=("agent",)), shown)
    assert known.number in text
    assert closed.number not in text
    member = make.person(roles=("agent",), groups=(closed_group,))
    assert closed.number in page(client, make, member, shown)


def test_the_api_names_no_closed_ticket(
    client: FlaskClient, make: Factory, closed_group: Group, tickets: tuple[Incident, Incident, Incident]
) -> None:
    shown, known, closed = tickets
    readers = {"agent": make.person(roles=("agent",)), "member": make.person(roles=("agent",), groups=(closed_group,))}
    told = {}
    for name, reader in readers.items():
        auth = {"Authorization": f"Bearer {make.token(reader)}"}
        session.commit()
        told[name] = client.get(f"/api/v1/incidents/{shown.number}/journal", headers=auth).text
    assert known.number in told["agent"]
    assert closed.number not in told["agent"]
    assert closed.number in told["member"]


def test_it_costs_one_statement_whatever_the_number_of_links(
    client: FlaskClient, make: Factory, closed_group: Group, tickets: tuple[Incident, Incident, Incident]
) -> None:
    shown = tickets[0]
    make.sign_in(client, make.person(roles=("agent",)))
    before = statements_of(client, f"/incidents/{shown.number}")
    for _each in range(5):
        services.link(SYSTEM, shown, make.incident(group_id=closed_group.id), relation="relates_to")
    assert statements_of(client, f"/incidents/{shown.number}") == before
