"""What the CMDB keeps up by itself: a ticket that takes another in concerns that one's CIs too. Rule: I7."""

from sqlalchemy import delete, insert, select

from cmdb.models import TicketCi
from itsm.kernel import clock
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.tickets.events import TicketMerged, TicketUnmerged


def _origin(event: TicketMerged | TicketUnmerged) -> str:
    return f"merged:{event.ticket_id}"


def take_over(event: TicketMerged) -> None:
    """CIs of the merged ticket that the living one does not name yet."""
    named = select(TicketCi.ci_id).where(TicketCi.ticket_id == event.target_id)
    missing = select(TicketCi.ci_id).where(TicketCi.ticket_id == event.ticket_id, TicketCi.ci_id.not_in(named))
    rows = [
        {"ticket_id": event.target_id, "ci_id": ci_id, "origin": _origin(event), "created_at": clock.now()}
        for ci_id in session.scalars(missing.order_by(TicketCi.ci_id))
    ]
    if rows:
        session.execute(insert(TicketCi), rows)


def give_back(event: TicketUnmerged) -> None:
    """CIs that came with the merge leave with it."""
    session.execute(delete(TicketCi).where(TicketCi.ticket_id == event.target_id, TicketCi.origin == _origin(event)))


SUBSCRIPTIONS = (Subscription(TicketMerged, take_over), Subscription(TicketUnmerged, give_back))
