"""What happens to an incident because of something else that happened to it."""

from incident.models import Incident
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.kernel.text import _
from itsm.tickets import services
from itsm.tickets.events import TicketAnswered, TicketMoved

REQUESTER_ANSWERED = _("The requester answered.")


def follow_requester(event: TicketAnswered) -> None:
    """The requester's message takes up an incident that waited for the customer, and reopens a resolved one. Rule: I3.

    Out-of-office answers move nothing (Rule: R34). After the period for reopening, the message stays on the resolved
    incident, where the desk sees it.
    """
    if event.kind != "incident" or event.automatic or not event.by_requester or event.entry_kind != "public":
        return
    incident = session.get_one(Incident, event.ticket_id)
    waits = incident.state_category == "waiting" and incident.hold_reason == "customer"
    if waits and services.is_possible(incident, "resume"):
        services.take_step(SYSTEM, incident, "resume", fields={"note": str(REQUESTER_ANSWERED)})
    elif incident.state_category == "resolved" and services.is_possible(incident, "reopen"):
        services.take_step(SYSTEM, incident, "reopen", fields={"note": str(REQUESTER_ANSWERED)})


def note_first_contact(event: TicketMoved) -> None:
    """Resolved by the one who took the call, never passed on: a first-contact resolution."""
    if event.kind == "incident" and event.after_category == "resolved":
        incident = session.get_one(Incident, event.ticket_id)
        same = event.actor_id is not None and incident.opened_by_id == event.actor_id
        incident.first_contact = same and incident.reassignments == 0
        session.flush()


SUBSCRIPTIONS = (
    Subscription(TicketAnswered, follow_requester),
    Subscription(TicketMoved, note_first_contact),
)
