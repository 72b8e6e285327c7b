"""What follows when a ticket comes to a group: it finds its person by the group's strategy."""

from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.staffing import services
from itsm.tickets.events import TicketAssigned, TicketOpened
from itsm.tickets.models import Ticket

IMPORTED = "import"


def place_new(event: TicketOpened) -> None:
    """A new ticket, unless it is history that is brought in."""
    if event.channel != IMPORTED:
        services.assign_by_strategy(session.get_one(Ticket, event.ticket_id))


def place_passed_on(event: TicketAssigned) -> None:
    """A ticket that was passed to another group; one that is handed back to its own group waits there."""
    if event.regrouped and event.assignee_id is None:
        services.assign_by_strategy(session.get_one(Ticket, event.ticket_id))


SUBSCRIPTIONS = (
    Subscription(TicketOpened, place_new),
    Subscription(TicketAssigned, place_passed_on),
)
