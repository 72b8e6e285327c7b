"""Input and output of problems, the same for pages and API."""

from marshmallow import Schema, fields, validate

from itsm.tickets.schemas import TEXT_LENGTH, TicketChanges, TicketInput, TicketOutput
from itsm.web.api import StrictSchema

LONG = validate.Length(max=TEXT_LENGTH)


class OpenProblem(TicketInput):
    """A new problem; `incident` is the number of an incident that it caused, which is linked to it."""

    requester = fields.Email()
    category = fields.String(
        validate=validate.Length(max=255), metadata={"description": "id, name or full name of a category"}
    )
    group = fields.String(validate=validate.Length(max=255))
    root_cause = fields.String(validate=LONG)
    workaround = fields.String(validate=LONG)
    incident = fields.String(validate=validate.Length(max=20))


class ProblemChanges(TicketChanges):
    """Facts of a problem that may be changed; only what is given changes."""

    root_cause = fields.String(validate=LONG)
    workaround = fields.String(validate=LONG)


class AnalysisForm(StrictSchema):
    """The analysis form of the page."""

    version = fields.Integer(required=True)
    root_cause = fields.String(validate=LONG, load_default="")
    workaround = fields.String(validate=LONG, load_default="")


class ProblemOutput(TicketOutput):
    """A problem as JSON."""

    root_cause = fields.String()
    workaround = fields.String()
    known_error = fields.Boolean()


class CausedIncident(Schema):
    """One incident that a problem caused."""

    number = fields.String()
    title = fields.String()
    state = fields.String()
    state_category = fields.String()
    priority = fields.Integer()


class CausedIncidents(Schema):
    """The incidents of a problem: the newest of them, how many there are, and how many are still open."""

    total = fields.Integer()
    open = fields.Integer()
    items = fields.List(fields.Nested(CausedIncident))
    next = fields.String(allow_none=True)
