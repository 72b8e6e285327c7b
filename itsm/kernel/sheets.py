"""Lists that leave as sheets, row by row: nothing from outside can become a formula."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
INSTANT, DAY = "yyyy-mm-dd hh:mm", "yyyy-mm-dd"
WIDTH = 20
FORMULA_START = re.compile(r"^[\s\x00-\x1f]*[=+\-@|%＝＋－＠]|^[\t\r\n]")


Localise = Callable[[datetime], datetime]


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before what could begin one."""
    return f"'{text}" if FORMULA_START.match(text) else text


def csv_chunks(titles: Sequence[str], lines: Iterator[list[Any]], local: Localise) -> Iterator[bytes]:
    """The rows as CSV in UTF-8 with a mark that sheet programs look for; instants in the reader's zone."""
    yield b"\xef\xbb\xbf" + _csv_line([harmless(title) for title in titles])
    for line in lines:
        yield _csv_line([_csv_cell(value, local) for value in line])


def _csv_line(cells: Sequence[Any]) -> bytes:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerow(cells)
    return target.getvalue().encode()


def _csv_cell(value: Any, local: Localise) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return local(value).isoformat(timespec="minutes")
    return value if isinstance(value, int) else harmless(str(value))


def xlsx_file(title: str, titles: Sequence[str], lines: Iterator[list[Any]], local: Localise) -> IO[bytes]:
    """The rows as a workbook in a file that is gone once closed; a row is on disk before the next is read."""
    import xlsxwriter

    target = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(title)
        bold, instant, day = (
            book.add_format(each) for each in ({"bold": True}, {"num_format": INSTANT}, {"num_format": DAY})
        )
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(titles) - 1), WIDTH)
        for place, heading in enumerate(titles):
            sheet.write_string(0, place, heading, bold)
        for number, line in enumerate(lines, start=1):
            for place, value in enumerate(line):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, place, local(value).replace(tzinfo=None), instant)
                elif isinstance(value, date):
                    sheet.write_datetime(number, place, value, day)
                else:
                    _write(sheet, (number, place), value)
    target.seek(0)
    return target


def _write(sheet: Any, place: tuple[int, int], value: Any) -> None:
    if isinstance(value, int):
        sheet.write_number(*place, value)
    elif value is not None:
        sheet.write_string(*place, harmless(str(value)))  # a sheet may go on as CSV
