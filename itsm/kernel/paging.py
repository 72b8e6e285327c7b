"""Keyset paging: a page knows the values of its last row, so that page 10,000 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, or_

from itsm.kernel.db import fixed
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

Item = TypeVar("Item")
Other = TypeVar("Other")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
COUNT_LIMIT = 1000


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list; `next` is the cursor of the following page or None."""

    items: Sequence[Item]
    next: str | None = None

    def map(self, convert: "Callable[[Item], Other]") -> "Page[Other]":
        """The same page with each item converted."""
        return Page([convert(item) for item in self.items], self.next)


@dataclass(frozen=True)
class SortKey:
    """One column of the order; the last key of an order must be unique. NULLs are not allowed in sorted columns."""

    name: str
    column: SQLColumnExpression[Any]
    descending: bool = False
    instant: bool = False


def checked_limit(limit: int | None) -> int:
    """The page size asked for, or the default; raises `Invalid` outside 1..200."""
    if limit is None:
        return DEFAULT_LIMIT
    if not 1 <= limit <= LARGEST_LIMIT:
        raise Invalid.field("limit", _("Ask for 1 to %(most)s rows.", most=LARGEST_LIMIT))
    return limit


def encode_cursor(values: Sequence[Any]) -> str:
    """The cursor that stands for a row with these sort values."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, keys: Sequence[SortKey]) -> list[Any]:
    """The sort values in a cursor; raises `Invalid` when it was not made by `encode_cursor` for this order."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [
            datetime.fromisoformat(value) if key.instant else _plain(value)
            for key, value in zip(keys, list(values), strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise Invalid.field("cursor", _("This page marker is not valid here; start from the first page.")) from error


def _plain(value: Any) -> Any:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004 (answered like every other wrong cursor)
    return value


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition for rows that come after the row with these sort values."""
    branches = []
    for position, key in enumerate(keys):
        ties = [earlier.column == value for earlier, value in zip(keys[:position], values, strict=False)]
        beyond = key.column < values[position] if key.descending else key.column > values[position]
        branches.append(and_(*ties, beyond))
    return or_(*branches)


def keyset(statement: Select[Any], keys: Sequence[SortKey], *, limit: int, cursor: str | None) -> Select[Any]:
    """Order the statement and cut it to one page (and one row more, which tells whether there is a next page)."""
    if cursor:
        statement = statement.where(after(keys, decode_cursor(cursor, keys)))
    order = [key.column.desc() if key.descending else key.column.asc() for key in keys]
    return statement.order_by(*order).limit(fixed(limit + 1))


def page_of(rows: Sequence[Item], *, limit: int, cursor_values: "Callable[[Item], Sequence[Any]]") -> Page[Item]:
    """The page out of `limit + 1` rows read with `keyset`."""
    shown = rows[:limit]
    following = encode_cursor(cursor_values(shown[-1])) if len(rows) > limit else None
    return Page(shown, following)
