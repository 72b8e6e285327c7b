"""Input and output that all kinds of tickets share."""

from marshmallow import Schema, fields, validate

from itsm.web.api import StrictSchema

TITLE_LENGTH = 255
TEXT_LENGTH = 200_000

LARGEST_ID = 2**62


class TicketInput(StrictSchema):
    """What every new ticket has."""

    title = fields.String(required=True, validate=validate.Length(1, TITLE_LENGTH))
    description = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")
    impact = fields.Integer(validate=validate.Range(1, 4))
    urgency = fields.Integer(validate=validate.Range(1, 4))


class TicketChanges(StrictSchema):
    """Facts of a ticket that may be changed; only what is given changes."""

    title = fields.String(validate=validate.Length(1, TITLE_LENGTH))
    description = fields.String(validate=validate.Length(max=TEXT_LENGTH))
    impact = fields.Integer(validate=validate.Range(1, 4))
    urgency = fields.Integer(validate=validate.Range(1, 4))
    category = fields.String(allow_none=True, validate=validate.Length(max=255))
    requester = fields.Email(allow_none=True)
    group = fields.String(allow_none=True, validate=validate.Length(max=255))
    assignee = fields.Email(allow_none=True)
    priority = fields.Integer(allow_none=True, validate=validate.Range(1, 5))
    priority_reason = fields.String(validate=validate.Length(max=255))
    custom = fields.Dict(keys=fields.String(validate=validate.Length(max=60)), values=fields.Raw(allow_none=True))


class FactsForm(StrictSchema):
    """The facts form of a record's page."""

    version = fields.Integer(required=True)
    was = fields.String(validate=validate.Length(max=4000), load_default="")
    title = fields.String(validate=validate.Length(1, TITLE_LENGTH))
    description = fields.String(validate=validate.Length(max=TEXT_LENGTH))
    impact = fields.Integer(validate=validate.Range(1, 4))
    urgency = fields.Integer(validate=validate.Range(1, 4))
    category_id = fields.Integer()
    priority = fields.Integer(validate=validate.Range(1, 5))
    reason = fields.String(validate=validate.Length(max=255))


class VersionForm(StrictSchema):
    """A form of which the schema reads no more than the version that was shown."""

    version = fields.Integer()


class AssignForm(StrictSchema):
    """Group and person of a ticket."""

    version = fields.Integer()
    was = fields.String(validate=validate.Length(max=4000), load_default="")
    group_id = fields.Integer()
    assignee_id = fields.Integer()


class EntryInput(StrictSchema):
    """A journal entry: public reply, internal note, or work done."""

    kind = fields.String(required=True, validate=validate.OneOf(["public", "internal", "work"]))
    body = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")
    minutes = fields.Integer(validate=validate.Range(0, 10_000), load_default=0)
    activity_id = fields.Integer(
        validate=validate.Range(1, LARGEST_ID),
        load_default=None,
        allow_none=True,
        metadata={"description": "kind of work"},
    )


class EntryForm(EntryInput):
    """The reply box of a page, which also holds the choice of a reply kept ready."""

    reply = fields.Integer(validate=validate.Range(1, LARGEST_ID), load_default=None)


class StepInput(StrictSchema):
    """One step of the life cycle with the fields that it requires."""

    name = fields.String(required=True, validate=validate.Length(1, 50))
    fields_ = fields.Dict(
        keys=fields.String(validate=validate.Length(max=50)),
        data_key="fields",
        load_default=dict,
        values=fields.Raw(allow_none=True),
    )
    despite_tasks = fields.Boolean(
        load_default=False, metadata={"description": "resolve although required tasks are open"}
    )


class StepForm(StrictSchema):
    """The form of a step on a record's page: every field that some step takes."""

    version = fields.Integer()
    despite_tasks = fields.Boolean()
    hold_reason = fields.String(validate=validate.Length(max=20))
    wake_at = fields.String(validate=validate.Length(max=40))
    note = fields.String(validate=validate.Length(max=TEXT_LENGTH))
    resolution_code = fields.String(validate=validate.Length(max=50))
    resolution = fields.String(validate=validate.Length(max=TEXT_LENGTH))


def step_form(own: tuple[str, ...]) -> type[StepForm]:
    """The step form of a kind whose steps take texts of its own."""
    form: type[StepForm] = type(
        "StepForm", (StepForm,), {name: fields.String(validate=validate.Length(max=TEXT_LENGTH)) for name in own}
    )
    return form


class LinkInput(StrictSchema):
    """A link to another ticket by its number."""

    relation = fields.String(required=True, validate=validate.Length(1, 50))
    target = fields.String(required=True, validate=validate.Length(1, 20))


class MergeInput(StrictSchema):
    """The number of the ticket in which this one goes on."""

    into = fields.String(required=True, validate=validate.Length(1, 20))


class MergeForm(MergeInput):
    """The same in a form, with the version that the person saw."""

    version = fields.Integer()


class SplitInput(StrictSchema):
    """Ids of the entries that the new ticket is about, and its title."""

    entries = fields.List(
        fields.Integer(validate=validate.Range(1, LARGEST_ID)), required=True, validate=validate.Length(1, 200)
    )
    title = fields.String(validate=validate.Length(max=255), load_default="")


class SplitForm(SplitInput):
    """The same in a form, with the version that the person saw."""

    version = fields.Integer()


class MergedOutput(Schema):
    """The number of the living or the new ticket, and what takes the step back."""

    number = fields.String()
    undo = fields.Integer(allow_none=True)


class EscalateForm(StrictSchema):
    """Functional escalation with a note that goes along."""

    note = fields.String(validate=validate.Length(max=TEXT_LENGTH), load_default="")
    group_id = fields.Integer()
    to = fields.String(validate=validate.OneOf(["level", "manager"]), load_default="level")


class TicketOutput(Schema):
    """A ticket as JSON; people are e-mail addresses, groups and categories are names."""

    number = fields.String()
    kind = fields.String()
    title = fields.String()
    description = fields.String()
    state = fields.String()
    state_category = fields.String()
    impact = fields.Integer()
    urgency = fields.Integer()
    priority = fields.Integer()
    priority_reason = fields.String()
    channel = fields.String()
    requester = fields.String(allow_none=True)
    opened_by = fields.String(allow_none=True)
    organisation = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    group = fields.String(allow_none=True)
    assignee = fields.String(allow_none=True)
    level = fields.Integer()
    hold_reason = fields.String()
    wake_at = fields.AwareDateTime(allow_none=True)
    resolution_code = fields.String()
    resolution = fields.String()
    reassignments = fields.Integer()
    reopenings = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    responded_at = fields.AwareDateTime(allow_none=True)
    resolved_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    custom = fields.Dict(keys=fields.String(), values=fields.Raw())
    version = fields.Integer()
    sla = fields.List(fields.Dict(keys=fields.String(), values=fields.Raw()))
    ci = fields.List(fields.Dict(keys=fields.String(), values=fields.Raw()))


class EntryOutput(Schema):
    """A journal entry as JSON."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.String(attribute="actor_name")
    channel = fields.String()
    kind = fields.String()
    body = fields.String()
    minutes = fields.Integer()
    by_requester = fields.Boolean()
    automatic = fields.Boolean()
    changes = fields.Dict()
