"""Input and output of the CMDB, the same for pages and API."""

from marshmallow import Schema, fields, validate

from cmdb.attributes import CHECKS
from cmdb.impact import DEEPEST, DEPTH, LARGEST, LIMIT
from itsm.web.api import CollectionArguments, StrictSchema

NAME = validate.Length(1, 255)
REFERENCE = validate.Length(max=255)
MOST_ATTRIBUTES = 300


class CiChanges(StrictSchema):
    """Facts of a CI that may be changed; only what is given changes. References are names, the owner an e-mail address."""

    class_ = fields.String(data_key="class", validate=validate.Length(1, 100))
    name = fields.String(validate=NAME)
    state = fields.String(validate=validate.Length(1, 50))
    attributes = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 100)),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=MOST_ATTRIBUTES),
    )
    serial = fields.String(validate=REFERENCE)
    criticality = fields.Integer(validate=validate.Range(1, 4))
    site = fields.String(allow_none=True, validate=REFERENCE)
    organisation = fields.String(allow_none=True, validate=REFERENCE)
    owner = fields.Email(allow_none=True)
    group = fields.String(allow_none=True, validate=REFERENCE)


class CiInput(CiChanges):
    """A new CI."""

    class_ = fields.String(data_key="class", required=True, validate=validate.Length(1, 100))
    name = fields.String(required=True, validate=NAME)


class CiOutput(Schema):
    """A CI as JSON."""

    id = fields.Integer()
    class_ = fields.String(data_key="class", attribute="class_key")
    name = fields.String()
    state = fields.String()
    serial = fields.String()
    criticality = fields.Integer()
    site = fields.String(allow_none=True)
    organisation = fields.String(allow_none=True)
    owner = fields.String(allow_none=True)
    group = fields.String(allow_none=True)
    attributes = fields.Dict()
    origin = fields.String()
    last_seen_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    version = fields.Integer()


class CiArguments(CollectionArguments):
    """Query arguments of the list of CIs."""

    class_ = fields.String(data_key="class", validate=validate.Length(max=100))
    state = fields.String(validate=validate.Length(max=50))
    words = fields.String(validate=validate.Length(max=200))


class AttributeSchema(StrictSchema):
    """One attribute definition."""

    name = fields.String(required=True, validate=validate.Length(1, 60))
    title = fields.String(validate=validate.Length(max=100))
    type = fields.String(validate=validate.OneOf(list(CHECKS)), load_default="text")
    unit = fields.String(validate=validate.Length(max=20), load_default="")
    required = fields.Boolean(load_default=False)
    choices = fields.List(fields.String(validate=validate.Length(1, 100)), validate=validate.Length(max=200))


class ClassChanges(StrictSchema):
    """What may be changed of a class."""

    title = fields.String(validate=NAME)
    icon = fields.String(validate=validate.Length(1, 50))
    attributes = fields.List(fields.Nested(AttributeSchema), validate=validate.Length(max=MOST_ATTRIBUTES))
    abstract = fields.Boolean()
    active = fields.Boolean()
    shown_to_requesters = fields.Boolean()


class ClassInput(ClassChanges):
    """A new class below another one."""

    key = fields.String(required=True, validate=validate.Length(1, 60))
    title = fields.String(required=True, validate=NAME)
    parent = fields.String(required=True, validate=validate.Length(1, 100))


class ClassOutput(Schema):
    """A class as JSON; `attributes` are its own, `inherited` those of the classes above."""

    id = fields.Integer()
    key = fields.String()
    title = fields.String()
    parent = fields.String(allow_none=True)
    abstract = fields.Boolean()
    icon = fields.String()
    attributes = fields.List(fields.Dict())
    inherited = fields.List(fields.Dict())
    shown_to_requesters = fields.Boolean()
    active = fields.Boolean()
    version = fields.Integer()


class RelationInput(StrictSchema):
    """A new relation; ends are ids or exact names."""

    source = fields.String(required=True, validate=NAME)
    target = fields.String(required=True, validate=NAME)
    type = fields.String(required=True, validate=validate.Length(1, 60))


class RelationOutput(Schema):
    """A relation as JSON."""

    id = fields.Integer()
    source = fields.Integer()
    source_name = fields.String()
    target = fields.Integer()
    target_name = fields.String()
    type = fields.String()
    origin = fields.String()
    first_seen_at = fields.AwareDateTime()
    last_seen_at = fields.AwareDateTime()


class RelationArguments(CollectionArguments):
    """Query arguments of the list of relations."""

    ci = fields.Integer(validate=validate.Range(min=1))


class ImpactQuestion(StrictSchema):
    """Which way and how far to look."""

    direction = fields.String(validate=validate.OneOf(["down", "up"]), load_default="down")
    depth = fields.Integer(validate=validate.Range(1, DEEPEST), load_default=DEPTH)
    limit = fields.Integer(validate=validate.Range(1, LARGEST), load_default=LIMIT)


class ImpactNodeOutput(Schema):
    """A CI that is reached; `via` are the ids on the way to it."""

    id = fields.Integer()
    name = fields.String()
    class_ = fields.String(data_key="class", attribute="class_key")
    status = fields.String(attribute="state")
    criticality = fields.Integer()
    depth = fields.Integer()
    via = fields.List(fields.Integer())
    degraded = fields.Boolean()


class ImpactEdgeOutput(Schema):
    """A relation along which impact flows from `supplier` to `consumer`."""

    source = fields.Integer(attribute="source_id")
    target = fields.Integer(attribute="target_id")
    type = fields.String(attribute="type_key")
    supplier = fields.Integer(attribute="supplier_id")
    consumer = fields.Integer(attribute="consumer_id")


class ImpactOutput(Schema):
    """What an outage reaches, or what a CI needs."""

    root = fields.Nested(ImpactNodeOutput)
    direction = fields.String()
    nodes = fields.List(fields.Nested(ImpactNodeOutput))
    edges = fields.List(fields.Nested(ImpactEdgeOutput))
    services = fields.List(fields.Nested(ImpactNodeOutput))
    people_affected = fields.Integer()
    truncated = fields.Boolean()
    beyond_depth = fields.Boolean()


class RelateForm(StrictSchema):
    """The form that relates a CI to another; a `type` that begins with `-` is read backwards."""

    type = fields.String(required=True, validate=validate.Length(1, 70))
    other = fields.String(required=True, validate=NAME)


class AttachForm(StrictSchema):
    """The form that names a CI on a ticket."""

    ci = fields.String(required=True, validate=NAME)
