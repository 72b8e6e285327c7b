"""Every write to approvals: ask, vote, withdraw."""

from collections.abc import Collection

from sqlalchemy import select

from itsm.approvals import policy, queries
from itsm.approvals.events import ApprovalDecided, VoteCast
from itsm.approvals.models import Approval, ApprovalVote
from itsm.approvals.state import REJECT, VOTES, State
from itsm.approvals.subjects import Subject, find_subject
from itsm.identity.models import Person
from itsm.kernel import audit, clock, outbox
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.events import emit
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, language
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket

LONGEST_REASON = 10_000
MOST_APPROVERS = 50


def ask(
    actor: Actor,
    subject_kind: str,
    subject_id: int,
    *,
    approver_ids: Collection[int],
    quorum: int | None = None,
    step: str = "authorise",
) -> Approval:
    """Put a question to named approvers; `quorum` is how many must approve, None means all of them.

    Whoever calls this has checked the actor's right to ask. A question still open about the same subject is withdrawn.
    Raises `Invalid` when nobody is named, or one of them asked for the subject. Rule: A3.
    """
    subject = find_subject(SYSTEM, subject_kind, subject_id)
    if subject is None:
        raise NotFound(_("There is no such record, or you may not see it."))
    people = _checked_approvers(subject, approver_ids)
    if quorum is not None and not 1 <= quorum <= len(people):
        raise Invalid.field("quorum", _("The quorum must be between 1 and the number of approvers."))
    withdraw(actor, subject_kind, subject_id)
    approval = Approval(
        subject_kind=subject_kind,
        subject_id=subject_id,
        step=step,
        quorum=quorum or len(people),
        asked_by_id=actor.person_id,
    )
    approval.votes = [ApprovalVote(approver_id=person.id) for person in people]
    session.add(approval)
    session.flush()
    names = ", ".join(person.name for person in people)
    audit.record(
        actor, "approval.asked", subject_kind=subject_kind, subject_id=subject_id, changes={"approvers": [None, names]}
    )
    for person in people:
        _tell(person, subject, approval)
    return approval


def _checked_approvers(subject: Subject, approver_ids: Collection[int]) -> list[Person]:
    wanted = set(approver_ids)
    if not wanted:
        raise Invalid.field("approvers", _("Name at least one person who decides."))
    if len(wanted) > MOST_APPROVERS:
        raise Invalid.field("approvers", _("Name at most %(most)s people.", most=MOST_APPROVERS))
    people = list(session.scalars(select(Person).where(Person.id.in_(wanted), Person.active).order_by(Person.id)))
    if len(people) < len(wanted):
        raise Invalid.field("approvers", _("One of these people does not exist or has left."))
    for person in people:
        if policy.is_barred(person.id, subject):
            raise Invalid.field(
                "approvers", _("%(name)s asked for this and cannot decide on it. Name somebody else.", name=person.name)
            )
    return people


def _tell(person: Person, subject: Subject, approval: Approval) -> None:
    """Queue the mail that asks one approver, in that person's language."""
    if not person.email:
        return
    title = " ".join(subject.title.split())
    with language(person.language or settings().language):
        outbox.queue_mail(
            to=person.email,
            subject=str(_("Your decision is needed: %(number)s %(title)s", number=subject.number, title=title)),
            text=str(
                _(
                    "Hello %(name)s,\n\n%(number)s “%(title)s” waits for your decision.\n"
                    "Read it and approve or refuse it here:\n%(address)s\n",
                    name=person.name,
                    number=subject.number,
                    title=title,
                    address=f"{settings().public_url}/approvals",
                )
            ),
            event_key=f"approval:{approval.id}:{person.id}",
            headers={"Auto-Submitted": "auto-generated"},
        )


def vote(actor: Actor, approval_id: int, *, vote: str, reason: str = "") -> Approval:
    """Record the actor's own vote (`approve` or `reject`); it may be changed until the question is decided.

    Only a named approver votes, never somebody who asked for the subject. A refusal needs its reason. Raises
    `Forbidden`, `Invalid`, or `Conflict` when the question is decided or withdrawn. Rule: A2, A3, A4.
    """
    _lock_subject(queries.get_approval(approval_id))
    approval = queries.get_approval(approval_id, lock=True)
    _check_vote(actor, approval, vote, reason)
    ballot = approval.vote_of(actor.person_id)
    if ballot is None:
        raise Forbidden(_("Only the people who were asked decide on this."))
    before = ballot.vote
    ballot.vote, ballot.reason, ballot.voted_at = vote, reason.strip(), clock.now()
    session.flush()
    _record_vote(actor, approval, ballot, before)
    if approval.state != State.PENDING:
        emit(
            ApprovalDecided(
                approval.id,
                approval.subject_kind,
                approval.subject_id,
                step=approval.step,
                approved=approval.state == State.APPROVED,
            )
        )
    return approval


def _lock_subject(approval: Approval) -> None:
    """Lock the ticket before its question, in the order in which steps of its life cycle do."""
    if approval.subject_kind in Ticket.__mapper__.polymorphic_map:
        tickets.locked_if_exists(approval.subject_id)


def _check_vote(actor: Actor, approval: Approval, vote: str, reason: str) -> None:
    if find_subject(actor, approval.subject_kind, approval.subject_id) is None:
        raise NotFound(_("There is no such question, or you may not see it."))
    subject = find_subject(SYSTEM, approval.subject_kind, approval.subject_id)
    objection = policy.objection_to_vote(actor, approval, subject) if subject else None
    if objection is not None:
        raise Forbidden(objection)
    if vote not in VOTES:
        raise Invalid.field("vote", _("Choose approve or reject."))
    if len(reason) > LONGEST_REASON:
        raise Invalid.field("reason", _("This text is too long (at most 10,000 characters)."))
    if approval.state != State.PENDING:
        raise Conflict(
            _("This question is decided already; votes no longer change it."), current={"state": approval.state.value}
        )
    if vote == REJECT and not reason.strip():
        raise Invalid.field("reason", _("Say why you refuse, so that the others know what to change."))


def _record_vote(actor: Actor, approval: Approval, ballot: ApprovalVote, before: str | None) -> None:
    audit.record(
        actor,
        "approval.voted",
        subject_kind=approval.subject_kind,
        subject_id=approval.subject_id,
        changes={"vote": [before, ballot.vote], "reason": [None, ballot.reason]},
    )
    emit(
        VoteCast(
            approval.id,
            approval.subject_kind,
            approval.subject_id,
            approver_id=ballot.approver_id,
            approver_name=actor.name,
            channel=actor.channel,
            vote=ballot.vote or "",
            reason=ballot.reason,
        )
    )


def withdraw(actor: Actor, subject_kind: str, subject_id: int) -> bool:
    """Take back the open question about a subject, if there is one; its votes stay on record but count no more."""
    current = queries.find_current(subject_kind, subject_id)
    if current is None or current.state != State.PENDING:
        return False
    current.withdrawn_at = clock.now()
    session.flush()
    audit.record(
        actor,
        "approval.withdrawn",
        subject_kind=subject_kind,
        subject_id=subject_id,
        changes={"approval": [current.id, None]},
    )
    return True
