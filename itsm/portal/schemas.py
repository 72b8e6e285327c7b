"""What the portal's forms take."""

from marshmallow import fields, validate

from itsm.tickets.schemas import TEXT_LENGTH, TITLE_LENGTH
from itsm.web.api import StrictSchema


class Trouble(StrictSchema):
    """Something is broken: what, for how many, how badly."""

    title = fields.String(required=True, validate=validate.Length(1, TITLE_LENGTH))
    description = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")
    impact = fields.Integer(validate=validate.Range(1, 4), load_default=4)
    urgency = fields.Integer(validate=validate.Range(1, 4), load_default=3)
    category_id = fields.Integer(allow_none=True)


class Reply(StrictSchema):
    """A message in the conversation."""

    body = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")


class Step(StrictSchema):
    """A step that the requester takes, based on the version that was shown."""

    version = fields.Integer()
    note = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")
