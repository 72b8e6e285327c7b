"""Questions and their figures: what is counted, by whose rights, and whether the way down to the records agrees."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.datasets import list_cubes
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, NotFound
from itsm.query.filters import conditions_of
from itsm.reports.builder.answering import Answer, answer_question, fields_of
from itsm.reports.builder.offers import offers_of
from itsm.reports.builder.question import BuiltQuestion, Dimension, Measure, read_dimension, read_measure
from itsm.reports.metrics import Share, mean, median, percentile
from itsm.tickets.models import Ticket
from tests.factories import Factory
from tests.itsm.reports.conftest import Month
from tests.properties import examples
from tests.statements import counted

OCTOBER: dict[str, Any] = {"period": "custom", "first": "2026-10-01", "end": "2026-11-01"}


@pytest.fixture
def manager(make: Factory) -> Actor:
    return make.actor("manager")


def ask(actor: Actor, *groups: str, measures: tuple[Measure, ...] = (Measure(),), **facts: Any) -> Answer:
    dimensions = tuple(Dimension(*name.split("/")) for name in groups)
    facts = {"data_set": "incidents", "period": "any"} | facts
    return answer_question(actor, BuiltQuestion(measures=measures, dimensions=dimensions, **facts))


def figures(answer: Answer) -> dict[Any, Any]:
    """Labels → first figure."""
    return {tuple(group.label for group in line.groups): line.figures[0] for line in answer.lines}


def behind(actor: Actor, answer: Answer, asks: str) -> int:
    """How many records a drill-down lists, read as the list page does."""
    cube = answer.cube
    statement = select(func.count()).select_from(cube.source).where(cube.readable(actor))
    return session.scalar(statement.where(*conditions_of(actor, asks, fields_of(actor, cube)))) or 0


def test_records_are_counted_by_group_and_in_all(month: Month, manager: Actor) -> None:
    answer = ask(manager, "requester.organisation")
    assert figures(answer) == {("Nordic Foods",): 8, ("Aegean Lines",): 1, ("Nordic Foods Athens",): 1}
    assert answer.total.figures == (10,)
    assert answer.titles == ("Requester: Organisation",)


def test_a_question_without_groups_has_one_answer(month: Month, manager: Actor) -> None:
    answer = ask(manager, measures=(Measure(), Measure("share", condition="state = resolved")))
    assert answer.total.figures == (10, Share(6, 10))
    assert not answer.lines


def test_figures_of_durations_are_those_of_the_plain_values(month: Month, manager: Actor) -> None:
    kinds = [Measure(kind, "resolution.time") for kind in ("sum", "mean", "min", "max", "median")]
    percentiles = [Measure("percentile", "resolution.time", percent) for percent in (10, 50, 75, 90, 99)]
    times = [
        int((row.resolved_at - row.created_at).total_seconds())
        for row in session.scalars(select(Ticket).where(Ticket.resolved_at.is_not(None)))
    ]
    assert ask(manager, measures=tuple(kinds)).total.figures == (
        sum(times), mean(times), min(times), max(times), median(times),
    )  # fmt: skip
    expected = tuple(percentile(times, percent) for percent in (10, 50, 75, 90, 99))
    assert ask(manager, measures=tuple(percentiles)).total.figures == expected


def test_different_texts_ignore_letter_case_as_filters_do(make: Factory, manager: Actor) -> None:
    for title in ("Printer", "printer", "Scanner", "ΣΟΦΌΣ", "σοφός"):
        make.incident(title=title)
    answer = ask(manager, "title", measures=(Measure(), Measure("distinct", "title")))
    assert sorted(line.figures[0] for line in answer.lines) == [1, 2, 2]
    assert answer.total.figures[1] == len(answer.lines)
    for line in answer.lines:
        assert behind(manager, answer, line.asks[0]) == line.figures[0]


def test_a_period_is_cut_at_local_midnights(make: Factory) -> None:
    late = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # half past midnight in Stockholm on the day the clocks go back
    with clock.frozen(late):
        make.incident()
    with clock.frozen(late + timedelta(hours=24)):
        make.incident()
    swede = make.actor("manager", timezone="Europe/Stockholm")
    utc = make.actor("manager", timezone="UTC")
    assert figures(ask(swede, "created/day", **OCTOBER))[("25 Oct 2026",)] == 2
    assert figures(ask(utc, "created/day", **OCTOBER))[("24 Oct 2026",)] == 1
    hours = figures(ask(swede, "created.hour"))
    assert hours == {("0",): 1, ("23",): 1}
    assert figures(ask(swede, "created.weekday")) == {("Sunday",): 2}


def test_persian_readers_get_jalali_months(month: Month, make: Factory) -> None:
    reader = make.actor("manager", language="fa", timezone="Asia/Tehran")
    labels = list(figures(ask(reader, "created/month")))
    assert labels == [("شهریور ۱۴۰۵",), ("مهر ۱۴۰۵",), ("آبان ۱۴۰۵",)]
    assert sum(figures(ask(reader, "created/month")).values()) == 10


def test_silent_stretches_of_time_are_shown(month: Month, manager: Actor) -> None:
    answer = ask(manager, "created/week", **OCTOBER)
    assert figures(answer) == {
        ("W40 2026",): 0, ("W41 2026",): 4, ("W42 2026",): 2, ("W43 2026",): 0, ("W44 2026",): 2,
    }  # fmt: skip


def test_a_comparison_stands_beside_and_leads_to_its_own_records(month: Month, manager: Actor) -> None:
    answer = ask(manager, "created/week", **OCTOBER, compare="previous")
    assert answer.other is not None
    assert answer.total.figures == (8,)
    assert answer.total.before == (2,)
    assert sum(line.before[0] for line in answer.lines) == 2
    for line in (*answer.lines, answer.total):
        assert behind(manager, answer, line.asks[0]) == line.figures[0]
        assert behind(manager, answer, line.asks_before[0]) == line.before[0]


def test_last_year_is_the_same_days_a_year_before(month: Month, manager: Actor) -> None:
    answer = ask(manager, **OCTOBER, compare="year")
    assert answer.other is not None
    assert [day.isoformat() for day in answer.other] == ["2025-10-01", "2025-11-01"]
    with pytest.raises(Invalid) as caught:
        ask(manager, period="custom", first="2024-01-01", end="2026-01-01", compare="year")
    assert "compare" in caught.value.errors


GROUPS = (
    "created/day", "created/week", "created/month", "created/quarter", "created/year", "resolved/month", "created.hour",
    "created.weekday", "group", "requester", "requester.organisation", "channel", "priority", "state", "state.category",
    "title", "assignee", "category", "resolution.time", "sla.resolution.state", "incident.first_contact", "hold.reason",
    "reopenings",
)  # fmt: skip


@given(
    groups=st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique_by=lambda name: name),
    compare=st.sampled_from(["", "previous"]),
    filter_=st.sampled_from(["", "priority <= 3", "channel = system or state = resolved", "not (group = Network)"]),
)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_is_what_its_drill_down_lists(
    month: Month, manager: Actor, groups: list[str], compare: str, filter_: str
) -> None:
    measures = (Measure(), Measure("share", condition="state.category = resolved"), Measure(condition="priority < 3"))
    answer = ask(manager, *groups, measures=measures, filter=filter_, compare=compare, **OCTOBER)
    assert sum(line.figures[0] for line in answer.lines) == answer.total.figures[0]
    for line in (*answer.lines, answer.total):
        listed = [behind(manager, answer, text) for text in line.asks]
        assert listed == [line.figures[0], line.figures[1].part, line.figures[2]]
        if compare:
            assert behind(manager, answer, line.asks_before[0]) == line.before[0]


@pytest.mark.parametrize("width", ["1", "2", "10"])
def test_classes_of_numbers_lead_to_their_records(month: Month, manager: Actor, width: str) -> None:
    question = BuiltQuestion("incidents", dimensions=(Dimension("priority", width=width),), period="any")
    answer = answer_question(manager, question)
    assert sum(line.figures[0] for line in answer.lines) == 10
    for line in answer.lines:
        assert behind(manager, answer, line.asks[0]) == line.figures[0]


def test_people_of_one_name_are_told_apart(make: Factory, manager: Actor) -> None:
    for _number in range(2):
        make.incident(requester_id=make.person("Anna Berg", email=None).id)
    answer = ask(manager, "requester")
    assert [line.figures[0] for line in answer.lines] == [1, 1]
    assert [behind(manager, answer, line.asks[0]) for line in answer.lines] == [1, 1]


def test_a_reader_is_told_only_what_the_reader_may_read(month: Month, make: Factory) -> None:
    secret = make.group("Investigations", restricted=True)
    make.incident(title="Confidential", group_id=secret.id)
    insider, outsider = make.actor("agent", groups=(secret,)), make.actor("agent")
    assert ask(insider).total.figures == (11,)
    assert ask(outsider).total.figures == (10,)
    assert ("Confidential",) not in figures(ask(outsider, "title"))


def test_who_may_not_read_the_data_gets_none(make: Factory) -> None:
    requester = make.actor("end_user")
    assert list_cubes(requester) == []
    with pytest.raises(NotFound):
        ask(requester)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"measures": (Measure("mean", "title"),)}, "measure_1"),
        ({"measures": (Measure(), Measure("mean", "nothing"))}, "measure_2"),
        ({"measures": (Measure("share"),)}, "condition_1"),
        ({"measures": (Measure("share", condition="prioritty = 1"),)}, "condition_1"),
        ({"measures": (Measure("percentile", "resolution.time", 0),)}, "measure_1"),
        ({"measures": (Measure(),) * 6}, "measure_1"),
        ({"dimensions": (Dimension("journal"),)}, "dimension_1"),
        ({"dimensions": (Dimension("created"),)}, "dimension_1"),
        ({"dimensions": (Dimension("created", "century"),)}, "dimension_1"),
        ({"dimensions": (Dimension("group"), Dimension("group"))}, "dimension_2"),
        ({"dimensions": (Dimension("priority", width="-1"),)}, "width_1"),
        ({"dimensions": (Dimension("resolution.time", width="soon"),)}, "width_1"),
        ({"series": Dimension("resolution.time", width="0")}, "series_width"),
        ({"filter": "priority ="}, "filter"),
        ({"period": "someday"}, "period"),
        ({"period": "custom", "first": "2026-13-01", "end": "2026-11-01"}, "from"),
        ({"period": "custom", "first": "2026-11-02", "end": "2026-11-01"}, "to"),
        ({"period": "last_month", "instant": "title"}, "instant"),
        ({"period": "any", "compare": "previous"}, "compare"),
    ],
)
def test_a_wrong_question_names_the_field(manager: Actor, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        answer_question(manager, BuiltQuestion(**({"data_set": "incidents", "period": "any"} | facts)))
    assert list(caught.value.errors) == [field]


def test_more_groups_than_fit_are_summed_up(make: Factory, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("answering", "statement"):
        monkeypatch.setattr(f"itsm.reports.builder.{module}.MOST_GROUPS", 3)
    for number in range(5):
        for _again in range(number + 1):
            make.incident(title=f"Matter {number}")
    answer = ask(manager, "title", measures=(Measure(), Measure("mean", "reopenings")))
    assert [line.figures[0] for line in answer.lines] == [5, 4, 3]
    assert answer.others is not None
    assert answer.others.figures == (3, None)
    assert answer.notes
    assert answer.total.figures[0] == 15


def test_an_answer_costs_two_statements(month: Month, manager: Actor) -> None:
    question = BuiltQuestion(
        "incidents",
        (Measure(), Measure("median", "resolution.time"), Measure("share", condition="priority <= 2")),
        (Dimension("created", "month"),),
        Dimension("state"),
        compare="previous",
        **OCTOBER,
    )
    answer_question(manager, question)
    with counted() as seen:
        answer_question(manager, question)
    assert sum(") AS records" in statement for statement in seen) == 2
    assert sum("FROM ticket" in statement for statement in seen) == 2


def test_every_data_set_answers_by_what_it_offers(month: Month, make: Factory) -> None:
    make.problem()
    make.change()
    make.asset(price_minor=100_000, currency="EUR")
    make.ci()
    admin = make.actor("admin")
    for cube in list_cubes(admin):
        offers = offers_of(admin, cube)
        usual = [key for key, _title in offers.dimensions[0][1]]
        times = [key for key, _title in offers.dimensions[1][1] if key.endswith("/month")]
        assert usual
        assert times
        assert offers.instants
        chosen = usual if cube.kind != "ticket" or cube.name == "tickets" else usual[:6]
        for key in (*chosen, *times):
            question = BuiltQuestion(cube.name, dimensions=(read_dimension(key),), period="any")
            answer = answer_question(admin, question)
            assert sum(line.figures[0] for line in answer.lines) == answer.total.figures[0] > 0, (cube.name, key)


def test_every_figure_on_offer_can_be_asked(month: Month, make: Factory) -> None:
    admin = make.actor("admin")
    for cube in list_cubes(admin):
        keys = [key for _heading, part in offers_of(admin, cube).measures for key, _title in part if key != "share"]
        for place in range(0, len(keys), 5):
            measures = tuple(read_measure("measure_1", key) for key in keys[place : place + 5])
            answer_question(admin, BuiltQuestion(cube.name, measures, period="any"))


def test_a_mean_is_exact(make: Factory, manager: Actor) -> None:
    for _number in range(3):
        make.incident()
    session.scalars(select(Ticket)).first().reopenings = 1  # type: ignore[union-attr]
    session.flush()
    assert ask(manager, measures=(Measure("mean", "reopenings"),)).total.figures == (Fraction(1, 3),)


def test_the_system_may_ask_everything(month: Month) -> None:
    assert ask(SYSTEM, "group").total.figures == (10,)


def test_names_are_asked_once_however_many_groups(make: Factory, manager: Actor) -> None:
    def selects(number: int) -> int:
        for _each in range(number):
            make.incident(requester_id=make.person().id)
        with counted() as seen:
            ask(manager, "requester")
        return len(seen)

    assert session.scalar(select(func.count()).select_from(Person)) is not None
    assert selects(2) == selects(20)


def test_a_figure_of_a_field_keeps_to_its_condition(month: Month, make: Factory, manager: Actor) -> None:
    for impact in (1, 2, 2, 3):
        make.incident(impact=impact, urgency=1)
    kinds = ("sum", "mean", "min", "median", "distinct")
    narrow, whole = (
        tuple(Measure(kind, "priority", condition=condition) for kind in kinds) for condition in ("priority >= 3", "")
    )
    for one, asked in ((ask(manager, measures=narrow), "priority >= 3"), (ask(manager, measures=whole), "")):
        records = select(Ticket.priority).where(*conditions_of(manager, asked, fields_of(manager, one.cube)))
        found = list(session.scalars(records.where(Ticket.kind == "incident")))
        assert one.total.figures == (
            sum(found), mean(found), min(found), median(found), len(set(found)),
        )  # fmt: skip
    titles = [one.title for one in ask(manager, measures=narrow).measures]
    assert titles[0].startswith("Priority: ")
    assert all(title.endswith(")") and "3" in title for title in titles)


def test_groups_of_the_time_before_come_last_among_the_largest(
    make: Factory, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("answering", "statement"):
        monkeypatch.setattr(f"itsm.reports.builder.{module}.MOST_GROUPS", 1)
    for title, month_ in (("Old", 9), ("Old", 9), ("New", 10)):
        with clock.frozen(datetime(2026, month_, 5, tzinfo=UTC)):
            make.incident(title=title)
    answer = ask(manager, "title", compare="previous", **OCTOBER)
    assert figures(answer) == {("New",): 1}


def test_fields_are_known_however_their_letters_are_written(month: Month, manager: Actor) -> None:
    plain, shouted = (ask(manager, name, compare="previous", **OCTOBER) for name in ("created/month", "CREATED/month"))
    assert [(line.asks, line.asks_before) for line in plain.lines] == [
        (line.asks, line.asks_before) for line in shouted.lines
    ]


def test_classes_may_be_wider_than_a_plain_integer(month: Month, manager: Actor) -> None:
    question = BuiltQuestion("incidents", dimensions=(Dimension("priority", width=str(2**33)),), period="any")
    assert [line.figures for line in answer_question(manager, question).lines] == [(10,)]
