"""A PostgreSQL server that lets nobody make extensions: everything is found, only without the trigrams' speed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from itsm.app import create_app
from itsm.identity.actors import forget_actors
from itsm.kernel import preferences
from itsm.kernel.db import db, session
from itsm.search import queries, services
from tests.conftest import prepare, settings_for
from tests.databases import fresh_database

ROLE = f"itsm_without_rights_{os.getpid()}"
ABILITIES = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"
INDEXES = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%_trigram'"


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    """The application of a role that may make tables and no extensions."""
    if database != "postgresql":
        pytest.skip("only PostgreSQL has extensions")
    with fresh_database(database, tmp_path) as url:
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'poor'"))
            connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA public TO {ROLE}"))
        try:
            yield from _built(make_url(url).set(username=ROLE, password="poor").render_as_string(False), tmp_path)
        finally:
            with owner.connect() as connection:
                _drop_role(connection)
            owner.dispose()


def _built(url: str, folder: Path) -> Iterator[Flask]:
    built = create_app(settings_for(url, folder))
    forget_actors()
    prepare(built)
    with built.app_context():
        yield built
        session.remove()
        db.engine.dispose()
    forget_actors()
    preferences.forget()


def _drop_role(connection: Connection) -> None:
    connection.execute(text(f"DROP OWNED BY {ROLE}"))
    connection.execute(text(f"DROP ROLE {ROLE}"))


def test_pieces_of_names_are_found_without_the_extension(app: Flask) -> None:
    del app
    assert session.scalar(text(ABILITIES)) == 0
    assert session.scalar(text(INDEXES)) == 0
    services.index("ci", 7, "MAD7-PRT-003", names=["MAD7-PRT-003", "SN-4X8Z11"])
    services.index("ci", 8, "MAD7-PRT-004", names=["MAD7-PRT-004"])
    services.index("ticket", 9, "The printers are jamming")
    session.commit()
    for piece in ("prt-003", "4x8z", "D7-PRT-003"):
        assert queries.find_named("ci", piece) == [7], piece
    assert queries.find_ids("ticket", "printer jammed") == [9]
