"""What people count and measure of incidents, and what the query language asks of them beyond any ticket."""

from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.query.fields import Field, FieldType
from itsm.query.filters import column_field
from itsm.tickets.measures import OFFERED, cube_of, own_fields

TABLE = Incident.__table__


def fields_for(actor: Actor) -> list[Field]:
    """The fields of incidents that every reader of them may ask for."""
    del actor
    columns = (
        column_field("first_contact", FieldType.BOOLEAN, _("Resolved at first contact"), TABLE.c.first_contact),
        column_field("major", FieldType.BOOLEAN, _("Major incident"), TABLE.c.is_major),
    )
    return own_fields("incident", _("Incident"), TABLE, columns)


CUBES = (
    cube_of(
        "incidents",
        _("Incidents"),
        "kind = incident",
        offered=(*OFFERED[1:], "incident.first_contact", "incident.major"),
    ),
)
