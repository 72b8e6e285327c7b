"""Input of discovery's pages."""

from marshmallow import fields, validate

from cmdb.discovery.client.credentials import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from cmdb.discovery.sweep import PACKETS_PER_SECOND_MAX
from itsm.web.api import StrictSchema

NAME = validate.Length(1, 120)
TARGETS = validate.Length(max=4000)


class RangeInput(StrictSchema):
    """A range of addresses that may be scanned; networks and exclusions one a line or separated by commas."""

    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    network = fields.String(required=True, validate=TARGETS)
    exclusions = fields.String(load_default="", validate=TARGETS)
    site_id = fields.Integer(load_default=None)
    credential_1 = fields.Integer(load_default=None)
    credential_2 = fields.Integer(load_default=None)
    credential_3 = fields.Integer(load_default=None)
    port = fields.Integer(load_default=161, validate=validate.Range(1, 65535))
    packets_per_second = fields.Integer(load_default=1000, validate=validate.Range(1, PACKETS_PER_SECOND_MAX))
    every_hours = fields.Integer(load_default=0, validate=validate.Range(0, 24 * 365))
    allow_public = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)


class CredentialInput(StrictSchema):
    """A credential; when one is edited, an empty secret keeps the stored one."""

    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    snmp_version = fields.String(required=True, validate=validate.OneOf(["v1", "v2c", "v3"]))
    community = fields.String(load_default="", validate=validate.Length(max=255))
    user = fields.String(load_default="", validate=validate.Length(max=32))
    auth_protocol = fields.String(load_default="", validate=validate.OneOf(["", *AUTH_PROTOCOLS]))
    auth_key = fields.String(load_default="", validate=validate.Length(max=255))
    priv_protocol = fields.String(load_default="", validate=validate.OneOf(["", *PRIV_PROTOCOLS]))
    priv_key = fields.String(load_default="", validate=validate.Length(max=255))
    context = fields.String(load_default="", validate=validate.Length(max=255))


class ScanForm(StrictSchema):
    """Start a scan, for real or only to look."""

    dry_run = fields.Boolean(load_default=False)
