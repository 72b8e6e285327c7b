"""Which pictures fit an answer, and their Vega-Lite specifications: one for the screen and for the PDF."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from itsm.kernel.text import RIGHT_TO_LEFT, _
from itsm.reports.builder.answering import Answer, Line, weight
from itsm.reports.builder.question import ADDED, CHARTS, RANKED
from itsm.reports.charts import (
    COLOURS,
    HEIGHT,
    ROW_HEIGHT,
    WIDTH,
    colour_of,
    grouped_bars,
    specification,
    tooltip_of,
)
from itsm.reports.present import cell

MOST_LABELS = 40
MOST_SERIES = len(COLOURS)
MOST_NAMED = 16
MOST_LYING = 10
HOUR = 3600


@dataclass(frozen=True)
class Drawn:
    """What a chart is made of: `rows` hold label, series, value, text and href; the orders say how they stand."""

    rows: tuple[dict[str, Any], ...]
    labels: tuple[str, ...]
    series: tuple[str, ...]
    label_title: str
    value_title: str
    series_title: str
    language: str


def fitting(answer: Answer) -> list[str]:
    """The kinds of pictures that say something of an answer, the most natural one first after the table."""
    groups, first = len(answer.titles), answer.measures[0]
    adds = first.measure.kind in ADDED and first.kind != "share"
    alike = all(one.measure.kind in RANKED and one.kind == first.kind for one in answer.measures)
    tests = {
        "line": groups in (1, 2) and answer.ordered[:1] == (True,),
        "bar": groups in (1, 2),
        "stacked": groups == 2 and adds,
        "heat": groups == 2,
        "histogram": groups == 1 and answer.ordered == (True,) and adds,
        "percentile": alike and groups <= 1,
        "funnel": adds and (groups == 1 or (groups == 0 and len(answer.measures) > 1)),
        "value": groups == 0,
        "table": True,
    }
    return [kind for kind in CHARTS if tests[kind]]


def chosen(answer: Answer) -> str:
    """The picture that was asked for where it fits, else the one that says most."""
    known = fitting(answer)
    wanted = answer.question.chart
    if wanted in known:
        return wanted
    return next((kind for kind in ("line", "bar", "value") if kind in known), "table")


def specification_of(answer: Answer, *, links: bool = True) -> dict[str, Any] | None:
    """The picture of an answer; None for a table or a single value, and where there is nothing to draw."""
    kind = chosen(answer)
    if kind in ("table", "value"):
        return None
    drawn = _drawn(answer, links=links)
    return _in_whole_steps(answer, _PICTURES[kind](drawn)) if drawn.rows else None


def tile_specification(answer: Answer) -> dict[str, Any] | None:
    """The picture of an answer as a tile has room for it: bars of names lie, the largest only; axes say no more than a unit."""
    kind = chosen(answer)
    if kind in ("table", "value"):
        return None
    drawn = _drawn(answer, links=True)
    if not drawn.rows:
        return None
    lies = kind in ("bar", "stacked") and answer.ordered[:1] == (False,)
    spec = _lying(drawn, side_by_side=kind == "bar") if lies else _PICTURES[kind](drawn)
    spec["height"] = HEIGHT  # as high as the tile, in place of so much a line
    unit = {"seconds": str(_("Hours")), "share": str(_("Per cent"))}.get(answer.measures[0].kind)
    for part in (spec, *spec.get("layer", ())):
        for axis in ("x", "y"):
            if axis in part.get("encoding", {}):
                encoded = part["encoding"][axis]
                encoded["title"] = unit if encoded.get("type") == "quantitative" else None
    if kind == "heat":
        spec["layer"][0]["encoding"]["color"]["legend"] = None  # the cells say their figures
    return _in_whole_steps(answer, spec)


def _in_whole_steps(answer: Answer, spec: dict[str, Any]) -> dict[str, Any]:
    """The same picture; the axis of a count has no marks between whole numbers."""
    if answer.measures[0].kind == "count":
        for part in (spec, *spec.get("layer", ())):
            for encoded in (part.get("encoding", {}).get(axis) for axis in ("x", "y")):
                if encoded and encoded.get("type") == "quantitative" and encoded.get("axis"):
                    encoded["axis"]["tickMinStep"] = 1
    return spec


def drawn_measures(answer: Answer) -> list[int]:
    """The figures that share one scale with the first; others stand in the table only."""
    first = answer.measures[0]
    alike = [place for place, one in enumerate(answer.measures) if one.kind == first.kind]
    return alike if len(answer.titles) <= 1 and not answer.other else [0]


def _drawn(answer: Answer, *, links: bool) -> Drawn:
    if not answer.titles:
        return _of_measures(answer, links=links)
    rows: list[dict[str, Any]] = []
    labels = list(dict.fromkeys(line.groups[0].label for line in answer.lines))[:MOST_LABELS]
    known = set(labels)
    for line in answer.lines:
        if line.groups[0].label in known:
            rows += _rows_of(answer, line, links=links)
    series = _series_of(answer, rows)
    rows = [row for row in rows if row["series"] in series]
    title = answer.titles[1] if len(answer.titles) == 2 else str(_("Figure"))
    return Drawn(
        tuple(rows), tuple(labels), tuple(series), answer.titles[0], _value_title(answer), title, answer.reader.language
    )


def _series_of(answer: Answer, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The series in their own order, or the largest first; as many as there are colours."""
    if len(answer.titles) < 2:
        return list(dict.fromkeys(row["series"] for row in rows))[:MOST_SERIES]
    largest = _largest(rows)[:MOST_SERIES]
    if not answer.ordered[1]:
        return largest
    places = {line.groups[1].label: line.groups[1].place for line in answer.lines}
    return sorted(largest, key=lambda name: (places[name] is None, places[name] or 0))


