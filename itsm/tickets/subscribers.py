"""What the shared ticket keeps up by itself: its searchable words."""

from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.search import services as search
from itsm.tickets.events import TicketChanged, TicketMoved, TicketOpened
from itsm.tickets.models import Ticket


def index_new(event: TicketOpened) -> None:
    """Index a new ticket."""
    ticket = session.get_one(Ticket, event.ticket_id)
    search.index_new("ticket", ticket.id, ticket.number, ticket.title, ticket.description)


def index_changed(event: TicketChanged) -> None:
    """Index again when the words changed."""
    if event.fields & {"title", "description"}:
        _index(event.ticket_id)


def index_resolved(event: TicketMoved) -> None:
    """A solution's words are searchable too."""
    if event.after_category == "resolved":
        _index(event.ticket_id)


def _index(ticket_id: int) -> None:
    ticket = session.get_one(Ticket, ticket_id)
    search.index("ticket", ticket.id, ticket.number, ticket.title, ticket.description, ticket.resolution)


SUBSCRIPTIONS = (
    Subscription(TicketOpened, index_new),
    Subscription(TicketChanged, index_changed),
    Subscription(TicketMoved, index_resolved),
)
