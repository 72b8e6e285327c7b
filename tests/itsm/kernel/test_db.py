"""What the database layer writes."""

from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, Select, bindparam, select, text, true

from itsm.kernel.db import dialect_name, made_once, one_of, session
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


def test_a_statement_is_made_once_where_nothing_is_hidden_and_anew_for_each_reader_else(
    app: Flask, make: Factory
) -> None:
    made: list[str] = []

    @made_once
    def titled(readable: ColumnElement[bool], order: str) -> Select[Any]:
        made.append(order)
        found = select(Ticket.id).where(Ticket.title == bindparam("title"), readable)
        return found.order_by(Ticket.id if order == "old" else Ticket.id.desc())

    one, two = make.incident(title="Same words").id, make.incident(title="Same words").id
    given = {"title": "Same words"}
    assert [session.scalars(titled(true(), "old"), given).all() for _time in range(2)] == [[one, two]] * 2
    assert session.scalars(titled(true(), "new"), given).all() == [two, one]
    assert session.scalars(titled(true(), "old"), {"title": "Other words"}).all() == []
    assert made == ["old", "new"]
    assert [session.scalars(titled(Ticket.id == each, "old"), given).all() for each in (one, two)] == [[one], [two]]
    assert session.scalars(titled(true(), "old"), given).all() == [one, two]
    assert made == ["old", "new", "old", "old"]
