"""What makes rules look at a ticket: every event of tickets that a trigger is for."""

from itsm.kernel.events import Subscription
from itsm.rules import engine
from itsm.rules.triggers import READERS, occasion_of
from itsm.tickets.events import TicketEvent


def follow(event: TicketEvent) -> None:
    """Let the rules see what happened."""
    occasion = occasion_of(event)
    if occasion is not None:
        engine.consider(occasion)


SUBSCRIPTIONS = tuple(Subscription(event, follow) for event in READERS)
