"""Charts as Vega-Lite: one specification each, shown by the browser and drawn as SVG for the PDF."""

from collections.abc import Sequence
from typing import Any

from itsm.kernel.text import RIGHT_TO_LEFT

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # an identifier; nothing is fetched
COLOURS = ("#0a66c2", "#d9480f", "#1e7a34", "#7b4fb3", "#b58900", "#0b7285", "#c2255c", "#5c6b7a")
FONT = "Inter, Vazirmatn, sans-serif"
PERSIAN_NUMERALS = list("۰۱۲۳۴۵۶۷۸۹")
WIDTH, HEIGHT, ROW_HEIGHT = 620, 200, 26
BAR_WIDTH = 48  # at the most, where the chart is WIDTH wide
LEAST_GAP = 0.2  # between labels, as a share of what a label takes


def grouped_bars(
    rows: Sequence[dict[str, Any]], *, label: str, value: str, series: str, order: Sequence[str], language: str,
    series_order: Sequence[str] = (), top: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Upright bars side by side: `rows` hold `label`, `series`, `value` and `text` (the value as people read it).

    `label` and `value` are the titles of the axes, `series` the title of the legend; `top` fixes the scale's end.
    """
    rtl = language in RIGHT_TO_LEFT
    scale: dict[str, Any] = {"domain": [0, top]} if top is not None else {}
    x = {
        "field": "label",
        "type": "nominal",
        "title": label,
        "sort": list(order),
        "axis": {"labelAngle": 0, "labelLimit": 90, "labelOverlap": True},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": value,
        "scale": scale,
        "axis": {"orient": "right" if rtl else "left", "tickCount": 5},
    }
    base = {
        "x": x | {"scale": {"reverse": rtl, "padding": _gap(rows)}},
        "y": y,
        "xOffset": {"field": "series", "sort": list(series_order)},
    }
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {"color": colour_of(series, series_order), "tooltip": tooltip_of(label, series, value)},
    }
    layers = [bars]
    if len(rows) <= 16:
        text = {
            "mark": {"type": "text", "dy": -6, "fontSize": 9},
            "encoding": {"text": {"field": "text", "type": "nominal"}},
        }
        layers.append(text)
    return specification(rows, language) | {"width": WIDTH, "height": HEIGHT, "encoding": base, "layer": layers}


def _gap(rows: Sequence[dict[str, Any]]) -> float:
    """The share of a label's step that stays free, so that the bars of a few labels are not wider than BAR_WIDTH."""
    labels, series = ({row[name] for row in rows} for name in ("label", "series"))
    group = BAR_WIDTH * len(series)
    return max(LEAST_GAP, round((WIDTH - group * len(labels)) / (WIDTH + group), 3))


def stacked_rows(
    rows: Sequence[dict[str, Any]], *, label: str, value: str, series: str, order: Sequence[str], language: str,
    series_order: Sequence[str] = (), whole: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Lying bars, one a label, with the series stacked; the same fields as `grouped_bars`. `whole`: values are counts."""
    rtl = language in RIGHT_TO_LEFT
    y = {
        "field": "label",
        "type": "nominal",
        "title": None,
        "sort": list(order),
        "axis": {"orient": "right" if rtl else "left", "labelLimit": 180},
    }
    x = {
        "field": "value",
        "type": "quantitative",
        "title": value,
        "scale": {"reverse": rtl},
        "axis": {"tickMinStep": 1, "format": "d"} if whole else {"tickCount": 5},
    }
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": y,
            "x": x,
            "color": colour_of(series, series_order),
            "tooltip": tooltip_of(label, series, value),
        },
    }
    return specification(rows, language) | bars | {"width": WIDTH - 120, "height": {"step": ROW_HEIGHT}}


def colour_of(title: str, order: Sequence[str]) -> dict[str, Any]:
    """The colour of each series, with the legend above."""
    domain = list(order)
    scale = (
        {"domain": domain, "range": [COLOURS[place % len(COLOURS)] for place in range(len(domain))]}
        if domain
        else {"range": list(COLOURS)}
    )
    return {"field": "series", "type": "nominal", "title": title, "scale": scale, "legend": {"orient": "top"}}


def tooltip_of(label: str, series: str, value: str) -> list[dict[str, Any]]:
    """What a mark says when it is pointed at."""
    return [
        {"field": "label", "type": "nominal", "title": label},
        {"field": "series", "type": "nominal", "title": series},
        {"field": "text", "type": "nominal", "title": value},
    ]


def specification(rows: Sequence[dict[str, Any]], language: str) -> dict[str, Any]:
    """What every chart has: its data, the house's letters and lines, and numbers as the language writes them."""
    config: dict[str, Any] = {
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelFontSize": 10,
            "titleFontSize": 10,
            "titleFontWeight": 500,
            "gridColor": "#d8dde3",
            "domainColor": "#8a94a0",
        },
        "legend": {"labelFontSize": 10, "titleFontSize": 10, "titleFontWeight": 500},
    }
    if language == "fa":
        number = {"decimal": "٫", "thousands": "٬", "grouping": [3], "currency": ["", ""], "numerals": PERSIAN_NUMERALS}
        config["locale"] = {"number": number}
    return {"$schema": SCHEMA, "background": "transparent", "data": {"values": list(rows)}, "config": config}
