"""Changes through their services: opening, planning, deciding."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from change import services
from change.models import Change
from change.subjects import window_text
from cmdb import services as cmdb
from cmdb.models import Ci
from itsm.approvals import queries as approvals
from itsm.approvals import services as approval_services
from itsm.approvals.state import State
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.formats import Reader
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from tests.conftest import NOW
from tests.factories import Factory
from tests.journal import whole_journal

WINDOW = {"planned_start_at": NOW + timedelta(days=1), "planned_end_at": NOW + timedelta(days=1, hours=2)}


def member(make: Factory) -> Person:
    return make.person(roles=("cab_member",))


def assessed(make: Factory, *approvers: Person, **facts: Any) -> Change:
    manager = make.actor("change_manager")
    change = make.change(make.actor(), approver_ids=[person.id for person in approvers], **facts)
    ticket_services.take_step(manager, change, "request")
    ticket_services.take_step(manager, change, "assess")
    return change


def vote(make: Factory, person: Person, change: Change, word: str = "approve") -> None:
    current = approvals.find_current("change", change.id)
    assert current is not None
    approval_services.vote(make.actor_of(person), current.id, vote=word, reason="Because")


def test_all_approvers_authorise_a_normal_change(app: Flask, make: Factory) -> None:
    one, two = member(make), member(make)
    change = assessed(make, one, two, **WINDOW)
    vote(make, one, change)
    assert change.state == "assessed"
    vote(make, two, change)
    assert change.state == "authorised"
    agent = make.actor()
    for step in ("schedule", "implement", "finish"):
        ticket_services.take_step(agent, change, step)
    fields = {"review_outcome": "with_issues", "review_notes": "Took longer"}
    ticket_services.take_step(agent, change, "close", fields=fields)
    assert (change.state, change.review_outcome, change.unfinished) == ("closed", "with_issues", 0)


def test_one_refusal_rejects_a_normal_change_and_stands_in_the_journal(app: Flask, make: Factory) -> None:
    one, two = member(make), member(make)
    change = assessed(make, one, two)
    vote(make, one, change, "reject")
    assert change.state == "rejected"
    entries = [entry for entry in whole_journal(change.id) if entry.actor_id == one.id]
    assert ["Because" in entry.body for entry in entries] == [True]
    with pytest.raises(Conflict):
        vote(make, two, change)


def test_one_approver_authorises_an_emergency_change(app: Flask, make: Factory) -> None:
    one, two = member(make), member(make)
    change = make.change(make.actor(), change_type="emergency", approver_ids=[one.id, two.id])
    assert change.state == "draft"
    vote(make, one, change, "reject")
    assert change.state == "draft"
    vote(make, two, change)
    assert change.state == "authorised"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"title": "  "}, "title"),
        ({"change_type": "standard"}, "model"),
        ({"change_type": "emergency"}, "approvers"),
        ({"planned_start_at": NOW}, "planned_end_at"),
        ({"planned_end_at": NOW}, "planned_start_at"),
        ({"planned_start_at": NOW, "planned_end_at": NOW}, "planned_end_at"),
        ({"ci_ids": [999_999]}, "ci"),
    ],
)
def test_what_a_new_change_needs(app: Flask, make: Factory, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make.change(make.actor(), **facts)
    assert set(refusal.value.errors) == {field}


def test_a_standard_change_follows_an_approved_model_only(app: Flask, make: Factory) -> None:
    model = services.create_model(
        make.actor(), name="Restart print server", plan="1. Restart", backout_plan="Start again"
    )
    with pytest.raises(Invalid) as refusal:
        make.change(make.actor(), change_type="standard", model=model)
    assert set(refusal.value.errors) == {"model"}
    services.approve_model(make.actor("change_manager"), model.id, approved=True)
    change = make.change(make.actor(), change_type="standard", model=model, **WINDOW)
    assert (change.plan, change.backout_plan, change.risk_level) == ("1. Restart", "Start again", "low")
    with pytest.raises(Invalid):
        make.change(make.actor(), change_type="normal", model=model)


def test_nobody_approves_an_own_model(app: Flask, make: Factory) -> None:
    manager = make.actor("change_manager")
    model = services.create_model(manager, name="Mine", plan="x")
    with pytest.raises(Forbidden):
        services.approve_model(manager, model.id, approved=True)
    with pytest.raises(Forbidden):
        services.approve_model(make.actor(), model.id, approved=True)


def test_requester_and_opener_are_never_approvers(app: Flask, make: Factory) -> None:
    opener, requester = make.person(roles=("change_manager",)), make.person(roles=("agent", "cab_member"))
    actor = make.actor_of(opener)
    for person in (opener, requester):
        with pytest.raises(Invalid) as refusal:
            make.change(actor, requester_id=requester.id, approver_ids=[person.id])
        assert set(refusal.value.errors) == {"approvers"}
    change = make.change(actor, requester_id=requester.id, approver_ids=[member(make).id])
    for person in (opener, requester):
        with pytest.raises(Invalid):
            services.change_plan(actor, change, version=None, changes={"approver_ids": [person.id]})


def test_approvers_hold_the_right_to_vote(app: Flask, make: Factory) -> None:
    with pytest.raises(Invalid) as refusal:
        make.change(make.actor(), approver_ids=[make.person(roles=("agent",)).id])
    assert set(refusal.value.errors) == {"approvers"}


def test_approvers_may_read_what_they_decide_on(app: Flask, make: Factory) -> None:
    person = member(make)
    assert tickets.find_ticket(make.actor_of(person), assessed(make, person).number) is not None


def test_a_changed_plan_is_decided_on_anew(app: Flask, make: Factory) -> None:
    one, two = member(make), member(make)
    change = assessed(make, one, two)
    vote(make, one, change)
    services.change_plan(make.actor(), change, version=None, changes={"plan": "Quite another one"})
    vote(make, two, change)
    assert change.state == "assessed"
    vote(make, one, change)
    assert change.state == "authorised"


def test_more_cis_are_decided_on_anew(app: Flask, make: Factory) -> None:
    one, two = member(make), member(make)
    change = assessed(make, one, two)
    vote(make, one, change)
    cmdb.attach_ci(make.actor(), change, server("sw-1"))
    current = approvals.find_current("change", change.id)
    assert current is not None
    assert [ballot.vote for ballot in current.votes] == [None, None]


def test_what_was_decided_on_stays(app: Flask, make: Factory) -> None:
    person, agent = member(make), make.actor()
    change = assessed(make, person, **WINDOW)
    vote(make, person, change)
    for name, value in (("plan", "x"), ("risk_level", "low"), ("approver_ids", []), ("outage_expected", True)):
        with pytest.raises(Conflict):
            services.change_plan(agent, change, version=None, changes={name: value})
    later = {"planned_end_at": WINDOW["planned_end_at"] + timedelta(hours=1)}
    with pytest.raises(Conflict):
        services.change_plan(agent, change, version=None, changes=later)
    services.change_plan(make.actor("change_manager"), change, version=None, changes=later)
    assert approvals.is_approved("change", change.id)


def test_who_may_not_work_changes_plans_none(app: Flask, make: Factory) -> None:
    change = make.change(make.actor())
    with pytest.raises(Forbidden):
        services.change_plan(make.actor("manager"), change, version=None, changes={"plan": "x"})
    with pytest.raises(Forbidden):
        make.change(make.actor("end_user"))


def test_an_emergency_change_is_documented_in_its_review(app: Flask, make: Factory) -> None:
    person, agent = member(make), make.actor()
    change = make.change(agent, change_type="emergency", approver_ids=[person.id])
    vote(make, person, change)
    ticket_services.take_step(agent, change, "implement")
    with pytest.raises(Conflict):
        services.change_plan(agent, change, version=None, changes={"plan": "What we did"})
    ticket_services.take_step(agent, change, "finish")
    services.change_plan(agent, change, version=None, changes={"plan": "What we did"})
    assert change.plan == "What we did"


def test_names_of_touched_services_are_kept_for_lists(app: Flask, make: Factory) -> None:
    service = cmdb.create_ci(SYSTEM, class_key="business_service", name="Payroll")
    host = server("db-1")
    cmdb.relate(SYSTEM, source_id=service.id, target_id=host.id, type_key="depends_on")
    change = make.change(make.actor(), ci_ids=[host.id])
    assert change.touched_services == ["Payroll"]


def test_a_decision_is_computed_from_votes(app: Flask, make: Factory) -> None:
    person = member(make)
    change = assessed(make, person)
    current = approvals.find_current("change", change.id)
    assert current is not None
    assert current.state == State.PENDING
    vote(make, person, change)
    assert approvals.is_approved("change", change.id)


def server(name: str) -> Ci:
    return cmdb.create_ci(SYSTEM, class_key="server", name=name)


def test_the_window_is_written_shortly_within_a_day(app: Flask, make: Factory) -> None:
    reader = Reader("en", "UTC")
    assert window_text(make.change(SYSTEM, **WINDOW), reader) == "19 Nov 2026 09:00 – 11:00"
    over_night = {"planned_start_at": NOW, "planned_end_at": NOW + timedelta(days=1)}
    assert window_text(make.change(SYSTEM, **over_night), reader) == "18 Nov 2026 09:00 – 19 Nov 2026 09:00"


def test_what_was_decided_on_stays_through_the_doors_of_every_ticket(app: Flask, make: Factory) -> None:
    person, agent = member(make), make.actor()
    change = assessed(make, person, **WINDOW)
    vote(make, person, change)
    for facts in ({"title": "Open the firewall"}, {"description": "and let everyone in"}):
        with pytest.raises(Conflict):
            ticket_services.change_facts(agent, change, version=None, changes=facts)
    with pytest.raises(Conflict):
        cmdb.attach_ci(agent, change, server("fw-1"))
    ticket_services.change_facts(agent, change, version=None, changes={"urgency": 1})
