"""When rules run, when they do not, what they leave behind, and that they end."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itsm.kernel import clock, preferences
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications.services import silenced
from itsm.rules import jobs, live, services
from itsm.rules.models import RuleFiring, RuleMatch
from itsm.tickets import queries
from itsm.tickets import services as tickets
from sla.jobs import fire_steps
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, done, firings, priority
from tests.journal import whole_journal
from tests.properties import examples
from tests.statements import counted


def test_a_rule_runs_when_a_ticket_that_fits_is_recorded(rule: MakeRule, make: Factory) -> None:
    urgent = rule(priority(1), condition='title ~ "line 3"')
    other, ticket = make.incident(title="Mouse"), make.incident(title="Line 3 stands still")
    assert (ticket.priority, ticket.priority_reason) == (1, "by rule")
    assert other.priority != 1
    assert [(each.ticket_id, each.outcome) for each in firings(urgent)] == [(ticket.id, "done")]
    assert done(firings(urgent)[0]) == ["priority: Critical"]


def test_what_a_rule_did_stands_in_the_journal_under_its_name(rule: MakeRule, make: Factory) -> None:
    rule(priority(1), name="Line stands still")
    ticket = make.incident()
    entry = whole_journal(ticket.id)[-1]
    assert (entry.actor_name, entry.channel, entry.actor_id) == ("Line stands still", "rule", None)


def test_kinds_narrow_a_rule(rule: MakeRule, make: Factory) -> None:
    rule(priority(1), kinds=["problem"])
    assert make.incident().priority != 1
    assert make.problem().priority == 1


def test_a_rule_that_is_off_does_nothing(rule: MakeRule, make: Factory) -> None:
    one = rule(priority(1), active=False)
    assert make.incident().priority != 1
    services.switch_rule(SYSTEM, one.id, on=True)
    assert make.incident().priority == 1


@pytest.mark.parametrize(
    ("options", "expected"), [({}, 1), ({"fields": ["title"]}, 1), ({"fields": ["category_id"]}, 0)]
)
def test_changed_may_ask_for_certain_fields(
    rule: MakeRule, make: Factory, options: dict[str, Any], expected: int
) -> None:
    ticket = make.incident()
    rule({"do": "note", "text": "seen"}, trigger="changed", options=options)
    tickets.change_facts(SYSTEM, ticket, version=None, changes={"title": "Another"})
    assert len(firings()) == expected


def test_assigning_is_a_change_of_group_and_person(rule: MakeRule, make: Factory) -> None:
    ticket, group = make.incident(), make.group()
    rule({"do": "note", "text": "seen"}, trigger="changed", options={"fields": ["group_id"]})
    tickets.assign(SYSTEM, ticket, group_id=group.id)
    assert len(firings()) == 1


def test_a_step_into_a_state(rule: MakeRule, make: Factory) -> None:
    ticket = make.incident()
    rule({"do": "note", "text": "held"}, trigger="moved", options={"states": ["on_hold"]})
    tickets.take_step(SYSTEM, ticket, "start")
    assert firings() == []
    tickets.take_step(SYSTEM, ticket, "hold", fields={"hold_reason": "supplier"})
    assert len(firings()) == 1


def test_replies_of_both_sides(rule: MakeRule, make: Factory) -> None:
    person, agent = make.person(), make.actor("agent")
    ticket = make.incident(requester_id=person.id)
    by_requester = rule({"do": "note", "text": "a"}, trigger="requester_replied")
    by_staff = rule({"do": "note", "text": "b"}, trigger="staff_replied")
    tickets.write_entry(make.actor_of(person), ticket, kind="public", body="Still broken")
    assert (len(firings(by_requester)), len(firings(by_staff))) == (1, 0)
    tickets.write_entry(agent, ticket, kind="internal", body="Hm")
    session.commit()
    tickets.write_entry(agent, ticket, kind="public", body="We look at it")
    assert (len(firings(by_requester)), len(firings(by_staff))) == (1, 1)


def test_automatic_entries_set_nothing_off(rule: MakeRule, make: Factory) -> None:
    person = make.person()
    ticket = make.incident(requester_id=person.id)
    rule({"do": "reply", "text": "Thank you"}, trigger="requester_replied")
    tickets.write_entry(make.actor_of(person), ticket, kind="public", body="I am away", automatic=True)
    assert firings() == []


def test_a_share_of_a_target(rule: MakeRule, make: Factory) -> None:
    from itsm.kernel.events import emit
    from itsm.tickets.events import TicketTargetSpent

    ticket = make.incident()
    rule({"do": "note", "text": "hurry"}, trigger="target_spent", options={"metric": "resolution", "percent": 75})
    for metric, percent in (("response", 75), ("resolution", 50), ("resolution", 75)):
        emit(TicketTargetSpent(ticket.id, ticket.kind, metric=metric, percent=percent))
    assert len(firings()) == 1


def test_escalation_steps_of_agreements_set_rules_off(rule: MakeRule, make: Factory) -> None:
    one = rule(priority(1), trigger="target_spent", options={"metric": "resolution"}, condition="state = new")
    ticket = make.incident(impact=3, urgency=2)
    session.commit()
    with clock.frozen(NOW + timedelta(days=30)):
        fire_steps()
    assert _again(ticket.id).priority == 1
    assert [each.trigger for each in firings(one)] == ["target_spent"]


def test_order_and_stop(rule: MakeRule, make: Factory) -> None:
    first, second = rule(priority(1)), rule(priority(2))
    assert make.incident().priority == 2
    services.edit_rule(SYSTEM, first.id, version=None, values={"stop": True})
    assert make.incident().priority == 1
    services.move_rule(SYSTEM, second.id, up=True)
    assert make.incident().priority == 1
    assert [each.rule_id for each in firings()[-2:]] == [second.id, first.id]


def test_a_rule_that_fails_leaves_nothing_and_fails_nobody(rule: MakeRule, make: Factory) -> None:
    approver = make.person()
    broken = rule(
        priority(1), {"do": "note", "text": "half"}, {"do": "approve", "people": [approver.id]}, name="Broken"
    )
    after = rule({"do": "note", "text": "after"})
    ticket = make.incident()
    assert ticket.priority != 1
    assert [entry.body for entry in whole_journal(ticket.id) if entry.kind == "internal"] == ["after"]
    assert firings(broken)[0].outcome == "failed"
    assert "incident" in done(firings(broken)[0])[0]
    assert firings(after)[0].outcome == "done"


def test_one_rule_sets_off_another_and_says_so(rule: MakeRule, make: Factory) -> None:
    first = rule(priority(1))
    second = rule({"do": "note", "text": "urgent"}, trigger="changed", condition="priority = 1")
    make.incident()
    assert [(each.rule_id, each.caused_by_id) for each in firings()] == [(first.id, None), (second.id, first.id)]


def test_two_rules_against_one_another_end(rule: MakeRule, make: Factory) -> None:
    rule(priority(1), trigger="changed", condition="priority != 1")
    rule(priority(2), trigger="changed", condition="priority != 2")
    ticket = make.incident()
    tickets.change_facts(SYSTEM, ticket, version=None, changes={"impact": 1, "urgency": 1})
    assert len(firings()) == 2
    session.commit()
    tickets.change_facts(SYSTEM, ticket, version=None, changes={"title": "Another"})
    assert sum(each.outcome == "done" for each in firings()) <= 4


def test_what_rules_lead_to_runs_a_rule_at_most_once_an_hour(rule: MakeRule, make: Factory) -> None:
    opener = rule({"do": "set_urgency", "urgency": 1}, trigger="changed", options={"fields": ["title"]})
    follower = rule({"do": "note", "text": "urgent"}, trigger="changed", options={"fields": ["urgency"]})
    ticket = make.incident(urgency=3)
    for number, minutes in enumerate((0, 10, 70)):
        session.commit()
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            tickets.change_facts(SYSTEM, ticket, version=None, changes={"title": f"Title {number}"})
            with silenced():
                tickets.change_facts(SYSTEM, ticket, version=None, changes={"urgency": 3})
    assert [each.outcome for each in firings(opener)] == ["done"] * 3
    assert [each.outcome for each in firings(follower)] == ["done", "held", "done"]


def test_imported_history_runs_no_rule(rule: MakeRule, make: Factory) -> None:
    rule(priority(1))
    with silenced():
        assert make.incident().priority != 1


def test_a_rule_whose_condition_became_wrong_never_holds(rule: MakeRule, make: Factory) -> None:
    group = make.group("Warehouse")
    rule(priority(1), condition='group = "Warehouse"')
    group.name = "Stores"
    session.flush()
    assert make.incident(group_id=group.id).priority != 1


def test_a_scheduled_rule_runs_once_until_the_ticket_stopped_matching(rule: MakeRule, make: Factory) -> None:
    one = rule(
        {"do": "note", "text": "waits"}, trigger="schedule", options={"every_minutes": 30}, condition="priority = 1"
    )
    ticket = make.incident(impact=1, urgency=1)
    make.incident()
    session.commit()

    def look(minutes: int) -> int:
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            jobs.run_due()
        return len(firings(one))

    assert [look(0), look(10), look(40)] == [1, 1, 1]
    with clock.frozen(NOW + timedelta(minutes=80)):
        tickets.override_priority(SYSTEM, _again(ticket.id), priority=4, reason="done")
        session.commit()
    assert look(90) == 1
    assert session.scalars(select(RuleMatch)).all() == []
    with clock.frozen(NOW + timedelta(minutes=100)):
        tickets.override_priority(SYSTEM, _again(ticket.id), priority=1, reason="again")
        session.commit()
    assert look(130) == 2


def _again(ticket_id: int) -> Any:
    return queries.get_by_id(SYSTEM, ticket_id)


def test_scheduled_rules_against_one_another_run_at_most_once_an_hour(rule: MakeRule, make: Factory) -> None:
    often = {"trigger": "schedule", "options": {"every_minutes": 5}}
    rule(priority(1), condition="priority = 2", **often)
    rule(priority(2), condition="priority = 1", **often)
    make.incident(impact=1, urgency=1)
    session.commit()
    for minutes in range(0, 180, 5):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            jobs.run_due()
    assert len(firings()) <= 6


def test_tickets_that_are_held_back_do_not_keep_others_waiting(
    rule: MakeRule, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 1)
    one = rule(
        {"do": "note", "text": "seen"}, trigger="schedule", options={"every_minutes": 5}, condition="priority = 1"
    )
    first = make.incident(impact=1, urgency=1)
    session.commit()
    jobs.run_due()
    for priority_now in (2, 1):  # without a person, the rule is held back on it for an hour
        tickets.override_priority(SYSTEM, _again(first.id), priority=priority_now, reason="by itself")
        session.commit()
        with clock.frozen(NOW + timedelta(minutes=5 * priority_now)):
            assert not jobs.run_due().more
    second = make.incident(impact=1, urgency=1)
    session.commit()
    with clock.frozen(NOW + timedelta(minutes=20)):
        while jobs.run_due().more:
            pass
    assert [each.ticket_id for each in firings(one)] == [first.id, second.id]


def test_a_fault_is_told_without_statements_and_values(
    rule: MakeRule, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_given: Any, **_named: Any) -> None:
        raise IntegrityError("INSERT INTO person", {"password": "hush"}, Exception("hush"))

    monkeypatch.setattr(tickets, "override_priority", breaks)
    one = rule(priority(1))
    make.incident()
    assert (firings(one)[0].outcome, done(firings(one)[0])) == ("failed", ["Error: IntegrityError"])


def test_a_rule_that_was_put_off_while_the_job_went_on_waits(rule: MakeRule, make: Factory) -> None:
    ticket = make.incident()
    one = rule({"do": "note", "text": "seen"}, trigger="schedule", options={"every_minutes": 5})
    services.edit_rule(SYSTEM, one.id, version=None, values={"options": {"at": "07:30"}})
    put_off, rule_id = one.next_at, one.id
    session.commit()
    jobs._run_one(rule_id)
    assert (one.next_at, firings(one), ticket.state) == (put_off, [], "new")


def test_daily_rules_look_at_the_time_of_the_site(rule: MakeRule) -> None:
    one = rule(priority(1), trigger="schedule", options={"at": "07:30", "weekdays": [0]}, condition="priority = 5")
    assert one.next_at is not None
    assert one.next_at.isoformat() == "2026-11-23T06:30:00+00:00"  # Monday in Stockholm


def test_a_rule_that_reads_the_clock_reads_it_anew(rule: MakeRule, make: Factory) -> None:
    rule({"do": "note", "text": "late"}, trigger="changed", condition="created < now() - 2h")
    ticket = make.incident()
    tickets.change_facts(SYSTEM, ticket, version=None, changes={"title": "Early"})
    assert firings() == []
    with clock.frozen(NOW + timedelta(hours=3)):
        tickets.change_facts(SYSTEM, ticket, version=None, changes={"title": "Late"})
    assert len(firings()) == 1


def test_without_rules_recording_a_ticket_costs_at_most_one_look(make: Factory) -> None:
    make.incident()
    preferences.forget()
    with counted() as cold:
        make.incident()
    with counted() as warm:
        make.incident()
    of_rules = [statement for statement in cold if "rule" in statement]
    looks = [statement for statement in cold if "preference" in statement]
    assert of_rules == []
    assert len(looks) <= 1
    assert not [statement for statement in warm if "preference" in statement or "rule" in statement]


def test_rules_that_are_known_cost_no_statement_where_they_do_not_fit(rule: MakeRule, make: Factory) -> None:
    rule(priority(1), condition='title ~ "nothing like this"')
    make.incident()
    with counted() as seen:
        make.incident()
    assert not [statement for statement in seen if "FROM rule" in statement or "preference" in statement]
    assert live.has_rules()


SETS = strategies.one_of(
    strategies.builds(priority, strategies.integers(1, 5)),
    strategies.builds(lambda value: {"do": "set_impact", "impact": value}, strategies.integers(1, 4)),
    strategies.builds(lambda value: {"do": "set_urgency", "urgency": value}, strategies.integers(1, 4)),
    strategies.just({"do": "step", "step": "start"}),
    strategies.just({"do": "reply", "text": "Hello {{requester.name}}"}),
    strategies.just({"do": "note", "text": "{{ticket.number}}"}),
)
CONDITIONS = strategies.sampled_from(
    ["", "priority <= 2", "priority > 2", "impact = 1", "urgency != 1", "state = new", "priority = 1 or impact = 2"]
)
RULES = strategies.lists(
    strategies.fixed_dictionaries(
        {
            "trigger": strategies.sampled_from(["opened", "changed", "moved", "staff_replied", "requester_replied"]),
            "condition": CONDITIONS,
            "actions": strategies.lists(SETS, min_size=1, max_size=3),
            "stop": strategies.booleans(),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.one_database
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=RULES)
def test_any_set_of_rules_ends(app: Flask, chosen: list[dict[str, Any]]) -> None:
    del app
    savepoint = session.begin_nested()
    make = Factory()
    before = session.scalars(select(RuleFiring.id)).all()
    for number, facts in enumerate(chosen):
        services.create_rule(SYSTEM, {"name": f"Random {number}", "active": True, **facts})
    ticket = make.incident(impact=2, urgency=2)
    tickets.change_facts(SYSTEM, ticket, version=None, changes={"impact": 1})
    ran = [each for each in session.scalars(select(RuleFiring)) if each.id not in before]
    assert len({each.rule_id for each in ran}) == len(ran) <= len(chosen)
    savepoint.rollback()
    preferences.forget()
    session.expire_all()


def test_a_rules_mail_waits_in_the_outbox(rule: MakeRule, make: Factory) -> None:
    person = make.person("Elena Ruiz", email="elena@example.org")
    rule(
        {
            "do": "notify",
            "to": "requester",
            "subject": "About {{ticket.title}}",
            "text": "Hello {{requester.first_name}}",
        }
    )
    ticket = make.incident(requester_id=person.id, title="No sound")
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith("rule:"))).all()
    assert [(row.recipient, row.payload["subject"]) for row in rows] == [
        ("elena@example.org", f"[{ticket.number}] About No sound")
    ]
    assert rows[0].payload["text"] == "Hello Elena\n"
    assert "by_person" not in rows[0].payload
