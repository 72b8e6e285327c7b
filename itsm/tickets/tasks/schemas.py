"""Input and output of tasks and their templates, the same for pages and API."""

from marshmallow import Schema, fields, validate

from itsm.tickets.schemas import LARGEST_ID
from itsm.web.api import StrictSchema

LONGEST_NOTE = 20_000
MOST_MINUTES = 100_000


class TaskChanges(StrictSchema):
    """Facts of a task; what is left out stays."""

    title = fields.String(validate=validate.Length(1, 255))
    note = fields.String(validate=validate.Length(max=LONGEST_NOTE))
    checklist = fields.String(validate=validate.Length(max=255))
    required = fields.Boolean()
    owner = fields.Email(allow_none=True, metadata={"description": "mail address"})
    group = fields.String(allow_none=True, validate=validate.Length(max=255), metadata={"description": "name or id"})
    due_at = fields.AwareDateTime(allow_none=True)
    minutes = fields.Integer(allow_none=True, validate=validate.Range(1, MOST_MINUTES))
    needs = fields.List(fields.Integer(validate=validate.Range(1, LARGEST_ID)), validate=validate.Length(max=50))


class TaskInput(TaskChanges):
    """A new task."""

    title = fields.String(required=True, validate=validate.Length(1, 255))


class TaskStateInput(StrictSchema):
    """Whether a task is done."""

    done = fields.Boolean(required=True)


class TaskOutput(Schema):
    """A task as JSON; `waits_for` are titles of open tasks that come first."""

    id = fields.Integer()
    title = fields.String()
    note = fields.String()
    checklist = fields.String()
    required = fields.Boolean()
    owner = fields.String()
    group = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    minutes = fields.Integer(allow_none=True)
    done = fields.Boolean()
    done_at = fields.AwareDateTime(allow_none=True)
    waits_for = fields.List(fields.String())
    version = fields.Integer()


class TaskForm(StrictSchema):
    """The page's form of a task; `due_at` is in the reader's zone."""

    version = fields.Integer()
    title = fields.String(required=True, validate=validate.Length(1, 255))
    note = fields.String(validate=validate.Length(max=LONGEST_NOTE), load_default="")
    checklist = fields.String(validate=validate.Length(max=255), load_default="")
    required = fields.Boolean(load_default=False)
    owner = fields.Email(load_default=None)
    group_id = fields.Integer(load_default=None)
    due_at = fields.String(validate=validate.Length(max=40), load_default="")
    minutes = fields.Integer(validate=validate.Range(1, MOST_MINUTES), load_default=None)
    needs = fields.List(fields.Integer(validate=validate.Range(1, LARGEST_ID)), load_default=list)


class AddTaskForm(StrictSchema):
    """The short form beside a ticket."""

    title = fields.String(required=True, validate=validate.Length(1, 255))
    required = fields.Boolean(load_default=False)
    due_at = fields.String(validate=validate.Length(max=40), load_default="")
    mine = fields.Boolean(load_default=False)
    owner_id = fields.Integer(load_default=None, validate=validate.Range(1, LARGEST_ID))


class ChecklistForm(StrictSchema):
    """Which template makes tasks."""

    template = fields.Integer(required=True, validate=validate.Range(1, LARGEST_ID))


class StateForm(StrictSchema):
    """Done or open again, and where the person came from."""

    done = fields.Boolean(load_default=False)


class TemplateForm(StrictSchema):
    """The page's form of a template; a line of `lines` is one task (see `lines.parse_lines`)."""

    version = fields.Integer()
    name = fields.String(required=True, validate=validate.Length(1, 255))
    category_id = fields.Integer(load_default=None)
    kinds = fields.List(fields.String(validate=validate.Length(1, 60)), load_default=list)
    automatic = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    lines = fields.String(required=True, validate=validate.Length(1, 50_000))
