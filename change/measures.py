"""What people count and measure of changes, and what the query language asks of them beyond any ticket."""

from change.lifecycle import OUTCOME_TITLES
from change.models import Change
from change.subjects import RISK_TITLES, TYPE_TITLES
from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.query.fields import Field, FieldType
from itsm.query.filters import column_field
from itsm.query.moments import duration_field
from itsm.tickets.measures import INSTANTS, OFFERED, cube_of, own_fields

TABLE = Change.__table__


def fields_for(actor: Actor) -> list[Field]:
    """The fields of changes that staff may ask for."""
    del actor
    begin, end = TABLE.c.planned_start_at, TABLE.c.planned_end_at
    columns = (
        column_field("type", FieldType.CHOICE, _("Type of change"), TABLE.c.change_type, choices=TYPE_TITLES),
        column_field("risk", FieldType.CHOICE, _("Risk"), TABLE.c.risk_level, choices=RISK_TITLES),
        column_field("outcome", FieldType.CHOICE, _("Outcome"), TABLE.c.review_outcome, choices=OUTCOME_TITLES),
        column_field("outage", FieldType.BOOLEAN, _("Outage expected"), TABLE.c.outage_expected),
        column_field("start", FieldType.INSTANT, _("Planned start"), begin),
        column_field("end", FieldType.INSTANT, _("Planned end"), end),
        duration_field("window", _("Length of the planned window"), begin, end),
        column_field("people", FieldType.NUMBER, _("People touched"), TABLE.c.touched_people),
    )
    return own_fields("change", _("Change"), TABLE, columns)


CUBES = (
    cube_of(
        "changes",
        _("Changes"),
        "kind = change",
        instants=(*INSTANTS, "change.start", "change.end"),
        offered=("change.type", "change.risk", "change.outcome", "change.outage", *OFFERED[1:], "change.window"),
    ),
)
