"""The SLA report: what counts, where it adds up, who sees what, and how many statements it costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.datasets import get_data_set
from itsm.kernel.db import db
from itsm.kernel.errors import Invalid
from itsm.reports import catalogue, sla_report
from itsm.reports.document import Report, as_data, plain
from itsm.reports.metrics import Share
from itsm.reports.tally import APART, COUNTED, Alike, tally, tally_by
from tests.factories import Factory
from tests.itsm.reports.conftest import Month, Story, at, october


def figures(report: Report) -> dict[str, Any]:
    return {figure.name: plain(figure.value) for figure in report.figures}


def outcomes() -> dict[tuple[str, str], str]:
    selection = october().selection(SYSTEM)
    rows = get_data_set("sla_clocks").read(SYSTEM, selection, ("title", "metric", "outcome"))
    return {(title, metric): outcome for title, metric, outcome in rows}


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_each_clock_has_its_outcome(month: Month) -> None:
    found = outcomes()
    assert found["Printer is out of paper", "resolution"] == "met"
    assert found["Keyboard is broken", "response"] == "met"  # exactly at the target
    assert found["Keyboard is broken", "resolution"] == "met"
    assert found["=cmd|' /C calc'!A0", "response"] == "breached"
    assert found["=cmd|' /C calc'!A0", "resolution"] == "breached"
    assert found["Laptop ordered", "resolution"] == "paused"
    assert found["VPN does not connect", "resolution"] == "overdue"
    assert found["Wrong number", "resolution"] == "cancelled"
    assert found["Overdue since September", "resolution"] == "earlier"
    assert not any(title == "September matter" for title, _metric in found)


def test_figures_follow_rule_r1(month: Month) -> None:
    found = figures(catalogue.build(SYSTEM, "sla", october()))
    assert found == {
        "compliance": 69.2,  # 9 of 13
        "compliance_response": 85.7,
        "compliance_resolution": 50.0,
        "counted": 13,
        "met": 9,
        "breached": 4,
        "open_overdue": 1,
    }


def test_every_breakdown_adds_up_to_its_total(month: Month) -> None:
    report = catalogue.build(SYSTEM, "sla", october())
    for table in report.tables:
        numbers = [place for place, column in enumerate(table.columns) if column.kind == "count"]
        assert table.total is not None
        for place in numbers:
            assert sum(row[place] for row in table.rows) == table.total[place], table.name


def test_each_counted_cell_leads_to_as_many_clocks(month: Month) -> None:
    from itsm.reports.views import _narrowed

    question = october()
    report = catalogue.build(SYSTEM, "sla", question)
    for table in report.tables:
        place = [column.name for column in table.columns].index("clocks" if table.name == "not_counted" else "counted")
        for row, drill in zip(table.rows, table.drill, strict=True):
            listed = sla_report.clock_list(SYSTEM, _narrowed(question.selection(SYSTEM), question, drill))
            assert len(listed.rows) == row[place], (table.name, drill)


def test_breaches_say_by_how_much_and_where_the_time_went(month: Month) -> None:
    table = catalogue.build(SYSTEM, "sla", october()).table("breaches")
    assert table is not None
    names = [column.name for column in table.columns]
    rows = {(str(row[1]), str(row[2])): dict(zip(names, row, strict=True)) for row in table.rows}
    slow = rows["=cmd|' /C calc'!A0", "Resolution"]
    assert (slow["target_seconds"], slow["elapsed_seconds"], slow["over_seconds"]) == (14_400, 23_400, 9000)
    assert slow["reason"] == "Network 3:30; waits for the customer 3:00; Service desk 3:00"
    assert slow["target"].address == f"/sla/clocks/{slow['ticket'].number}/resolution"
    overdue = rows["VPN does not connect", "Resolution"]
    assert overdue["open"]
    assert overdue["elapsed_seconds"] == 40 * 3600  # until the cut-off, not until the last event
    assert len(rows) == 4


def test_a_period_before_or_after_has_other_clocks(month: Month) -> None:
    september = replace(october(), period=replace(october().period, first=at(1, month=9).date(), end=at(1).date()))
    september = replace(september, cut_off_at=september.period.to_at)
    found = figures(catalogue.build(SYSTEM, "sla", september))
    assert (found["met"], found["breached"], found["open_overdue"]) == (3, 1, 1)


def test_past_figures_stay_when_tickets_go_on(month: Month, make: Factory) -> None:
    before = catalogue.build(SYSTEM, "sla", october())
    story = Story(make, SYSTEM, month.customer, month.desk)
    story.resolve(month.incidents["overdue"], at(3, month=11))
    story.whole("A November matter", at(4, month=11), answer=5, solve=10)
    after = catalogue.build(SYSTEM, "sla", october())
    assert figures(after) == figures(before)
    assert after.digest == before.digest


def test_running_it_again_later_gives_the_same(month: Month) -> None:
    before = as_data(catalogue.build(SYSTEM, "sla", october()))
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert as_data(catalogue.build(SYSTEM, "sla", october())) == before


def test_the_digest_is_of_the_data_not_of_the_language(month: Month) -> None:
    digests = {catalogue.build(SYSTEM, "sla", october(language)).digest for language in ("en", "sv", "fa")}
    assert len(digests) == 1
    narrowed = replace(october(), organisation_id=month.customer.id)
    assert catalogue.build(SYSTEM, "sla", narrowed).digest not in digests


def test_an_organisation_includes_those_below_it(month: Month) -> None:
    def counted(**narrowed: int) -> int:
        return int(figures(catalogue.build(SYSTEM, "sla", replace(october(), **narrowed)))["counted"])

    assert counted(organisation_id=month.customer.id) == 11
    assert counted(organisation_id=month.branch.id) == 2
    assert counted(organisation_id=month.other.id) == 2
    assert counted(agreement_id=month.agreement.id) == 11


def test_restricted_groups_stay_hidden(month: Month, make: Factory) -> None:
    secret = make.group("Investigations", restricted=True)
    Story(make, SYSTEM, month.customer, secret).whole("Confidential", at(15), answer=5, solve=30)
    manager = make.actor("manager")
    report = catalogue.build(manager, "sla", october(), complete=True)
    assert figures(report)["counted"] == 13
    assert figures(catalogue.build(SYSTEM, "sla", october()))["counted"] == 15
    assert "Confidential" not in str(as_data(report)) + str(report.extra)


def test_an_organisation_that_the_actor_may_not_know_is_refused(month: Month, make: Factory) -> None:
    outsider = make.actor("end_user")
    with pytest.raises(Invalid):
        catalogue.build(outsider, "sla", replace(october(), organisation_id=month.other.id))
    assert figures(catalogue.build(outsider, "sla", october()))["counted"] == 0


def test_nothing_counted_is_a_dash(app: Flask) -> None:
    report = catalogue.build(SYSTEM, "sla", october())
    assert figures(report)["compliance"] is None
    assert report.charts == ()
    assert report.summary == ("No target came to its end in this period, so there is no figure to show.",)


def test_statements_do_not_grow_with_rows(month: Month, make: Factory) -> None:
    catalogue.build(SYSTEM, "sla", october())
    with statements() as before:
        catalogue.build(SYSTEM, "sla", october())
    story = Story(make, SYSTEM, month.customer, month.desk)
    for number in range(12):
        story.whole(f"Matter {number}", at(14, number), answer=120, solve=500)
    with statements() as after:
        catalogue.build(SYSTEM, "sla", october())
    assert len(after) == len(before)
    assert len(after) <= 12


def test_tallies_of_made_up_clocks() -> None:
    names = (*COUNTED, *APART)
    rows = [(number, "response", 1, number % 2, 0, names[number % len(names)], number) for number in range(70)]
    found = Alike()
    for row in rows:
        found.add(row)
    clocks = found.clocks()
    whole = tally(clocks)
    assert (whole.met, whole.missed, whole.counted) == (10, 20, 30)
    assert whole.compliance == Share(10, 30)
    parts = tally_by(clocks, lambda each: each.group_id)
    assert sum(part.counted for part in parts.values()) == whole.counted
