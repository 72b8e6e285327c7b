"""How long a statement that people put together may run: the database ends it, nobody else waits for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from itsm.kernel.db import dialect_name, session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

SECONDS = 20
STEPS = 20_000  # of SQLite's machine between two looks at the clock


@contextmanager
def limited_time(seconds: float = SECONDS) -> Iterator[None]:
    """Statements of the block end after some seconds; raises `Invalid` for the field `period` when one did."""
    begin, kind = time.monotonic(), dialect_name()
    savepoint = session.begin_nested()
    try:
        _limit(kind, seconds)
        yield
    except DBAPIError as error:
        savepoint.rollback()
        if time.monotonic() - begin < seconds * 0.9 and not _is_limit(error):
            raise
        raise Invalid.field(
            "period",
            _(
                "This took longer than %(number)s seconds. Choose a shorter period or fewer groups.",
                number=int(seconds),
            ),
        ) from error
    except BaseException:
        savepoint.rollback()
        raise
    else:
        savepoint.commit()
    finally:
        _lift(kind)


def _limit(kind: str, seconds: float) -> None:
    if kind == "sqlite":
        until = time.monotonic() + seconds
        _raw().set_progress_handler(lambda: int(time.monotonic() > until), STEPS)
    elif kind == "postgresql":
        _set_for_postgresql(str(int(seconds * 1000)))
    else:
        session.execute(text("SET SESSION max_statement_time = :seconds"), {"seconds": float(seconds)})


def _lift(kind: str) -> None:
    if kind == "sqlite":
        _raw().set_progress_handler(None, STEPS)
    elif kind == "postgresql":
        _set_for_postgresql("0")
    else:
        session.execute(text("SET SESSION max_statement_time = 0"))


def _set_for_postgresql(milliseconds: str) -> None:
    session.execute(select(func.set_config("statement_timeout", milliseconds, True)))


def _raw() -> Any:
    return session.connection().connection.driver_connection


def _is_limit(error: DBAPIError) -> bool:
    told = str(error.orig).lower()
    return any(
        word in told
        for word in ("interrupted", "statement timeout", "max_statement_time", "query execution was interrupted")
    )
