"""Taking over part of a real service desk's log: history, counts and clocks against a computation of the test's own.

The whole of it is taken over in tests/itsm/reports/test_whole_log.py.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from incident.commands import import_group
from incident.importing import import_audit_log
from incident.models import Incident
from itsm.identity.models import Group, Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.external import ExternalReference
from itsm.reports import catalogue
from itsm.reports.periods import Period
from itsm.reports.request import ask
from itsm.tickets.models import Category, JournalEntry, Ticket
from sla.agreements import services as agreement_services
from sla.models import BusinessHours, SlaClock
from tests.conftest import SHARED

LOG = SHARED / "incidents" / "incident_event_log.csv"
ZONE = ZoneInfo("Europe/Stockholm")
HOUR = 3600
RESPONSE = {1: HOUR, 2: 2 * HOUR, 3: 8 * HOUR, 4: 16 * HOUR}
RESOLUTION = {1: 4 * HOUR, 2: 8 * HOUR, 3: 30 * HOUR, 4: 60 * HOUR}
WAITING = {"Awaiting User Info", "Awaiting Evidence", "Awaiting Vendor", "Awaiting Problem"}
START, MINUTES = datetime(2016, 1, 1, tzinfo=UTC), 500 * 1440
needs_log = pytest.mark.skipif(not LOG.exists(), reason="the shared samples are not beside the checkout")


def whole_log() -> str:
    return LOG.read_text("utf-8")


def first_rows(count: int) -> str:
    """The log's heading and the incidents whose rows all lie among the first `count`."""
    lines = whole_log().splitlines(keepends=True)
    cut = lines[count].split(",")[0]
    return "".join(line for line in lines[:count] if line.split(",")[0] != cut)


def rows_by_number(text: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        found.setdefault(row["number"], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (instant(row["sys_updated_at"]), int(row["sys_mod_count"])))
        for before, row in pairwise(rows):
            if row["incident_state"] == "New":  # nothing becomes new again; one row of the log is out of order
                row["incident_state"] = before["incident_state"]
    return found


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=ZONE).astimezone(UTC)


def changes_of_group(rows: list[dict[str, str]]) -> int:
    named = [row["assignment_group"] for row in rows if row["assignment_group"] != "?"]
    return sum(before != after for before, after in pairwise(named))


def reopenings(rows: list[dict[str, str]]) -> int:
    states = [row["incident_state"] for row in rows]
    return sum(a == "Resolved" and b not in {"Resolved", "Closed"} for a, b in pairwise(states))


def open_minutes(*, office: bool) -> list[int]:
    """How many open minutes lie before each minute since START: a walk over every minute."""
    flags = []
    for number in range(MINUTES):
        local = (START + timedelta(minutes=number)).astimezone(ZONE)
        flags.append(int(not office or (local.weekday() < 5 and 8 <= local.hour < 17)))
    return list(accumulate(flags, initial=0))


@dataclass
class Expected:
    """A clock as the test computes it, minute tables and all by itself."""

    opened: list[int]
    targets: dict[int, int]
    spent: int = 0
    breached: bool = False
    since: int | None = None

    def stop(self, minute: int, priority: int) -> None:
        if self.since is not None:
            self.spent += 60 * (self.opened[minute] - self.opened[self.since])
        self.since = None
        self.breached = self.breached or self.spent > self.targets[priority]

    def judge(self, priority: int) -> None:
        self.breached = self.breached or self.spent > self.targets[priority]

    def start(self, minute: int) -> None:
        self.since = minute


def minute_of(at: datetime) -> int:
    return int((at - START).total_seconds()) // 60


def expected_clocks(rows: list[dict[str, str]], opened: list[int]) -> dict[str, Expected]:
    """Response ends with the solution (the log knows no answers); waiting pauses the resolution only."""
    response, resolution = Expected(opened, RESPONSE), Expected(opened, RESOLUTION)
    begun = min(instant(rows[0]["opened_at"]), instant(rows[0]["sys_updated_at"]))
    priority, state, answered = int(rows[0]["priority"][0]), "New", False
    response.start(minute_of(begun))
    resolution.start(minute_of(begun))
    for row in rows:
        minute = minute_of(max(begun, instant(row["sys_updated_at"])))
        resolution.stop(minute, priority)
        response.stop(minute, priority)
        before, priority, state = state, int(row["priority"][0]), row["incident_state"]
        ended = {"Resolved", "Closed"}
        if before not in WAITING | ended or (state in ended and before not in ended):
            resolution.judge(priority)  # a paused clock does not breach, but it may end beyond its target
        if not answered:
            response.judge(priority)
        answered = answered or state in ended
        if state not in WAITING | ended:
            resolution.start(minute)
        if not answered:
            response.start(minute)
    return {"response": response, "resolution": resolution}


