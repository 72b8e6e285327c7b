"""Incidents through their services."""

import pytest
from flask import Flask

from cmdb import queries as cmdb
from incident import services as incidents
from incident.models import Incident
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, IllegalTransition, Invalid
from itsm.tickets import queries, services
from tests.factories import Factory
from tests.journal import whole_journal


def test_an_incident_gets_number_priority_and_group_by_category(app: Flask, make: Factory) -> None:
    printing = make.group("Printing")
    category = make.category("Printer", parent=make.category("Hardware", group=printing))
    incident = make.incident(make.actor(), title="No labels", impact=2, urgency=1, category_id=category.id)
    assert incident.number == f"INC{incident.id:07d}"
    assert (incident.priority, incident.group_id, incident.state) == (1, printing.id, "new")


def test_resolving_needs_code_and_text(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    with pytest.raises(Invalid) as refusal:
        services.take_step(agent, incident, "resolve")
    assert set(refusal.value.errors) == {"resolution_code", "resolution"}
    services.take_step(agent, incident, "resolve", fields={"resolution_code": "fixed", "resolution": "New cable"})
    assert (incident.state, incident.unfinished, incident.first_contact) == ("resolved", 0, True)


def test_a_closed_incident_takes_no_step(app: Flask, make: Factory) -> None:
    agent = make.actor()
    incident = make.incident(agent)
    services.take_step(agent, incident, "resolve", fields={"resolution_code": "fixed", "resolution": "x"})
    services.take_step(agent, incident, "close")
    with pytest.raises(IllegalTransition):
        services.take_step(agent, incident, "reopen", fields={"note": "again"})


def test_an_incident_that_continues_a_closed_one_concerns_its_cis(app: Flask, make: Factory) -> None:
    person, server, printer = make.person(), make.ci("srv"), make.ci("printer", class_key="printer")
    requester = make.actor_of(person)
    closed = make.incident(requester_id=person.id, ci_ids=[server.id, printer.id])
    services.take_step(SYSTEM, closed, "resolve", fields={"resolution_code": "fixed", "resolution": "x"})
    services.take_step(SYSTEM, closed, "close")
    # The requester may not see these CIs, and the new ticket names them all the same.
    fresh = incidents.reply_as_requester(requester, closed, body="It came back")
    assert fresh.reopened_from_id == closed.id
    assert [ci.name for ci in cmdb.cis_of_ticket(SYSTEM, fresh.id)] == ["printer", "srv"]
    noted = [entry.changes["ci"] for entry in whole_journal(fresh.id) if "ci" in entry.changes]
    assert noted == [[None, "srv, printer"]]


def test_the_requester_sees_and_reopens_but_does_not_work(app: Flask, make: Factory) -> None:
    person = make.person()
    requester, agent, stranger = make.actor_of(person), make.actor(), make.actor("end_user")
    incident = make.incident(requester, title="Screen is black")
    assert incident.requester_id == person.id
    assert queries.find_ticket(stranger, incident.number) is None
    with pytest.raises(Forbidden):
        services.assign(requester, incident, group_id=None, assignee_id=person.id)
    services.take_step(agent, incident, "resolve", fields={"resolution_code": "fixed", "resolution": "Plugged in"})
    services.write_entry(requester, incident, kind="public", body="Still black")
    assert (incident.state, incident.reopenings) == ("in_progress", 1)


def test_escalation_follows_the_levels_and_carries_the_note(app: Flask, make: Factory) -> None:
    second = make.group("Second", level=2)
    first = make.group("First", escalates_to_id=second.id)
    agent = make.actor(groups=(first,))
    incident = make.incident(agent, group_id=first.id)
    services.escalate(agent, incident, note="Cable is fine")
    session.expire_all()
    fresh = session.get_one(Incident, incident.id)
    assert (fresh.group_id, fresh.level, fresh.reassignments) == (second.id, 2, 1)
    path = queries.escalation_path(whole_journal(fresh.id))
    assert [group for _at, group in path] == [first.id, second.id]
    assert any(entry.body == "Cable is fine" for entry in whole_journal(fresh.id))
