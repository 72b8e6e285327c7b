"""What the query language asks of the CIs of a ticket: `ci = "db-orders"`, `ci.class = "Server"`, `ci is empty`."""

from sqlalchemy import select

from cmdb import filters, policy
from cmdb.models import Ci, TicketCi
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldType, Suggest
from itsm.query.filters import MOST_SUGGESTED
from itsm.query.relations import Relation
from itsm.tickets.models import Ticket

OF_CI = ("state", "serial", "criticality", "owner", "group", "site", "organisation")


def names_of(actor: Actor) -> Suggest:
    """Offers names of CIs that an actor may read, by how they begin."""

    def suggest(typed: str) -> list[tuple[str, Message]]:
        begun = select(Ci.name).where(policy.visible(actor), Ci.name.startswith(typed, autoescape=True))
        return [(name, name) for name in session.scalars(begun.order_by(Ci.name).limit(MOST_SUGGESTED))]

    return suggest


def fields_for(actor: Actor) -> list[Field]:
    """What an actor may ask of the CIs of a ticket, of those CIs that the actor may read."""
    named = select().select_from(TicketCi).join(Ci, Ci.id == TicketCi.ci_id).where(policy.visible(actor))
    relation = Relation(name="ci", title=_("CI"), near=Ticket.id, far=TicketCi.ticket_id, rows=named, groups=True)
    own = [field for field in filters.fields_for(actor) if field.name in OF_CI and field.expression is not None]
    return [
        relation.column(FieldType.TEXT, Ci.name, suggest=names_of(actor)),
        relation.field(filters.class_field()),
        *(relation.field(field) for field in own),
    ]
