"""Groups by what a ticket may have several of, by the site's own fields and by the site's own metrics."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from itsm.fields import services as own_fields
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.datasets import get_cube
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.query.filters import conditions_of
from itsm.reports.builder import document
from itsm.reports.builder.answering import Answer, answer_question, fields_of
from itsm.reports.builder.offers import offers_of
from itsm.reports.builder.question import BuiltQuestion, Dimension, Measure
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla.agreements import services as agreement_services
from sla.metrics import services as own_metrics
from sla.models import Agreement
from tests.factories import Factory
from tests.sla.conftest import HOUR, at

Define = Callable[..., Any]


def ask(actor: Actor, *dimensions: str, **facts: Any) -> Answer:
    groups = tuple(Dimension(*each.split("/")) for each in dimensions)
    return answer_question(actor, BuiltQuestion("incidents", dimensions=groups, period="any", **facts))


def table(answer: Answer) -> dict[tuple[str, ...], Any]:
    return {tuple(group.label for group in line.groups): line.figures[0] for line in answer.lines}


def listed(actor: Actor, asks: str) -> int:
    """How many records the page lists that a figure leads to."""
    cube = get_cube(actor, "incidents")
    conditions = conditions_of(actor, asks, fields_of(actor, cube))
    return int(session.scalar(select(func.count()).select_from(Ticket.__table__).where(*conditions)) or 0)


def leads_to_itself(actor: Actor, answer: Answer) -> None:
    """Each group's filter lists as many records as its figure says."""
    for line in answer.lines:
        assert listed(actor, line.asks[0]) == line.figures[0], line.asks[0]


@pytest.fixture
def define(app: Flask) -> Define:
    """Adds a field to incidents."""
    del app

    def made(key: str, kind: str, **facts: Any) -> Any:
        titles = {"en": key.capitalize()}
        return own_fields.create_definition(SYSTEM, key=key, type=kind, kind="incident", titles=titles, **facts)

    return made


@pytest.fixture
def reader(make: Factory) -> Actor:
    return make.actor("manager")


@pytest.fixture
def with_cis(make: Factory) -> None:
    """Three incidents: of two servers, of one of them and a printer, and of nothing."""
    one, two = make.ci("web-1", class_key="server"), make.ci("web-2", class_key="server")
    printer = make.ci("Office printer", class_key="printer")
    make.incident(ci_ids=[one.id, two.id])
    make.incident(ci_ids=[one.id, printer.id])
    make.incident()


def test_a_ticket_of_several_cis_counts_with_each_and_once_in_the_total(with_cis: None, reader: Actor) -> None:
    found = ask(reader, "ci")
    assert table(found) == {("web-1",): 2, ("web-2",): 1, ("Office printer",): 1, ("(empty)",): 1}
    assert found.total.figures == (3,)
    assert "once in the total" in found.notes[0]
    leads_to_itself(reader, found)


def test_two_cis_of_a_class_are_one_ticket_of_it(with_cis: None, reader: Actor) -> None:
    found = ask(reader, "ci.class")
    assert {label: figure for (label,), figure in table(found).items()} == {"Server": 2, "Printer": 1, "(empty)": 1}
    leads_to_itself(reader, found)
    crossed = ask(reader, "ci.class", "priority", measures=(Measure(), Measure("mean", "reopenings")))
    assert sum(line.figures[0] for line in crossed.lines) == 4


def test_cis_whose_names_differ_in_letter_case_only_are_one_group(make: Factory, reader: Actor) -> None:
    make.incident(ci_ids=[make.ci("DB").id, make.ci("db").id])
    found = ask(reader, "ci")
    assert [line.figures for line in found.lines] == [(1,)]
    leads_to_itself(reader, found)


