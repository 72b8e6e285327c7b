"""Every write to kept questions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from itsm.kernel import audit, clock, undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Forbidden
from itsm.kernel.jobs import Outcome
from itsm.kernel.records import apply_changes, check_version, locked, require
from itsm.kernel.text import Message, _
from itsm.kernel.undo import Undo
from itsm.reports.builder import policy, queries
from itsm.reports.builder.answering import answer_question
from itsm.reports.builder.models import SavedQuestion
from itsm.reports.builder.question import BuiltQuestion, as_json

DELETED = "reports.question.deleted"
KEPT_DELETED = timedelta(days=2)


def save_question(
    actor: Actor, question: BuiltQuestion, *, name: str, scope: str = "own", group_id: int | None = None
) -> SavedQuestion:
    """Keep a question; a group's and everyone's need the right to. It must be one that can be answered now."""
    require(actor, policy.READ)
    facts = policy.SHARING.checked(actor, {"name": name, "scope": scope, "group_id": group_id})
    answer_question(actor, question)
    row = SavedQuestion(owner_id=actor.person_id, question=as_json(question), **facts)
    session.add(row)
    session.flush()
    audit.record(
        actor, "question.created", subject_kind="question", subject_id=row.id, changes={"name": [None, row.name]}
    )
    return row


def edit_question(
    actor: Actor,
    saved_id: int,
    *,
    version: int | None,
    values: Mapping[str, Any],
    question: BuiltQuestion | None = None,
) -> SavedQuestion:
    """Change a kept question, its name or whom it is for."""
    row = _kept(actor, saved_id)
    check_version(row, version)
    changes = policy.SHARING.checked(
        actor, {"name": row.name, "scope": row.scope, "group_id": row.group_id, **values}, row
    )
    if question is not None:
        answer_question(actor, question)
        changes["question"] = as_json(question)
    apply_changes(actor, row, changes, kind="question")
    return row


def copy_question(actor: Actor, saved_id: int) -> SavedQuestion:
    """Keep a copy of a question for oneself."""
    require(actor, policy.READ)
    row = queries.get_saved(actor, saved_id)
    copy = SavedQuestion(
        owner_id=actor.person_id, question=dict(row.question), name=str(_("Copy of %(name)s", name=row.name))[:255]
    )
    session.add(copy)
    session.flush()
    audit.record(
        actor, "question.created", subject_kind="question", subject_id=copy.id, changes={"name": [None, copy.name]}
    )
    return copy


def delete_question(actor: Actor, saved_id: int) -> Undo | None:
    """Take a kept question away; it can be brought back for a day. Its subscriptions rest meanwhile."""
    row = _kept(actor, saved_id)
    row.deleted_at = clock.now()
    session.flush()
    audit.record(
        actor, "question.deleted", subject_kind="question", subject_id=row.id, changes={"name": [row.name, None]}
    )
    title = _("The report “%(name)s” was deleted.", name=row.name)
    return undo.remember(actor, DELETED, title=title, payload={"id": row.id}, back="/reports")


def take_back_deleted(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Bring a deleted question back."""
    row = locked(SavedQuestion, payload["id"])
    if not policy.SHARING.may_keep(actor, row):
        raise Forbidden(_("This report is not yours to change."))
    row.deleted_at = None
    session.flush()
    audit.record(
        actor, "question.created", subject_kind="question", subject_id=row.id, changes={"name": [None, row.name]}
    )
    return None


def forget_deleted() -> Outcome:
    """Remove questions that were deleted longer ago than they can be brought back, with their subscriptions."""
    with unit_of_work():
        old = SavedQuestion.deleted_at < clock.now() - KEPT_DELETED
        session.execute(delete(SavedQuestion).where(old))
    return Outcome()


def _kept(actor: Actor, saved_id: int) -> SavedQuestion:
    row = locked(SavedQuestion, queries.get_saved(actor, saved_id).id)
    if not policy.SHARING.may_keep(actor, row):
        raise Forbidden(_("This report is not yours to change."))
    return row
