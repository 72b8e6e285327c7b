"""Clocks kept through the services that people use."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from itsm.kernel import clock, jobs
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.module import registry
from itsm.tickets import services
from itsm.tickets.models import NO_DUE
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.agreements.choice import choose_terms
from sla.calendars import services as calendar_services
from sla.models import SlaClock
from sla.services import note_reason, rebuild, start_clocks
from tests.conftest import NOW
from tests.factories import Factory
from tests.journal import whole_journal
from tests.sla.conftest import ALL_DAY, HOUR, Agreements, after, at, clock_row

SOLVED = {"resolution_code": "fixed", "resolution": "New cable"}
Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def agent(make: Factory) -> Actor:
    return make.actor()


@pytest.fixture
def night_and_day(agreements: Agreements) -> Agreements:
    agreements.make()
    return agreements


def test_a_new_incident_has_two_clocks_in_office_hours(app: Flask, make: Factory, agent: Actor) -> None:
    incident = make.incident(agent, impact=3, urgency=3)
    assert incident.priority == 3
    response, resolution = clock_row(incident, "response"), clock_row(incident)
    assert (response.state, response.due_at, response.target_seconds) == ("running", after(4), 4 * HOUR)
    # 09:00 UTC is 10:00 in Stockholm: 7 hours are left today, 9 tomorrow, the last 8 on Friday.
    assert resolution.due_at == NOW.replace(day=20, hour=15)
    assert (incident.due_state, incident.due_at, incident.due_target_seconds) == ("running", after(4), 4 * HOUR)


def test_the_condition_decides(app: Flask, make: Factory, agreements: Agreements) -> None:
    servers = agreements.make(condition="kind = incident and title ~ server")
    assert clock_row(make.incident(title="The server is down")).agreement_id == servers.id
    assert clock_row(make.incident(title="No paper")).agreement_id != servers.id


def test_the_nearest_organisation_wins_then_the_order(app: Flask, make: Factory, agreements: Agreements) -> None:
    group = make.organisation("Group")
    company = make.organisation("Company", parent=group)
    unit = make.organisation("Unit", parent=company)
    anyone = agreements.make("Anyone", order=1)
    whole = agreements.make("Whole group", organisation_id=group.id, order=50)
    late = agreements.make("Company, late", organisation_id=company.id, order=70)
    early = agreements.make("Company, early", organisation_id=company.id, order=60)
    agreements.make("Unit, other things", organisation_id=unit.id, condition="title ~ never")
    chosen = {
        name: clock_row(make.incident(requester_id=make.person(organisation_id=place).id)).agreement_id
        for name, place in (("unit", unit.id), ("group", group.id), ("none", make.organisation("Other").id))
    }
    assert chosen == {"unit": early.id, "group": whole.id, "none": anyone.id}
    agreement_services.change_agreement(SYSTEM, early, facts={"active": False})
    assert clock_row(make.incident(requester_id=make.person(organisation_id=unit.id).id)).agreement_id == late.id


def test_an_agreement_applies_while_it_is_valid(app: Flask, make: Factory, agreements: Agreements) -> None:
    future = agreements.make("From tomorrow", valid_from=NOW + timedelta(days=1))
    past = agreements.make("Until now", valid_to=NOW)
    present = agreements.make("From now", valid_from=NOW, valid_to=NOW + timedelta(days=1), order=3)
    assert clock_row(make.incident()).agreement_id == present.id
    with clock.frozen(NOW + timedelta(days=1)):
        assert clock_row(make.incident()).agreement_id == future.id
    assert past.id not in (present.id, future.id)


def test_hold_pauses_resolution_and_not_response(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent, impact=3, urgency=3)
    assert incident.priority == 3
    with at(2):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "supplier"})
    resolution, response = clock_row(incident), clock_row(incident, "response")
    assert (resolution.state, resolution.due_at, resolution.remaining_seconds) == ("paused", None, 6 * HOUR)
    assert (response.state, response.breached_at) == ("breached", after(1))
    assert (incident.due_state, incident.due_at) == ("breached", after(1))
    with at(2):
        services.write_entry(agent, incident, kind="public", body="We asked the supplier")
    assert (incident.due_state, incident.due_at, incident.due_left_seconds) == ("paused", NO_DUE, 6 * HOUR)
    with at(5):
        services.take_step(agent, incident, "resume")
    assert clock_row(incident).due_at == after(11)


def test_an_agreement_may_pause_the_response_too(
    app: Flask, make: Factory, agent: Actor, agreements: Agreements
) -> None:
    agreements.make(pause_response=True)
    incident = make.incident(agent)
    with at(0.5):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    assert (clock_row(incident, "response").state, clock_row(incident, "response").next_step_at) == ("paused", None)


# A ticket of priority 4 (24 h) that becomes priority 1 (15 min): raised while it runs, while it is paused, afterwards.


def test_a_raise_while_running_is_late_at_once(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent, impact=4, urgency=3)
    with at(5):
        services.override_priority(agent, incident, priority=1, reason="The board meets")
    row = clock_row(incident)
    assert (row.state, row.breached_at, row.due_at, row.priority) == ("breached", after(0.25), after(0.25), 1)
    assert incident.due_state == "breached"


def test_a_raise_while_paused_is_late_when_it_resumes(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent, impact=4, urgency=3)
    with at(5):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    with at(6):
        services.override_priority(agent, incident, priority=1, reason="The board meets")
    assert (clock_row(incident).state, clock_row(incident).breached_at) == ("paused", None)
    with at(8):
        services.take_step(agent, incident, "resume")
    assert (clock_row(incident).state, clock_row(incident).breached_at) == ("breached", after(0.25))


def test_a_raise_after_a_pause_does_not_keep_the_old_deadline(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent, impact=4, urgency=3)
    with at(1):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    with at(7):
        services.take_step(agent, incident, "resume")
    with at(8):
        services.override_priority(agent, incident, priority=2, reason="More people are hit")
    row = clock_row(incident)
    assert (row.state, row.due_at, row.elapsed_seconds, row.target_seconds) == (
        "running",
        after(10),
        2 * HOUR,
        4 * HOUR,
    )


def test_reopening_resumes_without_the_time_in_between(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent, impact=3, urgency=3)
    with at(3):
        services.take_step(agent, incident, "resolve", fields=SOLVED)
    ended = clock_row(incident)
    assert (ended.state, ended.ended_at, ended.elapsed_seconds, ended.next_step_at) == ("met", after(3), 3 * HOUR, None)
    assert (incident.due_state, incident.due_at) == ("met", NO_DUE)
    with at(20):
        services.take_step(agent, incident, "reopen", fields={"note": "again"})
    row = clock_row(incident)
    assert (row.state, row.due_at, row.ended_at, row.elapsed_seconds) == ("running", after(25), None, 3 * HOUR)


def test_only_the_first_public_answer_by_staff_is_a_response(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    requester = make.actor("end_user")
    incident = make.incident(requester)
    with at(0.1):
        services.write_entry(agent, incident, kind="internal", body="note")
        services.write_entry(agent, incident, kind="public", body="Out of office", automatic=True)
        services.write_entry(requester, incident, kind="public", body="Hello?")
    assert clock_row(incident, "response").state == "running"
    with at(0.5):
        services.write_entry(agent, incident, kind="public", body="We look at it")
    with at(3):
        services.write_entry(agent, incident, kind="public", body="Still at it")
    row = clock_row(incident, "response")
    assert (row.state, row.stopped_at, row.elapsed_seconds) == ("met", after(0.5), HOUR // 2)


def test_cancelling_ends_clocks_without_judging_them(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent)
    with at(0.5):
        services.take_step(agent, incident, "cancel", fields={"note": "A mistake"})
    assert {clock_row(incident, metric).state for metric in ("response", "resolution")} == {"cancelled"}
    assert clock_row(incident).ended_at == after(0.5)
    assert incident.due_state == ""


def test_an_ended_clock_keeps_the_group_that_ended_it(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    first, second = make.group("First"), make.group("Second", level=2)
    incident = make.incident(agent, group_id=first.id)
    with at(0.2):
        services.write_entry(agent, incident, kind="public", body="We look at it")
    with at(0.3):
        services.assign(agent, incident, group_id=second.id)
    assert (clock_row(incident, "response").group_id, clock_row(incident).group_id) == (first.id, second.id)


def test_another_agreement_keeps_the_pauses(app: Flask, make: Factory, agent: Actor, agreements: Agreements) -> None:
    category = make.category("Payroll")
    agreements.make("Plain", order=2)
    quick = {("resolution", priority): 2 * HOUR for priority in range(1, 6)}
    gold = agreements.make("Gold", order=1, condition="category = Payroll", targets=quick)
    incident = make.incident(agent)
    with at(1):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    with at(4):
        services.take_step(agent, incident, "resume")
    with at(4.5):
        services.change_facts(agent, incident, version=None, changes={"category_id": category.id})
    row = clock_row(incident)
    assert (row.agreement_id, row.target_seconds, row.due_at) == (gold.id, 2 * HOUR, after(5))
    # Gold promises no response: that clock ends uncounted, and would come back with an agreement that does.
    assert clock_row(incident, "response").target_seconds is None
    entry = whole_journal(incident.id)[-1]
    assert entry.changes == {"agreement": ["Plain", "Gold"]}
    with at(4.5):
        assert rebuild([incident.id]) == []


def test_from_the_change_on_with_the_share_that_remains(
    app: Flask, make: Factory, agent: Actor, agreements: Agreements
) -> None:
    agreements.make(target_change="from_change")
    incident = make.incident(agent, impact=4, urgency=3)
    with at(6):
        services.override_priority(agent, incident, priority=2, reason="More people are hit")
    assert (clock_row(incident).due_at, clock_row(incident).elapsed_seconds) == (after(9), HOUR)


def test_from_the_change_on_anew_is_a_new_generation(
    app: Flask, make: Factory, agent: Actor, agreements: Agreements
) -> None:
    agreements.make(target_change="anew")
    incident = make.incident(agent, impact=4, urgency=3)
    with at(6):
        services.override_priority(agent, incident, priority=2, reason="More people are hit")
    assert (clock_row(incident).due_at, clock_row(incident).generation) == (after(10), 2)
    with at(6):
        assert rebuild([incident.id]) == []


def test_a_change_of_terms_moves_open_clocks_only(
    app: Flask, make: Factory, agent: Actor, agreements: Agreements
) -> None:
    hours = agreements.calendar("Ours", weekly=ALL_DAY)
    agreement = agreements.make("Ours", calendar=hours)
    ended, running = make.incident(agent), make.incident(agent)
    with at(1):
        services.take_step(agent, ended, "resolve", fields=SOLVED)
    before = clock_row(ended)
    definition = {"weekly": ALL_DAY, "holidays": ["2026-11-19"]}
    with at(2):
        preview = calendar_services.preview_calendar(SYSTEM, hours, timezone="UTC", definition=definition)
        assert [(move.number, move.after_at) for move in preview.moves] == [(running.number, after(48))]
        calendar_services.change_calendar(SYSTEM, hours, name="Ours", timezone="UTC", definition=definition)
        run_tasks()
        assert clock_row(running).due_at == after(48)
        assert clock_row(ended).terms == before.terms
        assert rebuild([ended.id, running.id]) == []
        agreement_services.change_agreement(
            SYSTEM, agreement_queries.get_agreement(agreement.id), facts={"active": False}
        )
        run_tasks()
        assert clock_row(running).agreement_id != agreement.id


def run_tasks() -> None:
    session.flush()
    while jobs.run_tasks(registry().tasks).done:
        pass


def test_starting_clocks_costs_few_statements(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements, counted: Counted
) -> None:
    make.incident(agent)
    incident = make.incident(agent)
    session.execute(delete(SlaClock).where(SlaClock.ticket_id == incident.id))
    with counted() as statements:
        start_clocks(incident)
    assert len(statements) <= 4, statements


def test_only_a_missed_target_is_explained(app: Flask, make: Factory, agent: Actor, night_and_day: Agreements) -> None:
    incident = make.incident(agent)
    with pytest.raises(Invalid) as refusal:
        note_reason(agent, clock_row(incident, "response"), reason="x")
    assert "reason" in refusal.value.errors
    with at(2):
        services.write_entry(agent, incident, kind="public", body="Sorry")
    with pytest.raises(Forbidden):
        note_reason(make.actor("end_user"), clock_row(incident, "response"), reason="x")
    note_reason(agent, clock_row(incident, "response"), reason=" The night shift was ill ")
    assert clock_row(incident, "response").reason == "The night shift was ill"


def test_rebuild_finds_and_mends_what_drifted(
    app: Flask, make: Factory, agent: Actor, night_and_day: Agreements
) -> None:
    incident = make.incident(agent)
    row = clock_row(incident)
    row.due_at, row.state = after(99), "paused"
    session.flush()
    found = rebuild([incident.id], dry_run=True)
    assert {(each.number, each.metric, each.field) for each in found} == {
        (incident.number, "resolution", "due_at"),
        (incident.number, "resolution", "state"),
    }
    assert clock_row(incident).state == "paused"
    rebuild([incident.id])
    assert (clock_row(incident).state, clock_row(incident).due_at) == ("running", after(24))


def test_a_condition_that_became_wrong_applies_to_nothing(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreement = agreements.make()
    agreement.condition = "nonsense ="
    agreement_services.write_terms(agreement)
    terms = choose_terms(make.incident())
    assert terms is not None
    assert terms.agreement_id != agreement.id


def test_what_a_savepoint_takes_back_is_written_when_it_happens_again(make: Factory, agreements: Agreements) -> None:
    agreements.make()
    incident = make.incident(impact=3, urgency=3)
    of_ticket = SlaClock.ticket_id == incident.id, SlaClock.metric == "resolution"
    held = session.scalars(select(SlaClock).where(*of_ticket)).one()  # as a job holds it while it fires steps
    stored = select(SlaClock.target_seconds).where(*of_ticket)
    before = session.scalars(stored).one()
    savepoint = session.begin_nested()
    services.override_priority(SYSTEM, incident, priority=1, reason="The whole site")
    savepoint.rollback()
    assert session.scalars(stored).one() == held.target_seconds == before
    services.override_priority(SYSTEM, incident, priority=1, reason="The whole site")
    session.flush()
    assert session.scalars(stored).one() == held.target_seconds < before
