"""Input and output of incidents, the same for pages and API."""

from marshmallow import fields, validate

from itsm.tickets.schemas import TicketInput, TicketOutput
from itsm.web.api import StrictSchema


class OpenIncident(TicketInput):
    """A new incident. `requester` is an e-mail address; without it the caller is the requester."""

    requester = fields.Email()
    requester_id = fields.Integer()
    category = fields.String(
        validate=validate.Length(max=255), metadata={"description": "id, name or full name of a category"}
    )
    ci = fields.List(fields.String(validate=validate.Length(max=255)), validate=validate.Length(max=50))
    group = fields.String(validate=validate.Length(max=255))
    channel = fields.String(validate=validate.OneOf(["phone", "web", "api", "mail", "chat", "portal", "event"]))


class LogCall(OpenIncident):
    """The form of the page: what to do after saving."""

    then = fields.String(validate=validate.OneOf(["save", "resolve", "escalate"]), load_default="save")
    resolution = fields.String(validate=validate.Length(max=50_000))
    resolution_code = fields.String(validate=validate.Length(max=50))


class IncidentOutput(TicketOutput):
    """An incident as JSON."""

    first_contact = fields.Boolean()


class SimilarQuestion(StrictSchema):
    """Words to compare with, instead of the incident's own title."""

    title = fields.String(validate=validate.Length(max=255))
