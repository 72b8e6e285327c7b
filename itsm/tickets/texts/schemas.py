"""Forms of texts kept ready."""

from marshmallow import fields, validate

from itsm.identity.sharing import SCOPES
from itsm.tickets.texts.services import LONGEST_BODY
from itsm.web.api import StrictSchema


class SharedForm(StrictSchema):
    """Name and owner of a text."""

    version = fields.Integer()
    name = fields.String(required=True, validate=validate.Length(1, 255))
    scope = fields.String(validate=validate.OneOf(list(SCOPES)), load_default="own")
    group_id = fields.Integer(load_default=None)
    active = fields.Boolean(load_default=False)


class ReplyForm(SharedForm):
    """A reply kept ready."""

    body = fields.String(required=True, validate=validate.Length(1, LONGEST_BODY))


class TemplateForm(SharedForm):
    """A template of tickets; what is left empty is not filled in."""

    title = fields.String(validate=validate.Length(max=255), load_default="")
    description = fields.String(validate=validate.Length(max=LONGEST_BODY), load_default="")
    category = fields.String(validate=validate.Length(max=255), load_default="")
    group = fields.String(validate=validate.Length(max=255), load_default="")
    impact = fields.String(validate=validate.OneOf(["", "1", "2", "3", "4"]), load_default="")
    urgency = fields.String(validate=validate.OneOf(["", "1", "2", "3", "4"]), load_default="")
