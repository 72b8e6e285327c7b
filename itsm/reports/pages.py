"""A report laid out for reading: every value as text, every table with its links. Screen and PDF print this."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from itsm.kernel.formats import Reader
from itsm.kernel.text import RIGHT_TO_LEFT, _
from itsm.reports.document import TEMPLATE_VERSION, Column, Reference, Report, Table
from itsm.reports.metrics import Share
from itsm.reports.present import NUMERIC, cell
from itsm.reports.request import Question


@dataclass(frozen=True)
class ShownCell:
    """One cell as text, where it leads, and whether it is a figure (which is aligned to the end)."""

    text: str
    address: str = ""
    numeric: bool = False
    share: float | None = None


@dataclass(frozen=True)
class ShownFigure:
    """A key figure as text, and where it leads."""

    title: str
    text: str
    address: str = ""


@dataclass(frozen=True)
class ShownTable:
    """A table as text."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[list[ShownCell]]
    total: list[ShownCell]
    note: str


def _period(report: Report, reader: Reader) -> str:
    period = report.period
    return str(_("All time")) if period.all_time else f"{reader.day(period.first)} – {reader.day(period.end)}"


def shown_report(report: Report, question: Question, *, links: bool = True) -> dict[str, Any]:
    """What the templates of a report need; without `links` (PDF) only records are named, not linked."""
    reader = question.reader
    drill_address = report.drill_address if links else ""
    return {
        "report": report,
        "language": report.language,
        "direction": "rtl" if report.language in RIGHT_TO_LEFT else "ltr",
        "period": _period(report, reader),
        "figures": [
            ShownFigure(
                figure.title, cell(figure.value, figure.kind, reader), _address(drill_address, question, figure.drill)
            )
            for figure in report.figures
        ],
        "shown_tables": [shown_table(table, question, drill_address=drill_address) for table in report.tables],
        "lists": [shown_table(table, question, drill_address=drill_address) for table in report.lists],
        "template_version": TEMPLATE_VERSION,
        "cut_off": reader.instant(report.cut_off_at),
    }


def shown_table(table: Table, question: Question, *, drill_address: str = "") -> ShownTable:
    """A table as text, its counts leading to the records that they count."""
    drill = table.drill if drill_address else ()
    rows = []
    for place, row in enumerate(table.rows):
        part = drill[place] if drill else None
        rows.append(
            [
                _shown(value, column, question, _leads(value, column, drill_address, question, part))
                for value, column in zip(row, table.columns, strict=True)
            ]
        )
    whole: dict[str, Any] | None = {} if drill else None
    total = [
        _shown(value, column, question, _leads(value, column, drill_address, question, whole))
        for value, column in zip(table.total or (), table.columns, strict=False)
    ]
    return ShownTable(table.name, table.title, table.columns, rows, total, table.note)


def _address(drill_address: str, question: Question, drill: dict[str, Any] | None) -> str:
    return f"{drill_address}?{query_of(question, **drill)}" if drill_address and drill is not None else ""


def _leads(value: Any, column: Column, drill_address: str, question: Question, part: dict[str, Any] | None) -> str:
    """Where a cell leads: to its record, or to what its number counts."""
    if isinstance(value, Reference):
        return value.address
    if part is None or not column.leads or not _says_something(value):
        return ""
    return _address(drill_address, question, part | dict(column.leads))


def _says_something(value: Any) -> bool:
    return bool(value.whole) if isinstance(value, Share) else bool(value)


def _shown(value: Any, column: Column, question: Question, address: str) -> ShownCell:
    percent = value.percent() if isinstance(value, Share) else None
    return ShownCell(
        cell(value, column.kind, question.reader),
        address,
        column.kind in NUMERIC,
        None if percent is None else float(percent),
    )


def query_of(question: Question, **more: Any) -> str:
    """The question as the query part of an address."""
    values: dict[str, Any] = {
        "from": question.period.first.isoformat(),
        "to": question.period.end.isoformat(),
        "timezone": question.period.timezone,
        "language": question.language,
    }
    if question.organisation_id is not None:
        values["organisation"] = question.organisation_id
    if question.agreement_id is not None:
        values["agreement"] = question.agreement_id
    return urlencode(values | more)
