"""What people count and measure of incidents, and what the query language asks of them beyond any ticket."""

from sqlalchemy import select

from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.query.fields import Field, FieldType
from itsm.query.filters import column_field
from itsm.query.relations import Relation
from itsm.tickets.measures import OFFERED, cube_of
from itsm.tickets.models import Ticket

TABLE = Incident.__table__
OWN = Relation(
    name="incident",
    title=_("Incident"),
    near=Ticket.id,
    far=TABLE.c.ticket_id,
    rows=select().select_from(TABLE),
    single=True,
)


def fields_for(actor: Actor) -> list[Field]:
    """The fields of incidents that every reader of them may ask for."""
    del actor
    columns = (
        column_field("first_contact", FieldType.BOOLEAN, _("Resolved at first contact"), TABLE.c.first_contact),
        column_field("major", FieldType.BOOLEAN, _("Major incident"), TABLE.c.is_major),
    )
    return [OWN.field(column, title=column.title) for column in columns]


CUBES = (
    cube_of(
        "incidents",
        _("Incidents"),
        "kind = incident",
        offered=(*OFFERED[1:], "incident.first_contact", "incident.major"),
    ),
)
