"""Who declares and leads major incidents. Staff who may read the incident may be in its room."""

from incident.major.models import MajorIncident
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden
from itsm.kernel.text import _

DECLARE = "major.declare"


def can_lead(actor: Actor, major: MajorIncident) -> bool:
    """Whether the actor steers the major: those who may declare one, and the people in its roles."""
    roles = (major.manager_id, major.communicator_id, major.lead_id)
    return actor.has(DECLARE) or (actor.person_id is not None and actor.person_id in roles)


def require_lead(actor: Actor, major: MajorIncident) -> None:
    """Raise `Forbidden` unless the actor steers the major."""
    if not can_lead(actor, major):
        raise Forbidden(_("Only the people in its roles steer a major incident, and who may declare one."))
