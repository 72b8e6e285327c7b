"""Jobs, tasks and the lease."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from itsm.kernel import clock, jobs
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask, Job, JobRun, Lease, Outcome, Progress
from tests.conftest import NOW
from tests.servers.web import WebProcesses


def test_one_bad_item_costs_only_itself(app: Flask) -> None:
    done = []

    def handle(item: int) -> None:
        if item == 2:
            raise ValueError("two is bad")
        done.append(item)

    outcome = jobs.each([1, 2, 3], handle, job="test")
    assert (done, outcome.done, outcome.failed) == ([1, 3], 2, 1)
    assert "two is bad" in outcome.errors[0]


def test_a_failing_job_is_recorded_with_its_error(app: Flask) -> None:
    def fail() -> Outcome:
        raise RuntimeError("no disk")

    jobs.run_job(Job("test.fail", "Fail", fail, every_seconds=1))
    run = session.scalars(select(JobRun).where(JobRun.job == "test.fail")).one()
    assert run.failed == 1
    assert "no disk" in run.error


def test_an_idle_job_leaves_no_row(app: Flask) -> None:
    jobs.run_job(Job("test.idle", "Idle", Outcome, every_seconds=1))
    assert session.scalars(select(JobRun).where(JobRun.job == "test.idle")).first() is None


def test_the_lease_has_one_holder_and_passes_on_when_it_runs_out(app: Flask) -> None:
    assert jobs.acquire_lease("first", name="test")
    assert not jobs.acquire_lease("second", name="test")
    assert jobs.acquire_lease("first", name="test")
    with clock.frozen(NOW + timedelta(seconds=jobs.LEASE_SECONDS + 1)):
        assert jobs.acquire_lease("second", name="test")
        assert not jobs.acquire_lease("first", name="test")


def test_a_task_runs_reports_and_keeps_its_result(app: Flask) -> None:
    def handler(payload: dict[str, object], progress: Progress) -> dict[str, object]:
        progress.step(50, "half")
        return {"double": int(str(payload["number"])) * 2}

    task = jobs.enqueue("test.double", {"number": 21})
    session.commit()
    outcome = jobs.run_tasks({"test.double": handler})
    session.expire_all()
    stored = session.get_one(BackgroundTask, task.id)
    assert (outcome.done, stored.state, stored.result, stored.percent) == (1, "done", {"double": 42}, 100)


def test_a_cancelled_task_stops_at_its_next_step(app: Flask) -> None:
    task = jobs.enqueue("test.long", {})
    session.commit()

    def handler(payload: dict[str, object], progress: Progress) -> dict[str, object]:
        jobs.cancel(session.get_one(BackgroundTask, task.id))
        session.commit()
        progress.step(10)
        raise AssertionError("the task went on after it was cancelled")

    jobs.run_tasks({"test.long": handler})
    session.expire_all()
    assert session.get_one(BackgroundTask, task.id).state == "cancelled"


def test_a_task_whose_worker_died_is_taken_up_again_three_times_at_most(app: Flask) -> None:
    task = jobs.enqueue("test.dies", {})
    task.state, task.attempts, task.beat_at = "running", 3, NOW - timedelta(minutes=5)
    session.commit()
    jobs.run_tasks({})
    session.expire_all()
    assert session.get_one(BackgroundTask, task.id).state == "failed"


def test_a_second_worker_takes_over_within_fifteen_seconds(separate_app: Flask, tmp_path: Path) -> None:
    """Two real worker processes; the one that holds the lease is killed without warning."""
    first, second = (
        WebProcesses(str(separate_app.config["SQLALCHEMY_DATABASE_URI"]), tmp_path / name) for name in ("one", "two")
    )
    for server in (first, second):
        server.log.parent.mkdir()
    try:
        first.start("worker")
        holder = _wait_for_holder(separate_app, bool)
        second.start("worker")
        time.sleep(3)
        assert _holder(separate_app) == holder
        killed_at = time.monotonic()
        first.kill("worker")
        taken = _wait_for_holder(separate_app, lambda name: name not in ("", holder))
        assert taken
        assert time.monotonic() - killed_at <= 15
    finally:
        for server in (first, second):
            if "worker" in server.running:
                server.kill("worker")


def _holder(app: Flask) -> str:
    with app.app_context():
        row = session.execute(select(Lease.holder, Lease.expires_at).where(Lease.name == jobs.LEASE)).first()
        session.rollback()
        return str(row.holder) if row and row.expires_at > clock.now() else ""


def _wait_for_holder(app: Flask, wanted: object) -> str:
    until = time.monotonic() + 25
    while time.monotonic() < until:
        name = _holder(app)
        if callable(wanted) and wanted(name):
            return name
        time.sleep(0.2)
    raise AssertionError("nobody took the lease")


def test_commands_end_with_a_clear_line_when_a_secret_is_missing() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "itsm.cli", "config", "show"],
        env={"ITSM_DEMO": "0", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "ITSM_SECRET_KEY" in result.stderr
    assert "Traceback" not in result.stderr