def agree(calendar: str) -> None:
    hours = session.scalars(select(BusinessHours).where(BusinessHours.name == calendar)).one()
    targets = {("response", each): seconds for each, seconds in RESPONSE.items()}
    targets |= {("resolution", each): seconds for each, seconds in RESOLUTION.items()}
    facts = {"name": "Import", "condition": "kind = incident", "calendar_id": hours.id, "order": 1}
    agreement_services.create_agreement(SYSTEM, facts=facts, targets=targets, steps=())


def counts() -> dict[str, int]:
    tables = (Ticket, JournalEntry, Person, Group, Category, SlaClock, ExternalReference)
    return {table.__tablename__: int(session.scalar(select(func.count()).select_from(table)) or 0) for table in tables}


def taken_over() -> dict[str, int]:
    """Number in the log → id of our incident."""
    statement = select(ExternalReference).where(ExternalReference.kind == "incident")
    return {row.external_id: row.record_id for row in session.scalars(statement)}


def check_clocks(text: str, *, office: bool) -> Counter[bool]:
    opened, verdicts = open_minutes(office=office), Counter[bool]()
    ids = taken_over()
    stored = {(row.ticket_id, row.metric): row for row in session.scalars(select(SlaClock))}
    for number, rows in rows_by_number(text).items():
        for metric, expected in expected_clocks(rows, opened).items():
            clock = stored[ids[number], metric]
            assert clock.elapsed_seconds == expected.spent, (number, metric)
            assert (clock.state == "breached") == expected.breached, (number, metric)
            verdicts[expected.breached] += 1
    return verdicts


def check_report(verdicts: Counter[bool]) -> None:
    question = ask(Period(date(2016, 1, 1), date(2018, 1, 1), "Europe/Stockholm"), language="en")
    figures = {figure.name: figure.value for figure in catalogue.build(SYSTEM, "sla", question).figures}
    assert (figures["met"], figures["breached"]) == (verdicts[False], verdicts[True])
    assert verdicts[True] > 50
    assert verdicts[False] > 50


@needs_log
@pytest.mark.samples
@pytest.mark.one_database
def test_part_of_the_log_around_the_clock(app: Flask) -> None:
    agree("Around the clock")
    text = first_rows(1500)
    result = import_audit_log(SYSTEM, io.StringIO(text), timezone="Europe/Stockholm")
    assert result.failed == 0
    check_report(check_clocks(text, office=False))


@needs_log
@pytest.mark.samples
def test_history_is_as_of_its_own_instants(app: Flask) -> None:
    text = first_rows(200)
    import_audit_log(SYSTEM, io.StringIO(text), timezone="Europe/Stockholm")
    rows = rows_by_number(text)["INC0000045"]
    record_id = session.scalars(
        select(ExternalReference.record_id).where(ExternalReference.external_id == "INC0000045")
    ).one()
    journal = session.scalars(
        select(JournalEntry).where(JournalEntry.ticket_id == record_id).order_by(JournalEntry.id)
    ).all()
    assert [entry.at for entry in journal if "step" in entry.changes] == [
        instant(rows[1]["sys_updated_at"]),
        instant(rows[3]["sys_updated_at"]),
    ]
    assert journal[0].at == instant("29-02-2016 01:16")
    assert {entry.channel for entry in journal} == {"import"}
    assert journal[-1].actor_name == "Updated by 908"


@needs_log
@pytest.mark.samples
def test_the_command_reports_wrong_rows_and_goes_on(app: Flask, tmp_path: Any) -> None:
    lines = first_rows(40).splitlines(keepends=True)
    lines[2] = lines[2].replace("29-02-2016 08:53", "yesterday")
    path = tmp_path / "log.csv"
    path.write_text("".join(lines), "utf-8")
    dry = CliRunner().invoke(import_group, ["incidents", str(path), "--dry-run"], catch_exceptions=False)
    assert session.scalar(select(func.count()).select_from(Incident)) == 0
    assert "would be created" in dry.output
    found = CliRunner().invoke(import_group, ["incidents", str(path)], catch_exceptions=False)
    assert found.exit_code == 1
    assert "row 3, sys_updated_at" in found.output
    assert session.scalar(select(func.count()).select_from(Incident)) == len({line.split(",")[0] for line in lines[1:]})
