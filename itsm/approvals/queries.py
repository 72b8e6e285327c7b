"""Every read of approvals. What is shown of a subject goes through the subject's own rights."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import selectinload

from itsm.approvals import policy
from itsm.approvals.models import Approval, ApprovalVote
from itsm.approvals.state import APPROVE, REJECT, State
from itsm.approvals.subjects import Subject, read_subjects
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _

INBOX_SHOWN = 100


@dataclass(frozen=True)
class Waiting:
    """One question in an approver's inbox: what it is about, and the names of its approvers by id."""

    approval: Approval
    subject: Subject
    names: dict[int, str]
    can_vote: bool


def get_approval(approval_id: int, *, lock: bool = False) -> Approval:
    """A question with its votes; raises `NotFound`. `lock` makes simultaneous voters wait for one another."""
    statement = _with_votes().where(Approval.id == approval_id)
    if lock:
        statement = statement.with_for_update(of=Approval).execution_options(populate_existing=True)
    row = session.scalars(statement).first()
    if row is None:
        raise NotFound(_("There is no such question, or you may not see it."))
    return row


def list_of_subject(subject_kind: str, subject_id: int) -> Sequence[Approval]:
    """All questions about a subject, newest first, for whoever may see the subject."""
    statement = _with_votes().where(Approval.subject_kind == subject_kind, Approval.subject_id == subject_id)
    return session.scalars(statement.order_by(Approval.id.desc())).all()


def find_current(subject_kind: str, subject_id: int) -> Approval | None:
    """The newest question about a subject that was not withdrawn."""
    return next((row for row in list_of_subject(subject_kind, subject_id) if row.state != State.WITHDRAWN), None)


def is_approved(subject_kind: str, subject_id: int) -> bool:
    """Whether the newest question about a subject was answered with yes."""
    current = find_current(subject_kind, subject_id)
    return current is not None and current.state == State.APPROVED


def list_waiting(actor: Actor) -> list[Waiting]:
    """What waits for the actor's decision, oldest first; questions already voted on stay until they are decided."""
    if actor.person_id is None:
        return []
    mine = select(ApprovalVote.approval_id).where(ApprovalVote.approver_id == actor.person_id)
    statement = _with_votes().where(Approval.id.in_(mine), _is_pending())
    rows = session.scalars(statement.order_by(Approval.id).limit(INBOX_SHOWN)).all()
    subjects = read_subjects(actor, ((row.subject_kind, row.subject_id) for row in rows))
    names = names_of(rows)
    shown = [(row, subjects.get((row.subject_kind, row.subject_id))) for row in rows]
    return [
        Waiting(row, subject, names, can_vote=policy.can_vote(actor, row, subject))
        for row, subject in shown
        if subject is not None
    ]


def names_of(approvals: Sequence[Approval]) -> dict[int, str]:
    """Names of all approvers of these questions, by id; one statement."""
    return identity.person_names({vote.approver_id for row in approvals for vote in row.votes})


def _with_votes() -> Select[Approval]:
    return select(Approval).options(selectinload(Approval.votes))


def _is_pending() -> ColumnElement[bool]:
    """The same rule as `state_of`, as a condition. Rule: A1."""
    approving, rejecting, named = (_count(APPROVE), _count(REJECT), _count(None))
    return and_(Approval.withdrawn_at.is_(None), approving < Approval.quorum, rejecting <= named - Approval.quorum)


def _count(vote: str | None) -> ColumnElement[int]:
    statement = select(func.count()).select_from(ApprovalVote).where(ApprovalVote.approval_id == Approval.id)
    return (
        (statement if vote is None else statement.where(ApprovalVote.vote == vote))
        .correlate(Approval)
        .scalar_subquery()
    )
