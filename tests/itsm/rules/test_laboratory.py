"""The laboratory: the past as it was, the same hits as a real run, and what people did instead."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel import clock, jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.jobs import BackgroundTask
from itsm.query.predicate import Predicate, compile_predicate
from itsm.rules import laboratory, services
from itsm.rules.laboratory import asking, run_task, shadow, try_rule
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.past import story
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, firings, journal, priority
from tests.statements import counted


def draft(*actions: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return services.checked_rule({"name": "Draft", "trigger": "opened", "actions": list(actions), **facts})


def at(hours: float, act: Callable[[], Any]) -> Any:
    with clock.frozen(NOW + timedelta(hours=hours)):
        return act()


def test_every_entry_shows_the_ticket_as_it_stood_then(make: Factory) -> None:
    group, agent = make.group(level=2), make.actor("agent")
    ticket = at(0, lambda: make.incident(title="First", impact=4, urgency=4))
    at(1, lambda: tickets.change_facts(agent, ticket, version=None, changes={"title": "Second", "impact": 1}))
    at(2, lambda: tickets.assign(agent, ticket, group_id=group.id))
    at(3, lambda: tickets.write_entry(agent, ticket, kind="public", body="Hello"))
    fields = {"resolution_code": "fixed", "resolution": "Done"}
    at(4, lambda: tickets.take_step(agent, ticket, "resolve", fields=fields))
    past = [each for _entry, each in story(ticket, journal(ticket))]
    assert [(each.title, each.impact, each.unfinished) for each in past] == [
        ("First", 4, 1), ("Second", 1, 1), ("Second", 1, 1), ("Second", 1, 1), ("Second", 1, 0),
    ]  # fmt: skip
    assert past[1].group_id != past[2].group_id == group.id
    assert (past[2].responded_at, past[3].responded_at) == (None, NOW + timedelta(hours=3))
    assert (past[3].resolution, past[4].resolution, past[4].resolved_at) == ("", "Done", NOW + timedelta(hours=4))
    for name in ("title", "state", "priority", "group_id", "assignee_id", "reassignments", "responded_at", "level"):
        assert getattr(past[-1], name) == getattr(ticket, name), name


def history(make: Factory) -> list[Ticket]:
    """A day of work, the same each time: openings, changes, replies, steps."""
    agent, _front, group = make.actor("agent"), make.group(), make.group()
    rows = []
    for number in range(6):
        with clock.frozen(NOW + timedelta(hours=number)):
            ticket = make.incident(title=f"Printer {number}", impact=1 + number % 4, urgency=1 + number % 3)
        rows.append(ticket)
        session.commit()
        urgency = {"urgency": 1 + number % 4}
        for hours, act in (
            (10, partial(tickets.change_facts, agent, ticket, version=None, changes=urgency)),
            (11, partial(tickets.assign, agent, ticket, group_id=group.id)),
            (12, partial(tickets.write_entry, agent, ticket, kind="public", body="We look at it")),
            (13, partial(tickets.take_step, agent, ticket, "start")),
        ):
            at(hours + number, act)
            session.commit()
    return rows


@pytest.mark.parametrize(
    ("trigger", "options", "condition"),
    [
        ("opened", {}, "priority <= 3"),
        ("opened", {}, 'title ~ "printer 4"'),
        ("changed", {}, "priority <= 2"),
        ("changed", {"fields": ["urgency"]}, ""),
        ("changed", {"fields": ["group_id"]}, "urgency < 3"),
        ("moved", {"states": ["in_progress"]}, "impact = 1"),
        ("staff_replied", {}, "state = new"),
        ("opened", {}, "created > now() - 1h and impact != 1"),
    ],
)
def test_the_shadow_run_hits_what_a_real_run_hits(
    rule: MakeRule, make: Factory, trigger: str, options: dict[str, Any], condition: str
) -> None:
    facts = {"trigger": trigger, "options": options, "condition": condition}
    real = rule({"do": "note", "text": "seen"}, **facts)
    rows = history(make)
    ran = sorted((each.ticket_id, each.at.isoformat()) for each in firings(real))
    assert len(ran) > 0
    trial = at(30, lambda: try_rule(SYSTEM, draft({"do": "note", "text": "seen"}, **facts), days=3))
    assert sorted((hit.ticket_id, hit.at) for hit in trial.hits if hit.ticket_id in {row.id for row in rows}) == ran


def test_what_it_would_have_changed_is_what_a_real_run_changes(rule: MakeRule, make: Factory) -> None:
    _front, group = make.group(), make.group("Printers")
    actions = (priority(2), {"do": "assign", "group_id": group.id})
    plain = make.incident(title="Printer on fire")
    hit = try_rule(SYSTEM, draft(*actions, condition="title ~ fire"), days=1).hits[0]
    rule(*actions, condition="title ~ fire")
    real = make.incident(title="Printer on fire")
    assert hit.ticket_id == plain.id
    assert {name: pair[1] for name, pair in hit.changes.items()} == {
        "priority": real.priority,
        "group_id": real.group_id,
    }
    assert hit.changes["priority"][0] == plain.priority
    assert plain.group_id != group.id


def test_agreement_counts_what_people_did_later(make: Factory) -> None:
    _front, group, agent = make.group(), make.group(), make.actor("agent")
    rows = [make.incident(title="Scanner") for _number in range(6)]
    for ticket in rows[:5]:
        tickets.assign(agent, ticket, group_id=group.id)
    already = make.incident(title="Scanner", group_id=group.id)
    facts = draft({"do": "assign", "group_id": group.id}, condition="title ~ scanner")
    trial = try_rule(SYSTEM, facts, days=1)
    assert (trial.found, trial.changing, trial.compared, trial.agreed, trial.agreement) == (7, 6, 6, 5, 83)
    assert [hit.agreed for hit in trial.hits if hit.ticket_id == already.id] == [None]


def test_a_schedule_is_tried_with_the_clock_of_then(make: Factory) -> None:
    ticket = make.incident(impact=1, urgency=1)
    facts = draft(
        {"do": "note", "text": "late"},
        trigger="schedule",
        options={"every_minutes": 60},
        condition="priority = 1 and created < now() - 5h and state = new",
    )
    at(10, lambda: tickets.take_step(SYSTEM, ticket, "start"))
    trial = at(24, lambda: try_rule(SYSTEM, facts, days=2))
    hits = [hit for hit in trial.hits if hit.ticket_id == ticket.id]
    assert [hit.at for hit in hits] == [(NOW + timedelta(hours=6)).isoformat()]


def test_nothing_is_touched(make: Factory) -> None:
    ticket = make.incident()
    version, entries = ticket.version, len(journal(ticket))
    with counted() as seen:
        try_rule(SYSTEM, draft(priority(1), {"do": "reply", "text": "x"}), days=7)
    assert not [each for each in seen if not each.lstrip().upper().startswith("SELECT")]
    session.refresh(ticket)
    assert (ticket.version, len(journal(ticket))) == (version, entries)


def test_statements_do_not_grow_with_tickets(make: Factory) -> None:
    counts = []
    for number in (2, 20):
        for _each in range(number):
            make.incident()
        session.commit()
        with counted() as seen:
            try_rule(SYSTEM, draft(priority(1), condition="impact = 1"), days=7)
        counts.append(len(seen))
    assert counts[0] == counts[1] == 3


@pytest.mark.parametrize("condition", ['group = "Network"', 'group = "Network" and created < now() - 5h'])
def test_what_a_schedule_asks_is_made_ready_once_an_instant_and_names_once(
    make: Factory, monkeypatch: pytest.MonkeyPatch, condition: str
) -> None:
    group, made = make.group("Network"), list[Any]()
    for _each in range(20):
        make.incident(group_id=group.id)
    session.commit()

    def noted(*given: Any) -> Predicate:
        made.append(given)
        return compile_predicate(*given)

    monkeypatch.setattr("itsm.tickets.asking.compile_predicate", noted)
    facts = draft(priority(1), trigger="schedule", options={"every_minutes": 60}, condition=condition)
    del made[:]
    with counted() as seen:
        trial = at(24, lambda: try_rule(SYSTEM, facts, days=2))
    assert trial.looked_at == trial.found == 20
    assert len(seen) == 4
    assert len(made) <= (48 if "now" in condition else 1)


def test_tickets_that_the_actor_may_not_read_are_not_looked_at(make: Factory) -> None:
    group = make.group("Works council", restricted=True)
    make.incident(group_id=group.id, title="Secret matter")
    admin = make.actor("supervisor")
    assert try_rule(admin, draft(priority(1), condition="title ~ secret"), days=1).found == 0


def test_a_long_run_goes_to_the_background(
    app: Flask, make: Factory, rule: MakeRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    del app
    admin, other = make.actor("admin"), make.actor("admin")
    for _number in range(3):
        make.incident()
    monkeypatch.setattr(asking, "AT_ONCE", 2)
    monkeypatch.setattr(shadow, "BATCH", 2)
    task = laboratory.ask(admin, draft(priority(1)), days=1)
    assert isinstance(task, BackgroundTask)
    session.commit()
    jobs.run_tasks({laboratory.TASK: run_task})
    found = session.scalars(select(BackgroundTask).where(BackgroundTask.id == task.id)).one()
    assert (found.state, found.result["looked_at"], found.result["found"]) == ("done", 3, 3)
    assert laboratory.get_task(admin, task.id).id == task.id
    with pytest.raises(NotFound):
        laboratory.get_task(other, task.id)
