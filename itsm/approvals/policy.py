"""Who may vote on what."""

from itsm.approvals.models import Approval
from itsm.approvals.state import State
from itsm.approvals.subjects import Subject
from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _


def is_named(actor: Actor, approval: Approval) -> bool:
    """Whether the actor is one of the approvers who were asked; no role stands in for that. Rule: A2."""
    return actor.person_id is not None and approval.vote_of(actor.person_id) is not None


def is_barred(person_id: int | None, subject: Subject) -> bool:
    """Whether a person asked for the subject, and so never votes on it, whatever the roles. Rule: A3."""
    return person_id in subject.barred_ids


def objection_to_vote(actor: Actor, approval: Approval, subject: Subject) -> Message | None:
    """Why the actor may not vote on this, or None."""
    if is_barred(actor.person_id, subject):
        return _("You asked for this yourself, so somebody else decides on it.")
    if not is_named(actor, approval):
        return _("Only the people who were asked decide on this.")
    if subject.permission and not actor.has(subject.permission):
        return _("You do not have the right to decide on this (%(permission)s).", permission=subject.permission)
    return None


def can_vote(actor: Actor, approval: Approval, subject: Subject) -> bool:
    """Whether the actor may vote, or change the vote, now."""
    return approval.state == State.PENDING and objection_to_vote(actor, approval, subject) is None
