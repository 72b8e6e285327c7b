"""Recurring tickets: opened once, caught up after an outage, skipped while the last one is open."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from incident.models import Incident
from itsm.kernel import audit, clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Forbidden, Invalid
from itsm.recurring import jobs, queries, services
from itsm.recurring.models import Recurrence, RecurrenceRun
from itsm.tickets import services as tickets
from sla.agreements import queries as sla
from tests.factories import Factory

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday


def recurrence(**facts: Any) -> Recurrence:
    known = {"name": "Backup check", "title": "Check the backups", "rule": "FREQ=DAILY", "timezone": "UTC"}
    known |= {"starts_on": date(2026, 11, 18), "minute": 10 * 60}
    return services.create_recurrence(SYSTEM, **(known | facts))


def opened(row: Recurrence) -> int:
    statement = select(func.count()).select_from(Incident).where(Incident.title == row.title)
    return session.scalar(statement) or 0


def outcomes(row: Recurrence) -> list[str]:
    return [run.outcome for run in reversed(queries.list_runs(row.id))]


def run_at(row: Recurrence, instant: datetime) -> None:
    with clock.frozen(instant):
        services.run_due(row.id)


def test_a_due_ticket_is_opened_once_with_what_the_template_says(app: Flask, make: Factory) -> None:
    person, group, ci = make.person(), make.group(), make.ci()
    row = recurrence(requester_id=person.id, group_id=group.id, ci_ids=[ci.id], impact=2, urgency=2)
    assert row.next_at == datetime(2026, 11, 18, 10, tzinfo=UTC)
    run_at(row, NOW)
    assert opened(row) == 0
    for _again in range(2):
        run_at(row, NOW + timedelta(hours=1))
    ticket = session.get_one(Incident, row.last_ticket_id)
    assert (opened(row), ticket.requester_id, ticket.group_id, ticket.impact) == (1, person.id, group.id, 2)
    assert row.next_at == datetime(2026, 11, 19, 10, tzinfo=UTC)
    entry = session.scalars(select(audit.AuditEntry).where(audit.AuditEntry.action == "recurrence.due")).one()
    assert entry.changes["ticket_id"] == [None, ticket.id]


def test_after_an_outage_one_ticket_is_opened_not_many(app: Flask) -> None:
    row = recurrence()
    run_at(row, NOW + timedelta(days=10))
    run = queries.list_runs(row.id)[0]
    assert (opened(row), run.passed_over, run.due_at) == (1, 9, datetime(2026, 11, 27, 10, tzinfo=UTC))
    assert row.next_at == datetime(2026, 11, 28, 10, tzinfo=UTC)


def test_while_the_last_one_is_open_the_next_is_skipped(app: Flask) -> None:
    row = recurrence()
    for day in (1, 2):
        run_at(row, NOW + timedelta(days=day, hours=-20))
    assert outcomes(row) == ["opened", "still_open"]
    last = session.get_one(Incident, row.last_ticket_id)
    tickets.take_step(SYSTEM, last, "resolve", fields={"resolution_code": "fixed", "resolution": "Fine."})
    run_at(row, NOW + timedelta(days=3, hours=-20))
    assert outcomes(row) == ["opened", "still_open", "opened"]


def test_a_refusal_is_kept_and_the_next_time_comes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    row = recurrence()
    row.title = " "
    run_at(row, NOW + timedelta(hours=2))
    run = queries.list_runs(row.id)[0]
    assert (run.outcome, run.ticket_id) == ("failed", None)
    assert run.reason
    assert row.next_at == datetime(2026, 11, 19, 10, tzinfo=UTC)


def test_a_day_off_of_the_calendar_is_moved(app: Flask) -> None:
    calendar = next(each for each in sla.list_calendars() if "sat" not in each.definition["weekly"])
    row = recurrence(starts_on=date(2026, 11, 21), off_days="move", calendar_id=calendar.id, rule="FREQ=WEEKLY")
    assert row.next_at == datetime(2026, 11, 23, 10, tzinfo=UTC)  # from Saturday to Monday


def test_what_cannot_be_is_refused(app: Flask, make: Factory) -> None:
    for field, facts in (
        ("rule", {"rule": "FREQ=HOURLY"}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("calendar_id", {"off_days": "skip"}),
        ("ci_ids", {"ci_ids": [999999]}),
        ("kind", {"kind": "party"}),
        ("title", {"title": " "}),
    ):
        with pytest.raises(Invalid) as refused:
            recurrence(**facts)
        assert field in refused.value.errors
    with pytest.raises(Forbidden):
        services.create_recurrence(make.actor("agent"))


def test_a_change_reckons_anew(app: Flask) -> None:
    row = recurrence()
    services.edit_recurrence(SYSTEM, row.id, version=row.version, changes={"minute": 8 * 60})
    assert row.next_at == datetime(2026, 11, 19, 8, tzinfo=UTC)
    services.delete_recurrence(SYSTEM, row.id)
    assert session.get(Recurrence, row.id) is None


def test_two_workers_open_one_ticket(separate_app: Flask) -> None:
    with separate_app.app_context(), clock.frozen(NOW), unit_of_work():
        ids = [recurrence(name=f"Check {number}", title=f"Check {number}").id for number in range(3)]
    start = threading.Barrier(2)

    def work() -> None:
        with separate_app.app_context(), clock.frozen(NOW + timedelta(hours=2)):
            start.wait()
            jobs.open_due()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with separate_app.app_context():
        runs = session.scalars(select(RecurrenceRun).order_by(RecurrenceRun.recurrence_id)).all()
        assert [(run.recurrence_id, run.outcome) for run in runs] == [(each, "opened") for each in ids]
        assert session.scalar(select(func.count()).select_from(Incident)) == 3
