"""What an open page sends by itself."""

from marshmallow import fields, validate

from itsm.tickets.schemas import LARGEST_ID, TEXT_LENGTH
from itsm.web.api import StrictSchema


class DraftForm(StrictSchema):
    """What stands in the reply box, sent or not."""

    kind = fields.String(validate=validate.OneOf(["public", "internal", "work"]), load_default="public")
    body = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")
    minutes = fields.Integer(validate=validate.Range(0, 10_000), load_default=0)
    activity_id = fields.Integer(validate=validate.Range(1, LARGEST_ID), load_default=None)


class HereForm(StrictSchema):
    """A page that asks what is new: what it shows already, and whether its person types."""

    since = fields.Integer(validate=validate.Range(0, LARGEST_ID), load_default=0)
    version = fields.Integer(validate=validate.Range(0, LARGEST_ID), load_default=0)
    crowd = fields.String(validate=validate.Length(max=64), load_default="")
    show = fields.String(validate=validate.Length(max=20), load_default="")
    typing = fields.Boolean(load_default=False)
