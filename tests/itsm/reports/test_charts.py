"""Charts: how wide bars are drawn, and that they say what their tables say."""

import re
from typing import Any

import pytest

from itsm.kernel.actor import SYSTEM
from itsm.kernel.text import language as spoken
from itsm.reports import catalogue, chart_engine, charts
from itsm.reports.charts import BAR_WIDTH
from itsm.reports.document import Chart
from itsm.reports.present import cell
from tests.itsm.reports.conftest import Month, october

SERIES = ("Opened", "Resolved")
BAR = re.compile(r'aria-roledescription="bar" d="M[\d.]+,[\d.]+h([\d.]+)')


def widths(months: int) -> list[float]:
    labels = [f"2026-{month:02}" for month in range(1, months + 1)]
    rows: list[dict[str, Any]] = [
        {"label": label, "series": series, "value": 7, "text": "7"} for label in labels for series in SERIES
    ]
    spec = charts.grouped_bars(
        rows, label="Month", value="Incidents", series="What", order=labels, series_order=SERIES, language="en"
    )
    return [float(width) for width in BAR.findall(chart_engine.draw_svg(spec))]


@pytest.mark.parametrize("months", [1, 2, 3, 12])
def test_bars_of_few_months_are_no_walls(months: int) -> None:
    found = widths(months)
    assert len(found) == months * len(SERIES)
    assert max(found) <= BAR_WIDTH + 1


@pytest.mark.parametrize("language", ["en", "sv", "es", "fa", "el"])
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("times", [("by_priority", 2), ("by_priority", 2)]),
        ("quality", [("by_priority", 3)]),
    ],
)
def test_charts_draw_what_the_tables_say(month: Month, name: str, shown: list[tuple[str, int]], language: str) -> None:
    report = catalogue.build(SYSTEM, name, october(language))
    assert [(chart.table, len({each["series"] for each in marks(chart)})) for chart in report.charts] == shown
    reader = october(language).reader
    for chart in report.charts:
        table = report.table(chart.table)
        assert table is not None
        with spoken(language):
            said = {
                (cell(row[0], "priority", reader), column.title): cell(value, column.kind, reader)
                for row in table.rows
                for value, column in zip(row[1:], table.columns[1:], strict=True)
            }
        assert {said[mark["label"], mark["series"]] == mark["text"] for mark in marks(chart)} == {True}
        drawn = chart_engine.draw_svg(chart.spec)
        assert all(f">{mark['text']}<" in drawn for mark in marks(chart))


def marks(chart: Chart) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = chart.spec["data"]["values"]
    return values
