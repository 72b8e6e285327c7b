"""Reminders: set in words, told once by mail and on every page, done or put off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident import jobs as incident_jobs
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import services as tickets
from itsm.tickets.models import JournalEntry
from itsm.tickets.reminders import queries, services
from itsm.tickets.reminders.instants import CHOICES, instant_of
from itsm.tickets.working_hours import next_at_work
from sla.calendars import services as calendar_services
from sla.calendars import working_hours
from tests.factories import Factory
from tests.itsm.web.browser import post

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday


def office_hours(person_id: int) -> None:
    weekly = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    hours = calendar_services.create_calendar(SYSTEM, name="Office", timezone="UTC", definition={"weekly": weekly})
    working_hours.set_workers(SYSTEM, hours, person_ids=[person_id])


def told(mail: str) -> list[str]:
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == mail)).all()
    return [row.payload["subject"] for row in rows if row.event_key.startswith("reminder:")]


@pytest.fixture
def agent(make: Factory) -> Actor:
    return make.actor("agent", email="ada@example.org", timezone="Europe/Stockholm")


def test_a_reminder_is_told_once_and_stays_until_it_is_done(app: Flask, make: Factory, agent: Actor) -> None:
    ticket = make.incident()
    row = services.remind(agent, ticket, at=NOW + timedelta(hours=2), note="call the supplier")
    services.tell(row.id)
    assert (row.state, queries.list_told(agent)) == ("waiting", [])
    with clock.frozen(NOW + timedelta(hours=3)):
        assert queries.list_due(clock.now()) == [row.id]
        services.tell(row.id)
        services.tell(row.id)
    assert told("ada@example.org") == [f"Reminder: {ticket.number} {ticket.title}"]
    assert [each[1].id for each in queries.list_told(agent)] == [ticket.id]
    services.snooze(agent, row.id, at=NOW + timedelta(hours=5))
    assert queries.list_told(agent) == []
    with clock.frozen(NOW + timedelta(hours=6)):
        services.tell(row.id)
    assert len(told("ada@example.org")) == 2
    services.finish(agent, row.id)
    assert queries.list_own(agent) == []


def test_who_works_here_no_longer_hears_nothing(app: Flask, make: Factory) -> None:
    person = make.person(roles=("agent",))
    row = services.remind(make.actor_of(person), make.incident(), at=NOW + timedelta(hours=1))
    person.active = False
    session.flush()
    with clock.frozen(NOW + timedelta(hours=2)):
        services.tell(row.id)
    assert (row.state, told(person.email or "")) == ("done", [])


def test_only_staff_and_only_ahead_and_only_ones_own(app: Flask, make: Factory, agent: Actor) -> None:
    ticket = make.incident()
    with pytest.raises(Forbidden):
        services.remind(make.actor("end_user"), ticket, at=NOW + timedelta(hours=1))
    with pytest.raises(Invalid):
        services.remind(agent, ticket, at=NOW)
    row = services.remind(agent, ticket, at=NOW + timedelta(hours=1))
    with pytest.raises(NotFound):
        services.finish(make.actor("agent"), row.id)


def test_words_mean_instants_on_the_persons_own_clocks(app: Flask, agent: Actor) -> None:
    meant = {name: instant_of(agent, name, NOW) for name in CHOICES}
    assert meant["2h"] == NOW + timedelta(hours=2)
    assert meant["tomorrow"] == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert meant["monday"] == datetime(2026, 11, 23, 8, tzinfo=UTC)
    office_hours(agent.person_id or 0)
    assert instant_of(agent, "work", NOW) == datetime(2026, 11, 19, 8, tzinfo=UTC)
    evening = datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert instant_of(agent, "work", evening) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    with pytest.raises(Invalid):
        instant_of(agent, "someday", NOW)


def test_an_incident_wakes_in_the_working_hours_of_its_person(app: Flask, make: Factory) -> None:
    person, plain = make.person(roles=("agent",)), make.person(roles=("agent",))
    office_hours(person.id)
    saturday = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert next_at_work(plain.id, saturday) == next_at_work(None, saturday) == saturday
    assert next_at_work(person.id, saturday) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    waiting = [make.incident(assignee_id=each.id) for each in (person, plain)]
    for ticket in waiting:
        tickets.take_step(SYSTEM, ticket, "hold", fields={"hold_reason": "planned", "wake_at": saturday})
    session.commit()
    with clock.frozen(saturday + timedelta(minutes=1)):
        incident_jobs.wake_waiting()
    first, second = (session.get_one(type(each), each.id) for each in waiting)
    assert (first.state, first.wake_at) == ("on_hold", datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert second.state == "in_progress"
    entry = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == first.id)).all()[-1]
    assert "at work" in entry.body
    with clock.frozen(datetime(2026, 11, 23, 8, 1, tzinfo=UTC)):
        incident_jobs.wake_waiting()
    assert session.get_one(type(first), first.id).state == "in_progress"


def test_the_pages_set_list_and_show_them(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("agent",))
    ticket = make.incident()
    make.sign_in(client, person)
    assert "when I am next at work" in client.get(f"/tickets/{ticket.id}/reminders").get_data(as_text=True)
    assert post(client, f"/tickets/{ticket.id}/reminders", when="2h", note="ring").status_code == 302
    assert post(client, f"/tickets/{ticket.id}/reminders").status_code == 422
    assert ticket.number in client.get("/reminders").get_data(as_text=True)
    assert client.get("/notices").get_data(as_text=True) == ""
    with clock.frozen(NOW + timedelta(hours=3)):
        row = queries.list_own(make.actor_of(person))[0][0]
        services.tell(row.id)
        shown = client.get("/notices")
        assert "ring" in shown.get_data(as_text=True)
        again = client.get("/notices", headers={"If-None-Match": shown.headers["ETag"]})
        assert again.status_code == 304
        assert post(client, f"/reminders/{row.id}/snooze", when="1h").status_code == 302
        assert post(client, f"/reminders/{row.id}/done").status_code == 302
    assert ticket.number not in client.get("/reminders").get_data(as_text=True)


def test_the_api_sets_lists_and_finishes(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    data: dict[str, Any] = {"ticket": make.incident().number, "at": "2026-11-19T09:00:00+01:00", "note": "ring"}
    made = client.post("/api/v1/reminders", json=data, headers=headers)
    assert (made.status_code, made.json["at"]) == (201, "2026-11-19T08:00:00+00:00")
    assert client.post("/api/v1/reminders", json={**data, "ticket": "INC9999999"}, headers=headers).status_code == 422
    assert len(client.get("/api/v1/reminders", headers=headers).json["items"]) == 1
    assert client.delete(f"/api/v1/reminders/{made.json['id']}", headers=headers).status_code == 204
