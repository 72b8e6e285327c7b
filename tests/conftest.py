"""Shared fixtures: the application on each database, a transaction a test that is rolled back, frozen time, no outside."""

import os
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import settings as checked
from sqlalchemy.exc import OperationalError

from config.settings import Settings
from itsm.app import create_app
from itsm.identity.actors import forget_actors
from itsm.kernel import clock, migrate, preferences
from itsm.kernel.db import db, session
from itsm.kernel.module import registry
from itsm.kernel.text import choose as choose_language
from itsm.tickets.desk.queues import forget_queries
from tests.databases import DATABASES, drop_kept, drop_templates, prepared_database
from tests.factories import Factory
from tests.properties import examples

ROOT = Path(__file__).resolve().parent.parent
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["packages"]
SHARED = ROOT.parent / "shared" / "samples"
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday morning
ON_CI = os.environ.get("CI") == "true"
checked.register_profile("suite", max_examples=examples(100))
checked.load_profile("suite")
_missing: set[str] = set()


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


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def prepared(kind: str, folder: Path, shared: Path) -> Iterator[str]:
    """The address of a migrated database of its own with base data."""
    try:
        with prepared_database(kind, folder, shared, _prepare_template) as url:
            yield url
    except OperationalError as error:
        missing(f"{kind} ({error.orig})")


def _prepare_template(url: str) -> None:
    with TemporaryDirectory() as folder:
        app = create_app(settings_for(url, Path(folder)))
        prepare(app)
        with app.app_context():
            db.engine.dispose()


def pytest_sessionfinish(session: pytest.Session) -> None:
    drop_kept()
    if not hasattr(session.config, "workerinput"):
        drop_templates(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def database_url(database: str, tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Iterator[str]:
    """A database with base data for all tests of a kind of database."""
    with prepared(database, tmp_path_factory.mktemp("db"), shared_folder) as url:
        yield url


@pytest.fixture
def separate_app(database: str, tmp_path: Path, shared_folder: Path) -> Iterator[Flask]:
    """An application on a database of its own, for tests that really commit, in threads or processes."""
    with prepared(database, tmp_path, shared_folder) as url:
        app = create_app(settings_for(url, tmp_path))
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
    """The application, built once for each database."""
    app = create_app(settings_for(database_url, tmp_path_factory.mktemp("data")))
    app.test_client_class = Visitor
    return app


@contextmanager
def rolled_back(built_app: Flask) -> Iterator[Flask]:
    """The application inside a transaction that is rolled back at the end; its commits become savepoints."""
    with built_app.app_context():
        engine = db.engine
        connection = engine.connect()
        transaction = connection.begin()
        db.engines[None] = connection
        session.remove()
        session.configure(join_transaction_mode="create_savepoint")
        forget_actors()
        forget_queries()
        preferences.forget()
        choose_language(None)  # a page that another test asked for leaves its language behind
        with clock.frozen(NOW):
            yield built_app
        session.remove()
        transaction.rollback()
        connection.close()
        db.engines[None] = engine


@pytest.fixture
def app(built_app: Flask) -> Iterator[Flask]:
    """The application of one test, which leaves nothing behind."""
    with rolled_back(built_app):
        yield built_app


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


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text shown in another language than English bears the language's code, whatever the catalogues hold."""
    monkeypatch.setattr(
        "itsm.kernel.text._translated", lambda code, words: words if code == "en" or not words else f"[{code}] {words}"
    )
