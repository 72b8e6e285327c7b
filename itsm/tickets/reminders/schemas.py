"""Input and output of reminders, for pages and API."""

from marshmallow import Schema, fields, validate

from itsm.tickets.reminders.instants import CHOICES
from itsm.web.api import StrictSchema

NOTE = validate.Length(max=255)


class ReminderForm(StrictSchema):
    """When to be reminded: one of the choices, or an instant as the reader's clocks show it; and of what."""

    when = fields.String(load_default="", validate=validate.OneOf(["", *CHOICES]))
    at = fields.String(load_default="", validate=validate.Length(max=40))
    note = fields.String(load_default="", validate=NOTE)


class ReminderInput(StrictSchema):
    """A new reminder by the API."""

    ticket = fields.String(required=True, validate=validate.Length(1, 40))
    at = fields.AwareDateTime(load_default=None)
    when = fields.String(load_default="", validate=validate.OneOf(["", *CHOICES]))
    note = fields.String(load_default="", validate=NOTE)


class ReminderOutput(Schema):
    """A reminder as JSON."""

    id = fields.Integer()
    ticket = fields.String()
    title = fields.String()
    at = fields.DateTime()
    note = fields.String()
    state = fields.String()
