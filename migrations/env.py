"""Alembic's environment: migrations run on the application's own engine, in one transaction where the database can."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import Connection

from itsm.kernel.db import Base, db


def run() -> None:
    """Apply migrations on a connection of the application's engine."""
    with db.engine.connect() as connection, _rebuilding(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            include_object=_ours,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


@contextmanager
def _rebuilding(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild tables that others refer to: dropping one would delete or refuse because of their rows.

    Whether anything was left pointing nowhere is looked at before the end; the pragma acts outside transactions only.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = driver.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"rows refer to rows that are not there: {broken[:5]}")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Full-text structures are made by hand in migrations and unknown to the models."""
    del item, other
    if kind == "table" and name is not None and name.startswith("search_index"):
        return False
    return not (
        reflected
        and kind in {"column", "index"}
        and name is not None
        and (name == "vector" or name.startswith("ft_search_") or name.endswith(("_vector", "_trigram")))
    )


run()
