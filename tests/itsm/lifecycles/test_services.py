"""An edited life cycle either is refused or works whole, and tickets follow it."""

import copy
import math
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from incident import jobs as incident_jobs
from incident.lifecycle import LIFECYCLE
from incident.models import Incident
from itsm.kernel import clock, preferences, undo
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.lifecycle import UNFINISHED
from itsm.kernel.lifecycles import active, definition_of, digest_of, state_title
from itsm.kernel.module import registry
from itsm.kernel.outbox import OutboxMessage
from itsm.lifecycles import checks, services, settling
from itsm.tickets import filters
from itsm.tickets import services as tickets
from itsm.tickets.models import JournalEntry
from sla import queries as sla
from tests.conftest import NOW
from tests.factories import Factory
from tests.properties import examples

Definition = dict[str, Any]


def shipped(name: str = "incident") -> Definition:
    return copy.deepcopy(definition_of(registry().lifecycles[name]))


def member(definition: Definition, part: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in definition[part] if each["name"] == name)
    return found


def with_check_state(definition: Definition) -> Definition:
    """With a state `check` between work and resolved."""
    definition["states"].insert(2, {"name": "check", "category": "waiting", "titles": {"en": "Check"}, "pauses": False})
    step = {
        "titles": {},
        "permission": "incident.edit",
        "roles": [],
        "requires": [],
        "accepts": ["note"],
        "takes": False,
    }
    definition["steps"] += [
        step | {"name": "ask_check", "from": ["in_progress"], "to": "check"},
        step | {"name": "back", "from": ["check"], "to": "in_progress"},
    ]
    return definition


@pytest.mark.parametrize("name", ["incident", "problem", "change.normal", "change.standard", "change.emergency"])
def test_every_shipped_life_cycle_passes_its_own_checks_unchanged(app: Flask, name: str) -> None:
    lifecycle, definition = checks.checked(name, shipped(name))
    assert definition == shipped(name)
    assert [step.guard for step in lifecycle.transitions] == [
        step.guard for step in registry().lifecycles[name].transitions
    ]
    assert services.put_in_force(SYSTEM, name, shipped(name)) is None


def changed(part: str, name: str, /, **values: Any) -> Any:
    return lambda definition: member(definition, part, name).update(values)


def without(part: str, name: str) -> Any:
    return lambda definition: definition.update({part: [each for each in definition[part] if each["name"] != name]})


FAULTY = [
    ("incident", without("states", "resolved"), {"steps.resolve", "steps.reopen", "steps.close"}),
    ("incident", without("steps", "hold"), {"states.on_hold"}),
    ("incident", lambda one: one.update(initial="nowhere"), {"initial"}),
    ("incident", lambda one: one.update(initial="on_hold"), {"initial", "states.new"}),
    ("incident", changed("steps", "start", to="nowhere"), {"steps.start"}),
    ("incident", changed("steps", "start", permission="everything"), {"steps.start"}),
    ("incident", changed("steps", "start", roles=["king"]), {"steps.start"}),
    ("incident", changed("steps", "start", requires=["shoe_size"]), {"steps.start"}),
    ("incident", changed("steps", "start", requires=["note"], accepts=["note"]), {"steps.start"}),
    ("incident", changed("states", "on_hold", category="sleeping"), {"states.on_hold"}),
    ("incident", changed("states", "on_hold", titles={"xx": "x"}), {"states.on_hold"}),
    ("incident", changed("states", "new", name="New one"), {"states.New one"}),
    ("incident", lambda one: one["states"].append(dict(one["states"][0])), {"states.new"}),
    ("incident", changed("steps", "start", **{"from": []}), {"steps.start"}),
    ("change.normal", without("steps", "authorise"), {"steps.authorise"}),
    ("change.normal", changed("steps", "authorise", to="scheduled"), {"steps.authorise"}),
    ("change.normal", changed("steps", "request", to="authorised"), {"steps.request"}),
    ("change.normal", changed("steps", "request", to="implementing"), {"steps.request"}),
]


@pytest.mark.parametrize("number", range(len(FAULTY)))
def test_a_life_cycle_that_cannot_work_is_refused_and_the_places_are_named(app: Flask, number: int) -> None:
    name, spoil, places = FAULTY[number]
    definition = shipped(name)
    spoil(definition)
    with pytest.raises(Invalid) as refusal:
        services.put_in_force(SYSTEM, name, definition)
    assert places & set(refusal.value.errors)
    assert active(name) is registry().lifecycles[name]


