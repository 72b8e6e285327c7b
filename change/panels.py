"""What a change's page shows beside the parts that all records share."""

from datetime import datetime
from typing import Any

from flask import render_template

from change import policy, queries, risk
from change.models import Change
from change.touched import collisions_of, risk_facts, touched_by
from itsm.approvals import policy as approval_policy
from itsm.approvals import queries as approvals
from itsm.approvals.subjects import find_subject
from itsm.kernel.actor import Actor
from itsm.tickets.models import Ticket
from itsm.web.access import current_actor
from itsm.web.presentation import reader


def context() -> dict[str, Any]:
    """Functions that a change's templates call."""
    return {
        "local_input": local_input,
        "possible_approvers": queries.list_possible_approvers,
        "can_plan_change": lambda change: policy.can_plan(current_actor(), change),
        "can_move_window": lambda change: policy.can_move_window(current_actor(), change),
    }


def local_input(instant: datetime | None) -> str:
    """An instant as a `datetime-local` field wants it, in the reader's zone."""
    return reader().local(instant).strftime("%Y-%m-%dT%H:%M") if instant else ""


def touched_panel(actor: Actor, ticket: Ticket) -> str:
    """What a change touches, in words: risk with reasons, services, CIs with their maps, other changes that overlap."""
    if not isinstance(ticket, Change):
        return ""
    touched = touched_by(actor, ticket)
    collisions = collisions_of(actor, ticket, touched.cis)
    reasons = risk.reasons(risk_facts(ticket, touched, collisions))
    return render_template(
        "change/_touched.html", ticket=ticket, touched=touched, collisions=collisions, reasons=reasons
    )


def approval_panel(actor: Actor, ticket: Ticket) -> str:
    """Who was asked, how they voted, and the reader's own vote."""
    if not isinstance(ticket, Change):
        return ""
    found = approvals.list_of_subject("change", ticket.id)
    subject = find_subject(actor, "change", ticket.id)
    can_vote = {row.id: subject is not None and approval_policy.can_vote(actor, row, subject) for row in found}
    return render_template(
        "change/_approvals.html", ticket=ticket, approvals=found, names=approvals.names_of(found), can_vote=can_vote
    )
