"""The ready reports: figures of a known month, lists behind every number, and a past that stays as it was."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.reports import catalogue
from itsm.reports.document import Report, as_data, plain
from itsm.tickets import services
from tests.factories import Factory
from tests.itsm.reports.conftest import Month, Story, at, october
from tests.statements import counted

STUDIES = [kind.name for kind in catalogue.REPORTS if kind.study is not None]
OF_INCIDENTS = ["incidents", "backlog", "times", "quality", "workload", "top", "satisfaction"]


def build(name: str, **options: Any) -> Report:
    return catalogue.build(SYSTEM, name, october(), **options)


def figures(name: str) -> dict[str, Any]:
    return {figure.name: plain(figure.value) for figure in build(name).figures}


@pytest.fixture
def lively(month: Month, make: Factory) -> Month:
    """The month with moves between groups, a verdict, work and a service."""
    story = Story(make, SYSTEM, month.customer, month.desk)
    passed = story.open("Sent around", at(14))
    for hour, group in ((9, month.network), (10, month.desk), (11, month.network)):
        with clock.frozen(at(14, hour)):
            services.assign(SYSTEM, passed, group_id=group.id)
    story.resolve(passed, at(14, 12))
    fast = month.incidents["fast"]
    requester = make.actor_of(session.get_one(Person, fast.requester_id), channel="portal")
    with clock.frozen(at(5, 12)):
        services.take_step(requester, fast, "close", fields={})
    exact = month.incidents["exact"]
    asker = make.actor_of(session.get_one(Person, exact.requester_id), channel="portal")
    with clock.frozen(at(6, 13)):
        services.take_step(asker, exact, "reopen", fields={"note": "Still broken"})
    agent = make.actor("agent", groups=(month.desk, month.network))
    with clock.frozen(at(7, 16)):
        services.write_entry(agent, month.incidents["slow"], kind="work", body="Searched", minutes=45)
    session.flush()
    return month


def test_backlog_and_its_ageing(month: Month) -> None:
    found = figures("backlog")
    assert (found["backlog"], found["waiting"], found["old"]) == (3, 1, 1)  # paused, overdue, late (since 20 September)
    report = build("backlog")
    ages = report.table("by_age")
    assert ages is not None
    assert [(row[0], row[1]) for row in ages.rows] == [
        ("less than a day", 1),
        ("1 day and more", 1),
        ("30 days and more", 1),
    ]
    oldest = report.table("oldest")
    assert oldest is not None
    assert str(oldest.rows[0][0]) == month.incidents["late"].number
    days = [4 / 24, 1 + 16 / 24, 41 + 16 / 24]
    assert found["age_mean_seconds"] == pytest.approx(sum(days) * 86_400 / 3, abs=1)


def test_times_until_somebody_acted_answered_and_solved(month: Month) -> None:
    found = figures("times")
    minutes = [10, 60, 120, 10, 30, 5, 5]  # of those answered in October
    assert found["answered"] == len(minutes)
    assert found["respond_seconds_mean"] == pytest.approx(sum(minutes) * 60 / len(minutes), abs=0.1)
    assert found["acknowledge_seconds_median"] == 20 * 60  # 5, 5, 10, 10, 30, 30 (cancelled), 60, 120 minutes
    assert found["resolve_seconds_p90"] == 9.5 * 3600


def test_quality_tells_of_what_went_back_and_forth(lively: Month) -> None:
    found = figures("quality")
    assert found["resolved"] == 6
    assert found["back_and_forth"] == 1
    assert found["passed"] == 2
    assert found["passes_mean"] == pytest.approx((3 + 1) / 6, abs=0.05)
    assert found["reopen_percent"] == 16.7
    ways = build("quality").table("back_and_forth")
    assert ways is not None
    assert ways.rows[0][3] == "Service desk → Network → Service desk → Network"


def test_workload_counts_the_time_that_was_written_down(lively: Month) -> None:
    report = build("workload")
    assert {figure.name: figure.value for figure in report.figures}["worked_seconds"] == 45 * 60
    spent = report.table("time_by_person")
    assert spent is not None
    assert spent.total is not None
    assert spent.total[1:] == (1, 45 * 60)


def test_verdicts_are_the_requesters_own(lively: Month) -> None:
    found = figures("satisfaction")
    assert (found["confirmed"], found["refused"], found["answered"]) == (1, 1, 2)
    assert found["confirmed_percent"] == 50.0
    assert found["confirmed"] + found["refused"] + found["silent"] == found["resolved"] == 6


def test_what_comes_up_most_knows_services_and_cis(month: Month, make: Factory) -> None:
    from cmdb import services as cmdb

    service = make.ci("Mail", class_key="business_service")
    server = make.ci("mail-1")
    for name in ("fast", "slow"):
        with clock.frozen(at(8)):
            cmdb.attach_ci(SYSTEM, month.incidents[name], service)
    with clock.frozen(at(8)):
        cmdb.attach_ci(SYSTEM, month.incidents["slow"], server)
    report = build("top")
    by_service, by_ci = report.table("by_service"), report.table("by_ci")
    assert by_service is not None
    assert by_ci is not None
    assert by_service.rows[0][:2] == ("Mail", 2)
    assert by_ci.rows[0][:2] == ("mail-1", 1)
    assert by_service.total is None


@pytest.mark.parametrize("name", STUDIES)
def test_every_number_leads_to_as_many_records(lively: Month, name: str) -> None:
    study = catalogue.study(SYSTEM, name, october())
    report = build(name, complete=True)
    measures = {each.name: each for each in study.measures}
    for figure in report.figures:
        measure = measures.get(figure.name)
        if measure is not None and measure.how == "count":
            assert figure.drill is not None
            assert len(study.behind(**figure.drill)) == figure.value, figure.name
    for table in report.tables:
        for row, part in zip(table.rows, table.drill, strict=True) if table.drill else ():
            for value, column in zip(row, table.columns, strict=True):
                if column.leads and (column.name not in measures or measures[column.name].how == "count"):
                    assert len(study.behind(**part, **dict(column.leads))) == value, (table.name, part, column.name)


@pytest.mark.parametrize("name", OF_INCIDENTS)
def test_a_past_month_stays_when_tickets_change_later(lively: Month, make: Factory, name: str) -> None:
    story = Story(make, SYSTEM, lively.customer, lively.desk)
    recent = story.whole("Solved late in October", at(29), answer=30, solve=90)
    before = as_data(build(name))
    with clock.frozen(at(3, month=11)):
        services.assign(SYSTEM, lively.incidents["overdue"], group_id=lively.network.id)
        services.change_facts(SYSTEM, lively.incidents["late"], version=None, changes={"impact": 2, "urgency": 1})
    story.step(lively.incidents["paused"], "resume", at(3, month=11))
    story.resolve(lively.incidents["overdue"], at(4, month=11))
    story.step(recent, "reopen", at(4, month=11), note="Again")
    story.step(recent, "cancel", at(5, month=11), note="Never mind")
    story.whole("A November matter", at(5, month=11), answer=5, solve=50)
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert as_data(build(name)) == before


@pytest.mark.parametrize("name", STUDIES)
def test_who_may_not_read_sees_nothing(lively: Month, make: Factory, name: str) -> None:
    report = catalogue.build(make.actor("end_user"), name, october(), complete=True)
    assert all(not row[0] for table in report.extra for row in table.rows)
    assert "Sent around" not in str(as_data(report))


@pytest.mark.parametrize("name", STUDIES)
def test_statements_do_not_grow_with_rows(month: Month, make: Factory, name: str) -> None:
    build(name)
    with counted() as before:
        build(name)
    story = Story(make, SYSTEM, month.customer, month.desk)
    for number in range(8):
        story.whole(f"Matter {number}", at(14, number), answer=20, solve=100)
    build(name)
    with counted() as after:
        build(name)
    assert len(after) == len(before)


@pytest.mark.parametrize("name", STUDIES)
def test_an_empty_site_has_every_report(app: Flask, name: str) -> None:
    report = build(name, complete=True)
    assert report.summary
    assert len(report.digest) == 64
