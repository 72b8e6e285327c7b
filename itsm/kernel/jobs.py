"""Scheduled jobs and background tasks.

A job runs on a schedule; a task is one piece of long work that somebody asked for. APScheduler decides when. One worker
process holds a lease in the database and schedules; when it dies, another takes over within 15 seconds.
Every run that did something or failed is recorded and visible to an administrator.
"""

import os
import socket
import threading
import traceback
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Index, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, JsonData, LongText, session, unit_of_work
from itsm.kernel.text import Message

log = structlog.get_logger()

LEASE = "scheduler"
LEASE_SECONDS = 10
LEASE_SLACK_SECONDS = 60  # by how much the clocks of two machines may differ
RENEW_SECONDS = 3
STANDBY_SECONDS = 2
TASK_SILENCE_SECONDS = 60
TASK_ATTEMPTS = 3
RUNS_KEPT_DAYS = 30

Item = TypeVar("Item")


@dataclass
class Outcome:
    """What a job run did: items handled, items that failed with their texts, and whether more work waits."""

    done: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    more: bool = False


@dataclass(frozen=True)
class Job:
    """One scheduled job. `run` opens its own units of work, one an item, and answers an `Outcome` or None.

    A job with `next_at` runs when the instant that this answers has come, not on a schedule; it is asked every
    `every_seconds` in a transaction that only reads, and answers None while there is nothing to wait for.
    """

    name: str
    title: Message
    run: Callable[[], Outcome | None]
    every_seconds: float
    next_at: Callable[[], datetime | None] | None = None


class Progress:
    """How a task reports: `step(percent, text)` stores progress and raises `TaskCancelled` when somebody cancelled it."""

    def __init__(self, task_id: int) -> None:
        self.task_id = task_id

    def step(self, percent: int, text: str = "") -> None:
        """Store progress in a transaction of its own; the task's own transaction must not be open."""
        with unit_of_work():
            state = session.scalar(select(BackgroundTask.state).where(BackgroundTask.id == self.task_id))
            values = {"percent": percent, "progress": text[:250], "beat_at": clock.now()}
            session.execute(update(BackgroundTask).where(BackgroundTask.id == self.task_id).values(values))
        if state == "cancelled":
            raise TaskCancelled


TaskHandler = Callable[[dict[str, Any], Progress], dict[str, Any]]


class TaskCancelled(Exception):
    """Somebody cancelled the task."""


class Lease(Base):
    """Who may schedule until when; the renewal also is the worker's heartbeat."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[datetime]


class JobRun(Base):
    """One run of a job that did something or failed."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_job_started_at", "job", "started_at"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job: Mapped[str]
    worker: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    done: Mapped[int]
    failed: Mapped[int]
    error: Mapped[str] = mapped_column(LongText, default="")


class BackgroundTask(Base):
    """One piece of long work: who asked, how far it is, what came out."""

    __tablename__ = "background_task"
    __table_args__ = (Index("ix_background_task_state", "state", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="queued")  # queued, running, done, failed, cancelled
    percent: Mapped[int] = mapped_column(default=0)
    progress: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonData)
    error: Mapped[str] = mapped_column(LongText, default="")
    requested_by_id: Mapped[int | None] = mapped_column(BigId)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    beat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


