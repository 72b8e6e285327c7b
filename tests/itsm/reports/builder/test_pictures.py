"""Pictures: offered where they fit, drawn by the same engine as in the PDF, without anything from outside."""

from typing import Any

import pytest

from itsm.kernel.actor import Actor
from itsm.reports.builder import document, pictures
from itsm.reports.builder.answering import answer_question
from itsm.reports.builder.question import BuiltQuestion, Dimension, Measure
from itsm.reports.chart_engine import draw_svg
from tests.factories import Factory
from tests.itsm.reports.conftest import Month

TIME = Dimension("created", "month")
P50, P90 = (Measure("percentile", "resolution.time", percent) for percent in (50, 90))


@pytest.fixture
def manager(make: Factory) -> Actor:
    return make.actor("manager")


def question(**facts: Any) -> BuiltQuestion:
    return BuiltQuestion(**{"data_set": "incidents", "period": "any", **facts})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {"table", "value"}),
        ({"dimensions": (Dimension("group"),)}, {"table", "bar", "funnel"}),
        ({"dimensions": (TIME,)}, {"table", "bar", "line", "histogram", "funnel"}),
        ({"dimensions": (TIME,), "series": Dimension("group")}, {"table", "bar", "line", "stacked", "heat"}),
        ({"dimensions": (Dimension("group"),), "measures": (P50, P90)}, {"table", "bar", "percentile"}),
        ({"dimensions": (TIME, Dimension("group")), "series": Dimension("priority")}, {"table"}),
        ({"measures": (Measure(), Measure(condition="priority = 1"))}, {"table", "value", "funnel"}),
    ],
)
def test_pictures_are_offered_where_they_fit(
    month: Month, manager: Actor, facts: dict[str, Any], expected: set[str]
) -> None:
    assert set(pictures.fitting(answer_question(manager, question(**facts)))) == expected


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize(
    "facts",
    [
        {"chart": "bar", "dimensions": (Dimension("group"),)},
        {"chart": "line", "dimensions": (TIME,), "period": "last_12_months", "compare": "year"},
        {"chart": "stacked", "dimensions": (TIME, Dimension("group"))},
        {"chart": "heat", "dimensions": (Dimension("created.hour"), Dimension("created.weekday"))},
        {"chart": "histogram", "dimensions": (Dimension("resolution.time", width="2h"),)},
        {"chart": "percentile", "dimensions": (Dimension("group"),), "measures": (P50, P90)},
        {"chart": "funnel", "dimensions": (Dimension("state"),)},
    ],
)
def test_each_picture_is_drawn(month: Month, make: Factory, facts: dict[str, Any], language: str) -> None:
    answer = answer_question(make.actor("manager", language=language), question(**facts))
    assert pictures.chosen(answer) == facts["chart"]
    chart = document.chart_of(answer, links=False)
    assert chart is not None
    assert not any("href" in row for row in chart.spec["data"]["values"])
    assert "<svg" in draw_svg(chart.spec)


def test_a_picture_that_does_not_fit_gives_way(month: Month, manager: Actor) -> None:
    assert pictures.chosen(answer_question(manager, question(chart="heat"))) == "value"
    assert pictures.chosen(answer_question(manager, question(chart="value", dimensions=(TIME,)))) == "line"


def test_series_keep_their_own_order(month: Month, make: Factory, manager: Actor) -> None:
    for urgency in (1, 4):
        make.incident(urgency=urgency, impact=1)
    answer = answer_question(manager, question(dimensions=(Dimension("group"), Dimension("priority")), chart="stacked"))
    spec = pictures.specification_of(answer)
    assert spec is not None
    assert spec["encoding"]["color"]["scale"]["domain"] == sorted(spec["encoding"]["color"]["scale"]["domain"])


def test_the_report_of_an_answer_is_the_same_twice(month: Month, manager: Actor) -> None:
    asked = question(dimensions=(TIME,))
    reports = [document.report_of(answer_question(manager, asked))[0] for _twice in range(2)]
    assert reports[0].digest == reports[1].digest
    assert reports[0].tables[0].total == ("All", 10)