def test_a_state_from_which_nothing_ends_is_refused(app: Flask) -> None:
    definition = with_check_state(shipped())
    definition["steps"] = [step for step in definition["steps"] if step["name"] != "back"]
    with pytest.raises(Invalid) as refusal:
        services.put_in_force(SYSTEM, "incident", definition)
    assert set(refusal.value.errors) == {"states.check"}


def test_a_new_state_and_its_steps_work_at_once_and_are_known_everywhere(app: Flask, make: Factory) -> None:
    agent = make.actor("agent")
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
    incident = make.incident()
    for step, state in (("start", "in_progress"), ("ask_check", "check"), ("back", "in_progress")):
        tickets.take_step(agent, incident, step)
        assert incident.state == state
    assert str(state_title("incident", "check")) == "Check"
    assert filters.conditions(SYSTEM, "state = check")


def test_nothing_is_taken_back_into_a_state_that_the_life_cycle_lost(app: Flask, make: Factory) -> None:
    agent = make.actor("agent")
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
    incident = make.incident()
    for step in ("start", "ask_check"):
        tickets.take_step(agent, incident, step)
    with tickets.undoable(agent, [incident], title="Back", back="/desk") as taken:
        tickets.take_step(agent, incident, "back")
    services.return_to_shipped(SYSTEM, "incident")
    assert taken.undo is not None
    with pytest.raises(Conflict) as refusal:
        undo.take_back(agent, taken.undo.id, registry().undos)
    assert "“check”" in str(refusal.value)
    assert "Resolve" in str(refusal.value)
    assert (incident.state, taken.undo.undone_at) == ("in_progress", None)


def test_steps_may_be_kept_to_roles(app: Flask, make: Factory) -> None:
    definition = shipped()
    member(definition, "steps", "resolve")["roles"] = ["supervisor"]
    services.put_in_force(SYSTEM, "incident", definition)
    incident = make.incident()
    fields = {"resolution_code": "fixed", "resolution": "New fuse"}
    with pytest.raises(Forbidden):
        tickets.take_step(make.actor("agent"), incident, "resolve", fields=fields)
    assert "resolve" not in [step.name for step in tickets.steps_for(make.actor("agent"), incident)]
    tickets.take_step(make.actor("supervisor"), incident, "resolve", fields=fields)
    assert incident.state == "resolved"


def test_fields_may_be_required_or_no_longer(app: Flask, make: Factory) -> None:
    definition = shipped()
    member(definition, "steps", "resolve").update(requires=["resolution"], accepts=[])
    member(definition, "steps", "start").update(requires=["note"], accepts=[])
    services.put_in_force(SYSTEM, "incident", definition)
    incident, agent = make.incident(), make.actor("agent")
    with pytest.raises(Invalid):
        tickets.take_step(agent, incident, "start")
    tickets.take_step(agent, incident, "start", fields={"note": "on it"})
    tickets.take_step(agent, incident, "resolve", fields={"resolution": "New fuse"})
    assert incident.resolution_code == ""


def test_tickets_of_a_state_that_disappears_go_where_the_administrator_says(app: Flask, make: Factory) -> None:
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
    incident, other = make.incident(requester_id=make.person().id), make.incident()
    for step in ("start", "ask_check"):
        tickets.take_step(SYSTEM, incident, step)
    session.commit()
    mails = len(session.scalars(select(OutboxMessage.id)).all())
    with pytest.raises(Invalid) as refusal:
        services.return_to_shipped(SYSTEM, "incident")
    assert set(refusal.value.errors) == {"moves.check"}
    with pytest.raises(Invalid):
        services.return_to_shipped(SYSTEM, "incident", moves={"check": "nowhere"})
    services.return_to_shipped(SYSTEM, "incident", moves={"check": "resolved"})
    assert active("incident") is LIFECYCLE
    assert (incident.state, incident.state_category, incident.unfinished) == ("resolved", "resolved", 0)
    assert incident.resolved_at is not None
    assert other.state == "new"
    entry = session.scalars(
        select(JournalEntry).where(JournalEntry.ticket_id == incident.id).order_by(JournalEntry.id.desc())
    ).first()
    assert entry is not None
    assert entry.changes["state"] == ["check", "resolved"]
    assert len(session.scalars(select(OutboxMessage.id)).all()) == mails  # nobody is mailed about an edit


