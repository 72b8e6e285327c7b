"""What the database layer writes."""

from flask import Flask
from sqlalchemy import select, text

from itsm.kernel.db import dialect_name, one_of, session
from itsm.tickets.models import Ticket
from tests.factories import Factory


def test_one_of_many_ids_is_found_by_the_primary_key(app: Flask, make: Factory) -> None:
    made = [make.incident() for _number in range(3)]
    statement = select(Ticket.id).where(one_of(Ticket.id, [made[0].id, made[2].id]))
    assert sorted(session.scalars(statement)) == [made[0].id, made[2].id]
    assert session.scalars(select(Ticket.id).where(~one_of(Ticket.id, [made[0].id, made[2].id]))).all() == [made[1].id]
    if dialect_name() == "sqlite":  # which takes such an expression literally
        written = str(statement.compile(session.connection())).replace("?", "'[1]'")
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
        assert any("SEARCH ticket USING INTEGER PRIMARY KEY" in detail for detail in plan), plan