OWN: dict[str, tuple[dict[str, Any], list[Any], dict[str, int]]] = {
    "text": ({}, ["North", "north", "South"], {"North": 2, "South": 1, "(empty)": 1}),
    "choice": (
        {"options": {"choices": [{"key": "a", "titles": {"en": "Alpha"}}, {"key": "b", "titles": {"en": "Beta"}}]}},
        ["a", "a", "b"],
        {"Alpha": 2, "Beta": 1, "(empty)": 1},
    ),
    "choices": (
        {"options": {"choices": [{"key": "a", "titles": {"en": "Alpha"}}, {"key": "b", "titles": {"en": "Beta"}}]}},
        [["a", "b"], ["a"], ["b"]],
        {"Alpha": 2, "Beta": 2, "(empty)": 1},
    ),
    "number": ({"options": {"decimals": 1}}, [2, 2, -2.5], {"2": 2, "-2.5": 1, "(empty)": 1}),
    "yes_no": ({}, [True, True, False], {"yes": 2, "no": 1, "(empty)": 1}),
    "day": ({}, ["2026-11-02", "2026-11-30", "2026-12-01"], {"Nov 2026": 2, "Dec 2026": 1, "(empty)": 1}),
    "instant": (
        {},
        ["2026-11-02T10:00:00+00:00", "2026-11-30T10:00:00+00:00", "2026-12-01T10:00:00+00:00"],
        {"Nov 2026": 2, "Dec 2026": 1, "(empty)": 1},
    ),
}


@pytest.mark.parametrize("kind", list(OWN))
def test_records_are_grouped_by_own_fields_of_every_type(
    define: Define, make: Factory, reader: Actor, kind: str
) -> None:
    facts, values, expected = OWN[kind]
    define("place", kind, **facts)
    for value in values:
        make.incident(custom={"place": value})
    make.incident()
    unit = "/month" if kind in ("day", "instant") else ""
    found = ask(reader, f"custom.place{unit}")
    assert {label: figure for (label,), figure in table(found).items()} == expected
    assert found.total.figures == (4,)
    leads_to_itself(reader, found)


def test_own_people_are_called_by_name(define: Define, make: Factory, reader: Actor) -> None:
    define("contact", "person")
    ann = make.person("Ann Lee")
    for _each in range(2):
        make.incident(custom={"contact": ann.id})
    found = ask(reader, "custom.contact")
    assert table(found) == {("Ann Lee",): 2}
    leads_to_itself(reader, found)


def test_own_numbers_make_figures_and_classes(define: Define, make: Factory, reader: Actor) -> None:
    define("cost", "number", options={"decimals": 1})
    for value in (-0.5, 0, 9.5, 10, 25):
        make.incident(custom={"cost": value})
    groups = (Dimension("custom.cost", width="10"),)
    figures = (Measure("sum", "custom.cost"), Measure("mean", "custom.cost"), Measure("max", "custom.cost"))
    found = answer_question(
        reader, BuiltQuestion("incidents", measures=(Measure(), *figures), dimensions=groups, period="any")
    )
    assert table(found) == {("-10 – -1",): 1, ("0 – 9",): 2, ("10 – 19",): 1, ("20 – 29",): 1}
    assert [float(each) for each in found.total.figures] == [5, 44, 8.8, 25]
    leads_to_itself(reader, found)


def test_what_may_have_several_values_makes_no_figures_and_journals_no_groups(with_cis: None, reader: Actor) -> None:
    for measure in (Measure("distinct", "ci"), Measure("mean", "ci.criticality")):
        with pytest.raises(Invalid) as caught:
            ask(reader, "priority", measures=(measure,))
        assert list(caught.value.errors) == ["measure_1"]
    with pytest.raises(Invalid) as caught:
        ask(reader, "journal")
    assert list(caught.value.errors) == ["dimension_1"]


