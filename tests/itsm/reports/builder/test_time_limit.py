"""Statements that run too long are ended by the database, and the session goes on."""

import pytest
from sqlalchemy import Integer, func, literal, select, text

from itsm.kernel.db import dialect_name, session
from itsm.kernel.errors import Invalid
from itsm.reports.builder.time_limit import limited_time
from tests.factories import Factory


def run_for_long() -> None:
    """Ask the database for something that takes longer than anybody waits."""
    kind = dialect_name()
    if kind == "postgresql":
        session.execute(select(func.pg_sleep(5)))
    elif kind == "mysql":
        session.execute(text("SELECT max(md5(seq)) FROM seq_1_to_100000000000"))
    else:
        numbers = select(literal(1, Integer()).label("number")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < 500_000_000))
        session.execute(select(func.max(numbers.c.number)))


def test_what_takes_too_long_is_ended_and_named(make: Factory) -> None:
    with pytest.raises(Invalid) as caught, limited_time(0.2):
        run_for_long()
    assert "period" in caught.value.errors
    assert session.scalar(select(literal(1))) == 1
    make.incident()


def test_what_is_quick_is_left_alone(make: Factory) -> None:
    with limited_time(5):
        assert session.scalar(select(literal(1))) == 1
