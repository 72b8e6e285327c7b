"""Problems through their services, and what their incidents hear of them."""

import pytest
from flask import Flask

from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from problem import queries, services
from problem.models import Problem
from tests.factories import Factory
from tests.journal import whole_journal


def notes(incident: Incident) -> list[str]:
    return [entry.body for entry in whole_journal(incident.id) if entry.kind == "internal"]


def known_error(make: Factory, agent: Actor, incident: Incident) -> Problem:
    problem = make.problem(agent, incident=incident)
    for step, fields in (("assess", {}), ("analyse", {}), ("record_known_error", {"root_cause": "Firmware 2.1"})):
        ticket_services.take_step(agent, problem, step, fields=fields)
    return problem


def test_a_problem_raised_from_an_incident_is_its_cause(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    problem = make.problem(agent, incident=incident, title="Printers forget")
    assert problem.number == f"PRB{problem.id:07d}"
    assert [(each.relation, each.ticket.id) for each in tickets.list_links(agent, incident)] == [
        ("caused_by", problem.id)
    ]
    assert queries.impact_of(agent, [problem.id])[problem.id] == queries.Impact(total=1, open=1)


def test_only_incidents_are_caused_by_problems(app: Flask, make: Factory) -> None:
    agent = make.actor()
    with pytest.raises(Invalid) as refusal:
        make.problem(agent, incident=make.problem(agent))
    assert set(refusal.value.errors) == {"incident"}


def test_a_requester_records_no_problem(app: Flask, make: Factory) -> None:
    with pytest.raises(Forbidden):
        make.problem(make.actor("end_user"))


def test_a_workaround_is_told_to_open_incidents_once(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident, solved = make.incident(agent), make.incident(agent)
    problem = make.problem(agent, incident=incident)
    services.link_incident(agent, problem, solved)
    fields = {"resolution_code": "fixed", "resolution": "Restarted"}
    ticket_services.take_step(agent, solved, "resolve", fields=fields)
    services.record_analysis(agent, problem, root_cause="", workaround="Print from the web page")
    services.record_analysis(agent, problem, root_cause="Firmware", workaround="Print from the web page")
    assert [problem.number in note and "Print from the web page" in note for note in notes(incident)] == [True]
    assert notes(solved) == []


def test_the_solution_is_told_and_the_flag_follows_the_state(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    problem = known_error(make, agent, incident)
    flags = [problem.known_error]
    for step, fields in (("start_fix", None), ("resolve", {"resolution": "Firmware 2.2"})):
        ticket_services.take_step(agent, problem, step, fields=fields)
        flags.append(problem.known_error)
    assert flags == [True, True, False]
    assert any("Firmware 2.2" in note for note in notes(incident))


def test_analysing_again_is_no_known_error_and_an_accepted_risk_stays_one(app: Flask, make: Factory) -> None:
    agent = make.actor()
    again, accepted = (known_error(make, agent, make.incident(agent)) for _each in range(2))
    ticket_services.take_step(agent, again, "analyse_again", fields={"note": "Wrong lead"})
    ticket_services.take_step(agent, accepted, "accept_risk", fields={"note": "Old printers"})
    assert (again.known_error, accepted.known_error) == (False, True)


def test_closing_with_open_incidents_leaves_a_note_that_names_them(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    problem = known_error(make, agent, incident)
    ticket_services.take_step(agent, problem, "resolve", fields={"resolution": "Firmware 2.2"})
    ticket_services.take_step(agent, problem, "close")
    written = [entry.body for entry in whole_journal(problem.id) if entry.kind == "internal"]
    assert len(written) == 1
    assert incident.number in written[0]


def test_a_stale_analysis_is_a_conflict(app: Flask, make: Factory) -> None:
    agent = make.actor()
    problem = make.problem(agent)
    services.record_analysis(agent, problem, root_cause="a", workaround="")
    with pytest.raises(Conflict):
        services.record_analysis(agent, problem, root_cause="b", workaround="", version=1)
    session.expire_all()
    assert session.get_one(Problem, problem.id).root_cause == "a"


def test_a_step_takes_texts_only(app: Flask, make: Factory) -> None:
    agent = make.actor()
    problem = make.problem(agent)
    ticket_services.take_step(agent, problem, "assess")
    ticket_services.take_step(agent, problem, "analyse")
    with pytest.raises(Invalid) as refusal:
        ticket_services.take_step(agent, problem, "record_known_error", fields={"root_cause": 7})
    assert set(refusal.value.errors) == {"root_cause"}
