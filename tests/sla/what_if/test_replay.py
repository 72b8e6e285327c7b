"""What-if: the same terms give what is stored, other terms give what they would have given, and nothing is written."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config.priorities import MATRIX
from incident.models import Incident
from itsm.kernel import clock, jobs
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, session
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.jobs import BackgroundTask
from itsm.tickets import services
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.priority import priority_of
from sla.agreements.terms import terms_by_id
from sla.escalations.firing import wake
from sla.models import Agreement, BusinessHours, SlaClock
from sla.what_if import queries as what_if_queries
from sla.what_if import replay as what_if
from sla.what_if.priority import under_matrix
from sla.what_if.replay import Study, run_task
from sla.what_if.scenario import Scenario, checked, from_payload, last_quarter, replacement_of
from tests.conftest import NOW
from tests.factories import Factory
from tests.properties import examples
from tests.sla.conftest import HOUR, Agreements, after, at, clock_row
from tests.statements import counted

RESOLVE = {"resolution_code": "fixed", "resolution": "x"}
FLAT = tuple(tuple(3 for _urgency in range(4)) for _impact in range(4))
SHIPPED = tuple(tuple(MATRIX[impact]) for impact in sorted(MATRIX))


def scenario(hours: float = 24 * 30, **facts: Any) -> Scenario:
    """The month from the day of the tests' beginning, looked at so many hours after it."""
    first = NOW.date()
    return Scenario(first, first + timedelta(days=28), "UTC", after(hours), **facts)


def replayed(wanted: Scenario) -> Study:
    study = Study(wanted)
    study.take(session.scalars(select(Ticket.id)).all())
    return study


def agreement(name: str = "Standard") -> Agreement:
    return session.scalars(select(Agreement).where(Agreement.name == name)).one()


def sums(study: Study, side: str) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for (_kind, metric, _priority, each, counts), number in study.replay.figures.items():
        if each == side:
            found[metric, counts] += number
    return dict(found)


def live(make: Factory, agent: Actor, chance: random.Random, groups: list[int]) -> Incident:
    """A random life: answers, waits, changes of facts and group, overrides, solutions, reopenings."""
    when = NOW + timedelta(minutes=chance.randint(0, 5000))
    with clock.frozen(when):
        incident = make.incident(agent, impact=chance.randint(1, 4), urgency=chance.randint(1, 4))
    for _each in range(chance.randint(1, 9)):
        when += timedelta(minutes=chance.choice([11, 130, 700, 1900]))
        with clock.frozen(when):
            wake([incident.id])
            _step(agent, incident, chance, groups)
    return incident


def _step(agent: Actor, incident: Incident, chance: random.Random, groups: list[int]) -> None:
    possible = {
        "new": ["hold", "start", "resolve"],
        "in_progress": ["hold", "resolve"],
        "on_hold": ["resume", "resolve"],
        "resolved": ["reopen"],
    }[incident.state]
    taken = chance.choice([*possible, "answer", "facts", "override", "matrix", "group"])
    if incident.state == "resolved":
        taken = "reopen"
    if taken == "answer":
        services.write_entry(agent, incident, kind="public", body="We look at it")
    elif taken == "facts":
        facts = {"impact": chance.randint(1, 4), "urgency": chance.randint(1, 4)}
        services.change_facts(agent, incident, version=None, changes=facts)
    elif taken == "override":
        services.override_priority(agent, incident, priority=chance.randint(1, 5), reason="Facts")
    elif taken == "matrix":
        services.override_priority(agent, incident, priority=None, reason="")
    elif taken == "group":
        services.assign(agent, incident, group_id=chance.choice(groups))
    else:
        fields = {"hold": {"hold_reason": "customer"}, "resolve": RESOLVE, "reopen": {"note": "again"}}
        services.take_step(agent, incident, taken, fields=fields.get(taken, {}))


@pytest.mark.parametrize("seed", range(examples(10)))
def test_the_same_terms_give_exactly_what_is_stored(
    app: Flask, make: Factory, agreements: Agreements, seed: int
) -> None:
    """An agreement in place of its own terms, the shipped matrix in place of itself: stored, before and after are one."""
    chance, agent = random.Random(seed), make.actor()
    groups = [make.group().id for _each in range(2)]
    agreements.make(
        "OLA", kind="ola", condition="", targets={("resolution", each): HOUR * each for each in range(1, 6)}
    )
    tickets = [live(make, agent, chance, groups) for _each in range(4)]
    with at(24 * 20):
        wake([each.id for each in tickets])
        session.flush()
        same = replayed(scenario(24 * 20, agreement_id=agreement().id, instead_id=agreement().id, matrix=SHIPPED))
    assert same.replay.looked_at == len(tickets)
    assert (same.replay.drift, same.replay.changes) == (0, [])
    assert sums(same, "before") == sums(same, "after") == stored_sums()


