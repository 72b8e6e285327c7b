"""What moves clocks: they are computed anew in the transaction of what happened."""

from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.tickets.events import (
    TicketAnswered,
    TicketAssigned,
    TicketChanged,
    TicketMoved,
    TicketOpened,
    TicketRestored,
)
from itsm.tickets.models import Ticket
from sla import services

WORDS_ONLY = frozenset({"description", "escalated_to_manager", "resolution"})


def start(event: TicketOpened) -> None:
    """A new ticket's clocks start."""
    services.start_clocks(session.get_one(Ticket, event.ticket_id))


def follow_step(event: TicketMoved) -> None:
    """A step may pause, resume or end clocks."""
    services.recompute(session.get_one(Ticket, event.ticket_id))


def follow_facts(event: TicketChanged) -> None:
    """Another priority is another target, and other facts may mean another agreement."""
    if not event.fields <= WORDS_ONLY:
        services.recompute(session.get_one(Ticket, event.ticket_id))


def follow_assignment(event: TicketAssigned) -> None:
    """Clocks belong to the ticket's group."""
    services.recompute(session.get_one(Ticket, event.ticket_id))


def follow_answer(event: TicketAnswered) -> None:
    """The first public answer by staff ends the response clock. Rule: C2."""
    if event.entry_kind == "public" and not event.by_requester and not event.automatic:
        services.recompute_after_answer(session.get_one(Ticket, event.ticket_id))


def follow_restoring(event: TicketRestored) -> None:
    """A step that was taken back has never been, for clocks."""
    services.recompute(session.get_one(Ticket, event.ticket_id))


SUBSCRIPTIONS = (
    Subscription(TicketOpened, start),
    Subscription(TicketMoved, follow_step),
    Subscription(TicketChanged, follow_facts),
    Subscription(TicketAssigned, follow_assignment),
    Subscription(TicketAnswered, follow_answer),
    Subscription(TicketRestored, follow_restoring),
)