def test_many_tickets_follow_in_the_background(app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsm.lifecycles.services.AT_ONCE", 2)
    monkeypatch.setattr(settling, "GRACE_SECONDS", 0)
    monkeypatch.setattr(settling, "BATCH", 2)
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
    incidents = [make.incident() for _each in range(5)]
    for incident in incidents:
        for step in ("start", "ask_check"):
            tickets.take_step(SYSTEM, incident, step)
    services.return_to_shipped(SYSTEM, "incident", moves={"check": "in_progress"})
    assert {incident.state for incident in incidents} == {"check"}
    task = session.scalars(select(BackgroundTask).where(BackgroundTask.kind == settling.TASK)).all()[-1]
    session.commit()

    class Steps:
        def step(self, percent: int, text: str = "") -> None:
            pass

    assert settling.run(task.payload, Steps()) == {"settled": 5}  # type: ignore[arg-type]
    states = select(Incident.state).where(Incident.id.in_([incident.id for incident in incidents]))
    assert set(session.scalars(states)) == {"in_progress"}
    assert settling.run(task.payload, Steps()) == {"settled": 0}  # type: ignore[arg-type]


def test_a_category_that_changes_is_followed_by_its_tickets(app: Flask, make: Factory) -> None:
    incident = make.incident()
    tickets.take_step(SYSTEM, incident, "hold", fields={"hold_reason": "supplier"})
    definition = shipped()
    member(definition, "states", "on_hold").update(category="active", pauses=False)
    services.put_in_force(SYSTEM, "incident", definition)
    assert (incident.state, incident.state_category) == ("on_hold", "active")
    assert session.scalars(select(Incident.id).where(Incident.state_category == "waiting")).all() == []


def seconds_spent(incident: Incident) -> int:
    clocks = sla.clocks_of(SYSTEM, [incident.id])[incident.id]
    row = next(one.row for one in clocks if one.row.metric == "resolution")
    return int(row.elapsed_seconds)


def test_clocks_follow_the_pause_flag_from_the_edit_on_and_the_past_stays(app: Flask, make: Factory) -> None:
    incident = make.incident(impact=1, urgency=1)
    tickets.take_step(SYSTEM, incident, "hold", fields={"hold_reason": "customer"})
    definition = shipped()
    member(definition, "states", "on_hold")["pauses"] = False
    with clock.frozen(NOW + timedelta(hours=1)):
        services.put_in_force(SYSTEM, "incident", definition)
    with clock.frozen(NOW + timedelta(hours=3)):
        tickets.take_step(SYSTEM, incident, "resume")
        assert seconds_spent(incident) == 2 * 3600  # the hour before the edit was a pause and stays one
        tickets.take_step(SYSTEM, incident, "hold", fields={"hold_reason": "customer"})
    with clock.frozen(NOW + timedelta(hours=4)):
        services.return_to_shipped(SYSTEM, "incident")
    with clock.frozen(NOW + timedelta(hours=6)):
        tickets.take_step(SYSTEM, incident, "resume")
        assert seconds_spent(incident) == 3 * 3600  # on hold counted for an hour, then paused again


def test_every_version_is_kept_and_written_to_the_audit_log(app: Flask, make: Factory) -> None:
    admin = make.actor("admin")
    services.put_in_force(admin, "incident", with_check_state(shipped()), note="Checks by the lead")
    services.return_to_shipped(admin, "incident")
    from itsm.lifecycles import queries

    assert [(row.number, row.active, row.made_by_name) for row in queries.list_versions("incident")] == [
        (2, False, admin.name),
        (1, False, admin.name),
    ]
    entries = session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "lifecycle.changed")).all()
    assert [entry["number"][1] for entry in entries] == [1, 2]


def test_an_edit_based_on_another_life_cycle_is_a_conflict(app: Flask) -> None:
    based_on = digest_of(shipped())
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()), based_on=based_on)
    with pytest.raises(Conflict):
        services.put_in_force(SYSTEM, "incident", shipped(), based_on=based_on)


def test_an_edit_in_a_process_that_is_behind_loses_no_other_edit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
    session.commit()
    monkeypatch.setattr(preferences, "_held", (math.inf, {}))  # read before the edit was committed
    assert active("incident") is LIFECYCLE
    with pytest.raises(Conflict):
        services.put_in_force(SYSTEM, "incident", shipped(), based_on=digest_of(shipped()))
    problem = shipped("problem")
    problem["states"][0]["titles"] = {"en": "Fresh"}
    services.put_in_force(SYSTEM, "problem", problem)
    assert "check" in active("incident").states
    assert str(active("problem")[problem["initial"]].title) == "Fresh"


