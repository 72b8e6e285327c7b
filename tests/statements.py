"""Counting SQL statements, so that no list grows them with its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

IGNORED = ("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that reaches a database inside the block, without transaction marks."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(IGNORED):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def statements_of(client: FlaskClient, address: str) -> int:
    """The number of SELECT statements of one warm request."""
    client.get(address)
    with counted() as seen:
        assert client.get(address).status_code == 200
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)
