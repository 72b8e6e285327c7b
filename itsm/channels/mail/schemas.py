"""Input of the mail pages."""

from marshmallow import fields, validate

from itsm.web.api import StrictSchema

SECURITY = ("ssl", "starttls", "none")


class MailboxForm(StrictSchema):
    """A mailbox; an empty password keeps the present one."""

    version = fields.Integer()
    name = fields.String(required=True, validate=validate.Length(1, 100))
    address = fields.String(required=True, validate=validate.Length(3, 254))
    host = fields.String(validate=validate.Length(max=255), load_default="")
    port = fields.Integer(validate=validate.Range(1, 65535), load_default=993)
    security = fields.String(validate=validate.OneOf(SECURITY), load_default="ssl")
    user = fields.String(validate=validate.Length(max=255), load_default="")
    password = fields.String(validate=validate.Length(max=500), load_default="")
    folder = fields.String(validate=validate.Length(max=255), load_default="INBOX")
    archive_folder = fields.String(validate=validate.Length(max=255), load_default="")
    group_id = fields.Integer(load_default=None)
    accepts_unknown = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