def test_two_groups_by_the_same_several_records_are_refused(with_cis: None, reader: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        ask(reader, "ci", "ci.class")
    assert list(refused.value.errors) == ["dimension_2"]


def test_what_is_left_of_several_values_is_not_reckoned_and_still_shown(
    with_cis: None, reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("answering", "statement"):
        monkeypatch.setattr(f"itsm.reports.builder.{module}.MOST_GROUPS", 1)
    compared = {"period": "last_30_days", "compare": "previous"}
    answer = answer_question(reader, BuiltQuestion("incidents", dimensions=(Dimension("ci"),), **compared))
    assert answer.others is not None
    rows, _total = document.shown_rows(answer)
    assert [cell.text for cell in rows[-1]] == ["others", "–", "–", "–"]


def test_cis_and_own_fields_are_offered(define: Define, reader: Actor) -> None:
    define("place", "choices", options={"choices": [{"key": "a", "titles": {"en": "Alpha"}}]})
    offers = offers_of(reader, get_cube(reader, "incidents"))
    groups = {name for _head, part in offers.dimensions for name, _title in part}
    assert {"ci", "ci.class", "custom.place"} <= groups
    assert "distinct:custom.place" not in {name for _head, part in offers.measures for name, _title in part}


def test_a_reader_is_told_of_no_ci_that_may_not_be_read(with_cis: None, reader: Actor) -> None:
    without = replace(reader, permissions=reader.permissions - {"cmdb.read"})
    for field in ("ci", "ci.class"):
        found = ask(without, field)
        assert table(found) == {("(empty)",): 3}
        leads_to_itself(without, found)


@pytest.fixture
def visited(app: Flask, make: Factory) -> None:
    """A metric of the site's own, met by one incident and missed by another."""
    agent = make.actor("agent")
    own_metrics.create_metric(SYSTEM, key="first_visit", name="First visit", start="kind = incident", stop="impact = 2")
    agreement = session.scalars(select(Agreement)).one()
    targets = {("first_visit", priority): 4 * HOUR for priority in range(1, 6)}
    agreement_services.change_agreement(SYSTEM, agreement, facts={}, targets=targets)
    for hours in (1, 200):
        with at(0):
            ticket = make.incident(agent, impact=3)
        with at(hours):
            tickets.change_facts(SYSTEM, ticket, version=None, changes={"impact": 2})


def test_own_metrics_are_asked_counted_and_grouped(visited: None, reader: Actor) -> None:
    share = Measure("share", condition="sla.first_visit.state = met")
    mean = Measure("mean", "sla.first_visit.elapsed")
    found = ask(reader, "sla.first_visit.state", measures=(Measure(), share, mean))
    assert {label: figure for (label,), figure in table(found).items()} == {"Met": 1, "Breached": 1}
    assert found.total.figures[1].percent() == 50
    leads_to_itself(reader, found)
    offered = {name: str(title) for _h, part in offers_of(reader, found.cube).dimensions for name, title in part}
    assert offered["sla.first_visit.state"] == "First visit: State"


def test_a_metric_that_is_renamed_or_removed_is_asked_under_its_present_name(app: Flask, reader: Actor) -> None:
    metric = own_metrics.create_metric(SYSTEM, key="visit", name="Visit", start="kind = incident", stop="impact = 2")
    fields = fields_of(reader, get_cube(reader, "incidents"))
    assert fields.find("sla.visit.due") is not None
    own_metrics.change_metric(SYSTEM, metric, name="Call", start="kind = incident", stop="impact = 2")
    renamed = fields_of(reader, get_cube(reader, "incidents")).find("sla.visit.due")
    assert renamed is not None
    assert str(renamed.title) == "Call: Due"
    own_metrics.delete_metric(SYSTEM, metric)
    assert fields_of(reader, get_cube(reader, "incidents")).find("sla.visit.due") is None


def test_days_of_own_fields_cut_periods(define: Define, make: Factory, reader: Actor) -> None:
    define("visit", "day")
    for day in (date(2026, 11, 2), date(2026, 12, 2)):
        make.incident(custom={"visit": day.isoformat()})
    question = BuiltQuestion("incidents", instant="custom.visit", period="custom", first="2026-11-01", end="2026-12-01")
    assert answer_question(reader, question).total.figures == (1,)


def test_weekdays_stand_in_the_order_of_the_readers_week(make: Factory) -> None:
    for day in (21, 22, 23):  # Saturday, Sunday, Monday
        with clock.frozen(datetime(2026, 11, day, 12, tzinfo=UTC)):
            make.incident()
    for language, expected in (("en", ["monday", "saturday", "sunday"]), ("fa", ["saturday", "sunday", "monday"])):
        found = ask(make.actor("manager", language=language), "created.weekday")
        assert [line.asks[0].rpartition("= ")[2].rstrip(")") for line in found.lines] == expected
