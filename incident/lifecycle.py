"""The life cycle of an incident. Rule: I1 (ITIL 4)."""

from datetime import timedelta

from itsm.kernel import clock
from itsm.kernel.lifecycle import Category, Lifecycle, State, Transition
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _
from itsm.tickets.models import Ticket

RESOLUTION_CODES = {
    "fixed": _("Fixed for good"),
    "workaround": _("Workaround given"),
    "advice": _("Advice given"),
    "not_reproducible": _("Could not be reproduced"),
    "duplicate": _("Duplicate"),
    "no_fault": _("No fault found"),
    "confirmed": _("Solved by the requester"),
}


def reopening_is_over(ticket: Ticket) -> Message | None:
    """Why a resolved incident cannot be reopened any more, or None. Rule: I3."""
    days = settings().reopen_days
    if ticket.resolved_at is not None and clock.now() - ticket.resolved_at > timedelta(days=days):
        return _(
            "The period of %(days)s days for reopening is over. Open a new incident that continues this one.", days=days
        )
    return None


LIFECYCLE = Lifecycle(
    "incident",
    states=(
        State("new", Category.OPEN, _("New")),
        State("in_progress", Category.ACTIVE, _("In progress")),
        State("on_hold", Category.WAITING, _("On hold"), pauses=True),
        State("resolved", Category.RESOLVED, _("Resolved")),
        State("closed", Category.CLOSED, _("Closed")),
        State("cancelled", Category.CLOSED, _("Cancelled")),
    ),
    transitions=(
        Transition("start", ("new",), "in_progress", _("Start work"), "incident.edit", takes=True, key="s"),
        Transition(
            "resume", ("on_hold",), "in_progress", _("Resume"), "incident.edit", accepts=("note",), takes=True, key="s"
        ),
        Transition(
            "resolve",
            ("new", "in_progress", "on_hold"),
            "resolved",
            _("Resolve"),
            "incident.edit",
            requires=("resolution_code", "resolution"),
            takes=True,
            key="e",
        ),
        Transition(
            "hold",
            ("new", "in_progress"),
            "on_hold",
            _("Put on hold"),
            "incident.edit",
            requires=("hold_reason",),
            accepts=("wake_at", "note"),
            key="h",
        ),
        Transition(
            "reopen",
            ("resolved",),
            "in_progress",
            _("Reopen"),
            "requester",
            requires=("note",),
            guard=reopening_is_over,
        ),
        Transition("close", ("resolved",), "closed", _("Close"), "requester", accepts=("note",)),
        Transition(
            "cancel",
            ("new", "in_progress", "on_hold"),
            "cancelled",
            _("Cancel"),
            "requester",
            requires=("note",),
        ),
    ),
    initial="new",
)
