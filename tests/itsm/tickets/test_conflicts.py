"""Two people change one ticket: nobody's work is lost, and who came second chooses."""

import html
import re
import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.tickets import conflicts, queries
from itsm.tickets.models import JournalEntry
from itsm.tickets.services import change_facts, locked_if_exists, write_entry
from tests.factories import Factory
from tests.itsm.tickets.posting import send

PEOPLE = 50


@pytest.fixture
def agent(make: Factory) -> Person:
    return make.person("Ada Lovelace", roles=("agent",), groups=(make.group("Desk"),))


@pytest.fixture
def desk(client: FlaskClient, make: Factory, agent: Person) -> FlaskClient:
    return make.sign_in(client, agent)


@pytest.fixture
def incident(make: Factory) -> Incident:
    return make.incident(title="No labels", impact=3, urgency=3)


def facts(incident: Incident, **changed: object) -> dict[str, object]:
    names = ("title", "impact", "urgency", "category_id", "priority", "reason")
    shown = conflicts.facts_now(incident)
    was = conflicts.basis(incident, *names)
    return {"version": incident.version, "was": was, **{name: shown[name] for name in names}, **changed}


def test_both_sides_of_a_field_are_shown_and_the_choice_is_sent_again(
    desk: FlaskClient, make: Factory, incident: Incident
) -> None:
    mine = facts(incident, title="Labels & more", impact=1)
    change_facts(
        make.actor(name="Grace Hopper"), incident, version=None, changes={"title": "No receipts", "urgency": 1}
    )
    page = send(desk, f"/tickets/{incident.id}/facts", mine)
    assert page.status_code == 409
    text = html.unescape(page.text)
    assert "Labels & more" in text
    assert "No receipts" in text
    assert "from Grace Hopper" in text
    assert set(re.findall(r'type="radio" name="(\w+)"', text)) == {"title", "impact"}
    version = re.search(r'name="version" value="(\d+)"', text)
    assert version is not None
    again = {"version": version[1], "title": "Labels & more", "impact": "1"}
    assert send(desk, f"/tickets/{incident.id}/facts", again).status_code == 302
    session.expire_all()
    assert (incident.title, incident.impact, incident.urgency) == ("Labels & more", 1, 1)


def test_what_only_others_changed_is_not_asked(desk: FlaskClient, make: Factory, incident: Incident) -> None:
    mine = facts(incident)
    change_facts(make.actor(), incident, version=None, changes={"title": "No receipts"})
    page = send(desk, f"/tickets/{incident.id}/facts", mine)
    assert page.status_code == 409
    assert 'type="radio"' not in page.text
    assert queries.get_by_id(make.actor(), incident.id).title == "No receipts"


def test_a_form_that_does_not_say_what_it_showed_asks_for_each_difference(
    desk: FlaskClient, make: Factory, incident: Incident
) -> None:
    mine = facts(incident, title="Labels") | {"was": "nonsense"}
    change_facts(make.actor(), incident, version=None, changes={"urgency": 1})
    text = send(desk, f"/tickets/{incident.id}/facts", mine).text
    assert set(re.findall(r'type="radio" name="(\w+)"', text)) == {"title", "urgency"}


def test_assignments_collide_too(desk: FlaskClient, make: Factory, agent: Person, incident: Incident) -> None:
    first, second = make.group("First"), make.group("Second")
    from itsm.tickets.services import assign

    mine = {
        "version": incident.version,
        "was": conflicts.basis(incident, "group_id", "assignee_id"),
        "group_id": first.id,
    }
    assign(make.actor(name="Grace Hopper"), incident, group_id=second.id)
    page = send(desk, f"/tickets/{incident.id}/assign", mine)
    assert page.status_code == 409
    assert "First" in page.text
    assert "from Grace Hopper" in page.text


def test_fifty_people_edit_one_ticket_and_nothing_is_lost(separate_app: Flask) -> None:
    """Each appends a letter to the title it read, and writes a note; who read an old title reads again."""
    with separate_app.app_context():
        make = Factory()
        actor = make.actor()
        ticket_id = make.incident(title="x").id
        session.commit()
        session.remove()
    errors: list[BaseException] = []
    start = threading.Barrier(PEOPLE)

    def edit(number: int) -> None:
        start.wait()
        for attempt in range(200):
            with separate_app.app_context():
                try:
                    seen = queries.get_by_id(actor, ticket_id)
                    version, title = seen.version, seen.title
                    session.rollback()
                    session.remove()
                    locked_if_exists(ticket_id)
                    ticket = queries.get_by_id(actor, ticket_id)
                    change_facts(actor, ticket, version=version, changes={"title": title + chr(0x100 + number)})
                    write_entry(actor, ticket, kind="internal", body=f"Note {number}, at attempt {attempt}")
                    session.commit()
                    return
                except Conflict:
                    session.rollback()
                except BaseException as error:  # noqa: BLE001 (told by the main thread)
                    errors.append(error)
                    return
                finally:
                    session.remove()
        errors.append(AssertionError(f"{number} never got through"))

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with separate_app.app_context():
        ticket = queries.get_by_id(actor, ticket_id)
        assert sorted(ticket.title[1:]) == [chr(0x100 + number) for number in range(PEOPLE)]
        assert ticket.version == PEOPLE + 1
        notes = session.scalars(select(JournalEntry.body).where(JournalEntry.kind == "internal")).all()
        assert len({note.split(",")[0] for note in notes}) == len(notes) == PEOPLE
        session.remove()
