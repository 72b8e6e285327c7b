"""A real service desk's whole log: every measure of the ready reports and of the cubes against a computation of the test's
own, which reads the raw file. What the log holds no facts of stands in test_worked_figures.py."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from incident.importing import import_audit_log
from incident.models import Incident
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.reports import catalogue
from itsm.reports.builder.answering import answer_question
from itsm.reports.builder.question import BuiltQuestion, Dimension, Measure
from itsm.reports.document import Report
from itsm.reports.metrics import Share
from itsm.reports.periods import Period
from itsm.reports.present import month_label
from itsm.reports.request import Question, ask
from tests.conftest import rolled_back
from tests.factories import Factory
from tests.incident.test_importing import (
    RESOLUTION,
    RESPONSE,
    ZONE,
    agree,
    changes_of_group,
    check_clocks,
    check_report,
    counts,
    instant,
    needs_log,
    open_minutes,
    reopenings,
    rows_by_number,
    taken_over,
    whole_log,
)  # fmt: skip
from tests.itsm.reports.raw_log import (
    DAY,
    Clock,
    Seen,
    Standing,
    Told,
    clock_of,
    figures_of,
    mean,
    median,
    midnight,
    read_log,
    seconds,
    seen_in,
    split,
    within,
)  # fmt: skip

pytestmark = [needs_log, pytest.mark.samples, pytest.mark.one_database, pytest.mark.xdist_group("whole log")]
PERIODS = {
    "days in the thick of it": (date(2016, 2, 29), date(2016, 3, 4)),
    "a month with a change of clocks": (date(2016, 3, 1), date(2016, 4, 1)),
    "two quiet days": (date(2016, 5, 20), date(2016, 5, 22)),
    "months": (date(2016, 3, 1), date(2017, 1, 1)),
    "everything": (date(2016, 1, 1), date(2018, 1, 1)),
}
Key = Callable[[Seen], Any]
KEYS: dict[str, Key] = {
    "priority": lambda seen: seen.stood.priority,
    "group": lambda seen: seen.stood.group,
    "person": lambda seen: seen.stood.person or "nobody",
    "category": lambda seen: seen.stood.category or "no category",
    "organisation": lambda seen: "no organisation",  # the log names none
    "channel": lambda seen: "phone",
    "age": lambda seen: seen.age_words,
}
BREAKDOWNS = {
    "incidents": ("priority", "group"),
    "backlog": ("age", "priority", "group", "organisation", "category"),
    "times": ("priority", "group", "category", "channel"),
    "quality": ("priority", "group", "category", "channel"),
    "workload": ("person", "group", "organisation"),
    "top": ("category", "organisation", "channel"),
    "satisfaction": ("group", "category", "organisation"),
}
LIMITS = dict.fromkeys(BREAKDOWNS, 50) | {"top": 20}
SHOWN = {"backlog": {"backlog"}, "times": {"resolved"}, "satisfaction": {"resolved"}}


@pytest.fixture(scope="module")
def log(built_app: Flask) -> Iterator[list[Told]]:
    """The log, taken over once for all tests of this module."""
    with rolled_back(built_app):
        agree("Office hours")
        text = whole_log()
        result = import_audit_log(SYSTEM, io.StringIO(text), timezone="Europe/Stockholm")
        assert (result.rows, result.created, result.failed, result.faults) == (5998, 890, 0, [])
        yield read_log(text)


def test_history_and_clocks(log: list[Told]) -> None:
    text = whole_log()
    expected, references = rows_by_number(text), taken_over()
    incidents = {row.id: row for row in session.scalars(select(Incident))}
    assert set(references) == set(expected)
    for number, rows in expected.items():
        incident = incidents[references[number]]
        assert incident.reassignments == changes_of_group(rows), number
        assert incident.reopenings == reopenings(rows), number
        assert incident.state == "closed"
        closings = [row for row in rows if row["incident_state"] == "Closed"]
        assert incident.closed_at == instant(closings[0]["sys_updated_at"])
        assert incident.created_at == min(instant(rows[0]["opened_at"]), instant(rows[0]["sys_updated_at"]))
        assert incident.priority == int(rows[-1]["priority"][0])
        assert not incident.first_contact
    assert sum(row.reopenings for row in incidents.values()) == sum(map(reopenings, expected.values())) == 11
    told = sum(int(rows[-1]["reassignment_count"]) == changes_of_group(rows) for rows in expected.values())
    assert told >= 850  # what the other system counted, which also counts moves that its log does not show
    check_report(check_clocks(text, office=True))
    before = counts()
    again = import_audit_log(SYSTEM, io.StringIO(text), timezone="Europe/Stockholm")
    assert (again.created, again.unchanged, again.failed) == (0, 890, 0)
    assert counts() == before


def question_of(first: date, end: date) -> Question:
    return ask(Period(first, end, "Europe/Stockholm"), language="en")


def plain(value: Any) -> Any:
    return (value.part, value.whole) if isinstance(value, Share) else value


def said(value: Any) -> bool:
    """Whether a figure says anything: a row of nothing but zeros is left out."""
    return bool(value[1]) if isinstance(value, tuple) else bool(value)


def check_breakdown(report: Report, part: str, seen: Sequence[Seen]) -> None:
    """Every row of a table and every cell of it, the rows that must be there, and their total."""
    table = report.table(f"by_{part}")
    if table is None:
        shown = SHOWN[report.name]
        assert not any(said(cell) for name, cell in figures_of(seen).items() if name in shown), (report.name, part)
        return
    names = [column.name for column in table.columns[1:]]
    expected = {}
    for key, some in split(seen, KEYS[part]).items():
        cells = figures_of(some)
        if any(said(cells[name]) for name in names):
            expected[key] = [cells[name] for name in names]
    found = {row[0]: [plain(value) for value in row[1:]] for row in table.rows}
    assert len(found) == len(table.rows)
    assert found == {key: expected[key] for key in found}, (report.name, part)
    assert len(found) == len(expected) or (len(found) == LIMITS[report.name] and "Only the first" in table.note)
    assert table.total is not None
    whole = figures_of(seen)
    assert [plain(value) for value in table.total[1:]] == [whole[name] for name in names], (report.name, part)


def check_flow(report: Report, log: Sequence[Told], question: Question, seen: Sequence[Seen]) -> None:
    table = report.table("flow")
    assert table is not None
    first, end = question.period.first, question.period.end
    days = [first + number * DAY for number in range((end - first).days)]
    daily = len(days) <= 31
    starts = days if daily else [day for day in days if day.day == 1 or day == first]
    for row, start, after in zip(table.rows, starts, [*starts[1:], end], strict=True):
        label = question.reader.day(start, short=True) if daily else month_label(start, question.reader)
        part_end = midnight(after)
        still_open = sum(each.is_open for each in seen_in(log, midnight(start), part_end))
        created = sum(midnight(start) <= each.told.opened < part_end for each in seen)
        solved = sum(each.solved is not None and midnight(start) <= each.solved < part_end for each in seen)
        assert row == (label, created, solved, still_open)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", BREAKDOWNS)
def test_every_figure_and_every_row(log: list[Told], name: str, period: str) -> None:
    first, end = PERIODS[period]
    question = question_of(first, end)
    seen = seen_in(log, midnight(first), midnight(end))
    expected = figures_of(seen)
    report = catalogue.build(SYSTEM, name, question)
    found = {figure.name: plain(figure.value) for figure in report.figures}
    assert found == {figure: expected[figure] for figure in found}
    for part in BREAKDOWNS[name]:
        check_breakdown(report, part, seen)
    shown = {table.name for table in report.tables}
    assert shown <= {f"by_{part}" for part in BREAKDOWNS[name]} | {"flow"}
    if "flow" in shown:
        check_flow(report, log, question, seen)


PRIORITIES = (1, 2, 3, 4)
TARGETS = {"response": RESPONSE, "resolution": RESOLUTION}
TITLES = {"response": "Response", "resolution": "Resolution"}


@pytest.fixture(scope="module")
def clocks(log: list[Told]) -> list[Clock]:
    opened = open_minutes(office=True)
    return [clock_of(told, metric, opened, targets) for told in log for metric, targets in TARGETS.items()]


def cells_of(clocks: Sequence[Clock], outcomes: dict[Clock, str]) -> tuple[Any, ...]:
    """Counted, met, missed, of these open, compliance, mean and nine of ten of those that ended."""
    found = [outcomes[clock] for clock in clocks if outcomes[clock]]
    times = [clock.spent for clock in clocks if outcomes[clock] in {"met", "breached"}]
    met, still = found.count("met"), found.count("overdue")
    return (len(found), met, len(found) - met, still, (met, len(found)), mean(times), within(times, 90))


@pytest.mark.parametrize("period", PERIODS)
def test_every_figure_of_targets(log: list[Told], clocks: list[Clock], period: str) -> None:
    first, end = PERIODS[period]
    question = question_of(first, end)
    outcomes = {clock: clock.outcome(midnight(first), midnight(end)) for clock in clocks}
    report = catalogue.build(SYSTEM, "sla", question)
    whole = cells_of(clocks, outcomes)
    by_metric = {metric: cells_of([each for each in clocks if each.metric == metric], outcomes) for metric in TARGETS}
    assert {figure.name: plain(figure.value) for figure in report.figures} == {
        "compliance": whole[4],
        "counted": whole[0],
        "met": whole[1],
        "breached": whole[2],
        "open_overdue": whole[3],
    } | {f"compliance_{metric}": cells[4] for metric, cells in by_metric.items() if cells[0]}

    def month_of(clock: Clock) -> str:
        counted = clock.fell if outcomes[clock] == "overdue" and clock.fell else clock.ended
        local = counted.astimezone(ZONE)
        return month_label(local.date(), question.reader)

    keys: dict[str, Callable[[Clock], tuple[Any, ...]]] = {
        "target": lambda clock: (TITLES[clock.metric],),
        "priority": lambda clock: (TITLES[clock.metric], clock.stood.priority),
        "group": lambda clock: (TITLES[clock.metric], clock.stood.group),
        "month": lambda clock: (TITLES[clock.metric], month_of(clock)),
    }
    for name, key in keys.items():
        table = report.table(f"by_{name}")
        assert table is not None
        parts: dict[tuple[Any, ...], list[Clock]] = {}
        for clock in clocks:
            if outcomes[clock]:
                parts.setdefault(key(clock), []).append(clock)
        found = {row[:-7]: tuple(map(plain, row[-7:])) for row in table.rows}
        assert found == {each: cells_of(some, outcomes) for each, some in parts.items()}, (period, name)
        assert table.total is not None
        assert tuple(map(plain, table.total[-7:])) == whole


# ---- cubes: records as they stand now

EMPTY = "(empty)"
Of = Callable[[Told], Any]


def last(told: Told) -> Standing:
    return told.path[-1]


def took(told: Told) -> int:
    return seconds(told.solutions()[-1] - told.opened)


def passes(told: Told) -> int:
    return len(told.groups(last(told).at + DAY)) - 1


def closed(told: Told) -> datetime:
    return next(each.at for each in told.path if each.state == "Closed").astimezone(ZONE)


def when(instant: datetime, form: str) -> str:
    return instant.astimezone(ZONE).strftime(form)


DIMENSIONS: dict[str, Of] = {
    "kind": lambda told: "Incident",
    "state": lambda told: "Closed",
    "state.category": lambda told: "closed",
    "priority": lambda told: str(last(told).priority),
    "impact": lambda told: str(last(told).impact),
    "urgency": lambda told: str(last(told).urgency),
    "level": lambda told: "1",
    "group": lambda told: last(told).group,
    "assignee": lambda told: last(told).person or EMPTY,
    "category": lambda told: last(told).category or EMPTY,
    "organisation": lambda told: EMPTY,
    "requester": lambda told: told.caller or EMPTY,
    "requester.site": lambda told: told.site or EMPTY,
    "requester.organisation": lambda told: EMPTY,
    "requester.vip": lambda told: "no" if told.caller else EMPTY,
    "channel": lambda told: "phone",
    "hold.reason": lambda told: EMPTY,
    "reopenings": lambda told: str(len(told.reopenings())),
    "reassignments": lambda told: str(passes(told)),
    "created.hour": lambda told: str(told.opened.astimezone(ZONE).hour),
    "created.weekday": lambda told: when(told.opened, "%A"),
    "resolved.hour": lambda told: str(told.solutions()[-1].astimezone(ZONE).hour),
    "resolved.weekday": lambda told: when(told.solutions()[-1], "%A"),
    "created/day": lambda told: when(told.opened, "%-d %b %Y"),
    "resolved/week": lambda told: when(told.solutions()[-1], "W%V %G"),
    "resolved/month": lambda told: when(told.solutions()[-1], "%b %Y"),
    "closed/quarter": lambda told: f"Q{(closed(told).month + 2) // 3} {closed(told).year}",
    "closed/year": lambda told: str(closed(told).year),
}
OF_INCIDENTS: dict[str, Of] = {"incident.first_contact": lambda told: "no", "incident.major": lambda told: "no"}


@pytest.fixture(scope="module")
def reader(log: list[Told]) -> Actor:
    return Factory().actor("manager", timezone="Europe/Stockholm")


def built(actor: Actor, cube: str, groups: Sequence[str], measures: Sequence[Measure]) -> dict[Any, tuple[Any, ...]]:
    """Labels → figures; the total under ()."""
    dimensions = tuple(Dimension(*name.split("/")) for name in groups)
    answer = answer_question(actor, BuiltQuestion(cube, tuple(measures), dimensions, period="any"))
    found = {tuple(group.label for group in line.groups): tuple(map(plain, line.figures)) for line in answer.lines}
    assert len(found) == len(answer.lines)
    return {label: cells for label, cells in found.items() if cells[0]} | {(): tuple(map(plain, answer.total.figures))}


SOME = (
    Measure(),
    Measure("share", condition="priority <= 2"),
    Measure("median", "resolution.time"),
    Measure("sum", "reassignments"),
    Measure("distinct", "requester"),
)


def some(told: Sequence[Told]) -> tuple[Any, ...]:
    return (
        len(told),
        (sum(last(each).priority <= 2 for each in told), len(told)),
        median([took(each) for each in told]),
        sum(map(passes, told)),
        len({each.caller for each in told if each.caller}),
    )


@pytest.mark.parametrize("name", [*DIMENSIONS, *OF_INCIDENTS])
@pytest.mark.parametrize("cube", ["tickets", "incidents"])
def test_every_group_of_a_cube(log: list[Told], reader: Actor, cube: str, name: str) -> None:
    if name in OF_INCIDENTS and cube == "tickets":
        return
    of, parts = (DIMENSIONS | OF_INCIDENTS)[name], dict[str, list[Told]]()
    for told in log:
        parts.setdefault(of(told), []).append(told)
    expected = {(label,): some(each) for label, each in parts.items()} | {(): some(log)}
    assert built(reader, cube, [name], SOME) == expected


def statistics(values: Sequence[int]) -> tuple[Any, ...]:
    """What `KINDS` ask, of plain numbers."""
    ranks = tuple(within(values, percent) for percent in (50, 75, 90, 95, 99))
    return (sum(values), mean(values), min(values), max(values), median(values), *ranks, len(set(values)))


KINDS = ("sum", "mean", "min", "max", "median", "percentile50", "percentile75", "percentile90", "percentile95",
         "percentile99", "distinct")  # fmt: skip
NUMBERS: dict[str, Of] = {
    "resolution.time": took,
    "reassignments": passes,
    "reopenings": lambda told: len(told.reopenings()),
    "priority": lambda told: last(told).priority,
    "impact": lambda told: last(told).impact,
    "urgency": lambda told: last(told).urgency,
}


def ask_all(actor: Actor, cube: str, field: str, groups: Sequence[str] = ()) -> dict[Any, tuple[Any, ...]]:
    """Labels → the figures of all `KINDS` of a field; five are asked at a time."""
    found: dict[Any, tuple[Any, ...]] = {}
    for place in range(0, len(KINDS), 4):
        kinds = [(kind.rstrip("0123456789"), int(kind[10:] or 0)) for kind in KINDS[place : place + 4]]
        measures = [Measure(), *(Measure(kind, field, percent) for kind, percent in kinds)]
        for label, cells in built(actor, cube, groups, measures).items():
            found[label] = found.get(label, ()) + cells[1:]
    return found


@pytest.mark.parametrize("field", NUMBERS)
def test_every_kind_of_figure(log: list[Told], reader: Actor, field: str) -> None:
    of, parts = NUMBERS[field], dict[str, list[int]]()
    for told in log:
        parts.setdefault(last(told).group, []).append(of(told))
    expected = {(label,): statistics(values) for label, values in parts.items()}
    assert ask_all(reader, "incidents", field, ["group"]) == expected | {(): statistics(list(map(of, log)))}


@pytest.mark.parametrize("field", ["group", "assignee", "category", "requester", "channel", "state"])
def test_different_values_are_counted(log: list[Told], reader: Actor, field: str) -> None:
    values = {DIMENSIONS[field](told) for told in log} - {EMPTY}
    urgent = {DIMENSIONS[field](told) for told in log if last(told).priority == 1} - {EMPTY}
    measures = [Measure("distinct", field), Measure("distinct", field, condition="priority = 1")]
    assert built(reader, "incidents", [], measures) == {(): (len(values), len(urgent))}


def test_two_groupings_and_a_series(log: list[Told], reader: Actor) -> None:
    parts: dict[Any, list[Told]] = {}
    for told in log:
        parts.setdefault(tuple(DIMENSIONS[name](told) for name in ("priority", "created/day")), []).append(told)
    expected = {label: some(each) for label, each in parts.items()} | {(): some(log)}
    assert built(reader, "incidents", ["priority", "created/day"], SOME) == expected


@pytest.mark.parametrize("metric", TARGETS)
def test_every_figure_of_a_cube_of_targets(log: list[Told], clocks: list[Clock], reader: Actor, metric: str) -> None:
    own = [clock for clock in clocks if clock.metric == metric]
    verdicts = {"Met": [each for each in own if not each.fell], "Breached": [each for each in own if each.fell]}
    cube, field = f"sla_{metric}", f"sla.{metric}"
    expected: dict[Any, Any] = {(label,): statistics([each.spent for each in some]) for label, some in verdicts.items()}
    expected[()] = statistics([each.spent for each in own])
    assert ask_all(reader, cube, f"{field}.elapsed", [f"{field}.state"]) == expected
    aims = [TARGETS[metric][each.stood.priority] for each in own]
    assert ask_all(reader, cube, f"{field}.target") == {(): statistics(aims)}
    missed = Measure("share", condition=f"{field}.state = breached")
    by_priority = {
        (str(priority),): (len(some), (sum(bool(each.fell) for each in some), len(some)))
        for priority in PRIORITIES
        if (some := [each for told, each in zip(log, own, strict=True) if last(told).priority == priority])
    }
    whole = (len(own), (len(verdicts["Breached"]), len(own)))
    assert built(reader, cube, ["priority"], [Measure(), missed]) == by_priority | {(): whole}
    assert built(reader, cube, [f"{field}.agreement"], [Measure()]) == {("Import",): (len(own),), (): (len(own),)}
    months: dict[Any, int] = {}
    for clock in own:
        months[when(clock.ended, "%b %Y")] = months.get(when(clock.ended, "%b %Y"), 0) + 1
    expected = {(label,): (number,) for label, number in months.items()} | {(): (len(own),)}
    assert built(reader, cube, [f"{field}.ended/month"], [Measure()]) == expected
