"""What happens because of a change, and what its approvers' decision does to it."""

from change import policy, services
from change.models import PLAN, WINDOW, Change
from itsm.approvals import queries as approvals
from itsm.approvals import services as approval_services
from itsm.approvals.events import ApprovalDecided, VoteCast
from itsm.approvals.state import APPROVE, State
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.events import Subscription
from itsm.kernel.text import _
from itsm.tickets import services as tickets
from itsm.tickets.events import TicketChanged, TicketMoved

SHARED_FACTS = frozenset({"title", "description", "ci"})  # facts that doors of every ticket change
DECIDED_ON = PLAN | WINDOW | SHARED_FACTS


def ask_when_assessed(event: TicketMoved) -> None:
    """A normal change that was assessed is put to its approvers."""
    if event.kind == "change" and event.after == "assessed":
        services.ask_approvers(session.get_one(Change, event.ticket_id))


def withdraw_when_cancelled(event: TicketMoved) -> None:
    """Nobody is asked about a cancelled change any more."""
    if event.kind == "change" and event.after == "cancelled":
        approval_services.withdraw(SYSTEM, "change", event.ticket_id)


def keep_touched(event: TicketChanged) -> None:
    """Other CIs: the services that the change touches are worked out again."""
    if event.kind == "change" and "ci" in event.fields:
        services.refresh_touched(session.get_one(Change, event.ticket_id))


def keep_what_was_decided_on(event: TicketChanged) -> None:
    """Title, description and CIs are part of what was decided on, whichever door a change of them comes through. Rule: G5."""
    if event.kind == "change" and event.fields & SHARED_FACTS:
        objection = policy.objection_to_altering(session.get_one(Change, event.ticket_id))
        if objection is not None:
            raise Conflict(objection)


def ask_again(event: TicketChanged) -> None:
    """Votes on what was changed meanwhile count no more: the approvers are asked anew. Rule: G5."""
    if event.kind != "change" or not event.fields & DECIDED_ON:
        return
    current = approvals.find_current("change", event.ticket_id)
    if current is not None and current.state == State.PENDING:
        change = session.get_one(Change, event.ticket_id)
        if change.approver_ids:
            services.ask_approvers(change)
        else:
            approval_services.withdraw(SYSTEM, "change", change.id)


def write_vote(event: VoteCast) -> None:
    """Each vote stands in the change's journal, under the voter's name."""
    if event.subject_kind != "change":
        return
    voter = Actor(person_id=event.approver_id, name=event.approver_name, channel=event.channel)
    word = _("Approves.") if event.vote == APPROVE else _("Refuses.")
    change = session.get_one(Change, event.subject_id)
    tickets.write_journal(voter, change, "internal", body=f"{word} {event.reason}".strip())


def follow_decision(event: ApprovalDecided) -> None:
    """The approvers' decision authorises or rejects the change. Rule: G2."""
    if event.subject_kind != "change":
        return
    change = session.get_one(Change, event.subject_id)
    step = "authorise" if event.approved else "reject"
    note = _("The approvers agreed.") if event.approved else _("The approvers refused.")
    tickets.take_step(SYSTEM, change, step, fields={"note": str(note)}, automatic=True)


SUBSCRIPTIONS = (
    Subscription(TicketMoved, ask_when_assessed),
    Subscription(TicketMoved, withdraw_when_cancelled),
    Subscription(TicketChanged, keep_what_was_decided_on),
    Subscription(TicketChanged, keep_touched),
    Subscription(TicketChanged, ask_again),
    Subscription(VoteCast, write_vote),
    Subscription(ApprovalDecided, follow_decision),
)
