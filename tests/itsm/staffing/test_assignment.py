"""Tickets find their person by the group's strategy."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Group, Person
from itsm.kernel import clock, module
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.module import Extension, Module, Registry
from itsm.kernel.text import language
from itsm.staffing import services
from itsm.tickets import pages, queries
from itsm.tickets import services as tickets
from itsm.tickets.models import JournalEntry, Ticket
from sla.calendars.services import create_calendar
from sla.calendars.working_hours import set_workers
from tests.channels.mail.letters import outgoing
from tests.conftest import NOW
from tests.factories import Factory
from tests.statements import counted

DAY = timedelta(days=1)


def away(person: Person, deputy: Person | None = None, *, days: int = 1) -> None:
    services.enter_absence(
        SYSTEM,
        person_id=person.id,
        from_at=NOW - DAY,
        until_at=NOW + days * DAY,
        deputy_id=deputy.id if deputy else None,
    )


def team(make: Factory, strategy: str, *names: str, **facts: Any) -> tuple[Group, list[Person]]:
    """A group of agents with a strategy."""
    group = make.group(**facts)
    people = [make.person(name, roles=("agent",), groups=(group,)) for name in names]
    services.set_strategy(SYSTEM, group.id, strategy=strategy)
    return group, people


def story(ticket: Ticket) -> str:
    """What the ticket's page tells of the choice."""
    entries = pages.timeline(SYSTEM, ticket)["items"]
    return next((" · ".join(item.summary) for item in entries if "assignment" in item.entry.changes), "")


def test_without_a_strategy_nobody_is_chosen(app: Flask, make: Factory) -> None:
    group = make.group()
    make.person(roles=("agent",), groups=(group,))
    incident = make.incident(group_id=group.id)
    assert incident.assignee_id is None
    assert story(incident) == ""


def test_in_turn_each_gets_the_next_ticket(app: Flask, make: Factory) -> None:
    group, people = team(make, "round_robin", "Anna", "Bo", "Cia")
    got = [make.incident(group_id=group.id).assignee_id for _each in range(6)]
    assert got == [person.id for person in people] * 2


def test_by_load_the_least_loaded_gets_it(app: Flask, make: Factory) -> None:
    group, (anna, bo) = team(make, "by_load", "Anna", "Bo")
    for _each in range(2):
        make.incident(group_id=make.group().id, assignee_id=None).assignee_id = anna.id
    session.flush()
    assert [make.incident(group_id=group.id).assignee_id for _each in range(3)] == [bo.id, bo.id, anna.id]


def test_by_skill_only_who_can_do_it_gets_it(app: Flask, make: Factory) -> None:
    group, (anna, bo, cia) = team(make, "by_skill", "Anna", "Bo", "Cia")
    above = make.category(group=group)
    category = make.category(group=group, parent=above)
    linux, oracle = (services.create_skill(SYSTEM, name=name) for name in ("Linux", "Oracle"))
    services.set_need(SYSTEM, linux.id, category_id=above.id, least_level=2)
    services.set_need(SYSTEM, oracle.id, category_id=category.id, least_level=3)
    for person, skill, level in ((anna, linux, 5), (bo, linux, 2), (bo, oracle, 3), (cia, oracle, 5), (cia, linux, 1)):
        services.set_level(SYSTEM, skill.id, person_id=person.id, level=level)
    incident = make.incident(category_id=category.id)
    assert incident.assignee_id == bo.id
    assert "Anna (lacks a skill), Cia (lacks a skill)" in story(incident)
    services.set_level(SYSTEM, oracle.id, person_id=bo.id, level=0)
    other = make.incident(category_id=category.id)
    assert other.assignee_id is None
    assert story(other).startswith("nobody could be chosen · left out: Anna")


def test_the_choice_and_who_was_left_out_stand_in_the_story_in_the_readers_language(app: Flask, make: Factory) -> None:
    group, (anna, bo, cia) = team(make, "by_load", "Anna", "Bo", "Cia")
    away(anna)
    services.set_limit(SYSTEM, bo.id, most_open=0)
    incident = make.incident(group_id=group.id)
    assert incident.assignee_id == cia.id
    with language("en"):
        assert story(incident) == (
            "assigned to Cia · chosen for the fewest open tickets · left out: Anna (away), Bo (has as many as they take)"
        )
    assert incident.assignment_reason == "hand"


