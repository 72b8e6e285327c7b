"""The incident report: flow, backlog by history, times, reopening and first contact."""

from typing import Any

from flask import Flask

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.reports import catalogue
from itsm.reports.document import as_data, plain
from itsm.tickets import services
from tests.factories import Factory
from tests.itsm.reports.conftest import Month, Story, at, october


def figures() -> dict[str, Any]:
    return {figure.name: plain(figure.value) for figure in catalogue.build(SYSTEM, "incidents", october()).figures}


def test_figures(month: Month) -> None:
    found = figures()
    assert found["created"] == 8
    assert found["resolved"] == 5
    assert found["net_flow"] == 3
    assert found["backlog"] == 3  # paused, overdue, late; the cancelled one is gone
    hours = [2, 4, 9.5, 5, 1]
    assert found["mean_seconds"] == sum(hours) / 5 * 3600
    assert found["median_seconds"] == 4 * 3600
    assert found["p90_seconds"] == 9.5 * 3600
    assert found["reopen_percent"] == 0.0
    assert found["first_contact_percent"] == 100.0


def test_a_reopened_incident_counts_by_its_history(month: Month, make: Factory) -> None:
    story = Story(make, SYSTEM, month.customer, month.desk)
    story.step(month.incidents["fast"], "reopen", at(6), note="Again")
    assert figures()["reopen_percent"] == 20.0
    assert figures()["backlog"] == 4
    story.resolve(month.incidents["fast"], at(2, month=11))
    assert figures()["backlog"] == 4  # what happens in November changes nothing in October
    assert figures()["resolved"] == 5


def test_a_further_message_is_no_first_contact(month: Month, make: Factory) -> None:
    incident = month.incidents["exact"]
    requester = make.actor_of(session.get_one(Person, incident.requester_id), channel="portal")
    with clock.frozen(at(6, 9)):
        services.write_entry(requester, incident, kind="public", body="It is the left key.")
    assert figures()["first_contact_percent"] == 80.0


def test_the_flow_adds_up_and_each_day_knows_its_backlog(month: Month) -> None:
    flow = catalogue.build(SYSTEM, "incidents", october()).table("flow")
    assert flow is not None
    assert len(flow.rows) == 31
    assert flow.total is not None
    assert [sum(row[place] for row in flow.rows) for place in (1, 2)] == list(flow.total[1:3])
    assert flow.rows[-1][3] == flow.total[3]
    assert flow.rows[0][3] == 1  # on 1 October only the one from September is open


def test_nothing_is_a_dash(app: Flask) -> None:
    found = figures()
    assert (found["created"], found["mean_seconds"], found["reopen_percent"]) == (0, None, None)


def test_who_may_not_read_sees_nothing(month: Month, make: Factory) -> None:
    report = catalogue.build(make.actor("end_user"), "incidents", october())
    assert as_data(report)["figures"]["created"] == 0