def test_fields_made_during_an_edit_are_not_kept_for_it(separate_app: Flask) -> None:
    def states(found: list[bool]) -> None:
        with separate_app.app_context(), reading(), unit_of_work():
            field = filters.ticket_fields().find("state")
            found.append(field is not None and "check" in field.choices)

    def asked_elsewhere() -> bool:
        found = list[bool]()
        thread = threading.Thread(target=states, args=(found,))
        thread.start()
        thread.join()
        return found[0]

    with separate_app.app_context():
        services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
        assert "check" in active("incident").states
        assert not asked_elsewhere()
        session.commit()
        assert asked_elsewhere()


def test_only_who_may_edit_life_cycles_does(app: Flask, make: Factory) -> None:
    with pytest.raises(Forbidden):
        services.put_in_force(make.actor("supervisor"), "incident", with_check_state(shipped()))


def test_a_life_cycle_whose_row_was_rolled_back_is_not_in_force(app: Flask) -> None:
    session.commit()
    services.put_in_force(SYSTEM, "incident", with_check_state(shipped()))
    assert "check" in active("incident").states
    session.rollback()
    preferences.forget()  # as a refused request does
    assert active("incident") is LIFECYCLE


def test_resolved_incidents_still_close_by_themselves_in_a_renamed_state(app: Flask, make: Factory) -> None:
    definition = shipped()
    for state in definition["states"]:
        state["name"] = {"resolved": "solved"}.get(state["name"], state["name"])
    for step in definition["steps"]:
        step["from"] = ["solved" if name == "resolved" else name for name in step["from"]]
        step["to"] = "solved" if step["to"] == "resolved" else step["to"]
    services.put_in_force(SYSTEM, "incident", definition)
    incident = make.incident()
    tickets.take_step(SYSTEM, incident, "resolve", fields={"resolution_code": "fixed", "resolution": "New fuse"})
    session.commit()
    with clock.frozen(NOW + timedelta(days=30)):
        incident_jobs.close_resolved()
    session.expire_all()
    assert session.get_one(Incident, incident.id).state == "closed"


NAMES = [f"s{number}" for number in range(5)]


@st.composite
def life_cycles(draw: st.DrawFn) -> Definition:
    """Any few states and steps: most are wrong somewhere."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5))
    categories = ["open", "active", "waiting", "resolved", "closed"]
    states = [
        {"name": name, "category": draw(st.sampled_from(categories)), "titles": {}, "pauses": draw(st.booleans())}
        for name in names
    ]
    steps = [
        {
            "name": draw(st.sampled_from(["go", "turn", "end", "close"])),
            "from": draw(st.lists(st.sampled_from(NAMES[: len(names)]), min_size=1, max_size=3, unique=True)),
            "to": draw(st.sampled_from(NAMES[: len(names)])),
            "titles": {}, "permission": "incident.edit", "roles": [], "takes": False, "accepts": [],
            "requires": draw(st.sampled_from([[], ["note"], ["resolution"]])),
        }
        for _each in range(draw(st.integers(1, 7)))
    ]  # fmt: skip
    return {"initial": draw(st.sampled_from(names)), "states": states, "steps": steps}


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(definition=life_cycles())
def test_any_edited_life_cycle_is_refused_or_every_step_of_every_state_works(
    app: Flask, make: Factory, definition: Definition
) -> None:
    session.commit()
    try:
        services.put_in_force(SYSTEM, "incident", definition)
    except Invalid:
        assert active("incident") is LIFECYCLE
        return
    cycle = active("incident")
    incident = make.incident()
    for state in cycle.states:
        for step in cycle.steps_from(state):
            incident.state, incident.state_category = state, cycle.category(state).value
            incident.unfinished = int(cycle.category(state) in UNFINISHED)
            tickets.take_step(SYSTEM, incident, step.name, fields=dict.fromkeys(step.requires, "words"))
            assert (incident.state, incident.state_category) == (step.target, cycle.category(step.target))
            assert incident.unfinished == int(cycle.category(step.target) in UNFINISHED)
    session.rollback()
    preferences.forget()
