"""Scheduled sweeps, and the background task that works a run."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from cmdb.discovery import execution
from cmdb.discovery.models import ScanRange, ScanRun
from cmdb.discovery.services import OPEN_STATES, RUN_TASK, close_run, request_run
from itsm.kernel import clock, jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import BackgroundTask, Job, Outcome, Progress
from itsm.kernel.text import _

COMMAND_HOURS = 12  # a run of a command that has not ended by then was killed
RUNS_KEPT_DAYS = 90
TASK_MINUTES = 5


def run_discovery(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Work one run over a range; answers its counts."""
    finished = execution.work_range(int(payload["run_id"]), progress.step)
    return {"scanned": finished.result.scanned, "answered": finished.result.answered, "stored": len(finished.stored)}


def start_due_runs() -> Outcome:
    """Ask for a run over every range that is due; missed ones are made up for once."""
    _end_orphans()
    now = clock.now()
    with unit_of_work():
        rows = session.scalars(
            select(ScanRange).where(ScanRange.active, ScanRange.every_hours > 0, ScanRange.current_run_id.is_(None))
        ).all()
        due = [
            row.id
            for row in rows
            if row.last_run_at is None or row.last_run_at + timedelta(hours=row.every_hours) <= now
        ]
    return jobs.each(due, _request, job="discovery.schedule")


def _request(range_id: int) -> None:
    request_run(SYSTEM, range_id)


def _end_orphans() -> None:
    """End runs whose worker died for good or whose task was cancelled before it began, so that their range is free."""
    with unit_of_work():
        rows = session.execute(
            select(ScanRun, BackgroundTask)
            .outerjoin(BackgroundTask, BackgroundTask.id == ScanRun.task_id)
            .where(ScanRun.state.in_(OPEN_STATES))
        ).all()
        for run, task in rows:
            _end_if_orphaned(run, task)


def _end_if_orphaned(run: ScanRun, task: BackgroundTask | None) -> None:
    """A task's own worker closes its run; when it has not done so minutes after the task ended, it is dead."""
    now = clock.now()
    if task is None:
        if run.created_at < now - timedelta(hours=COMMAND_HOURS):
            close_run(run, state="failed", error=str(_("The command ended without a result.")))
    elif task.finished_at is not None and task.finished_at < now - timedelta(minutes=TASK_MINUTES):
        close_run(run, state="cancelled" if task.state == "cancelled" else "failed", error=task.error)


def forget_old_runs() -> Outcome:
    """Remove runs and their logs after 90 days."""
    with unit_of_work():
        old = ScanRun.created_at < clock.now() - timedelta(days=RUNS_KEPT_DAYS)
        result = session.execute(delete(ScanRun).where(old, ScanRun.state.not_in(OPEN_STATES)))
    return Outcome(done=int(getattr(result, "rowcount", 0)))


JOBS = (
    Job("discovery.schedule", _("Start network scans that are due"), start_due_runs, every_seconds=60),
    Job("discovery.forget_runs", _("Forget old network scans"), forget_old_runs, every_seconds=24 * 3600),
)
TASKS = {RUN_TASK: run_discovery}
