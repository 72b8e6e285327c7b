"""What people count and measure of problems, and what the query language asks of them beyond any ticket."""

from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.query.fields import Field, FieldType
from itsm.query.filters import column_field
from itsm.tickets.measures import OFFERED, cube_of, own_fields
from problem.models import Problem

TABLE = Problem.__table__


def fields_for(actor: Actor) -> list[Field]:
    """The fields of problems that every reader of them may ask for."""
    del actor
    known_error = column_field("known_error", FieldType.BOOLEAN, _("Known error"), TABLE.c.known_error)
    return own_fields("problem", _("Problem"), TABLE, [known_error])


CUBES = (cube_of("problems", _("Problems"), "kind = problem", offered=("problem.known_error", *OFFERED[1:])),)