def _largest(rows: Sequence[dict[str, Any]]) -> list[str]:
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["series"]] = sums.get(row["series"], 0) + (row["value"] or 0)
    return sorted(sums, key=lambda name: -sums[name])


def _rows_of(answer: Answer, line: Line, *, links: bool) -> list[dict[str, Any]]:
    label, rows = line.groups[0].label, []
    for place in drawn_measures(answer):
        now, before = (_point(answer, line, place, at, links=links) for at in ("now", "before"))
        if len(line.groups) == 2:
            rows.append(now | {"series": line.groups[1].label})
        elif answer.other is not None:
            rows += [now | {"series": str(_("This period"))}, before | {"series": str(_("Compared with"))}]
        else:
            rows.append(now | {"series": answer.measures[place].title})
    return [{"label": label} | row for row in rows if row["value"] is not None]


def _point(answer: Answer, line: Line, place: int, at: str, *, links: bool) -> dict[str, Any]:
    """One figure as it is drawn: durations in hours, shares in per cent."""
    one = answer.measures[place]
    figures, asks = (line.figures, line.asks) if at == "now" else (line.before, line.asks_before)
    figure = figures[place] if figures else None
    value = None if figure is None else round(weight(figure) / (HOUR if one.kind == "seconds" else 1), 3)
    point = {"value": value, "text": cell(figure, one.kind, answer.reader)}
    address = answer.address_of(asks[place]) if links and asks else ""
    return point | ({"href": address} if address else {})


def _of_measures(answer: Answer, *, links: bool) -> Drawn:
    first = answer.measures[0]
    points = [
        _point(answer, answer.total, place, "now", links=links) | {"label": one.title}
        for place, one in enumerate(answer.measures)
        if one.kind == first.kind
    ]
    rows = [row | {"series": str(_("Figure"))} for row in points if row["value"] is not None]
    labels = tuple(row["label"] for row in rows)
    return Drawn(tuple(rows), labels, (str(_("Figure")),), "", _value_title(answer), "", answer.reader.language)


def _value_title(answer: Answer) -> str:
    first = answer.measures[0]
    title = first.title if len(drawn_measures(answer)) == 1 else ""
    if first.kind == "seconds":
        return str(_("%(title)s (hours)", title=title)) if title else str(_("Hours"))
    if first.kind == "share":
        return str(_("%(title)s (per cent)", title=title)) if title else str(_("Per cent"))
    return title or str(_("Number of records"))


def _bars(drawn: Drawn) -> dict[str, Any]:
    spec = grouped_bars(
        drawn.rows,
        label=drawn.label_title,
        value=drawn.value_title,
        series=drawn.series_title,
        order=drawn.labels,
        series_order=drawn.series,
        language=drawn.language,
    )
    spec["encoding"]["x"]["axis"] = _x_axis(drawn)
    spec["layer"][0]["encoding"] |= _href(drawn)
    if len(drawn.series) == 1:
        spec["layer"][0]["encoding"]["color"]["legend"] = None
    return spec


