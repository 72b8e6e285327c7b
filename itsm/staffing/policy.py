"""Who may plan the team. Staff see who is away and on call; why somebody is away is private."""

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.staffing.models import Absence

READ, EDIT = "staffing.read", "staffing.edit"


def is_own(actor: Actor, person_id: int) -> bool:
    """Whether something is the actor's own."""
    return actor.person_id is not None and actor.person_id == person_id


def may_plan_absence(actor: Actor, person_id: int) -> bool:
    """Whether the actor may enter when a person is away: staff their own, planners anyone's. Rule: W1."""
    return actor.has(EDIT) or (is_own(actor, person_id) and actor.has(READ))


def require_absence(actor: Actor, person_id: int) -> None:
    """Raise `Forbidden` unless the actor may enter when this person is away."""
    if not may_plan_absence(actor, person_id):
        raise Forbidden(_("You can enter your own absence only."))


def sees_reason(actor: Actor, absence: Absence) -> bool:
    """Whether the actor learns why somebody is away. Rule: W1."""
    return may_plan_absence(actor, absence.person_id)


def require_handover(actor: Actor, on_rota: bool) -> None:
    """People of a rota write its notes and swap its shifts; planners do for any."""
    if not on_rota:
        require(actor, EDIT)
