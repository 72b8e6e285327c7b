"""Reading the audit log, and checking it in the background."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from itsm.kernel import audit, jobs
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import require
from itsm.kernel.text import _

VERIFY_TASK = "web.verify_audit"
NEWEST_FIRST = (SortKey("id", AuditEntry.id, descending=True),)


@dataclass(frozen=True)
class AuditFilter:
    """Which entries: of one kind of subject, of one subject, by people whose name holds some words, of an action."""

    subject_kind: str = ""
    subject_id: int | None = None
    actor: str = ""
    action: str = ""


def list_entries(
    actor: Actor, wanted: AuditFilter, *, limit: int | None = None, cursor: str | None = None
) -> Page[AuditEntry]:
    """One page of the audit log, newest first; for administrators."""
    require(actor, "admin.open")
    size = checked_limit(limit)
    statement = select(AuditEntry)
    if wanted.subject_kind:
        statement = statement.where(AuditEntry.subject_kind == wanted.subject_kind)
    if wanted.subject_id is not None:
        statement = statement.where(AuditEntry.subject_id == wanted.subject_id)
    if wanted.actor:
        statement = statement.where(AuditEntry.actor_name.icontains(wanted.actor, autoescape=True))
    if wanted.action:
        statement = statement.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    rows = session.scalars(keyset(statement, NEWEST_FIRST, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.id,))


def ask_to_verify(actor: Actor) -> BackgroundTask:
    """Ask a worker to check the whole audit log."""
    require(actor, "admin.open")
    task = jobs.enqueue(VERIFY_TASK, {}, title=str(_("Check the audit log")), requested_by_id=actor.person_id)
    audit.record(actor, "audit.verify_asked", subject_kind="audit", subject_id=None)
    return task


def last_verification() -> BackgroundTask | None:
    """The newest check of the audit log, ended or not."""
    statement = select(BackgroundTask).where(BackgroundTask.kind == VERIFY_TASK)
    return session.scalars(statement.order_by(BackgroundTask.id.desc()).limit(1)).first()


def verify(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Seal what is open, then check content, numbering and chain of every entry."""
    del payload
    progress.step(1)
    while True:
        with unit_of_work():
            if not audit.seal():
                break
    with unit_of_work():
        verdict = audit.verify()
    return {"checked": verdict.checked, "broken_number": verdict.broken_number, "reason": verdict.reason}
