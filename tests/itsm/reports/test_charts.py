"""Charts: how wide bars are drawn."""

import re
from typing import Any

import pytest

from itsm.reports import charts
from itsm.reports.charts import BAR_WIDTH

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
    return [float(width) for width in BAR.findall(charts.draw_svg(spec))]


@pytest.mark.parametrize("months", [1, 2, 3, 12])
def test_bars_of_few_months_are_no_walls(months: int) -> None:
    found = widths(months)
    assert len(found) == months * len(SERIES)
    assert max(found) <= BAR_WIDTH + 1
