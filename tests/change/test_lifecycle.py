"""Every state of every type of change against every step."""

from datetime import timedelta

import pytest
from flask import Flask

from change import services as changes
from change.lifecycle import LIFECYCLES
from change.models import Change
from itsm.approvals import queries as approvals
from itsm.approvals import services as approval_services
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, IllegalTransition, Invalid
from itsm.kernel.lifecycle import Lifecycle
from itsm.tickets import services
from tests.conftest import NOW
from tests.factories import Factory

BY_TYPE = {cycle.kind.split(".")[1]: cycle for cycle in LIFECYCLES}
NORMAL = {
    ("draft", "request"): "requested",
    ("draft", "cancel"): "cancelled",
    ("requested", "assess"): "assessed",
    ("requested", "cancel"): "cancelled",
    ("assessed", "authorise"): "authorised",
    ("assessed", "reject"): "rejected",
    ("assessed", "cancel"): "cancelled",
    ("authorised", "schedule"): "scheduled",
    ("authorised", "cancel"): "cancelled",
    ("scheduled", "implement"): "implementing",
    ("scheduled", "cancel"): "cancelled",
    ("implementing", "finish"): "review",
    ("implementing", "cancel"): "cancelled",
    ("review", "close"): "closed",
}
STANDARD = {
    ("draft", "schedule"): "scheduled",
    ("draft", "cancel"): "cancelled",
    **{pair: target for pair, target in NORMAL.items() if pair[0] in {"scheduled", "implementing", "review"}},
}
EMERGENCY = {
    ("draft", "authorise"): "authorised",
    ("draft", "reject"): "rejected",
    ("draft", "cancel"): "cancelled",
    ("authorised", "implement"): "implementing",
    ("authorised", "cancel"): "cancelled",
    **{pair: target for pair, target in NORMAL.items() if pair[0] in {"implementing", "review"}},
}
LEADS_TO = {"normal": NORMAL, "standard": STANDARD, "emergency": EMERGENCY}
NEEDED = {
    "cancel": {"note": "Not needed"},
    "close": {"review_outcome": "successful", "review_notes": "Went as planned"},
}
STEPS = sorted({step.name for cycle in LIFECYCLES for step in cycle.transitions})
AUTOMATIC = {"authorise", "reject"}


def authorised(make: Factory, change_type: str) -> Change:
    """A change of a type for which every guard is content: window, model, or approvers who agreed."""
    window = {"planned_start_at": NOW, "planned_end_at": NOW + timedelta(hours=2)}
    model = None
    if change_type == "standard":
        model = changes.create_model(SYSTEM, name=f"Restart {next(make.numbers)}", plan="Restart it")
        changes.approve_model(SYSTEM, model.id, approved=True)
    approvers = [] if model else [make.person(roles=("cab_member",)).id]
    change = make.change(make.actor(), change_type=change_type, model=model, approver_ids=approvers, **window)
    if change_type != "standard":
        if change_type == "normal":
            changes.ask_approvers(change)
        current = approvals.find_current("change", change.id)
        assert current is not None
        current.votes[0].vote = "approve"
        session.flush()
    return change


def put(change: Change, cycle: Lifecycle, state: str) -> None:
    change.state, change.state_category = state, cycle.category(state).value
    session.flush()


@pytest.mark.parametrize(
    ("change_type", "state"), [(kind, state) for kind, cycle in BY_TYPE.items() for state in cycle.states]
)
def test_every_step_from_this_state(app: Flask, make: Factory, change_type: str, state: str) -> None:
    cycle, manager = BY_TYPE[change_type], make.actor("change_manager")
    change = authorised(make, change_type)
    for step in STEPS:
        put(change, cycle, state)
        target = LEADS_TO[change_type].get((state, step))
        if target is None or step in AUTOMATIC:
            with pytest.raises(IllegalTransition):
                services.take_step(manager, change, step, fields=NEEDED.get(step))
            assert change.state == state
        else:
            services.take_step(manager, change, step, fields=NEEDED.get(step))
            assert change.state == target


