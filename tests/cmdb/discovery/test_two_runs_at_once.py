"""Two runs that find the same devices at the same moment, each in transactions of its own."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url

from cmdb.discovery import execution, services
from cmdb.discovery.client import V2Credential
from cmdb.discovery.models import ScanRun
from cmdb.discovery.run import DiscoveryResult
from cmdb.models import Ci, CiKey, Relation
from itsm.app import create_app
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from itsm.kernel.module import registry
from migrations.full_text import STATEMENTS
from tests.cmdb.discovery.devices import facts_of, neighbour
from tests.conftest import settings_for
from tests.databases import DATABASES

DEVICES = 12


@pytest.fixture
def separate_url(database: str, tmp_path: Path) -> Iterator[str]:
    """A database beside the one that other tests share, dropped at the end."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'race.sqlite3'}"
        return
    name = f"itsm_race_{os.getpid()}"
    server = create_engine(DATABASES[database], isolation_level="AUTOCOMMIT")
    encoding = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if database == "mariadb" else ""
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{encoding}"))
        yield make_url(DATABASES[database]).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name}{' WITH (FORCE)' if database == 'postgresql' else ''}"))
    server.dispose()


@pytest.fixture
def separate_app(separate_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application with a database of its own, whose commits are real."""
    app = create_app(settings_for(separate_url, tmp_path))
    with app.app_context():
        db.create_all()
        for statement in STATEMENTS[db.engine.dialect.name]:
            session.execute(text(statement))
        for module in registry().modules:
            if module.seed is not None:
                module.seed()
        session.commit()
        session.remove()
        yield app
        session.remove()
        db.engine.dispose()


def found() -> DiscoveryResult:
    """Devices that all hear the first one."""
    macs = [f"00:c0:ff:ee:00:{number:02x}" for number in range(DEVICES)]
    devices = [
        facts_of(
            f"10.0.0.{number + 1}",
            name=f"switch-{number}",
            serial=f"SERIAL-{number}",
            chassis_id=mac,
            neighbours=(neighbour(macs[0]),) if number else (),
        )
        for number, mac in enumerate(macs)
    ]
    return DiscoveryResult(scanned=DEVICES, answered=DEVICES, devices=tuple(devices), errors=(), seconds=0.0)


def test_every_device_is_stored_once(separate_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    both_are_there = threading.Barrier(2)

    def answer(*_arguments: Any, **_options: Any) -> DiscoveryResult:
        both_are_there.wait(20)
        return found()

    monkeypatch.setattr(execution, "discover", answer)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with separate_app.app_context():
                with unit_of_work():
                    run_id = services.open_run(SYSTEM, ["10.0.0.0/24"], port=161, dry_run=False).id
                execution.work_targets(run_id, [(None, V2Credential("public"))], lambda *_: None)
        except BaseException as error:  # noqa: BLE001 (told to the main thread)
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    runs = session.scalars(select(ScanRun)).all()
    assert [(one.state, one.failed) for one in runs] == [("done", 0), ("done", 0)]
    assert sum(one.created for one in runs) == DEVICES
    counts = [session.scalar(select(func.count()).select_from(table)) for table in (Ci, Relation)]
    assert counts == [DEVICES, DEVICES - 1]
    assert session.scalar(select(func.count()).select_from(CiKey).where(CiKey.kind == "serial")) == DEVICES
