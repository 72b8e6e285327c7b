"""Input and output of escalation steps, the same for pages and API."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from itsm.kernel.outgoing import LONGEST_URL
from itsm.tickets.tasks.services import LONGEST_TITLE
from itsm.web.api import StrictSchema
from sla.agreements.terms import StepAction
from sla.escalations.actions import HIGHER, LARGEST_HOURS, LONGEST_SECRET, MOST_TOLD
from sla.models import ACTIONS, MORE_ACTIONS

METRIC = validate.Length(1, 40)
MOST_STEP_MEMBERS = 400
LARGEST_PERCENT = 1000
LARGEST_MINUTES = 30 * 24 * 60
NAME = validate.Length(max=255)
PRIORITIES = (HIGHER, "1", "2", "3", "4", "5")


class ActionMember(StrictSchema):
    """An action that needs more than its name; people are named by address and groups by name."""

    do = fields.String(required=True, validate=validate.OneOf((*ACTIONS, *MORE_ACTIONS)))
    groups = fields.List(fields.String(validate=NAME), validate=validate.Length(max=MOST_TOLD))
    people = fields.List(fields.String(validate=NAME), validate=validate.Length(max=MOST_TOLD))
    group = fields.String(allow_none=True, validate=NAME)
    assignee = fields.String(allow_none=True, validate=NAME)
    priority = fields.Raw(metadata={"description": "1 to 5, or `higher`"})
    title = fields.String(validate=validate.Length(max=LONGEST_TITLE))
    owner = fields.String(allow_none=True, validate=NAME)
    due_hours = fields.Integer(allow_none=True, validate=validate.Range(1, LARGEST_HOURS))
    url = fields.String(validate=validate.Length(max=LONGEST_URL))
    secret = fields.String(validate=validate.Length(max=LONGEST_SECRET))


class ActionField(fields.Field[StepAction]):
    """An action: its name, or an object with `do` and what it needs."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> StepAction:
        del attr, data, kwargs
        if isinstance(value, str):
            return str(ActionMember().load({"do": value})["do"])
        if not isinstance(value, dict):
            raise ValidationError("an action is a name, or an object with `do`")
        loaded: dict[str, Any] = ActionMember().load(value)
        return loaded


class StepMember(StrictSchema):
    """What happens at a share of a target (`percent`), or business minutes from its due time (`minutes`, negative before)."""

    metric = fields.String(required=True, validate=METRIC)
    percent = fields.Integer(validate=validate.Range(1, LARGEST_PERCENT))
    minutes = fields.Integer(validate=validate.Range(-LARGEST_MINUTES, LARGEST_MINUTES))
    group = fields.String(allow_none=True, validate=NAME)
    actions = fields.List(ActionField(), required=True, validate=validate.Length(1, len(ACTIONS + MORE_ACTIONS)))
    urgent = fields.Boolean(load_default=False)


class StepOutput(Schema):
    """A step as JSON; `group` is only there for steps of one group's tickets."""

    metric = fields.String()
    percent = fields.Integer()
    minutes = fields.Integer()
    group = fields.String()
    actions = fields.List(fields.Raw())
    urgent = fields.Boolean()


class StepRow(StrictSchema):
    """One row of the form; an empty one is no step."""

    metric = fields.String(required=True, validate=METRIC)
    at = fields.Integer(validate=validate.Range(0, LARGEST_MINUTES))
    unit = fields.String(load_default="percent", validate=validate.OneOf(("percent", "before", "after")))
    remove = fields.Boolean(load_default=False)
    actions = fields.List(fields.String(validate=validate.OneOf(ACTIONS)), load_default=list)
    urgent = fields.Boolean(load_default=False)
    groups = fields.List(fields.Integer(), load_default=list, validate=validate.Length(max=MOST_TOLD))
    people = fields.String(validate=validate.Length(max=5000))
    group = fields.Integer()
    assignee = fields.String(validate=NAME)
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    title = fields.String(validate=validate.Length(max=LONGEST_TITLE))
    task_group = fields.Integer()
    owner = fields.String(validate=NAME)
    due_hours = fields.Integer(validate=validate.Range(1, LARGEST_HOURS))
    url = fields.String(validate=validate.Length(max=LONGEST_URL))
    secret = fields.String(validate=validate.Length(max=LONGEST_SECRET))