def test_the_deputys_deputy_takes_over_and_is_named_as_such(app: Flask, make: Factory) -> None:
    group, (anna,) = team(make, "round_robin", "Anna")
    other = make.group()
    dora, eva = (make.person(name, roles=("agent",), groups=(other,)) for name in ("Dora", "Eva"))
    away(anna, dora)
    away(dora, eva)
    incident = make.incident(group_id=group.id)
    assert incident.assignee_id == eva.id
    assert "as deputy of Anna" in story(incident)


def test_nobody_from_outside_stands_in_for_a_restricted_group(app: Flask, make: Factory) -> None:
    group, (anna,) = team(make, "round_robin", "Anna", restricted=True)
    away(anna, make.person(roles=("agent",), groups=(make.group(),)))
    assert make.incident(group_id=group.id).assignee_id is None


def test_a_ticket_passed_on_finds_its_person_and_one_handed_back_waits(app: Flask, make: Factory) -> None:
    group, (anna,) = team(make, "round_robin", "Anna")
    agent = make.actor()
    incident = make.incident(agent, group_id=make.group().id)
    tickets.assign(agent, incident, group_id=group.id)
    assert incident.assignee_id == anna.id
    tickets.assign(agent, incident, group_id=group.id, assignee_id=None)
    assert incident.assignee_id is None


def test_who_was_named_by_hand_stays_and_history_is_not_touched(app: Flask, make: Factory) -> None:
    group, (anna, bo) = team(make, "round_robin", "Anna", "Bo")
    assert make.incident(group_id=group.id, assignee_id=bo.id).assignee_id == bo.id
    assert make.incident(group_id=group.id, channel="import").assignee_id is None
    assert make.incident(group_id=group.id).assignee_id == anna.id


@dataclass
class NightShift:
    """Hours of somebody who works at night."""

    at_work: bool

    def is_working(self, at: datetime) -> bool:
        return self.at_work and at == NOW


@pytest.fixture
def hours(app: Flask) -> Iterator[dict[int, NightShift]]:
    """Hours of people, as a module of calendars would offer them."""
    known: dict[int, NightShift] = {}

    def read_many(_actor: Actor, ids: Sequence[int]) -> dict[int, NightShift]:
        return {each: known[each] for each in ids if each in known}

    before = module.registry()
    others = tuple(one for one in before.modules if not any(each.slot == "person.hours" for each in one.extensions))
    offering = Module(name="hours", title="Hours", extensions=(Extension("person.hours", "hours", read_many),))
    module.install(Registry((*others, offering)))
    yield known
    module.install(before)


def test_who_is_off_gets_nothing_and_who_has_no_hours_always_works(make: Factory, hours: dict[int, NightShift]) -> None:
    group, (anna, bo, cia) = team(make, "round_robin", "Anna", "Bo", "Cia")
    hours[anna.id], hours[bo.id] = NightShift(at_work=False), NightShift(at_work=True)
    incident = make.incident(group_id=group.id)
    assert [incident.assignee_id, make.incident(group_id=group.id).assignee_id] == [bo.id, cia.id]
    assert "Anna (outside working hours)" in story(incident)


def test_the_choice_is_one_entry_by_the_system_and_counts_as_accepted(app: Flask, make: Factory) -> None:
    group, (anna,) = team(make, "by_load", "Anna")
    incident = make.incident(make.actor(), group_id=group.id)
    entries = [entry for entry in queries.list_journal(SYSTEM, incident) if entry.kind == "change"]
    assert [(entry.actor_name, entry.changes["assignee_id"]) for entry in entries] == [("itsm", [None, anna.id])]


def test_requesters_learn_nothing_of_who_was_left_out(client: FlaskClient, make: Factory) -> None:
    group, (anna, _bo) = team(make, "round_robin", "Secretly Away", "Bo")
    away(anna)
    person = make.person()
    incident = make.incident(make.actor_of(person), category_id=make.category(group=group).id)
    caller = {"Authorization": f"Bearer {make.token(person)}"}
    text = client.get(f"/api/v1/incidents/{incident.number}/journal", headers=caller).text
    page = make.sign_in(client, person).get(f"/portal/tickets/{incident.number}").text
    assert "Secretly" not in text + page
    assert incident.title in page


