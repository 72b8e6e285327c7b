"""What an administrator sees and changes of the running system: jobs, background tasks, modules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from itsm.kernel import audit, jobs, preferences
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import BackgroundTask, Job, JobRun, Lease
from itsm.kernel.module import Module, registry
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import get, require
from itsm.kernel.text import _

MODULES_OFF = "modules.off"


@dataclass(frozen=True)
class JobState:
    """One scheduled job with its last recorded run and its last failed one (None: there is none)."""

    job: Job
    module: Module
    last: JobRun | None
    failure: JobRun | None


def list_jobs(actor: Actor) -> list[JobState]:
    """Every scheduled job; two statements whatever their number."""
    require(actor, "admin.open")
    last, failures = _newest_runs(failed=False), _newest_runs(failed=True)
    return [
        JobState(job, module, last.get(name), failures.get(name))
        for name, (module, job) in sorted(registry().jobs.items())
    ]


def _newest_runs(*, failed: bool) -> Mapping[str, JobRun]:
    newest = select(func.max(JobRun.id)).group_by(JobRun.job)
    if failed:
        newest = newest.where(JobRun.failed > 0)
    return {run.job: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}


def list_runs(
    actor: Actor, *, job: str = "", failed: bool = False, limit: int | None = None, cursor: str | None = None
) -> Page[JobRun]:
    """One page of recorded runs, newest first."""
    require(actor, "admin.open")
    size = checked_limit(limit)
    statement = select(JobRun)
    if job:
        statement = statement.where(JobRun.job == job)
    if failed:
        statement = statement.where(JobRun.failed > 0)
    keys = (SortKey("id", JobRun.id, descending=True),)
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.id,))


def list_tasks(
    actor: Actor, *, state: str = "", limit: int | None = None, cursor: str | None = None
) -> Page[BackgroundTask]:
    """One page of background tasks, newest first."""
    require(actor, "admin.open")
    size = checked_limit(limit)
    statement = select(BackgroundTask)
    if state:
        statement = statement.where(BackgroundTask.state == state)
    keys = (SortKey("id", BackgroundTask.id, descending=True),)
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.id,))


def cancel_task(actor: Actor, task_id: int) -> BackgroundTask:
    """Cancel a task that has not ended; a running one stops at its next step."""
    require(actor, "admin.open")
    task = get(BackgroundTask, task_id)
    before = task.state
    jobs.cancel(task)
    session.flush()
    if task.state != before:
        audit.record(
            actor, "task.cancelled", subject_kind="task", subject_id=task.id, changes={"state": [before, task.state]}
        )
    return task


def list_leases(actor: Actor) -> Sequence[Lease]:
    """Who holds which lease, and until when."""
    require(actor, "admin.open")
    return session.scalars(select(Lease).order_by(Lease.name)).all()


def switchable_modules() -> list[Module]:
    """Modules that may be turned off."""
    return [module for module in registry().modules if module.switchable]


def set_modules_on(actor: Actor, names: Iterable[str]) -> None:
    """Turn on exactly these switchable modules; the others go off, with their pages, API, menu, panels and jobs."""
    require(actor, "admin.open")
    known = {module.name for module in switchable_modules()}
    wanted = set(names)
    if wanted - known:
        raise Invalid.field("on", _("There is no module “%(name)s” to switch.", name=sorted(wanted - known)[0]))
    off = sorted(known - wanted)
    preferences.change(actor, MODULES_OFF, lambda _present: off, [])
