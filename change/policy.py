"""Who may plan which part of a change, and when."""

from collections.abc import Collection

from change.models import EMERGENCY, PLAN, WINDOW, Change
from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _
from itsm.tickets import policy as tickets

BEFORE_DECISION = frozenset({"draft", "requested", "assessed"})
BEFORE_WORK = BEFORE_DECISION | {"authorised", "scheduled"}
VOTE = "change.vote"


def objection_to_planning(actor: Actor, change: Change, names: Collection[str]) -> Message | None:
    """Why these facts of a change may not be changed now, or None. Rule: G5.

    What the approvers decide on stays as it is once they have; the window may be moved until work starts, after the
    decision by who manages changes. An emergency change is documented after, in its review.
    """
    if not tickets.can_work(actor, change):
        return _("You may read this change but not edit it.")
    objection = objection_to_altering(change) if PLAN & set(names) else None
    if objection is not None:
        return objection
    if WINDOW & set(names):
        if change.state not in BEFORE_WORK:
            return _("The window cannot be moved any more: work has started or is over.")
        if change.state not in BEFORE_DECISION and not actor.has("change.manage"):
            return _("The window was agreed; only a change manager moves it now.")
    return None


def objection_to_altering(change: Change) -> Message | None:
    """Why what approvers decide on stays as it is now, or None. Rule: G5."""
    documents = change.change_type == EMERGENCY and change.state == "review"
    if change.state in BEFORE_DECISION or documents:
        return None
    return _("What was decided on stays as it is. Cancel this change and open a new one with the other plan.")


def can_plan(actor: Actor, change: Change) -> bool:
    """Whether the actor may edit the plan now."""
    return objection_to_planning(actor, change, PLAN) is None


def can_move_window(actor: Actor, change: Change) -> bool:
    """Whether the actor may move the planned window now."""
    return objection_to_planning(actor, change, WINDOW) is None


def reads_touched(actor: Actor) -> bool:
    """Whether the actor sees all that a change touches: approvers do, as they decide on it. Rule: G6."""
    return actor.has("cmdb.read") or actor.has(VOTE)
