"""What happens to a major incident because of something that happened to its incident."""

from incident.major.services import follow_incident
from incident.models import Incident
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.tickets.events import TicketMoved, TicketRestored


def follow_step(event: TicketMoved | TicketRestored) -> None:
    """Solved with its incident, fought again when that is reopened. Rule: M2."""
    incident = session.get_one(Incident, event.ticket_id) if event.kind == "incident" else None
    if incident is not None and incident.is_major:
        follow_incident(SYSTEM, incident)


SUBSCRIPTIONS = (Subscription(TicketMoved, follow_step), Subscription(TicketRestored, follow_step))