def _unasked(make: Factory) -> Change:
    return make.change(make.actor(), approver_ids=[make.person(roles=("cab_member",)).id])


def test_authorising_by_hand_is_impossible_even_for_the_system(app: Flask, make: Factory) -> None:
    change = _unasked(make)
    put(change, BY_TYPE["normal"], "assessed")
    for actor in (SYSTEM, make.actor("admin")):
        with pytest.raises(IllegalTransition):
            services.take_step(actor, change, "authorise")
    with pytest.raises(IllegalTransition):  # its guard reads the votes again
        services.take_step(SYSTEM, change, "authorise", automatic=True)


@pytest.mark.parametrize(("change_type", "state"), [("normal", "scheduled"), ("emergency", "authorised")])
def test_nothing_is_implemented_without_its_approvers(app: Flask, make: Factory, change_type: str, state: str) -> None:
    approver = make.person(roles=("cab_member",))
    change = make.change(make.actor(), change_type=change_type, approver_ids=[approver.id])
    put(change, BY_TYPE[change_type], state)
    with pytest.raises(IllegalTransition, match="not authorised"):
        services.take_step(make.actor("admin"), change, "implement")
    assert "implement" not in [step.name for step in services.steps_for(make.actor("admin"), change)]


def test_a_standard_change_stops_when_its_model_is_withdrawn(app: Flask, make: Factory) -> None:
    change = authorised(make, "standard")
    services.take_step(make.actor(), change, "schedule")
    assert change.model_id is not None
    changes.approve_model(SYSTEM, change.model_id, approved=False)
    with pytest.raises(IllegalTransition, match="approved model"):
        services.take_step(make.actor(), change, "implement")


def test_a_normal_change_is_assessed_with_approvers_and_a_reasoned_risk(app: Flask, make: Factory) -> None:
    manager = make.actor("change_manager")
    without_approvers = make.change(make.actor())
    without_reason = make.change(make.actor(), approver_ids=[make.person(roles=("cab_member",)).id], risk_reason="")
    for change in (without_approvers, without_reason):
        services.take_step(manager, change, "request")
        with pytest.raises(IllegalTransition):
            services.take_step(manager, change, "assess")


def test_only_a_change_manager_assesses(app: Flask, make: Factory) -> None:
    agent, change = make.actor(), _unasked(make)
    services.take_step(agent, change, "request")
    with pytest.raises(Forbidden):
        services.take_step(agent, change, "assess")


def test_nothing_is_scheduled_without_a_window(app: Flask, make: Factory) -> None:
    change = authorised(make, "normal")
    change.planned_start_at = change.planned_end_at = None
    put(change, BY_TYPE["normal"], "authorised")
    with pytest.raises(IllegalTransition, match="planned start and end"):
        services.take_step(make.actor(), change, "schedule")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"review_outcome", "review_notes"}),
        ({"review_outcome": "failed"}, {"review_notes"}),
        ({"review_outcome": "splendid", "review_notes": "x"}, {"review_outcome"}),
        ({"review_outcome": "failed", "review_notes": 5}, {"review_notes"}),
    ],
)
def test_closing_needs_the_review(app: Flask, make: Factory, fields: dict[str, object], wrong: set[str]) -> None:
    change = make.change(make.actor())
    put(change, BY_TYPE["normal"], "review")
    with pytest.raises(Invalid) as refusal:
        services.take_step(make.actor(), change, "close", fields=fields)
    assert set(refusal.value.errors) == wrong
    assert change.state == "review"


def test_cancelling_takes_the_question_back(app: Flask, make: Factory) -> None:
    person = make.person(roles=("cab_member",))
    change = make.change(make.actor(), change_type="emergency", approver_ids=[person.id])
    assert [item.subject.id for item in approvals.list_waiting(make.actor_of(person))] == [change.id]
    services.take_step(make.actor(), change, "cancel", fields={"note": "It works again"})
    assert approvals.list_waiting(make.actor_of(person)) == []
    assert not approval_services.withdraw(SYSTEM, "change", change.id)
