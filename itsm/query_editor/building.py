"""The form that builds a query: what was posted as rows, with one more or one less."""

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from itsm.query.errors import QueryError
from itsm.query.parser import MAXIMUM_CONDITIONS, parse
from itsm.query.rows import Row, Rows, rows_of

BLANK = Row()
LONGEST_NUMBER = 9


def rows_from_text(text: str) -> Rows | None:
    """The rows of a query as text; None when it cannot be shown as rows or cannot be read."""
    try:
        rows = rows_of(parse(text))
    except QueryError:
        return None
    return rows if rows is None or rows.groups else Rows(((BLANK,),))


def rows_from_form(arguments: MultiDict[str, str]) -> Rows:
    """The rows of the form, with what its button asked for: `or:<group>`, `and`, `remove:<row>`."""
    do, _colon, place = arguments.get("do", "").partition(":")
    number = _number(place, -1)
    read = _read(arguments)
    kept = [(group, row) for index, (group, row) in enumerate(read) if do != "remove" or index != number]
    if do == "or":
        kept.append((number, BLANK))
    elif do == "and" or not kept:
        kept.append((max((group for group, _row in kept), default=0) + 1, BLANK))
    return Rows(_grouped(kept), arguments.get("all", "1") == "1")


def _read(arguments: MultiDict[str, str]) -> list[tuple[int, Row]]:
    columns = (arguments.getlist(name)[:MAXIMUM_CONDITIONS] for name in ("group", "field", "operator", "value"))
    return [
        (_number(group, 0), Row(field, operator if field else "", value))
        for group, field, operator, value in zip(*columns, strict=False)
    ]


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else otherwise


def _grouped(rows: Sequence[tuple[int, Row]]) -> tuple[tuple[Row, ...], ...]:
    groups: dict[int, list[Row]] = {}
    for group, row in rows:
        groups.setdefault(group, []).append(row)
    return tuple(tuple(groups[group]) for group in sorted(groups))
