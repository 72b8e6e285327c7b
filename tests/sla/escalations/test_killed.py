"""A worker that is killed while it fires a step: nothing is lost, nothing is done twice. Rule: E1."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from incident import services as incidents
from itsm.identity import services as identity
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.tasks.models import Task
from sla.agreements import services as agreement_services
from sla.agreements.services import StepInput
from sla.jobs import fire_steps
from sla.models import BusinessHours, FiredStep
from tests.conftest import NOW, ROOT

HOUR = 3600
DUE = NOW + timedelta(hours=2)
STEPS = (
    StepInput(
        "resolution",
        50,
        (
            "notify_group",
            "raise_level",
            {"do": "task", "title": "Call"},
            {"do": "webhook", "url": "https://a.example/"},
        ),
    ),
)
# The steps are done and not committed when `_tell` is reached.
WORKER = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from itsm.app import create_app
from itsm.kernel import clock
from sla.escalations import firing as escalation
from sla.jobs import fire_steps
from tests.conftest import settings_for

def killed(*_arguments):
    os.kill(os.getpid(), signal.SIGKILL)

app = create_app(settings_for(sys.argv[1], Path(sys.argv[2])))
if sys.argv[4] == "before":
    escalation._tell = killed
with app.app_context(), clock.frozen(datetime.fromisoformat(sys.argv[3])):
    fire_steps()
    killed()
"""


def _prepare() -> int:
    """A ticket whose step falls at `DUE`; answers its id."""
    with clock.frozen(NOW), unit_of_work():
        second = identity.create_group(SYSTEM, name="Second", level=2)
        group = identity.create_group(SYSTEM, name="First", email="first@example.org", escalates_to_id=second.id)
        always = session.scalars(select(BusinessHours).where(BusinessHours.name == "Around the clock")).one()
        facts = {"name": "All", "order": 1, "condition": "kind = incident", "calendar_id": always.id}
        targets = {("resolution", priority): 4 * HOUR for priority in range(1, 6)}
        agreement_services.create_agreement(SYSTEM, facts=facts, targets=targets, steps=STEPS)
        return incidents.open_incident(SYSTEM, title="Down", group_id=group.id).id


def _done(ticket_id: int) -> tuple[int, ...]:
    """How many steps fired, messages wait, tasks there are, times it went to another group, and its level."""
    with unit_of_work():
        counts = [
            select(func.count(FiredStep.id)).where(FiredStep.ticket_id == ticket_id),
            select(func.count(OutboxMessage.id)).where(OutboxMessage.event_key.like("sla:%")),
            select(func.count(Task.id)).where(Task.ticket_id == ticket_id),
        ]
        entries = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == ticket_id)).all()
        moves = sum("group_id" in entry.changes and entry.kind == "change" for entry in entries)
        level = session.get_one(Ticket, ticket_id, populate_existing=True).level
        return (*(session.scalar(each) or 0 for each in counts), moves, level)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_around_the_commit_loses_and_doubles_nothing(
    separate_app: Flask, tmp_path: Path, moment: str
) -> None:
    with separate_app.app_context():
        ticket_id = _prepare()
        url = str(separate_app.config["SQLALCHEMY_DATABASE_URI"])
        worker = subprocess.run(
            [sys.executable, "-c", WORKER, url, str(tmp_path), DUE.isoformat(), moment],
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        assert worker.returncode == -signal.SIGKILL, worker.stderr
        once = (1, 2, 1, 1, 2)
        assert _done(ticket_id) == (once if moment == "after" else (0, 0, 0, 0, 1))
        with clock.frozen(DUE + timedelta(minutes=1)):
            assert fire_steps().failed == 0
            assert fire_steps().done == 0
        assert _done(ticket_id) == once
