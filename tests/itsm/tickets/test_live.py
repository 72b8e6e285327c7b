"""Drafts that no device loses, who has a ticket open, and what is new on it."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.tickets.live import queries, services
from itsm.tickets.live.models import Draft, Presence
from itsm.tickets.services import write_entry
from tests.factories import Factory
from tests.itsm.tickets.posting import send
from tests.itsm.web.browser import csrf_token
from tests.statements import counted

STATEMENTS_OF_ASKING = 2


@pytest.fixture
def agent(make: Factory) -> Person:
    return make.person("Ada Lovelace", roles=("agent",), groups=(make.group("Desk"),))


@pytest.fixture
def actor(make: Factory, agent: Person) -> Actor:
    return make.actor_of(agent)


@pytest.fixture
def incident(make: Factory, actor: Actor) -> Incident:
    return make.incident(actor)


@pytest.fixture
def desk(client: FlaskClient, make: Factory, agent: Person) -> FlaskClient:
    return make.sign_in(client, agent)


def test_a_draft_is_on_the_page_until_it_is_sent(desk: FlaskClient, incident: Incident) -> None:
    form = {"kind": "internal", "body": "Half a thought", "minutes": "7"}
    assert send(desk, f"/tickets/{incident.id}/draft", form).status_code == 204
    page = desk.get(f"/incidents/{incident.number}").text
    assert "Half a thought</textarea>" in page
    assert 'value="internal" checked' in page
    send(desk, f"/tickets/{incident.id}/entries", form | {"body": "A whole thought"})
    assert session.scalar(select(func.count()).select_from(Draft)) == 0
    assert "Half a thought" not in desk.get(f"/incidents/{incident.number}").text


def test_a_refused_entry_keeps_the_draft(desk: FlaskClient, incident: Incident) -> None:
    send(desk, f"/tickets/{incident.id}/draft", {"kind": "public", "body": "Half a thought"})
    refused = send(desk, f"/tickets/{incident.id}/entries", {"kind": "public", "body": "Half", "minutes": "99999"})
    assert refused.status_code == 422
    assert "Half</textarea>" in refused.text
    assert session.scalars(select(Draft)).one().body == "Half a thought"


def test_drafts_are_ones_own_and_empty_ones_are_forgotten(make: Factory, actor: Actor, incident: Incident) -> None:
    services.save_draft(actor, incident.id, kind="public", body="Mine")
    services.save_draft(actor, incident.id, kind="work", body="Mine, later")
    session.expire_all()
    draft, timer = queries.unsent(actor, incident.id)
    assert draft is not None
    assert (draft.kind, draft.body, timer) == ("work", "Mine, later", None)
    assert queries.unsent(make.actor(), incident.id) == (None, None)
    services.save_draft(actor, incident.id, kind="work", body="  ")
    assert queries.unsent(actor, incident.id)[0] is None


def test_nobody_keeps_a_draft_on_a_ticket_that_is_closed_to_them(
    client: FlaskClient, make: Factory, incident: Incident
) -> None:
    stranger = make.sign_in(client, make.person())
    assert send(stranger, f"/tickets/{incident.id}/draft", {"body": "x"}).status_code == 404
    assert send(stranger, f"/tickets/{incident.id}/here").status_code == 403


def test_others_see_who_reads_and_who_types(make: Factory, actor: Actor, incident: Incident) -> None:
    other = make.actor(name="Grace Hopper")
    services.note_presence(actor, incident.id, queries.glance(actor, incident.id), typing=True)
    seen = queries.glance(other, incident.id)
    assert [(each.name, each.typing) for each in seen.others] == [("Ada Lovelace", True)]
    assert queries.glance(actor, incident.id).others == []
    with clock.frozen(clock.now() + timedelta(seconds=41)):
        assert queries.glance(other, incident.id).others == []


def test_presence_is_written_every_fifteen_seconds_at_most(actor: Actor, incident: Incident) -> None:
    def note(*, typing: bool = False) -> bool:
        return services.note_presence(actor, incident.id, queries.glance(actor, incident.id), typing=typing)

    assert note()
    assert not note()
    assert note(typing=True)
    with clock.frozen(clock.now() + timedelta(seconds=15)):
        session.expire_all()
        assert note(typing=True)


def test_a_restricted_ticket_is_not_looked_at(make: Factory) -> None:
    secret = make.group("Secret", restricted=True)
    incident = make.incident(group_id=secret.id)
    with pytest.raises(NotFound):
        queries.glance(make.actor(), incident.id)


def test_new_entries_of_others_come_by_themselves(desk: FlaskClient, make: Factory, incident: Incident) -> None:
    address = f"/tickets/{incident.id}/here"
    start = queries.glance(make.actor(), incident.id)
    known = {"since": start.newest_id, "version": start.version}
    assert send(desk, address, known).status_code == 204
    other = make.actor(name="Grace Hopper")
    entry = write_entry(other, session.get_one(Incident, incident.id), kind="internal", body="Found it")
    answer = send(desk, address, known)
    assert answer.status_code == 200
    assert "Found it" in answer.text
    assert f'"since": {entry.id}' in answer.text
    assert "Found it" not in send(desk, address, known | {"show": "changes"}).text
    later = {"since": entry.id, "version": queries.glance(other, incident.id).version}
    assert send(desk, address, later).status_code == 204


def test_a_page_that_asks_costs_two_statements_and_a_write_at_times(
    desk: FlaskClient, make: Factory, incident: Incident
) -> None:
    start = queries.glance(make.actor(), incident.id)
    form = {"csrf_token": csrf_token(desk, "/account"), "since": start.newest_id, "version": start.version}
    desk.post(f"/tickets/{incident.id}/here", data=form)
    with counted() as statements:
        assert desk.post(f"/tickets/{incident.id}/here", data=form).status_code == 204
    assert len(statements) == 2, "\n".join(statements)


def test_what_is_old_is_forgotten(actor: Actor, incident: Incident) -> None:
    services.note_presence(actor, incident.id, queries.glance(actor, incident.id), typing=False)
    services.save_draft(actor, incident.id, kind="public", body="Old")
    session.commit()
    with clock.frozen(clock.now() + timedelta(days=91)):
        services.forget_old()
    assert session.scalar(select(func.count()).select_from(Presence)) == 0
    assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_pages_of_one_person_write_at_once(separate_app: Flask) -> None:
    """Two pages of the same person keep the same draft and presence at the same time, with no error."""
    with separate_app.app_context():
        make = Factory()
        actor = make.actor()
        ticket_id = make.incident(actor).id
        session.commit()
        session.remove()
    errors: list[BaseException] = []

    def write(number: int) -> None:
        with separate_app.app_context():
            try:
                for _turn in range(5):
                    services.note_presence(actor, ticket_id, queries.glance(actor, ticket_id), typing=number % 2 == 0)
                    services.save_draft(actor, ticket_id, kind="public", body=f"Page {number}")
                    session.commit()
            except BaseException as error:  # noqa: BLE001 (told by the main thread)
                errors.append(error)
            finally:
                session.remove()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with separate_app.app_context():
        assert session.scalars(select(Draft)).one().body.startswith("Page ")
        assert session.scalar(select(func.count()).select_from(Presence)) == 1
        session.remove()


def test_asking_is_cheap(desk: FlaskClient, make: Factory, incident: Incident) -> None:
    """300 people ask 20 times a second together; the seconds are measured by the benchmark."""
    start = queries.glance(make.actor(), incident.id)
    form = {"csrf_token": csrf_token(desk, "/account"), "since": start.newest_id, "version": start.version}
    desk.post(f"/tickets/{incident.id}/here", data=form)
    with counted() as seen:
        assert desk.post(f"/tickets/{incident.id}/here", data=form).status_code == 204
    assert len(seen) <= STATEMENTS_OF_ASKING, seen
