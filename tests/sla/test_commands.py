"""`itsm sla calculate` and `itsm sla rebuild`."""

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import update

from itsm.kernel.db import session
from sla import calculate_command
from sla.commands import sla
from sla.models import SlaClock
from tests.factories import Factory
from tests.sla.conftest import clock_row

CASE = {
    "id": "a",
    "calendar": {"tz": "Europe/Stockholm", "weekly": {"mon": [["09:00", "17:00"]]}},
    "op": "add",
    "start": "2026-03-02T09:00:00+01:00",
    "amount_s": 3600,
}


def test_cases_are_answered_each_by_itself() -> None:
    wrong = CASE | {"id": "b", "op": "multiply"}
    result = CliRunner().invoke(sla, ["calculate"], input=json.dumps([CASE, wrong]))
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {"id": "a", "result": "2026-03-02T10:00:00+01:00"},
        {"id": "b", "error": 'op: must be "add" or "between"'},
    ]


def test_input_that_is_no_list_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("{}", "[", "", "[" * 100_000, b"\xff\xfe"):
        result = CliRunner().invoke(sla, ["calculate"], input=text)
        assert result.exit_code == 2, text
        assert "Traceback" not in result.output
    monkeypatch.setattr(calculate_command, "LARGEST_INPUT_BYTES", 10)
    assert CliRunner().invoke(sla, ["calculate"], input=json.dumps([CASE])).exit_code == 2


def test_rebuild_prints_what_differs_and_mends_it(app: Flask, make: Factory) -> None:
    incident = make.incident()
    session.execute(update(SlaClock).where(SlaClock.ticket_id == incident.id).values(state="paused"))
    session.commit()
    dry = CliRunner().invoke(sla, ["rebuild", "--dry-run", "--json"])
    assert dry.exit_code == 0, dry.output
    answer = json.loads(dry.stdout)
    assert (answer["tickets"], answer["dry_run"]) == (1, True)
    assert [(row["metric"], row["field"]) for row in answer["differences"]] == [
        ("response", "state"),
        ("resolution", "state"),
    ]
    real = CliRunner().invoke(sla, ["rebuild"])
    assert f"{incident.number} resolution state: paused -> running" in real.stdout
    assert clock_row(incident).state == "running"
    again = CliRunner().invoke(sla, ["rebuild", "--json"])
    assert json.loads(again.stdout)["differences"] == []
