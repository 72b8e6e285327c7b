"""Keyset paging visits every row once, whatever the order."""

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.paging import SortKey, checked_limit, decode_cursor, keyset, page_of
from itsm.tickets.models import Ticket
from tests.factories import Factory

KEYS = (SortKey("priority", Ticket.priority, descending=True), SortKey("id", Ticket.id))


def test_pages_join_up_without_gaps_or_repeats(app: Flask, make: Factory) -> None:
    agent = make.actor()
    ids = {make.incident(agent, impact=1 + each % 4, urgency=1 + each % 3).id for each in range(23)}
    seen: list[int] = []
    cursor = None
    while True:
        rows = session.scalars(keyset(select(Ticket).where(Ticket.id.in_(ids)), KEYS, limit=5, cursor=cursor)).all()
        page = page_of(rows, limit=5, cursor_values=lambda row: [row.priority, row.id])
        seen += [row.id for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    assert len(seen) == 23


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "WyJhIiwge31d", "../../etc", "🙂"])
def test_a_foreign_cursor_is_refused_by_name(app: Flask, cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_cursor(cursor, KEYS)
    assert "cursor" in refusal.value.errors


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_page_sizes_are_bounded(app: Flask, limit: int) -> None:
    with pytest.raises(Invalid):
        checked_limit(limit)
