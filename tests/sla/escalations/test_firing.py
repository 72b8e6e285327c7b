"""Escalation steps: once, in order, with their effects."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from incident import services as incidents
from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel import clock, jobs
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.outbox import OutboxMessage
from itsm.search.models import SearchDocument, SearchPart
from itsm.staffing import services as staffing
from itsm.tickets import services
from itsm.tickets.models import JournalEntry, Ticket
from sla.agreements.services import StepInput
from sla.jobs import fire_steps
from sla.models import FiredStep, SlaClock
from tests.conftest import NOW
from tests.factories import Factory
from tests.journal import whole_journal
from tests.sla.conftest import HOUR, Agreements, after, at, clock_row

RESOLUTION_ONLY = {("resolution", priority): 4 * HOUR for priority in range(1, 6)}
STEPS = (
    StepInput("resolution", 50, ("notify_assignee",)),
    StepInput("resolution", 75, ("notify_assignee", "notify_group")),
    StepInput("resolution", 100, ("raise_level", "notify_manager")),
)


@pytest.fixture
def agent(make: Factory) -> Actor:
    return make.actor()


def mails() -> list[tuple[str, str, str]]:
    rows = session.scalars(
        select(OutboxMessage).where(OutboxMessage.event_key.startswith("sla:")).order_by(OutboxMessage.id)
    )
    return [(row.recipient, row.payload["subject"], row.payload["text"]) for row in rows]


def fired(incident: Ticket) -> list[int]:
    statement = select(FiredStep.place).where(FiredStep.ticket_id == incident.id).order_by(FiredStep.id)
    return [int(place.removesuffix("%")) for place in session.scalars(statement)]


def fresh(incident: Ticket) -> Incident:
    return session.get_one(Incident, incident.id, populate_existing=True)


def staffed(make: Factory, agreements: Agreements) -> tuple[Incident, str, str]:
    """An incident assigned to Ann, in a group managed by Max that passes on to the second level."""
    second = make.group("Second", level=2)
    boss = make.person("Max", email="max@example.org")
    group = make.group("First", escalates_to_id=second.id, manager_id=boss.id, email="first@example.org")
    ann = make.person("Ann", roles=("agent",), groups=(group,), email="ann@example.org", language="sv")
    agreements.make(targets=RESOLUTION_ONLY, steps=STEPS)
    incident = incidents.open_incident(SYSTEM, title="Server is down", group_id=group.id, assignee_id=ann.id)
    return incident, "ann@example.org", "max@example.org"


def test_steps_fire_at_their_share_and_once(app: Flask, make: Factory, agreements: Agreements) -> None:
    incident, ann, boss = staffed(make, agreements)
    assert clock_row(incident).next_step_at == after(2)
    with at(1.99):
        assert fire_steps().done == 0
    with at(2):
        assert fire_steps().done == 1
        assert fire_steps().done == 0
    assert [to for to, _subject, _text in mails()] == [ann]
    with at(3):
        fire_steps()
    assert [to for to, _subject, _text in mails()] == [ann, ann, "first@example.org"]
    with at(4):
        fire_steps()
    assert (clock_row(incident).state, clock_row(incident).next_step_at) == ("running", after(4) + timedelta(seconds=1))
    assert [to for to, _subject, _text in mails()][3:] == [boss]
    assert (fresh(incident).level, fired(incident)) == (2, [50, 75, 100])
    with clock.frozen(after(4) + timedelta(seconds=1)):
        fire_steps()
        assert fire_steps().done == 0
    assert (clock_row(incident).state, clock_row(incident).breached_at) == ("breached", after(4))
    assert fresh(incident).due_state == "breached"
    assert len(mails()) == 4


def test_the_journal_says_which_step_fired(app: Flask, make: Factory, agreements: Agreements) -> None:
    incident, _ann, _boss = staffed(make, agreements)
    with at(2):
        fire_steps()
    assert whole_journal(incident.id)[-1].changes == {"sla.resolution": [None, 50]}


def test_missed_steps_fire_late_in_order_and_tell_each_person_once(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    incident, ann, boss = staffed(make, agreements)
    with at(9):
        assert fire_steps().done == 1
    assert fired(incident) == [50, 75, 100]
    told = {to: (subject, text) for to, subject, text in mails()}
    assert set(told) == {ann, boss, "first@example.org"}
    assert len(mails()) == 3
    subject, text = told[ann]
    assert subject.startswith(f"[{incident.number}]")
    assert "75" in subject
    assert "50" in text
    row = clock_row(incident)
    assert (row.state, row.breached_at, row.next_step_at) == ("breached", after(4), None)


def test_a_pause_suspends_steps_and_moves_them(app: Flask, make: Factory, agreements: Agreements, agent: Actor) -> None:
    incident, _ann, _boss = staffed(make, agreements)
    with at(1):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    with at(30):
        assert fire_steps().done == 0
        services.take_step(agent, fresh(incident), "resume")
    assert clock_row(incident).next_step_at == after(31)
    with at(31):
        fire_steps()
    assert fired(incident) == [50]


def test_a_later_due_instant_does_not_fire_a_step_again(
    app: Flask, make: Factory, agreements: Agreements, agent: Actor
) -> None:
    targets = {("resolution", priority): priority * 4 * HOUR for priority in range(1, 6)}
    agreements.make(targets=targets, steps=STEPS[:2])
    incident = make.incident(agent, impact=1, urgency=1)
    with at(2):
        fire_steps()
        services.override_priority(agent, fresh(incident), priority=2, reason="Less urgent")
    assert (fired(incident), clock_row(incident).next_step_at) == ([50], after(6))


def test_a_new_generation_fires_its_steps_again(
    app: Flask, make: Factory, agreements: Agreements, agent: Actor
) -> None:
    targets = {("resolution", priority): priority * 4 * HOUR for priority in range(1, 6)}
    agreements.make(targets=targets, steps=STEPS[:1], target_change="anew")
    incident = make.incident(agent, impact=1, urgency=1)
    with at(2):
        fire_steps()
        services.override_priority(agent, fresh(incident), priority=2, reason="Less urgent")
    with at(6):
        fire_steps()
    assert fired(incident) == [50, 50]


def test_an_impossible_effect_is_noted_and_the_others_happen(
    app: Flask, make: Factory, agreements: Agreements, agent: Actor
) -> None:
    agreements.make(targets=RESOLUTION_ONLY, steps=STEPS[2:])
    top = make.group("Top", level=3)
    incident = make.incident(agent, group_id=top.id)
    with at(4):
        assert fire_steps().failed == 0
    notes = [entry.body for entry in whole_journal(incident.id) if entry.kind == "internal"]
    assert len(notes) == 2
    assert fired(incident) == [100]


def test_a_resolved_ticket_fires_nothing(app: Flask, make: Factory, agreements: Agreements, agent: Actor) -> None:
    incident, _ann, _boss = staffed(make, agreements)
    with at(1):
        services.take_step(agent, incident, "resolve", fields={"resolution_code": "fixed", "resolution": "x"})
    with at(9):
        assert fire_steps().done == 0
    assert fired(incident) == []


def test_the_same_step_cannot_be_noted_twice(app: Flask, make: Factory, agreements: Agreements) -> None:
    incident, _ann, _boss = staffed(make, agreements)
    row = {"ticket_id": incident.id, "metric": "resolution", "generation": 1, "place": "50%", "fired_at": NOW}
    session.execute(insert(FiredStep), [row])
    with pytest.raises(IntegrityError):
        session.execute(insert(FiredStep), [row])


def test_one_bad_ticket_costs_only_itself(
    app: Flask, make: Factory, agreements: Agreements, agent: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreements.make(targets=RESOLUTION_ONLY, steps=(StepInput("resolution", 50, ("notify_requester",)),))
    good, bad = make.incident(agent), make.incident(agent)
    bad_id, real = bad.id, services.write_changes

    def failing(actor: Actor, changed: Sequence[tuple[Ticket, Mapping[str, Any]]]) -> None:
        if bad_id in [ticket.id for ticket, _changes in changed]:
            raise ValueError("broken")
        real(actor, changed)

    monkeypatch.setattr(services, "write_changes", failing)
    with at(2):
        outcome = fire_steps()
    assert (outcome.done, outcome.failed) == (1, 1)
    assert (fired(good), fired(bad)) == ([50], [])


@pytest.fixture
def committed(built_app: Flask) -> Iterator[int]:
    """An incident that is really committed, so that two connections can race for its step; removed afterwards."""
    with built_app.app_context(), clock.frozen(NOW), unit_of_work():
        ticket_id = incidents.open_incident(SYSTEM, title="Race", impact=1, urgency=1).id
    yield ticket_id
    with built_app.app_context(), unit_of_work():
        for index in (SearchDocument, SearchPart):
            session.execute(delete(index).where(index.record_id == ticket_id))
        for table in (FiredStep, SlaClock, JournalEntry):
            session.execute(delete(table).where(table.ticket_id == ticket_id))
        session.execute(delete(Incident.__table__).where(Incident.__table__.c.ticket_id == ticket_id))
        session.execute(delete(Ticket.__table__).where(Ticket.__table__.c.id == ticket_id))
        session.execute(delete(OutboxMessage).where(OutboxMessage.event_key.startswith(f"sla:{ticket_id}:")))


def test_two_workers_fire_a_step_once(built_app: Flask, committed: int) -> None:
    start = threading.Barrier(2)
    outcomes: list[jobs.Outcome] = []

    def work() -> None:
        with built_app.app_context(), clock.frozen(NOW + timedelta(days=30)):
            start.wait()
            outcomes.append(fire_steps())
            session.remove()

    workers = [threading.Thread(target=work) for _each in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with built_app.app_context():
        steps = session.execute(
            select(FiredStep.metric, FiredStep.place, func.count())
            .where(FiredStep.ticket_id == committed)
            .group_by(FiredStep.metric, FiredStep.place)
        ).all()
        entries = session.scalars(
            select(JournalEntry).where(JournalEntry.ticket_id == committed, JournalEntry.kind == "change")
        )
        told = [entry for entry in entries if "sla.response" in entry.changes]
    assert {tuple(row) for row in steps} == {
        (metric, f"{percent}%", 1) for metric in ("resolution", "response") for percent in (50, 75, 100)
    }
    assert len(told) == 1
    assert sum(outcome.failed for outcome in outcomes) == 0


ON_CALL = (StepInput("resolution", 50, ("call_rota",)),)


def with_rota(make: Factory, **facts: Any) -> tuple[Incident, Person]:
    """An incident of a group that Max manages and whose rota has Nina on call around the clock, far from office hours."""
    boss = make.person("Max", email="max@example.org")
    group = make.group("Network", manager_id=boss.id)
    nina = make.person("Nina", roles=("agent",), groups=(group,), email="nina@example.org", **facts)
    start = {"timezone": "UTC", "starts_on": NOW.date() - timedelta(days=8), "handover_minute": 0}
    staffing.create_rota(SYSTEM, name="Nights", group_id=group.id, person_ids=[nina.id], **start)
    return incidents.open_incident(SYSTEM, title="Line is down", group_id=group.id), nina


def test_a_step_calls_whoever_is_on_call_at_any_hour(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets=RESOLUTION_ONLY, steps=ON_CALL)
    incident, _nina = with_rota(make)
    with at(2):
        fire_steps()
    ((to, _subject, text),) = mails()
    assert (to, "Nights" in text) == ("nina@example.org", True)
    assert whole_journal(incident.id)[-1].changes == {"sla.on_call": [None, "Nina (Nights)"]}
    queued = session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == to)).one()
    assert queued.next_at == after(2)


def test_where_nobody_is_on_call_the_manager_is_told_and_the_ticket_says_so(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agreements.make(targets=RESOLUTION_ONLY, steps=ON_CALL)
    incident, nina = with_rota(make)
    staffing.enter_absence(SYSTEM, person_id=nina.id, from_at=NOW, until_at=NOW + timedelta(days=2))
    with at(2):
        fire_steps()
    assert [to for to, _subject, _text in mails()] == ["max@example.org"]
    notes = [entry.body for entry in whole_journal(incident.id) if entry.kind == "internal"]
    assert notes == ["Nobody is on call for the group of this ticket now, so its manager is told instead."]


def test_a_call_that_no_mail_reaches_goes_to_the_manager(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets=RESOLUTION_ONLY, steps=ON_CALL)
    incident, nina = with_rota(make)
    nina.mail_failed_at = NOW
    with at(2):
        fire_steps()
    assert [to for to, _subject, _text in mails()] == ["max@example.org"]
    assert "Nina" in next(entry.body for entry in whole_journal(incident.id) if entry.kind == "internal")