def stored_sums() -> dict[tuple[str, str], int]:
    """Rule R1 said once more, over the stored rows: the period holds all that ended, and the question comes at its end."""
    found: Counter[tuple[str, str]] = Counter()
    for row in session.scalars(select(SlaClock)):
        if row.state == "cancelled":
            continue
        if row.breached_at is not None:
            found[row.metric, "missed"] += 1
        elif row.ended_at is not None:
            found[row.metric, "met"] += 1
    return dict(found)


@pytest.mark.parametrize("seed", range(examples(10)))
def test_a_matrix_rewrites_the_journal_as_services_would_have_written_it(app: Flask, make: Factory, seed: int) -> None:
    """The oracle lives through the same facts with the other matrix, step by step."""
    chance, agent = random.Random(100 + seed), make.actor()
    incident = live(make, agent, chance, [make.group().id])
    statement = select(JournalEntry).where(JournalEntry.ticket_id == incident.id).order_by(JournalEntry.id)
    journal = session.scalars(statement).all()
    given = under_matrix(journal, FLAT, reason_now=incident.priority_reason)
    assert len(given) == len(journal)
    impact = urgency = priority = recorded = 0
    reason = ""
    for entry, other in zip(journal, given, strict=True):
        impact = entry.changes.get("impact", (0, impact))[1]
        urgency = entry.changes.get("urgency", (0, urgency))[1]
        reason = entry.changes.get("priority_reason", ("", reason))[1]
        recorded = entry.changes.get("priority", (0, recorded))[1]
        before, priority = priority, other.changes.get("priority", (0, priority))[1]
        assert priority == (recorded if reason else 3)
        if "priority" in other.changes and entry.kind != "created":
            assert other.changes["priority"] == [before, priority]
        assert (other.at, other.kind, other.by_requester) == (entry.at, entry.kind, entry.by_requester)
    again = under_matrix(journal, SHIPPED, reason_now=incident.priority_reason)
    assert [each.changes.get("priority") for each in again] == [each.changes.get("priority") for each in journal]
    assert impact
    assert urgency


def test_a_priority_set_by_hand_from_the_start_stays(app: Flask, make: Factory) -> None:
    incident = make.incident(make.actor(), impact=1, urgency=1)
    journal = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == incident.id)).all()
    by_hand = under_matrix(journal, FLAT, reason_now="The manager said so")
    assert by_hand[0].changes["priority"] == [None, priority_of(1, 1)]
    assert under_matrix(journal, FLAT, reason_now="")[0].changes["priority"] == [None, 3]


