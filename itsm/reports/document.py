"""A report as data: figures, tables, charts and words. Screen, PDF, sheet, CSV and API all show this one thing."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from itsm.reports.metrics import Share, rounded_half_up
from itsm.reports.periods import Period

TEMPLATE_VERSION = "2"


@dataclass(frozen=True)
class Column:
    """One column; `kind` is one of text, count, number, share, seconds, instant, day, priority, ticket, clock, yes_no.

    A number of a column that `leads` is a link to the records that it counts: these pairs join the row's `drill`.
    """

    name: str
    title: str
    kind: str = "text"
    leads: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reference:
    """A record that a cell names: its number and the address of its page."""

    number: str
    address: str

    def __str__(self) -> str:
        return self.number


@dataclass(frozen=True)
class Table:
    """Rows under columns; `total` closes the table. `drill` gives for each row the filter that lists what it counts."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: tuple[Any, ...] | None = None
    note: str = ""
    drill: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Chart:
    """One Vega-Lite specification and what it shows in words; `table` names the table with the same figures."""

    name: str
    title: str
    spec: dict[str, Any]
    description: str
    table: str


@dataclass(frozen=True)
class Figure:
    """One key figure; `drill` is the filter that lists what it counts, None where there is no list."""

    name: str
    title: str
    value: Any
    kind: str = "count"
    note: str = ""
    drill: dict[str, Any] | None = None


@dataclass(frozen=True)
class Segment:
    """One stretch of an explained clock: instants, whether and why it was counted, the calendar's rule, its open seconds."""

    from_at: datetime
    to_at: datetime
    counted: bool
    reason: str
    rule: str
    seconds: int


@dataclass(frozen=True)
class Explained:
    """A missed target and how its clock came to its time: `lead` says it in a sentence, the counted segments add up."""

    reference: Reference
    title: str
    target: str
    lead: str
    segments: tuple[Segment, ...]
    total_seconds: int


@dataclass(frozen=True)
class Report:
    """Everything that a report says.

    `facts` are what it was asked for, as label and text; `lists` are long tables; `flat` is the table that stands for the
    report as CSV; `cut_off_at` is the instant up to which data count; `exclusions` say what is left out and how much of it;
    `explained` are missed targets with their clocks, of `explained_of` in all.
    """

    name: str
    title: str
    language: str
    period: Period
    cut_off_at: datetime
    facts: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    summary: tuple[str, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]
    lists: tuple[Table, ...]
    definitions: tuple[tuple[str, str], ...]
    flat: Table
    digest: str
    drill_address: str = ""
    extra: tuple[Table, ...] = field(default=())
    exclusions: tuple[str, ...] = ()
    explained: tuple[Explained, ...] = ()
    explained_of: int = 0

    def table(self, name: str) -> Table | None:
        """The table of this name."""
        for table in (*self.tables, *self.lists, *self.extra, self.flat):
            if table.name == name:
                return table
        return None


def plain(value: Any) -> Any:
    """A cell's value as JSON holds it: percentages and seconds as numbers, instants as text; None stays None."""
    if isinstance(value, Share):
        percent = value.percent()
        return None if percent is None else float(percent)
    if isinstance(value, Fraction):
        return float(rounded_half_up(value, 1))
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Reference):
        return value.number
    return value


def table_rows(table: Table) -> list[dict[str, Any]]:
    """A table's rows, and its total as the last one, as JSON objects."""
    names = [column.name for column in table.columns]
    rows = [*table.rows, *([table.total] if table.total is not None else [])]
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows]


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "name": report.name,
        "title": report.title,
        "period": {
            "from": None if report.period.all_time else report.period.first.isoformat(),
            "to": report.period.end.isoformat(),
            "timezone": report.period.timezone,
        },
        "cut_off_at": report.cut_off_at.isoformat(),
        "parameters": [{"name": label, "value": text} for label, text in report.facts],
        "figures": {figure.name: plain(figure.value) for figure in report.figures},
        "summary": list(report.summary),
        "tables": {table.name: table_rows(table) for table in report.tables},
        "lists": {table.name: table_rows(table) for table in report.lists},
        "definitions": [{"term": term, "text": text} for term, text in report.definitions],
        "exclusions": list(report.exclusions),
        "template_version": TEMPLATE_VERSION,
        "digest": report.digest,
    }