def _x_axis(drawn: Drawn) -> dict[str, Any]:
    long = max((len(label) for label in drawn.labels), default=0) * len(drawn.labels) > 110
    return {"labelAngle": -40 if long else 0, "labelLimit": 130, "labelOverlap": True}


def _href(drawn: Drawn) -> dict[str, Any]:
    return {"href": {"field": "href"}} if any("href" in row for row in drawn.rows) else {}


def _x(drawn: Drawn) -> dict[str, Any]:
    return {
        "field": "label",
        "type": "nominal",
        "title": drawn.label_title,
        "sort": list(drawn.labels),
        "axis": _x_axis(drawn),
        "scale": {"reverse": _rtl(drawn)},
    }


def _y(drawn: Drawn) -> dict[str, Any]:
    side = "right" if _rtl(drawn) else "left"
    return {
        "field": "value",
        "type": "quantitative",
        "title": drawn.value_title,
        "axis": {"orient": side, "tickCount": 5},
    }


def _lying(drawn: Drawn, *, side_by_side: bool) -> dict[str, Any]:
    """Lying bars of the largest labels, series side by side or stacked, figures at the ends where each bar has its own."""
    labels = drawn.labels[:MOST_LYING]
    rows = [row for row in drawn.rows if row["label"] in labels]
    rtl, single = _rtl(drawn), len(drawn.series) == 1
    y = {
        "field": "label", "type": "nominal", "sort": list(labels), "scale": {"paddingInner": 0.25},
        "axis": {"orient": "right" if rtl else "left", "labelLimit": 150, "labelOverlap": True, "ticks": False, "domain": False},
    }  # fmt: skip
    x = {
        "field": "value",
        "type": "quantitative",
        "scale": {"reverse": rtl},
        "axis": {"tickCount": 4, "tickMinStep": 1},
    }
    encoding: dict[str, Any] = {"y": y, "x": x}
    if side_by_side and not single:
        encoding["yOffset"] = {"field": "series", "sort": list(drawn.series)}
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {"color": _colour(drawn), "tooltip": _tips(drawn)} | _href(drawn),
    }
    text = {
        "mark": {"type": "text", "align": "right" if rtl else "left", "dx": -4 if rtl else 4, "fontSize": 10},
        "encoding": {"text": {"field": "text", "type": "nominal"}},
    }
    base = specification(rows, drawn.language) | {"width": WIDTH, "height": HEIGHT, "encoding": encoding}
    return base | {"layer": [bars, text] if single else [bars]}


def _rtl(drawn: Drawn) -> bool:
    return drawn.language in RIGHT_TO_LEFT


def _colour(drawn: Drawn) -> dict[str, Any]:
    found = colour_of(drawn.series_title, drawn.series)
    return found | {"legend": None} if len(drawn.series) == 1 else found


def _tips(drawn: Drawn) -> list[dict[str, Any]]:
    return tooltip_of(drawn.label_title, drawn.series_title, drawn.value_title)


def _whole(drawn: Drawn, **parts: Any) -> dict[str, Any]:
    return specification(drawn.rows, drawn.language) | {"width": WIDTH, "height": HEIGHT} | parts


def _lines(drawn: Drawn) -> dict[str, Any]:
    shared = {"x": _x(drawn), "y": _y(drawn), "color": _colour(drawn)}
    points = {
        "mark": {"type": "point", "filled": True, "size": 45},
        "encoding": {"tooltip": _tips(drawn)} | _href(drawn),
    }
    layers = [{"mark": {"type": "line", "strokeWidth": 2}}, points]
    if _href(drawn):  # a point is small to hit, so that what lies around it leads where it leads
        layers.append({"mark": {"type": "point", "filled": True, "size": 500, "opacity": 0}, **_leading(drawn)})
    return _whole(drawn, encoding=shared, layer=layers)


def _leading(drawn: Drawn) -> dict[str, Any]:
    return {"encoding": {"tooltip": _tips(drawn)} | _href(drawn)}


def _stacked(drawn: Drawn) -> dict[str, Any]:
    encoding = {"x": _x(drawn), "y": _y(drawn), "color": _colour(drawn), "tooltip": _tips(drawn)}
    order = {"order": {"field": "series", "sort": "ascending"}}
    return _whole(drawn, mark={"type": "bar"}, encoding=encoding | order | _href(drawn))