def worker_name() -> str:
    """Host and process of this worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def each(items: Iterable[Item], handle: Callable[[Item], None], *, job: str) -> Outcome:
    """Handle each item in its own unit of work; one that fails is logged and costs only itself."""
    outcome = Outcome()
    for item in items:
        try:
            with unit_of_work():
                handle(item)
            outcome.done += 1
        except Exception as error:  # noqa: BLE001 (the boundary between items: recorded below and in the run)
            outcome.failed += 1
            outcome.errors.append(f"{item}: {type(error).__name__}: {error}"[:500])
            log.warning("job item failed", job=job, item=str(item), error=repr(error))
    return outcome


def run_job(job: Job) -> Outcome:
    """Run a job once and record the run when it did something or failed."""
    started_at = clock.now()
    try:
        outcome = job.run() or Outcome()
    except Exception:
        outcome = Outcome(failed=1, errors=[traceback.format_exc(limit=8)])
        log.exception("job failed", job=job.name)
    if outcome.done or outcome.failed:
        _record_run(job, started_at, outcome)
    return outcome


def _record_run(job: Job, started_at: datetime, outcome: Outcome) -> None:
    with unit_of_work():
        session.add(
            JobRun(
                job=job.name,
                worker=worker_name(),
                started_at=started_at,
                finished_at=clock.now(),
                done=outcome.done,
                failed=outcome.failed,
                error="\n".join(outcome.errors[:20]),
            )
        )


def forget_old_runs() -> Outcome:
    """Remove job runs after 30 days."""
    with unit_of_work():
        result = session.execute(delete(JobRun).where(JobRun.started_at < clock.now() - timedelta(days=RUNS_KEPT_DAYS)))
    return Outcome(done=int(getattr(result, "rowcount", 0)))


def acquire_lease(holder: str, *, name: str = LEASE, seconds: int = LEASE_SECONDS) -> bool:
    """Take or renew a lease; answers whether `holder` has it now."""
    now = clock.now()
    expires_at = now + timedelta(seconds=seconds)
    # A lease that reaches further than any was written before the time of day was set back: nobody need wait for it.
    beyond = expires_at + timedelta(seconds=LEASE_SLACK_SECONDS)
    free = or_(Lease.holder == holder, Lease.expires_at < now, Lease.expires_at > beyond)
    with unit_of_work():
        result = session.execute(
            update(Lease).where(Lease.name == name, free).values(holder=holder, expires_at=expires_at)
        )
        if getattr(result, "rowcount", 0):
            return True
        if session.get(Lease, name) is not None:
            return False
    try:
        with unit_of_work():
            session.add(Lease(name=name, holder=holder, expires_at=expires_at))
            session.flush()
    except IntegrityError:
        return False  # another process was first
    return True


def release_lease(holder: str, *, name: str = LEASE) -> None:
    """Give a lease back so that a standby takes over at once."""
    with unit_of_work():
        session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))


def worker_alive() -> bool:
    """Whether some worker holds the lease at this moment."""
    expires_at = session.scalar(select(Lease.expires_at).where(Lease.name == LEASE))
    return expires_at is not None and expires_at > clock.now()


def enqueue(
    kind: str, payload: dict[str, Any], *, title: str = "", requested_by_id: int | None = None
) -> BackgroundTask:
    """Ask for long work in the present transaction; a worker starts it after the commit."""
    task = BackgroundTask(kind=kind, payload=payload, title=title, requested_by_id=requested_by_id)
    session.add(task)
    session.flush()
    return task


def cancel(task: BackgroundTask) -> None:
    """Cancel a task that has not ended; a running one stops at its next step."""
    if task.state in {"queued", "running"}:
        task.state = "cancelled"
        task.finished_at = clock.now()


def _claim_task() -> tuple[int, str, dict[str, Any]] | None:
    with unit_of_work():
        silent = clock.now() - timedelta(seconds=TASK_SILENCE_SECONDS)
        waiting = or_(
            BackgroundTask.state == "queued", (BackgroundTask.state == "running") & (BackgroundTask.beat_at < silent)
        )
        task = session.scalars(
            select(BackgroundTask).where(waiting).order_by(BackgroundTask.id).limit(1).with_for_update(skip_locked=True)
        ).first()
        if task is None:
            return None
        task.attempts += 1
        task.beat_at = clock.now()
        if task.attempts > TASK_ATTEMPTS:
            task.state, task.error, task.finished_at = "failed", "The worker died while it ran.", clock.now()
            return None
        task.state = "running"
        return task.id, task.kind, dict(task.payload)


def run_tasks(handlers: dict[str, TaskHandler]) -> Outcome:
    """Run the oldest waiting task, if there is one."""
    claimed = _claim_task()
    if claimed is None:
        return Outcome()
    task_id, kind, payload = claimed
    values: dict[str, Any] = {"percent": 100, "finished_at": clock.now()}
    outcome = Outcome(done=1, more=True)
    try:
        values |= {"result": handlers[kind](payload, Progress(task_id)), "state": "done"}
    except TaskCancelled:
        return outcome
    except Exception as error:
        log.exception("task failed", task=task_id, kind=kind)
        outcome = Outcome(failed=1, errors=[f"{kind} {task_id}: {error!r}"], more=True)
        values |= {"state": "failed", "error": str(error)[:4000]}
    with unit_of_work():
        values["finished_at"] = clock.now()
        running = (BackgroundTask.id == task_id) & (BackgroundTask.state == "running")  # what was cancelled stays so
        session.execute(update(BackgroundTask).where(running).values(values))
    return outcome


class LeaseKeeper(threading.Thread):
    """Keeps the lease while it can, and calls `on_gain` and `on_loss` when that changes."""

    def __init__(self, context: Callable[[], Any], on_gain: Callable[[], None], on_loss: Callable[[], None]) -> None:
        super().__init__(name="lease-keeper", daemon=True)
        self.holder = f"{worker_name()}:{uuid.uuid4().hex[:8]}"
        self.context, self.on_gain, self.on_loss = context, on_gain, on_loss
        self.stopping = threading.Event()
        self.holds = False

    def run(self) -> None:
        """Renew or try to take the lease until `stopping` is set."""
        while not self.stopping.is_set():
            self._try_once()
            self.stopping.wait(RENEW_SECONDS if self.holds else STANDBY_SECONDS)

    def _try_once(self) -> None:
        try:
            with self.context():
                has = acquire_lease(self.holder)
        except Exception as error:  # noqa: BLE001 (the database may be gone for a while; the lease then counts as lost)
            log.warning("lease not renewed", error=repr(error))
            has = False
        if has != self.holds:
            self.holds = has
            (self.on_gain if has else self.on_loss)()

    def stop(self) -> None:
        """Stop and give the lease back."""
        self.stopping.set()
        if self.holds:
            with self.context():
                release_lease(self.holder)
