"""Migrations on a database that is in use: nothing that was there is lost, and what it says is understood."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import JSON, Boolean, Connection, DateTime, Integer, MetaData, Table, select
from sqlalchemy.dialects.mysql import DATETIME

from itsm.app import create_app
from itsm.kernel import migrate
from itsm.kernel.db import db, session
from sla.agreements.versions import list_versions
from sla.models import Agreement, AgreementTarget, EscalationStep, FiredStep, SlaClock
from tests.conftest import settings_for
from tests.databases import fresh_database

AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
WEEK = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CONTENT: dict[str, Any] = {
    "name": "Standard",
    "calendar": {"name": "Office", "tz": "UTC", "weekly": WEEK},
    "targets": {"resolution": {"3": 3600}},
    "steps": [[1, "resolution", 75, ["notify_group"], False]],
    "pause_response": False,
    "reopen_counts": False,
    "target_change": "retroactive",
}


@pytest.fixture
def old_app(database: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database as the second release left it."""
    with fresh_database(database, tmp_path) as url:
        app = create_app(settings_for(url, tmp_path))
        with app.app_context():
            upgrade(directory=str(migrate.FOLDER), revision="0003")
            yield app
            session.remove()
            db.engine.dispose()


def fill(connection: Connection, name: str, /, **values: Any) -> None:
    """Write a row; what must not be empty and is not given gets something plain."""
    table = Table(name, MetaData(), autoload_with=connection)
    for column in table.columns:
        if isinstance(values.get(column.name), dict | list) and not isinstance(column.type, JSON):
            values[column.name] = json.dumps(values[column.name])  # MariaDB keeps JSON as text
        if column.nullable or column.server_default is not None or column.name in values or column.name == "id":
            continue
        if isinstance(column.type, DateTime | DATETIME):
            values[column.name] = AT.replace(tzinfo=None) if connection.dialect.name != "postgresql" else AT
        else:
            plain = False if isinstance(column.type, Boolean) else 0 if isinstance(column.type, Integer) else ""
            values[column.name] = plain
    connection.execute(table.insert().values(**values))


def test_agreements_clocks_and_what_has_fired_come_along(old_app: Flask) -> None:
    del old_app
    with db.engine.begin() as connection:
        fill(connection, "sla_calendar", id=1, name="Office", timezone="UTC", definition={"weekly": WEEK}, version=1)
        fill(
            connection,
            "sla_agreement",
            id=1,
            name="Standard",
            kind="sla",
            active=True,
            calendar_id=1,
            terms_id="b" * 32,
        )
        fill(connection, "sla_target", id=1, agreement_id=1, metric="resolution", priority=3, seconds=3600)
        fill(connection, "sla_step", id=1, agreement_id=1, metric="resolution", percent=75, actions=["notify_group"])
        for terms_id in ("b" * 32, "a" * 32):
            fill(connection, "sla_terms", id=terms_id, agreement_id=1, content=CONTENT)
        fill(
            connection,
            "ticket",
            id=1,
            kind="incident",
            title="Down",
            state="new",
            state_category="open",
            custom={},
            impact=3,
            urgency=3,
            priority=3,
        )
        clock = {"ticket_id": 1, "agreement_id": 1, "metric": "resolution", "generation": 1, "priority": 3}
        fill(connection, "sla_clock", id=1, **clock, state="running", terms=[[AT.isoformat(), "b" * 32]])
        fill(connection, "sla_fired_step", id=1, ticket_id=1, metric="resolution", generation=1, percent=75)
    migrate.to_head()
    agreement = session.scalars(select(Agreement)).one()
    assert (agreement.name, agreement.kind, agreement.group_id) == ("Standard", "sla", None)
    assert session.scalars(select(AgreementTarget.seconds)).all() == [3600]
    step = session.scalars(select(EscalationStep)).one()
    assert (step.percent, step.minutes, step.actions) == (75, None, ["notify_group"])
    row = session.scalars(select(SlaClock)).one()
    assert (row.kind, row.owner_id, row.metric, row.state) == ("sla", 0, "resolution", "running")
    assert session.scalars(select(FiredStep.place)).all() == ["75%"]
    assert [version.number for version in list_versions(1)] == [2, 1]
