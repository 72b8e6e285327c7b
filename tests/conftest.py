"""Shared fixtures: the application on each database, a transaction a test that is rolled back, frozen time, no outside."""

import itertools
import os
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from config.settings import Settings
from itsm.app import create_app
from itsm.identity.actors import forget_actors
from itsm.kernel import clock, migrate, preferences
from itsm.kernel.db import db, session
from itsm.kernel.module import registry
from tests.factories import Factory

ROOT = Path(__file__).resolve().parent.parent
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["packages"]
SHARED = ROOT.parent / "shared" / "samples"
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday morning
ON_CI = os.environ.get("CI") == "true"
DATABASES = {
    "sqlite": "",
    "postgresql": os.environ.get("ITSM_TEST_POSTGRESQL", "postgresql+psycopg://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("ITSM_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}
_missing: set[str] = set()
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--databases", default="sqlite", help="sqlite, postgresql, mariadb, or several with commas, or all"
    )


def missing(component: str) -> None:
    """Skip a test for want of a component; with CI=true that is a failure."""
    _missing.add(component)
    if ON_CI:
        pytest.fail(f"{component} is missing, and CI=true")
    pytest.skip(f"{component} is missing")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for component in sorted(_missing):
        terminalreporter.write_line(f"missing on this machine, its tests did not run: {component}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--databases")
        names = list(DATABASES) if chosen == "all" else chosen.split(",")
        if metafunc.definition.get_closest_marker("one_database"):
            names = ["sqlite"]
        metafunc.parametrize("database", names, scope="session")


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database of its own, dropped at the end."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.sqlite3'}"
        return
    name = f"itsm_test_{os.getpid()}_{next(_numbers)}"
    server = create_engine(DATABASES[kind], isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            encoding = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if kind == "mariadb" else ""
            connection.execute(text(f"CREATE DATABASE {name}{encoding}"))
    except OperationalError as error:
        missing(f"{kind} ({error.orig})")
    yield make_url(DATABASES[kind]).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        connection.execute(text(f"DROP DATABASE {name}{force}"))
    server.dispose()


@pytest.fixture(scope="session")
def database_url(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh, empty database for all tests of a kind of database."""
    with fresh_database(database, tmp_path_factory.mktemp("db")) as url:
        yield url


@pytest.fixture
def separate_app(database: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database of its own, for tests that really commit, in threads or processes."""
    with fresh_database(database, tmp_path) as url:
        app = create_app(settings_for(url, tmp_path))
        prepare(app)
        forget_actors()
        yield app
        with app.app_context():
            session.remove()
            db.engine.dispose()
        forget_actors()
        preferences.forget()


def prepare(app: Flask) -> None:
    """Migrate the application's database and write base data."""
    with app.app_context():
        migrate.to_head()
        for module in registry().modules:
            if module.seed is not None:
                module.seed()
        session.commit()
        session.remove()


def settings_for(url: str, folder: Path, **values: Any) -> Settings:
    """Settings of a test application."""
    return Settings(
        database_url=url,
        data_dir=folder,
        secret_key="test-secret-key-of-enough-length",
        testing=True,
        log_level="ERROR",
        **values,
    )


class Visitor(FlaskClient):
    """A client whose requests share nothing but cookies, although the test holds one application context open.

    What the test made before is committed first, so that a refused request rolls back its own work only.
    """

    def open(self, *arguments: Any, **named: Any) -> Any:
        session.commit()
        for name in list(g):
            g.pop(name)
        return super().open(*arguments, **named)


@pytest.fixture(scope="session")
def built_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with a migrated database and base data, built once for each database."""
    app = create_app(settings_for(database_url, tmp_path_factory.mktemp("data")))
    app.test_client_class = Visitor
    prepare(app)
    return app


@pytest.fixture
def app(built_app: Flask) -> Iterator[Flask]:
    """The application inside a transaction that is rolled back after the test; its commits become savepoints."""
    with built_app.app_context():
        engine = db.engine
        connection = engine.connect()
        transaction = connection.begin()
        db.engines[None] = connection
        session.remove()
        session.configure(join_transaction_mode="create_savepoint")
        forget_actors()
        preferences.forget()
        with clock.frozen(NOW):
            yield built_app
        session.remove()
        transaction.rollback()
        connection.close()
        db.engines[None] = engine


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a session."""
    return app.test_client()


@pytest.fixture
def make(app: Flask) -> Factory:
    """Makes people, groups and records with sensible defaults."""
    del app
    return Factory()


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else ""
        if isinstance(address, tuple) and not (str(host).startswith("127.") or host in {"localhost", "::1"}):
            raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
