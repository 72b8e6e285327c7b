"""Lists that leave as files: CSV row by row while it is sent, or a workbook."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, send_file, stream_with_context

from itsm.kernel import sheets
from itsm.kernel.text import Message
from itsm.web.presentation import reader


def send_list(
    form: str, *, name: str, title: Message, titles: Sequence[Message], lines: Iterator[list[Any]]
) -> Response:
    """A list as the file `<name>.<form>`; `form` is `csv` or `xlsx`, `title` names the workbook's sheet."""
    words, local = [str(each) for each in titles], reader().local
    if form == "xlsx":
        book = sheets.xlsx_file(str(title), words, lines, local)
        return send_file(book, mimetype=sheets.XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    stream = stream_with_context(sheets.csv_chunks(words, lines, local))
    answer = Response(stream, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return answer
