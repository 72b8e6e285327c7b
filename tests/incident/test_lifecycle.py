"""Every pair of state and step of an incident: what is possible, and for whom."""

from datetime import timedelta

import pytest
from flask import Flask

from incident.lifecycle import LIFECYCLE
from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, IllegalTransition
from itsm.tickets import services
from tests.conftest import NOW
from tests.factories import Factory

FIELDS = {
    "hold": {"hold_reason": "customer"},
    "resolve": {"resolution_code": "fixed", "resolution": "Done"},
    "reopen": {"note": "It is back"},
    "cancel": {"note": "Not needed"},
}
POSSIBLE = {
    ("new", "start"): "in_progress",
    ("new", "hold"): "on_hold",
    ("new", "resolve"): "resolved",
    ("new", "cancel"): "cancelled",
    ("in_progress", "hold"): "on_hold",
    ("in_progress", "resolve"): "resolved",
    ("in_progress", "cancel"): "cancelled",
    ("on_hold", "resume"): "in_progress",
    ("on_hold", "resolve"): "resolved",
    ("on_hold", "cancel"): "cancelled",
    ("resolved", "reopen"): "in_progress",
    ("resolved", "close"): "closed",
}
STEPS = sorted({step.name for step in LIFECYCLE.transitions})
REQUESTERS_OWN = {"reopen", "close", "cancel"}


def brought_to(make: Factory, state: str) -> Incident:
    incident = make.incident(make.actor())
    incident.state, incident.state_category = state, LIFECYCLE.category(state).value
    incident.unfinished = int(state in {"new", "in_progress", "on_hold"})
    incident.resolved_at = None if incident.unfinished else NOW
    session.flush()
    return incident


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", sorted(LIFECYCLE.states))
def test_every_pair_of_state_and_step(app: Flask, make: Factory, state: str, step: str) -> None:
    incident, agent = brought_to(make, state), make.actor()
    if (state, step) in POSSIBLE:
        services.take_step(agent, incident, step, fields=FIELDS.get(step))
        assert incident.state == POSSIBLE[state, step]
        assert incident.state_category == LIFECYCLE.category(incident.state).value
    else:
        with pytest.raises(IllegalTransition):
            services.take_step(agent, incident, step, fields=FIELDS.get(step))
        assert incident.state == state


@pytest.mark.parametrize(("state", "step"), sorted(POSSIBLE))
def test_what_the_requester_may_do(app: Flask, make: Factory, state: str, step: str) -> None:
    incident, person = brought_to(make, state), make.person()
    incident.requester_id = person.id
    requester = make.actor_of(person)
    if step in REQUESTERS_OWN:
        services.take_step(requester, incident, step, fields=FIELDS.get(step))
        assert incident.state == POSSIBLE[state, step]
    else:
        with pytest.raises(Forbidden):
            services.take_step(requester, incident, step, fields=FIELDS.get(step))


def test_reopening_ends_with_its_period(app: Flask, make: Factory) -> None:
    incident, agent = brought_to(make, "resolved"), make.actor()
    with clock.frozen(NOW + timedelta(days=15)), pytest.raises(IllegalTransition):
        services.take_step(agent, incident, "reopen", fields={"note": "too late"})
    with clock.frozen(NOW + timedelta(days=13)):
        services.take_step(agent, incident, "reopen", fields={"note": "in time"})
    assert incident.reopenings == 1
