"""Input and output of incidents, the same for pages and API."""

from marshmallow import fields, validate

from incident.call.proposals import FIELDS
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
    custom = fields.Dict(keys=fields.String(validate=validate.Length(max=60)), values=fields.Raw(allow_none=True))
    channel = fields.String(validate=validate.OneOf(["phone", "web", "api", "mail", "chat", "portal", "event"]))


class LogCall(OpenIncident):
    """The form of a call: who calls (chosen, typed or new), what to do after saving, which proposals are not wanted.

    `add_to` is the number of an open ticket that the call is about, `part_of` of an incident that it is one more report of.
    """

    title = fields.String(validate=validate.Length(max=255), load_default="")
    caller = fields.String(validate=validate.Length(max=255))
    caller_name = fields.String(validate=validate.Length(max=255))
    caller_email = fields.Email()
    caller_phone = fields.String(validate=validate.Length(max=60))
    ci_name = fields.String(validate=validate.Length(max=255))
    declined = fields.List(fields.String(validate=validate.OneOf(FIELDS)), load_default=list)
    then = fields.String(validate=validate.OneOf(["save", "resolve", "escalate", "propose"]), load_default="save")
    add_to = fields.String(validate=validate.Length(max=20))
    part_of = fields.String(validate=validate.Length(max=20))
    note = fields.String(validate=validate.Length(max=50_000))
    resolution = fields.String(validate=validate.Length(max=50_000))
    resolution_code = fields.String(validate=validate.Length(max=50))


class IncidentOutput(TicketOutput):
    """An incident as JSON."""

    first_contact = fields.Boolean()
    is_major = fields.Boolean()


class SimilarQuestion(StrictSchema):
    """Words to compare with, instead of the incident's own title."""

    title = fields.String(validate=validate.Length(max=255))
