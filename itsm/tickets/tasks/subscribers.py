"""Tasks that a new ticket has from the start. Rule: K3."""

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.tickets import queries as tickets
from itsm.tickets.events import TicketOpened
from itsm.tickets.models import Ticket
from itsm.tickets.tasks import queries, services


def make_tasks(event: TicketOpened) -> None:
    """Make the tasks of every automatic template that fits the ticket's kind and category."""
    offered = [each for each in queries.templates.all() if each.automatic]
    if not offered or event.channel == "import":
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    line = tickets.category_line(ticket.category_id)
    for template in offered:
        if template.fits(ticket.kind, line):
            services.make_tasks(SYSTEM, ticket, template)


SUBSCRIPTIONS = (Subscription(TicketOpened, make_tasks),)
