"""A list of tickets as a file: the filter, columns, order and rights of the page it was asked from, row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.paging import LARGEST_LIMIT
from itsm.tickets.desk import listing
from itsm.tickets.desk.columns import DeskColumn, added_cells, plain_cell
from itsm.tickets.desk.listing import Asked

MOST_ROWS = {"csv": 1_000_000, "xlsx": 100_000}


def rows(actor: Actor, asked: Asked, columns: Sequence[DeskColumn], *, most: int) -> Iterator[list[Any]]:
    """The cells of each row, page by page, so that memory does not grow with the list."""
    left, cursor = most, None
    while left > 0:
        page = listing.read_rows(actor, replace(asked, cursor=cursor), limit=min(LARGEST_LIMIT, left))
        added = added_cells(actor, columns, [row.id for row in page.items])
        yield from ([plain_cell(column, row, added) for column in columns] for row in page.items)
        left, cursor = left - len(page.items), page.next
        if cursor is None:
            return
