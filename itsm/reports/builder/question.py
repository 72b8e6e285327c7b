"""What is asked: measures, dimensions, filter, period, comparison, picture. Plain values that are kept as JSON."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _

MOST_MEASURES = 5
MOST_DIMENSIONS = 2
KINDS: dict[str, Message] = {
    "count": _("Number of records"),
    "share": _("Share"),
    "distinct": _("Number of different"),
    "sum": _("Sum"),
    "mean": _("Mean"),
    "min": _("Smallest"),
    "max": _("Largest"),
    "median": _("Median"),
    "percentile": _("Percentile"),
}
OF_FIELD = frozenset(KINDS) - {"count", "share"}
ADDED = frozenset({"count", "share", "sum"})  # what of parts adds up to what of the whole
RANKED = frozenset({"median", "percentile"})
PERCENTS = (50, 75, 90, 95, 99)
UNITS: dict[str, Message] = {
    "day": _("day"),
    "week": _("week"),
    "month": _("month"),
    "quarter": _("quarter"),
    "year": _("year"),
}
COMPARISONS: dict[str, Message] = {
    "previous": _("with the period before"),
    "year": _("with the same period of last year"),
}
CHARTS: dict[str, Message] = {
    "table": _("Table only"),
    "bar": _("Bars"),
    "line": _("Lines"),
    "stacked": _("Stacked bars"),
    "heat": _("Heat map"),
    "histogram": _("Histogram"),
    "percentile": _("Percentiles"),
    "funnel": _("Funnel"),
    "value": _("Single value"),
}
_MEASURE = re.compile(r"(?P<kind>[a-z]+?)(?P<percent>\d{1,2})?(?::(?P<field>.+))?")


@dataclass(frozen=True)
class Measure:
    """One figure: `field` for all kinds but count and share; `condition` is a filter that narrows a count or makes a share."""

    kind: str = "count"
    field: str = ""
    percent: int = 0
    condition: str = ""

    @property
    def text(self) -> str:
        """The measure without its condition as forms hold it: `count`, `mean:resolution.time`, `p90:resolution.time`."""
        kind = f"p{self.percent}" if self.kind == "percentile" else self.kind
        return f"{kind}:{self.field}" if self.field else kind


@dataclass(frozen=True)
class Dimension:
    """What groups are made by: a field; for instants and days a `unit`, for numbers maybe the `width` of their classes."""

    field: str
    unit: str = ""
    width: str = ""

    @property
    def text(self) -> str:
        """The dimension without its width as forms hold it: `group`, `created/month`."""
        return f"{self.field}/{self.unit}" if self.unit else self.field


@dataclass(frozen=True)
class BuiltQuestion:
    """A whole question. `period` is a name of `spans.PERIODS`; `first` and `end` are days of a custom one, half open."""

    data_set: str
    measures: tuple[Measure, ...] = (Measure(),)
    dimensions: tuple[Dimension, ...] = ()
    series: Dimension | None = None
    filter: str = ""
    instant: str = ""
    period: str = "last_30_days"
    first: str = ""
    end: str = ""
    compare: str = ""
    chart: str = "bar"

    @property
    def groups(self) -> tuple[Dimension, ...]:
        """Everything that groups are made by."""
        return (*self.dimensions, *([self.series] if self.series else []))

    def narrowed(self, **changed: Any) -> "BuiltQuestion":
        """The question with something changed."""
        return replace(self, **changed)


def as_json(question: BuiltQuestion) -> dict[str, Any]:
    """A question as it is kept; what is empty is left out."""
    told = {name: value for name, value in asdict(question).items() if value not in ("", None, (), {})}
    told["measures"] = [_filled(asdict(one)) for one in question.measures]
    told["dimensions"] = [_filled(asdict(one)) for one in question.dimensions]
    if question.series:
        told["series"] = _filled(asdict(question.series))
    return told


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def from_json(data: Mapping[str, Any]) -> BuiltQuestion:
    """The question that `as_json` wrote, or that the API was given."""
    values = {name: value for name, value in data.items() if name not in ("measures", "dimensions", "series")}
    return BuiltQuestion(
        **values,
        measures=tuple(Measure(**one) for one in data.get("measures", ({"kind": "count"},))),
        dimensions=tuple(Dimension(**one) for one in data.get("dimensions", ())),
        series=Dimension(**data["series"]) if data.get("series") else None,
    )


def read_measure(place: str, text: str, condition: str = "") -> Measure:
    """The measure that a form holds as text; raises `Invalid` for its place."""
    found = _MEASURE.fullmatch(text)
    kind, name = (found["kind"], found["field"] or "") if found else ("", "")
    if kind == "p" and found is not None and found["percent"]:
        return Measure("percentile", name, int(found["percent"]), condition)
    if kind not in KINDS or kind == "percentile" or (found is not None and found["percent"]):
        raise Invalid.field(place, _("There is no such figure; choose one of the list."))
    return Measure(kind, name, 0, condition)


def read_dimension(text: str, width: str = "") -> Dimension:
    """The dimension that a form holds as text."""
    name, _slash, unit = text.partition("/")
    return Dimension(name, unit, width)
