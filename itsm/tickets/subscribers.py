"""What the shared ticket keeps up by itself: its searchable words."""

from itsm.fields import values as own_values
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.tickets import indexing
from itsm.tickets.events import TicketChanged, TicketMoved, TicketOpened, TicketRestored
from itsm.tickets.models import Ticket


def index_new(event: TicketOpened) -> None:
    """Index a new ticket."""
    indexing.index_new(session.get_one(Ticket, event.ticket_id))


def index_changed(event: TicketChanged | TicketRestored) -> None:
    """Index again when the words changed."""
    if event.fields & {"title", "description", "resolution"}:
        indexing.index(session.get_one(Ticket, event.ticket_id))


def index_own_fields(event: TicketRestored) -> None:
    """Values that were set back are found again by the fields of the site's own."""
    if "custom" in event.fields:
        ticket = session.get_one(Ticket, event.ticket_id)
        own_values.index_anew(ticket.kind, ticket.id, ticket.custom)


def index_resolved(event: TicketMoved) -> None:
    """A solution's words are searchable too."""
    if event.after_category == "resolved":
        indexing.index(session.get_one(Ticket, event.ticket_id))


SUBSCRIPTIONS = (
    Subscription(TicketOpened, index_new),
    Subscription(TicketChanged, index_changed),
    Subscription(TicketRestored, index_changed),
    Subscription(TicketRestored, index_own_fields),
    Subscription(TicketMoved, index_resolved),
)
