"""Links between tickets."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, select

from itsm.kernel.actor import Actor
from itsm.kernel.db import made_once, session
from itsm.tickets import policy
from itsm.tickets.models import Ticket, TicketLink


@dataclass(frozen=True)
class LinkedTicket:
    """A ticket at the other end of a link, and whether this ticket is the link's source."""

    link_id: int
    relation: str
    outgoing: bool
    ticket: Ticket


def list_links(actor: Actor, ticket: Ticket) -> list[LinkedTicket]:
    """Links of a ticket to tickets that the actor may read; one statement."""
    rows = session.execute(_linked(policy.visible(actor)), {"ticket_id": ticket.id}).all()
    return [LinkedTicket(row[0].id, row[0].relation, row[0].source_id == ticket.id, row[1]) for row in rows]


@made_once
def _linked(readable: ColumnElement[bool]) -> Select[TicketLink, Ticket]:
    ticket_id: BindParameter[int] = bindparam("ticket_id")
    ends = or_(
        and_(TicketLink.source_id == ticket_id, Ticket.id == TicketLink.target_id),
        and_(TicketLink.target_id == ticket_id, Ticket.id == TicketLink.source_id),
    )
    return select(TicketLink, Ticket).join(Ticket, ends).where(readable).order_by(TicketLink.id)


def linked_ids(ticket_id: int, relation: str, *, outgoing: bool) -> Sequence[int]:
    """Ids of tickets linked by a relation, for services."""
    near, far = (
        (TicketLink.source_id, TicketLink.target_id) if outgoing else (TicketLink.target_id, TicketLink.source_id)
    )
    return session.scalars(select(far).where(near == ticket_id, TicketLink.relation == relation)).all()


def find_link(source_id: int, target_id: int, relation: str) -> TicketLink | None:
    """The link between two tickets, if there is one."""
    return session.scalars(
        select(TicketLink).where(
            TicketLink.source_id == source_id, TicketLink.target_id == target_id, TicketLink.relation == relation
        )
    ).first()
