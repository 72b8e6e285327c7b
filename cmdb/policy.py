"""Who may see and do what with configuration items."""

from sqlalchemy import ColumnElement, false, or_, select, true

from cmdb.models import Ci, CiClass
from itsm.kernel.actor import Actor
from itsm.tickets import policy as tickets
from itsm.tickets.models import Ticket


def visible(actor: Actor) -> ColumnElement[bool]:
    """CIs that the actor may read: all for staff; own equipment and business services for everyone else."""
    if can_read_all(actor):
        return true()
    if actor.is_anonymous:
        return false()
    shown = select(CiClass.id).where(CiClass.shown_to_requesters)
    return or_(Ci.owner_id == actor.person_id, Ci.class_id.in_(shown))


def can_read_all(actor: Actor) -> bool:
    """Whether the actor sees the whole CMDB, with relations and impact."""
    return actor.has("cmdb.read")


def can_edit(actor: Actor) -> bool:
    """Whether the actor may change CIs and relations."""
    return actor.has("cmdb.edit")


def can_attach(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor may say which CIs a ticket concerns: who works it, and the requester."""
    return tickets.can_work(actor, ticket) or tickets.is_requester(actor, ticket)
