"""Addressing a colleague with @ and a name."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import mentioned, queries
from itsm.tickets.services import write_entry
from tests.factories import Factory


@pytest.fixture
def actor(make: Factory) -> Actor:
    return make.actor(name="Ada Lovelace")


@pytest.fixture
def grace(make: Factory) -> Person:
    return make.person("Grace Hopper", roles=("agent",))


@pytest.fixture
def incident(make: Factory, actor: Actor) -> Incident:
    return make.incident(actor, title="No labels")


def watchers(incident: Incident) -> list[str]:
    return [person.name for person in queries.list_watchers(incident.id)]


def mails(person: Person) -> list[str]:
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [str(row.payload["text"]) for row in rows if row.recipient == person.email]


@pytest.mark.parametrize(
    "text", ["@Grace Hopper please look", "Ask (@grace hopper), please", "first\n@Grace Hopper: look", "@Grace Hopper."]
)
def test_who_is_addressed_watches_and_is_told(actor: Actor, grace: Person, incident: Incident, text: str) -> None:
    write_entry(actor, incident, kind="internal", body=f"{text} The secret is plum.")
    assert watchers(incident) == ["Grace Hopper"]
    [mail] = mails(grace)
    assert incident.number in mail
    assert "plum" not in mail


def test_in_a_public_reply_the_reply_itself_is_told_once(actor: Actor, grace: Person, incident: Incident) -> None:
    write_entry(actor, incident, kind="public", body="@Grace Hopper will come by.")
    [mail] = mails(grace)
    assert "will come by" in mail


@pytest.mark.parametrize("text", ["mail grace@Grace Hopper", "@Grace", "@Nobody Known", "Grace Hopper", "@"])
def test_what_is_no_address_addresses_nobody(actor: Actor, grace: Person, incident: Incident, text: str) -> None:
    write_entry(actor, incident, kind="internal", body=text)
    assert watchers(incident) == []
    assert mails(grace) == []


def test_only_staff_who_may_read_the_ticket_are_addressed(make: Factory, actor: Actor, grace: Person) -> None:
    make.person("Customer Jones")
    secret = make.group("Secret", restricted=True)
    member = make.person("Inside Woman", roles=("agent",), groups=(secret,))
    incident = make.incident(make.actor_of(member), group_id=secret.id)
    write_entry(make.actor_of(member), incident, kind="internal", body="@Grace Hopper @Customer Jones @Inside Woman")
    assert watchers(incident) == []


def test_a_name_that_two_bear_is_nobodys(make: Factory, actor: Actor, grace: Person, incident: Incident) -> None:
    make.person("Grace Hopper", roles=("agent",))
    write_entry(actor, incident, kind="internal", body="@Grace Hopper")
    assert watchers(incident) == []


def test_requesters_address_nobody(make: Factory, grace: Person) -> None:
    person = make.person()
    incident = make.incident(make.actor_of(person), requester_id=person.id)
    write_entry(make.actor_of(person), incident, kind="public", body="@Grace Hopper help")
    assert watchers(incident) == []


def test_the_longest_name_is_taken(make: Factory, actor: Actor, incident: Incident) -> None:
    make.person("Grace", roles=("agent",))
    make.person("Grace Hopper Smith", roles=("agent",))
    write_entry(actor, incident, kind="internal", body="@Grace Hopper Smith, look")
    assert watchers(incident) == ["Grace Hopper Smith"]


def test_typing_offers_staff_only(client: FlaskClient, make: Factory, grace: Person, incident: Incident) -> None:
    make.person("Grace Customer")
    desk = make.sign_in(client, make.person(roles=("agent",)))
    page = desk.get(f"/tickets/{incident.id}/people?q=grace").text
    assert "@Grace Hopper" in page
    assert "Grace Customer" not in page
    assert mentioned.names_in("@Ada Lovelace asks why now") == [
        ["ada lovelace asks why", "ada lovelace asks", "ada lovelace", "ada"]
    ]
