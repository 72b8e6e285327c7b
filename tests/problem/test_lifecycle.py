"""Every state of a problem against every step."""

import pytest
from flask import Flask

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import IllegalTransition, Invalid
from itsm.tickets import services
from problem.lifecycle import LIFECYCLE
from tests.factories import Factory

LEADS_TO = {
    ("new", "assess"): "assessed",
    ("new", "mark_duplicate"): "duplicate",
    ("new", "cancel"): "cancelled",
    ("assessed", "analyse"): "root_cause_analysis",
    ("assessed", "mark_duplicate"): "duplicate",
    ("assessed", "accept_risk"): "risk_accepted",
    ("assessed", "cancel"): "cancelled",
    ("root_cause_analysis", "record_known_error"): "known_error",
    ("root_cause_analysis", "mark_duplicate"): "duplicate",
    ("root_cause_analysis", "accept_risk"): "risk_accepted",
    ("root_cause_analysis", "cancel"): "cancelled",
    ("known_error", "start_fix"): "fix_in_progress",
    ("known_error", "resolve"): "resolved",
    ("known_error", "analyse_again"): "root_cause_analysis",
    ("known_error", "accept_risk"): "risk_accepted",
    ("fix_in_progress", "resolve"): "resolved",
    ("fix_in_progress", "analyse_again"): "root_cause_analysis",
    ("resolved", "close"): "closed",
    ("resolved", "analyse_again"): "root_cause_analysis",
}
NEEDED = {
    "record_known_error": {"root_cause": "A worn belt"},
    "resolve": {"resolution": "New belt"},
    "analyse_again": {"note": "It came back"},
    "mark_duplicate": {"note": "See PRB0000001"},
    "accept_risk": {"note": "Too dear"},
    "cancel": {"note": "Nothing found"},
}
STEPS = sorted({step.name for step in LIFECYCLE.transitions})


@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_every_step_from_this_state(app: Flask, make: Factory, state: str) -> None:
    agent, problem = make.actor(), make.problem(SYSTEM)
    for step in STEPS:
        problem.state, problem.state_category = state, LIFECYCLE.category(state).value
        session.flush()
        target = LEADS_TO.get((state, step))
        if target is None:
            with pytest.raises(IllegalTransition):
                services.take_step(agent, problem, step, fields=NEEDED.get(step))
            assert problem.state == state
        else:
            services.take_step(agent, problem, step, fields=NEEDED.get(step))
            assert (problem.state, problem.unfinished) == (target, int(target not in FINISHED))


FINISHED = {"resolved", "closed", "duplicate", "risk_accepted", "cancelled"}


@pytest.mark.parametrize("step", sorted(NEEDED))
def test_steps_name_the_fields_they_need(app: Flask, make: Factory, step: str) -> None:
    agent, problem = make.actor(), make.problem(SYSTEM)
    problem.state = next(state for state, name in LEADS_TO if name == step)
    with pytest.raises(Invalid) as refusal:
        services.take_step(agent, problem, step)
    assert set(refusal.value.errors) == set(NEEDED[step])
