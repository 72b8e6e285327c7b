"""Input and output of people, organisations, sites and groups, for pages and API. Passwords and hashes are in none."""

from marshmallow import Schema, fields, validate

from itsm.identity.services import ROLES
from itsm.web.api import StrictSchema

NAME = validate.Length(1, 255)
SHORT = validate.Length(max=255)


class PersonForm(StrictSchema):
    """The page's form of a person: everything is sent, so what is missing is empty."""

    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    email = fields.Email(load_default=None, validate=SHORT)
    phone = fields.String(load_default="", validate=validate.Length(max=60))
    title = fields.String(load_default="", validate=SHORT)
    organisation_id = fields.Integer(load_default=None)
    site_id = fields.Integer(load_default=None)
    manager = fields.Email(load_default=None)
    language = fields.String(load_default="", validate=validate.Length(max=10))
    timezone = fields.String(load_default="", validate=validate.Length(max=60))
    vip = fields.Boolean(load_default=False)
    sees_colleagues = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    roles = fields.List(fields.String(), load_default=list)
    group_ids = fields.List(fields.Integer(), load_default=list)


class OrganisationForm(StrictSchema):
    """The page's form of an organisation."""

    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    parent_id = fields.Integer(load_default=None)


class SiteForm(StrictSchema):
    """The page's form of a site."""

    name = fields.String(required=True, validate=NAME)
    timezone = fields.String(required=True, validate=validate.Length(max=60))
    city = fields.String(load_default="", validate=SHORT)
    country = fields.String(load_default="", validate=SHORT)


class GroupForm(StrictSchema):
    """The page's form of a group; `more` holds addresses of people to add."""

    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    level = fields.Integer(required=True, validate=validate.Range(1, 3))
    email = fields.Email(load_default="", validate=SHORT)
    manager = fields.Email(load_default=None)
    escalates_to_id = fields.Integer(load_default=None)
    restricted = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    member_ids = fields.List(fields.Integer(), load_default=list)
    more = fields.String(load_default="", validate=validate.Length(max=5000))


class PersonChanges(StrictSchema):
    """Facts of a person through the API; only what is given changes. `roles` needs `roles.grant`, `groups` `groups.edit`."""

    name = fields.String(validate=NAME)
    email = fields.Email(allow_none=True, validate=SHORT)
    phone = fields.String(validate=validate.Length(max=60))
    title = fields.String(validate=SHORT)
    organisation = fields.String(allow_none=True, validate=SHORT, metadata={"description": "name or id"})
    site = fields.String(allow_none=True, validate=SHORT, metadata={"description": "name or id"})
    manager = fields.Email(allow_none=True)
    language = fields.String(validate=validate.Length(max=10))
    timezone = fields.String(validate=validate.Length(max=60))
    vip = fields.Boolean()
    sees_colleagues = fields.Boolean()
    active = fields.Boolean()
    roles = fields.List(fields.String(validate=validate.OneOf(ROLES)), validate=validate.Length(max=len(ROLES)))
    groups = fields.List(fields.String(validate=NAME), validate=validate.Length(max=200))


class NewPerson(PersonChanges):
    """A new person."""

    name = fields.String(required=True, validate=NAME)


class PersonOutput(Schema):
    """A person as JSON; `roles`, `groups` and `can_sign_in` are told only to those who may change people."""

    id = fields.Integer()
    name = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String()
    title = fields.String()
    organisation = fields.String(allow_none=True)
    site = fields.String(allow_none=True)
    manager = fields.String(allow_none=True)
    language = fields.String()
    timezone = fields.String()
    vip = fields.Boolean()
    sees_colleagues = fields.Boolean()
    active = fields.Boolean()
    can_sign_in = fields.Boolean()
    roles = fields.List(fields.String())
    groups = fields.List(fields.String())
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    version = fields.Integer()


class OrganisationChanges(StrictSchema):
    """Facts of an organisation."""

    name = fields.String(validate=NAME)
    parent = fields.String(allow_none=True, validate=SHORT, metadata={"description": "name or id"})


class NewOrganisation(OrganisationChanges):
    """A new organisation."""

    name = fields.String(required=True, validate=NAME)


class OrganisationOutput(Schema):
    """An organisation as JSON."""

    id = fields.Integer()
    name = fields.String()
    parent = fields.String(allow_none=True)
    parent_id = fields.Integer(allow_none=True)
    path = fields.String()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    version = fields.Integer()


class GroupChanges(StrictSchema):
    """Facts and members of a group; people are e-mail addresses."""

    name = fields.String(validate=NAME)
    level = fields.Integer(validate=validate.Range(1, 3))
    email = fields.Email(validate=SHORT)
    manager = fields.Email(allow_none=True)
    escalates_to = fields.String(allow_none=True, validate=SHORT, metadata={"description": "name or id"})
    restricted = fields.Boolean()
    active = fields.Boolean()
    members = fields.List(fields.Email(), validate=validate.Length(max=2000))


class NewGroup(GroupChanges):
    """A new group."""

    name = fields.String(required=True, validate=NAME)


class GroupOutput(Schema):
    """A group as JSON."""

    id = fields.Integer()
    name = fields.String()
    level = fields.Integer()
    email = fields.String()
    manager = fields.String(allow_none=True)
    escalates_to = fields.String(allow_none=True)
    restricted = fields.Boolean()
    active = fields.Boolean()
    members = fields.List(fields.String())
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    version = fields.Integer()


class AuditArguments(Schema):
    """Query arguments of the audit log."""

    limit = fields.Integer(validate=validate.Range(1, 200))
    cursor = fields.String(validate=validate.Length(max=500))
    subject_kind = fields.String(validate=validate.Length(max=60), load_default="")
    subject_id = fields.Integer(validate=validate.Range(1, 2**62), load_default=None)
    actor = fields.String(validate=validate.Length(max=100), load_default="")
    action = fields.String(validate=validate.Length(max=60), load_default="")


class AuditOutput(Schema):
    """One entry of the audit log as JSON."""

    id = fields.Integer()
    number = fields.Integer(allow_none=True)
    at = fields.AwareDateTime()
    actor = fields.String(attribute="actor_name")
    actor_id = fields.Integer(allow_none=True)
    channel = fields.String()
    action = fields.String()
    subject_kind = fields.String()
    subject_id = fields.Integer(allow_none=True)
    changes = fields.Dict()
