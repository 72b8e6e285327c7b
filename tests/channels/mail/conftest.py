"""Real mail servers, and applications of their own whose transactions are really committed."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from itsm.app import create_app
from itsm.identity.actors import forget_actors
from itsm.kernel import preferences
from itsm.kernel.db import db, session
from itsm.kernel.module import registry
from migrations.full_text import STATEMENTS
from tests.conftest import missing, settings_for
from tests.servers.mail import MailServers, lacking


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServers]:
    """Postfix and Dovecot, started once, in a folder that other users may enter (pytest closes its own to them)."""
    if lacking():
        missing(lacking())
    with tempfile.TemporaryDirectory(prefix="itsm-mail-") as folder, MailServers(Path(folder)) as servers:
        yield servers


@pytest.fixture
def new_desk(tmp_path: Path) -> Callable[..., Flask]:
    """Makes a desk with an embedded database of its own; settings as given."""

    def make(name: str, **values: Any) -> Flask:
        folder = tmp_path / name
        folder.mkdir()
        app = create_app(settings_for(f"sqlite:///{folder / 'own.sqlite3'}", folder, **values))
        with app.app_context():
            db.create_all()
            for statement in STATEMENTS["sqlite"]:
                session.execute(text(statement))
            for module in registry().modules:
                if module.seed is not None:
                    module.seed()
            session.commit()
            session.remove()
            forget_actors()
            preferences.forget()
        return app

    return make


@pytest.fixture
def settings_with(app: Flask) -> Iterator[Any]:
    """Changes settings for one test."""
    before = app.config["ITSM"]

    def change(**values: Any) -> None:
        app.config["ITSM"] = replaced(app.config["ITSM"], **values)

    yield change
    app.config["ITSM"] = before
