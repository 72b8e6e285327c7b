"""The life cycles of the three types of change. Rule: G1 (ITIL 4).

A step that authorises is never taken by hand: it follows the approvers' decision, and its guard reads that decision again.
"""

from change.models import STANDARD, Change, ChangeModel
from itsm.approvals import queries as approvals
from itsm.kernel.db import session
from itsm.kernel.lifecycle import Category, Lifecycle, State, Transition
from itsm.kernel.text import Message, _

EDIT, MANAGE = "change.edit", "change.manage"

OUTCOME_TITLES = {
    "successful": _("Successful"),
    "with_issues": _("With issues"),
    "failed": _("Failed"),
    "backed_out": _("Backed out"),
}


def not_ready_to_assess(change: Change) -> Message | None:
    """Why a change cannot be put to its approvers yet, or None. Rule: G4."""
    if not change.approver_ids:
        return _("Name the people who approve this change first.")
    if not change.risk_reason.strip():
        return _("Say why the risk is what it is first; the approvers decide on it.")
    return None


def not_authorised(change: Change) -> Message | None:
    """Why a change may not be carried out, or None. Rule: G2, G3."""
    if change.change_type == STANDARD:
        model = session.get(ChangeModel, change.model_id) if change.model_id else None
        if model is None or not model.approved:
            return _(
                "A standard change needs an approved model, and this one has none now. Open a normal change instead."
            )
        return None
    if not approvals.is_approved("change", change.id):
        return _("This change is not authorised: its approvers have not agreed.")
    return None


def not_ready_to_schedule(change: Change) -> Message | None:
    """Why a change cannot be scheduled, or None."""
    if not change.has_window:
        return _("Set the planned start and end first.")
    return not_authorised(change)


DRAFT = State("draft", Category.OPEN, _("Draft"))
AUTHORISED = State("authorised", Category.OPEN, _("Authorised"))
REJECTED = State("rejected", Category.CLOSED, _("Rejected"))
SCHEDULED = State("scheduled", Category.WAITING, _("Scheduled"), pauses=True)
LAST_STATES = (
    State("implementing", Category.ACTIVE, _("Implementing")),
    State("review", Category.RESOLVED, _("Review")),
    State("closed", Category.CLOSED, _("Closed")),
    State("cancelled", Category.CLOSED, _("Cancelled")),
)


def _implement(source: str) -> tuple[Transition, ...]:
    """Carry out, review and close: the same for every type."""
    return (
        Transition(
            "implement", (source,), "implementing", _("Start implementing"), EDIT, accepts=("note",),
            guard=not_authorised, takes=True, key="s",
        ),
        Transition("finish", ("implementing",), "review", _("Finish"), EDIT, accepts=("note",), key="e"),
        Transition(
            "close", ("review",), "closed", _("Close with review"), EDIT,
            requires=("review_outcome", "review_notes"), accepts=("note",),
        ),
    )  # fmt: skip


def _authorise(source: str) -> tuple[Transition, ...]:
    """The approvers' decision; taken by the system only."""
    return (
        Transition(
            "authorise",
            (source,),
            "authorised",
            _("Authorise"),
            MANAGE,
            accepts=("note",),
            guard=not_authorised,
            automatic=True,
        ),
        Transition("reject", (source,), "rejected", _("Reject"), MANAGE, accepts=("note",), automatic=True),
    )


def _schedule(source: str) -> Transition:
    return Transition(
        "schedule", (source,), "scheduled", _("Schedule"), EDIT, accepts=("note",), guard=not_ready_to_schedule, key="s"
    )


def _cancel(*sources: str) -> Transition:
    return Transition("cancel", sources, "cancelled", _("Cancel"), EDIT, requires=("note",))


NORMAL_CHANGE = Lifecycle(
    "change.normal",
    states=(
        DRAFT,
        State("requested", Category.OPEN, _("Requested")),
        State("assessed", Category.WAITING, _("Assessed, waits for approval"), pauses=True),
        AUTHORISED,
        REJECTED,
        SCHEDULED,
        *LAST_STATES,
    ),
    transitions=(
        Transition("request", ("draft",), "requested", _("Request"), EDIT, accepts=("note",), key="s"),
        Transition(
            "assess", ("requested",), "assessed", _("Assess and ask the approvers"), MANAGE, accepts=("note",),
            guard=not_ready_to_assess, key="s",
        ),
        *_authorise("assessed"),
        _schedule("authorised"),
        *_implement("scheduled"),
        _cancel("draft", "requested", "assessed", "authorised", "scheduled", "implementing"),
    ),
    initial="draft",
)  # fmt: skip

STANDARD_CHANGE = Lifecycle(
    "change.standard",
    states=(DRAFT, SCHEDULED, *LAST_STATES),
    transitions=(_schedule("draft"), *_implement("scheduled"), _cancel("draft", "scheduled", "implementing")),
    initial="draft",
)

EMERGENCY_CHANGE = Lifecycle(
    "change.emergency",
    states=(DRAFT, AUTHORISED, REJECTED, *LAST_STATES),
    transitions=(*_authorise("draft"), *_implement("authorised"), _cancel("draft", "authorised", "implementing")),
    initial="draft",
)

LIFECYCLES = (NORMAL_CHANGE, STANDARD_CHANGE, EMERGENCY_CHANGE)