class TestStatements:
    """What an opening costs."""

    @pytest.fixture
    def caller(self, make: Factory) -> dict[str, str]:
        make.person("Elena", email="elena@example.org")
        return {"Authorization": f"Bearer {make.token(make.person('Agent', roles=('agent',)))}"}

    def cost(self, client: FlaskClient, caller: dict[str, str], group: Group) -> int:
        body = {"title": "No labels", "requester": "elena@example.org", "group": group.name}
        assert client.post("/api/v1/incidents", json=body, headers=caller).status_code == 201
        with counted() as statements:
            answer = client.post("/api/v1/incidents", json=body, headers=caller)
        assert answer.status_code == 201
        return len(statements)

    def test_without_strategy_an_opening_costs_as_before_and_with_one_fifteen_statements_more(
        self, client: FlaskClient, make: Factory, caller: dict[str, str]
    ) -> None:
        plain = self.cost(client, caller, make.group())
        assert plain <= 20
        group, _people = team(make, "by_load", "Anna", "Bo")
        session.commit()
        few = self.cost(client, caller, group)
        assert few - plain <= 15
        more, _people = team(make, "by_load", *(f"P{number}" for number in range(20)))
        session.commit()
        assert self.cost(client, caller, more) == few


def race(app: Flask, work: Any, times: int) -> None:
    """Run `work` in threads at once, each with a transaction of its own."""
    failures: list[BaseException] = []
    start = threading.Barrier(times)

    def run() -> None:
        try:
            with app.app_context():
                start.wait()
                work()
                session.commit()
                session.remove()
        except BaseException as error:  # noqa: BLE001 (handed to the test's own thread)
            failures.append(error)

    threads = [threading.Thread(target=run) for _each in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_ten_workers_at_once_take_turns_and_keep_the_limits(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        turns, _people = team(make, "round_robin", "Anna", "Bo")
        load, (cia, dan) = team(make, "by_load", "Cia", "Dan")
        services.set_limit(SYSTEM, cia.id, most_open=2)
        services.set_limit(SYSTEM, dan.id, most_open=1)
        turns_id, load_id, cia_id, dan_id = turns.id, load.id, cia.id, dan.id
        session.commit()
        session.remove()

    def open_both() -> None:
        make.incident(group_id=turns_id)
        make.incident(group_id=load_id)

    race(separate_app, open_both, 10)
    with separate_app.app_context():
        rows = session.execute(select(Incident.group_id, Incident.assignee_id)).all()
        in_turn = Counter(row.assignee_id for row in rows if row.group_id == turns_id)
        by_load = Counter(row.assignee_id for row in rows if row.group_id == load_id)
        explained = session.scalars(select(JournalEntry).where(JournalEntry.kind == "change")).all()
        session.remove()
    assert sorted(in_turn.values()) == [5, 5]
    assert by_load == {cia_id: 2, dan_id: 1, None: 7}
    assert len(explained) == 20


def test_the_chosen_person_is_told_once_and_the_group_is_not(app: Flask, make: Factory) -> None:
    group, (anna,) = team(make, "round_robin", "Anna", email="team@desk.test")
    first = make.incident(make.actor(), group_id=group.id)
    second = make.incident(make.actor(), group_id=make.group(email="front@desk.test").id)
    tickets.assign(make.actor(), second, group_id=group.id)
    told = [(row.event_key.split(":")[1], row.recipient) for row in outgoing()]
    assert told == [(str(first.id), anna.email), (str(second.id), "front@desk.test"), (str(second.id), anna.email)]


def test_working_hours_of_the_agreements_calendars_count(app: Flask, make: Factory) -> None:
    group, (anna, bo) = team(make, "round_robin", "Anna", "Bo")
    evenings = create_calendar(
        SYSTEM, name="Evenings", timezone="UTC", definition={"weekly": {"wed": [["18:00", "22:00"]]}}
    )
    set_workers(SYSTEM, evenings, person_ids=[anna.id])
    assert make.incident(group_id=group.id).assignee_id == bo.id
    with clock.frozen(NOW + timedelta(hours=10)):
        assert make.incident(group_id=group.id).assignee_id == anna.id
