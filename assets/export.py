"""A list of assets as a sheet: the rows and columns that the page shows, no more."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from assets.kinds import KINDS
from assets.lifecycle import LIFECYCLE, STOCK_STATES
from itsm.kernel.text import Message, _

FORMULA_SIGNS = frozenset("=+-@＝＋－＠\t\r\n")
TITLES: tuple[Message, ...] = (
    _("Tag"), _("Name"), _("Kind"), _("Manufacturer"), _("Model"), _("Serial number"), _("State"), _("User"), _("Site"),
    _("Warranty until"),
)  # fmt: skip
WIDTHS = (16, 28, 18, 18, 24, 20, 18, 24, 18, 14)


def neutral(value: Any) -> str:
    """A cell's text that no sheet program takes for a formula: one that begins like one gets an apostrophe. Rule: A7."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in FORMULA_SIGNS or (text.strip() and text.lstrip()[0] in FORMULA_SIGNS) else text


def state_words(row: Any) -> str:
    """The state of an asset in words, with the state of the stock."""
    title = str(LIFECYCLE[row.state].title)
    return f"{title} ({STOCK_STATES[row.stock_state]})" if row.stock_state == "reserved" else title


def cells(row: Any) -> tuple[Any, ...]:
    """The cells of one row; texts are neutral, days stay days."""
    texts = (
        row.tag,
        row.name,
        KINDS.get(row.kind, row.kind),
        row.manufacturer,
        row.model,
        row.serial,
        state_words(row),
    )
    return (*(neutral(text) for text in (*texts, row.owner_name, row.site_name)), row.warranty_until)


def as_csv(rows: Iterable[Any]) -> bytes:
    """The rows as CSV in UTF-8 with a mark that sheet programs look for; days in ISO form."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([str(title) for title in TITLES])
    writer.writerows(["" if cell is None else str(cell) for cell in cells(row)] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Any]) -> bytes:
    """The rows as a workbook with a heading that stays in view; texts are texts, days are days."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(str(_("Assets"))[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for column, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, str(title), bold)
        for line, row in enumerate(rows, 1):
            for column, cell in enumerate(cells(row)):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, day)
                elif cell:
                    sheet.write_string(line, column, cell)
        sheet.freeze_panes(1, 0)
    return target.getvalue()
