"""The command palette: pages, tickets, queues, people and actions, each as far as the actor may see."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from itsm.identity.models import Group
from itsm.query.parser import parse
from itsm.query.tree import Comparison, Literal
from tests.factories import Factory
from tests.statements import statements_of


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Network")


@pytest.fixture
def page(make: Factory, client: FlaskClient, group: Group) -> FlaskClient:
    return make.sign_in(client, make.person("Anna Agent", roles=("agent",), groups=(group,)))


def test_a_number_leads_to_its_ticket(make: Factory, page: FlaskClient) -> None:
    ticket = make.incident(title="The label printer is mute")
    assert f'data-open="/incidents/{ticket.number}"' in page.get(f"/palette?q={ticket.number.lower()}").text


@pytest.mark.one_database  # MariaDB finds words of committed rows only
def test_words_lead_to_tickets(make: Factory, page: FlaskClient) -> None:
    ticket = make.incident(title="The label printer is mute")
    assert f'data-open="/incidents/{ticket.number}"' in page.get("/palette?q=label%20prin").text


@pytest.mark.one_database  # MariaDB finds words of committed rows only
def test_pages_queues_people_cis_and_assets_are_found(make: Factory, page: FlaskClient) -> None:
    make.person("Elena Ruiz", email="elena@example.org")
    make.ci("srv-madrid-01")
    make.asset(name="Madrid laptop")
    assert "/reports" in page.get("/palette?q=report").text
    assert "view=waiting" in page.get("/palette?q=on%20hold").text
    assert "elena@example.org" in page.get("/palette?q=ruiz").text
    found = page.get("/palette?q=madrid").text
    assert "srv-madrid-01" in found
    assert "Madrid laptop" in found


def test_what_can_be_done_with_the_open_ticket_comes_first(make: Factory, page: FlaskClient, group: Group) -> None:
    ticket = make.incident(group_id=group.id)
    text = page.get(f"/palette?q=&at=/incidents/{ticket.number}").text
    assert f'data-post="/tickets/{ticket.id}/steps/start"' in text
    assert f"{ticket.number}#step-resolve" in text
    assert f'data-post="/tickets/{ticket.id}/take"' in text
    assert "/steps/" not in page.get("/palette?q=&at=/desk").text


def test_what_may_not_be_read_is_not_found(make: Factory, page: FlaskClient) -> None:
    room = make.group("Board", restricted=True)
    ticket = make.incident(title="A confidential matter", group_id=room.id)
    fresh = make.sign_in(page, make.person(roles=("agent",)))
    assert "A confidential matter" not in fresh.get("/palette?q=confidential").text
    assert ticket.number not in fresh.get(f"/palette?q={ticket.number}").text
    assert "/steps/" not in fresh.get(f"/palette?q=&at=/incidents/{ticket.number}").text


def test_an_end_user_finds_no_pages_of_the_staff(make: Factory, client: FlaskClient) -> None:
    page = make.sign_in(client, make.person("Eva Enduser"))
    text = page.get("/palette?q=e").text
    assert "/admin" not in text
    assert "/desk" not in text


def test_the_palette_costs_the_same_whatever_is_found(make: Factory, page: FlaskClient) -> None:
    make.incident(title="Mute printer")
    few = statements_of(page, "/palette?q=mute")
    for _number in range(10):
        make.incident(title="Mute printer")
    assert statements_of(page, "/palette?q=mute") == few


def test_a_name_with_quotes_leads_to_a_query_that_can_be_read(make: Factory, page: FlaskClient) -> None:
    make.person('Bo "Bobby" Lee', email=None)
    address = re.search(r'data-open="([^"]*requester[^"]*)"', page.get("/palette?q=bobby").text)
    assert address is not None
    asked = parse_qs(urlsplit(unescape(address[1])).query)["q"][0]
    tree = parse(asked)
    assert isinstance(tree, Comparison)
    assert [str(value.text) for value in tree.values if isinstance(value, Literal)] == ['Bo "Bobby" Lee']
