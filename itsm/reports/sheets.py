"""Reports as XLSX and CSV. Nothing from outside can become a formula."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from itsm.kernel.sheets import harmless
from itsm.kernel.text import RIGHT_TO_LEFT, _, language
from itsm.reports.document import TEMPLATE_VERSION, Column, Reference, Report, Table, plain
from itsm.reports.metrics import Share

FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
LONGEST_CELL = 32_000
WIDEST = 60
FORMATS = {"share": "0.0%", "seconds": "[h]:mm", "instant": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd"}


def csv_text(table: Table) -> str:
    """One table as CSV with a heading; its total, where there is one, is the last row."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    for row in _rows(table):
        writer.writerow([_csv_cell(value) for value in row])
    return target.getvalue()


def _rows(table: Table) -> Iterable[tuple[Any, ...]]:
    yield from table.rows
    if table.total is not None:
        yield table.total


def _csv_cell(value: Any) -> Any:
    made = plain(value)
    if isinstance(made, bool):
        return "true" if made else "false"
    return "" if made is None else harmless(made) if isinstance(made, str) else made


class Workbook:
    """A workbook of a report, the same bytes for the same report."""

    def __init__(self, report: Report) -> None:
        self.report, self.target = report, io.BytesIO()
        options = {
            "constant_memory": True,  # rows go to a file of their own as they are written: sheets may be long
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = xlsxwriter.Workbook(self.target, options)
        created = report.cut_off_at.replace(tzinfo=None)
        self.book.set_properties({"title": report.title, "comments": f"digest {report.digest}", "created": created})
        self.head = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.bold = self.book.add_format({"bold": True})
        self.formats = {kind: self.book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        self.sheet_names: set[str] = set()

    def add_sheet(self, title: str) -> Any:
        """An empty sheet whose name is allowed and free."""
        base = FORBIDDEN_IN_NAMES.sub(" ", title).strip()[:28] or "-"
        name, number = base, 2
        while name.lower() in self.sheet_names:
            name, number = f"{base} {number}", number + 1
        self.sheet_names.add(name.lower())
        sheet = self.book.add_worksheet(name)
        if self.report.language in RIGHT_TO_LEFT:
            sheet.right_to_left()
        return sheet

    def add_lines(self, title: str, lines: Sequence[tuple[Any, ...]], kinds: Sequence[str] = ()) -> None:
        """A sheet of label and value."""
        sheet = self.add_sheet(title)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        for place, line in enumerate(lines):
            sheet.write_string(place, 0, str(line[0]), self.bold)
            self.write(sheet, place, 1, line[1], kinds[place] if kinds else "text")

    def add_table(self, table: Table) -> None:
        """A sheet with one table; its first row stays in sight and can be filtered by."""
        sheet = self.add_sheet(table.title)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.title, self.head)
            sheet.set_column(place, place, _width(table, place, column))
        for number, row in enumerate(_rows(table), start=1):
            for place, value in enumerate(row):
                self.write(sheet, number, place, value, table.columns[place].kind)
        sheet.freeze_panes(1, 0)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def write(self, sheet: Any, row: int, place: int, value: Any, kind: str) -> None:
        """One cell with its own type; texts are written as texts, whatever they begin with."""
        if value is None:
            return
        if isinstance(value, Share):
            percent = value.percent()
            if percent is not None:
                sheet.write_number(row, place, float(percent / 100), self.formats["share"])
        elif isinstance(value, datetime):
            local = value.astimezone(ZoneInfo(self.report.period.timezone)).replace(tzinfo=None)
            sheet.write_datetime(row, place, local, self.formats["instant"])
        elif isinstance(value, bool):
            sheet.write_boolean(row, place, value)
        elif isinstance(value, int | float | Fraction | Decimal):
            number = float(value)
            sheet.write_number(row, place, number / 86_400 if kind == "seconds" else number, self.formats.get(kind))
        else:
            text = value.number if isinstance(value, Reference) else str(value)
            sheet.write_string(row, place, text[:LONGEST_CELL])

    def content(self) -> bytes:
        """The finished file."""
        self.book.close()
        return self.target.getvalue()


def _width(table: Table, place: int, column: Column) -> int:
    longest = max((len(str(plain(row[place]) or "")) for row in table.rows[:200]), default=0)
    return min(max(longest, min(len(column.title), 14), 8) + 2, WIDEST)


def xlsx_bytes(report: Report, step: Callable[[], None] = lambda: None) -> bytes:
    """The whole report as a workbook: summary, each table, every record counted, definitions.

    `step` is called before each sheet and may raise to end the work.
    """
    with language(report.language):
        book = Workbook(report)
        facts = [*report.facts, (_("Template version"), TEMPLATE_VERSION), (_("Digest"), report.digest)]
        words = [(_("Summary") if not place else "", text) for place, text in enumerate(report.summary)]
        figures = [(figure.title, figure.value) for figure in report.figures]
        kinds = ["text"] * (len(facts) + len(words)) + [figure.kind for figure in report.figures]
        book.add_lines(str(_("Summary")), [*facts, *words, *figures], kinds)
        for table in (*report.tables, *report.lists, *report.extra):
            step()
            book.add_table(table)
        left_out = [(_("What is left out") if not place else "", text) for place, text in enumerate(report.exclusions)]
        book.add_lines(str(_("Definitions")), [*report.definitions, *left_out])
        return book.content()