def test_other_targets_move_the_outcome_with_due_times(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make("Tight")  # an hour to respond, 24 to resolve at priority 4
    agent = make.actor()
    kept, late = make.incident(agent, impact=4, urgency=3), make.incident(agent, impact=4, urgency=3)
    with at(2):
        services.take_step(agent, kept, "resolve", fields=RESOLVE)
    with at(30):
        services.take_step(agent, late, "resolve", fields=RESOLVE)
    targets = (("resolution", 4, 48 * HOUR), ("response", 4, HOUR))
    study = replayed(scenario(agreement_id=agreement("Tight").id, targets=targets))
    assert sums(study, "before") == {
        ("resolution", "met"): 1,
        ("resolution", "missed"): 1,
        ("response", "missed"): 2,
    }
    assert sums(study, "after") == {("resolution", "met"): 2, ("response", "missed"): 2}
    (change,) = study.replay.changes
    assert (change.ticket_id, change.turn[0].metric) == (late.id, "resolution")
    assert (change.before.counts, change.after.counts) == ("missed", "met")
    assert (change.before.due_at, change.after.due_at) == (after(24), after(48))


def test_another_agreement_may_promise_more_and_less(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make("Basic", targets={("resolution", 4): 24 * HOUR})
    gold = agreements.make(
        "Gold", order=2, targets={("response", 4): HOUR, ("acceptance", 4): HOUR, ("resolution", 1): HOUR}
    )
    agent = make.actor()
    incident = make.incident(agent, impact=4, urgency=3)
    with at(2):
        services.take_step(agent, incident, "resolve", fields=RESOLVE)
    study = replayed(scenario(agreement_id=agreement("Basic").id, instead_id=gold.id))
    assert sums(study, "before") == {("resolution", "met"): 1}
    assert sums(study, "after") == {("response", "missed"): 1, ("acceptance", "missed"): 1}
    ways = {(each.turn[0].metric, each.before.counts, each.after.counts) for each in study.replay.changes}
    assert ways == {("resolution", "met", ""), ("response", "", "missed"), ("acceptance", "", "missed")}


def test_another_calendar_counts_other_hours(app: Flask, make: Factory, agreements: Agreements) -> None:
    never_weekend = agreements.calendar("Weekdays", weekly={day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed")})
    agreements.make("Night and day")
    agent = make.actor()
    incident = make.incident(agent, impact=4, urgency=3)  # a Wednesday
    with at(4 * 24):
        services.take_step(agent, incident, "resolve", fields=RESOLVE)
    around = session.scalars(select(BusinessHours.id).where(BusinessHours.name == "Around the clock")).one()
    study = replayed(scenario(calendar_id=around, calendar_instead_id=never_weekend.id))
    assert sums(study, "before")["resolution", "missed"] == 1
    assert sums(study, "after")["resolution", "met"] == 1
    same = replayed(scenario(calendar_id=never_weekend.id, calendar_instead_id=around))
    assert same.replay.changes == []


def test_a_renamed_calendar_is_still_known(app: Flask, make: Factory, agreements: Agreements) -> None:
    old = agreements.calendar("Old name")
    other = agreements.calendar("Short", weekly={"mon": [["08:00", "09:00"]]})
    made = agreements.make("Night and day", calendar=old)
    terms = replacement_of(scenario(calendar_id=old.id, calendar_instead_id=other.id))
    old.name = "New name"
    session.flush()
    applied = terms_by_id([made.terms_id])[made.terms_id]
    assert applied.calendar_name == "Old name"
    assert terms(applied).calendar_name == "Short"
    assert replacement_of(scenario(calendar_id=old.id, calendar_instead_id=other.id))(applied).calendar_name == "Short"


def test_a_matrix_moves_tickets_between_priorities_and_figures_add_up(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agreements.make("Night and day")
    agent = make.actor()
    for urgency in range(1, 5):
        incident = make.incident(agent, impact=1, urgency=urgency)
        with at(6):
            services.take_step(agent, incident, "resolve", fields=RESOLVE)
    study = replayed(scenario(matrix=FLAT))
    figures = study.replay.figures
    assert {priority for (_kind, _metric, priority, side, _counts) in figures if side == "after"} == {3}
    assert sum(sums(study, "before").values()) == sum(sums(study, "after").values()) == 8
    assert sums(study, "after")["resolution", "met"] == 4
    assert clock_row(incident).priority == priority_of(1, 4)


def rows_of_all_tables() -> dict[str, list[Any]]:
    session.flush()
    return {
        table.name: [tuple(map(repr, row)) for row in session.execute(select(table).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
        if table.name not in ("background_task", "stored_file")
    }


def test_the_task_writes_nothing_and_reports_its_progress(
    app: Flask, make: Factory, agreements: Agreements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if, "BATCH", 2)
    agreements.make("Night and day")
    agent, boss = make.actor(), make.actor("supervisor")
    for _each in range(5):
        incident = make.incident(agent, impact=4, urgency=3)
        with at(30):
            services.take_step(agent, incident, "resolve", fields=RESOLVE)
    with at(24 * 30):
        wanted = checked(scenario(agreement_id=agreement("Night and day").id, targets=(("resolution", 4, HOUR * 99),)))
        task = what_if.ask(boss, wanted)
        session.commit()
        before = rows_of_all_tables()
        jobs.run_tasks({what_if.TASK: run_task})
        assert rows_of_all_tables() == before
        task = session.get_one(BackgroundTask, task.id, populate_existing=True)
        assert (task.state, task.result["looked_at"], task.result["changed"]) == ("done", 5, 5)
        assert task.progress == "5 / 5"
        lines = what_if.read_changes(boss, task.id).decode("utf-8-sig").splitlines()
    assert len(lines) == 6
    assert lines[1].startswith(
        f"{session.get_one(Ticket, task.result['changes'][0]['ticket_id']).number},sla,resolution"
    )


def test_a_cancelled_task_stops_at_its_next_step(app: Flask, make: Factory, agreements: Agreements) -> None:
    boss = make.actor("supervisor")
    make.incident(boss)
    with at(24 * 30):
        task = what_if.ask(boss, checked(scenario(matrix=FLAT)))
        session.commit()

        def cancelled(payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
            jobs.cancel(session.get_one(BackgroundTask, task.id))
            session.commit()
            return run_task(payload, progress)

        jobs.run_tasks({what_if.TASK: cancelled})
    task = session.get_one(BackgroundTask, task.id, populate_existing=True)
    assert (task.state, task.result) == ("cancelled", None)


def test_only_tickets_that_the_actor_may_read_are_replayed(app: Flask, make: Factory) -> None:
    secret = make.group(restricted=True)
    make.incident(make.actor())
    hidden = make.incident(make.actor(groups=(secret,)), group_id=secret.id)
    boss, member = make.actor("supervisor"), make.actor("supervisor", groups=(secret,))
    span = (NOW - timedelta(days=1), after(24))
    assert hidden.id not in what_if_queries.list_tickets(boss, *span, limit=10)
    assert hidden.id in what_if_queries.list_tickets(member, *span, limit=10)
    task = what_if.ask(boss, scenario(matrix=FLAT))
    with pytest.raises(NotFound):
        what_if.get_task(member, task.id)


def test_a_run_is_cut_at_the_most_and_says_so(app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MOST_TICKETS", 2)
    boss = make.actor("supervisor")
    numbers = [make.incident(boss).id for _each in range(3)]
    with at(24 * 30):
        task = what_if.ask(boss, scenario(matrix=FLAT))
        session.commit()
        jobs.run_tasks({what_if.TASK: run_task})
    result = session.get_one(BackgroundTask, task.id, populate_existing=True).result
    assert result is not None
    assert (result["cut"], result["looked_at"]) == (True, 2)
    assert numbers[0] not in {each["ticket_id"] for each in result["changes"]}


def test_the_statements_of_a_batch_do_not_follow_its_tickets(app: Flask, make: Factory) -> None:
    agent = make.actor()

    def statements() -> int:
        session.expunge_all()
        with counted() as seen:
            replayed(scenario(matrix=FLAT))
        return len(seen)

    make.incident(agent)
    statements()
    few = statements()
    for _each in range(9):
        make.incident(agent)
    assert statements() == few


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({}, "agreement"),
        ({"matrix": SHIPPED}, "agreement"),
        ({"instead_id": 1}, "agreement"),
        ({"agreement_id": 999_999, "instead_id": 1}, "agreement"),
        ({"calendar_id": 1, "calendar_instead_id": 999_999}, "calendar_instead"),
        ({"calendar_id": 1}, "calendar_instead"),
        ({"calendar_instead_id": 1}, "calendar"),
        ({"matrix": ((5, 1, 1, 1), *FLAT[1:])}, "matrix"),
        ({"matrix": ((0, 1, 1, 1), *FLAT[1:])}, "matrix"),
        ({"matrix": FLAT, "end": date(2020, 1, 1)}, "to"),
        ({"matrix": FLAT, "first": date(2010, 1, 1)}, "from"),
    ],
)
def test_a_wrong_question_names_its_field(app: Flask, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(replace(scenario(), **facts))
    assert field in caught.value.errors


def test_a_period_that_has_not_begun_is_refused(app: Flask) -> None:
    with pytest.raises(Invalid) as caught:
        checked(scenario(-48, matrix=FLAT))
    assert "from" in caught.value.errors


def test_an_agreement_of_another_kind_is_refused(app: Flask, agreements: Agreements) -> None:
    ola = agreements.make("OLA", kind="ola", condition="")
    with pytest.raises(Invalid) as caught:
        checked(scenario(agreement_id=agreement().id, instead_id=ola.id))
    assert "instead" in caught.value.errors


def test_a_scenario_survives_its_payload(app: Flask) -> None:
    wanted = scenario(agreement_id=1, targets=(("resolution", 4, 60),), hours_id=2, matrix=FLAT)
    assert from_payload(wanted.as_payload()) == wanted


@pytest.mark.parametrize(
    ("today", "jalali", "first", "end"),
    [
        (date(2026, 11, 18), False, date(2026, 7, 1), date(2026, 10, 1)),
        (date(2026, 1, 1), False, date(2025, 10, 1), date(2026, 1, 1)),
        (date(2026, 11, 18), True, date(2026, 6, 22), date(2026, 9, 23)),  # the summer of 1405
    ],
)
def test_the_last_quarter_is_whole(today: date, jalali: bool, first: date, end: date) -> None:
    assert last_quarter(today, jalali=jalali) == (first, end)