def _heat(drawn: Drawn) -> dict[str, Any]:
    side = "right" if _rtl(drawn) else "left"
    y = {
        "field": "series",
        "type": "nominal",
        "title": drawn.series_title,
        "sort": list(drawn.series),
        "axis": {"orient": side, "labelLimit": 150},
    }
    largest = max((row["value"] for row in drawn.rows), default=0)
    colour = {
        "field": "value",
        "type": "quantitative",
        "title": drawn.value_title,
        "scale": {"range": ["#cfe2f7", "#08417d"]},
        "legend": {"orient": "top", "gradientLength": 160},
    }
    cells = {"mark": {"type": "rect"}, "encoding": {"color": colour, "tooltip": _tips(drawn)} | _href(drawn)}
    words = {
        "mark": {"type": "text", "fontSize": 9},
        "encoding": {
            "text": {"field": "text", "type": "nominal"},
            "color": {"condition": {"test": f"datum.value > {largest / 2}", "value": "#ffffff"}, "value": "#12263a"},
        },
    }
    layers = [cells, words] if len(drawn.labels) <= MOST_NAMED else [cells]
    return _whole(drawn, height={"step": ROW_HEIGHT}, encoding={"x": _x(drawn), "y": y}, layer=layers)


def _histogram(drawn: Drawn) -> dict[str, Any]:
    x = _x(drawn) | {"scale": {"reverse": _rtl(drawn), "paddingInner": 0.03, "paddingOuter": 0.05}}
    encoding = {"x": x, "y": _y(drawn), "color": _colour(drawn), "tooltip": _tips(drawn)}
    return _whole(drawn, mark={"type": "bar"}, encoding=encoding | _href(drawn))


def _percentiles(drawn: Drawn) -> dict[str, Any]:
    """The way from the smallest to the largest percentile as a line, each of them as a point."""
    span = {
        "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.35, "color": COLOURS[0]},
        "encoding": {
            "y": _y(drawn) | {"aggregate": "min"},
            "y2": {"field": "value", "aggregate": "max"},
        },
    }
    points = {
        "mark": {"type": "point", "filled": True, "size": 80},
        "encoding": {"y": _y(drawn), "color": _colour(drawn), "tooltip": _tips(drawn)} | _href(drawn),
    }
    grouped = len(set(drawn.series)) > 1
    return _whole(drawn, encoding={"x": _x(drawn)}, layer=[span, points] if grouped else [points])


def _funnel(drawn: Drawn) -> dict[str, Any]:
    """Bars around one middle, each as wide as its figure."""
    rows = [row for row in drawn.rows if row["series"] == drawn.series[0]]
    rows = [row | {"low": -row["value"] / 2, "high": row["value"] / 2} for row in rows]
    y = {
        "field": "label",
        "type": "nominal",
        "title": None,
        "sort": list(drawn.labels),
        "axis": {"orient": "right" if _rtl(drawn) else "left", "labelLimit": 200},
    }
    bars = {
        "mark": {"type": "bar", "cornerRadius": 2, "color": COLOURS[0]},
        "encoding": {
            "x": {"field": "low", "type": "quantitative", "axis": None},
            "x2": {"field": "high"},
            "tooltip": _tips(drawn),
        }
        | _href(drawn),
    }
    words = {
        "mark": {
            "type": "text",
            "fontSize": 11,
            "color": "#ffffff",
            "stroke": "#08417d",
            "strokeWidth": 2.5,
            "strokeOpacity": 0.65,
        },
        "encoding": {"text": {"field": "text", "type": "nominal"}, "x": {"datum": 0, "type": "quantitative"}},
    }
    plain = {"mark": {"type": "text", "fontSize": 11, "color": "#ffffff"}, "encoding": words["encoding"]}
    base = specification(rows, drawn.language)
    return base | {"width": WIDTH - 120, "height": {"step": 34}, "encoding": {"y": y}, "layer": [bars, words, plain]}


_PICTURES: dict[str, Callable[[Drawn], dict[str, Any]]] = {
    "bar": _bars,
    "line": _lines,
    "stacked": _stacked,
    "heat": _heat,
    "histogram": _histogram,
    "percentile": _percentiles,
    "funnel": _funnel,
}
