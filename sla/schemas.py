"""Input and output of calendars, agreements and clocks, the same for pages and API."""

from typing import Any

from marshmallow import Schema, fields, validate

from itsm.kernel.paging import LARGEST_LIMIT
from itsm.web.api import StrictSchema
from sla.explanation import DAYS
from sla.models import ACTIONS, METRICS, TARGET_CHANGES

NAME = validate.Length(1, 120)
STEP_ROWS = 20
LONGEST_LIST = 200_000
MOST_WORKERS = 1000


class ListArguments(StrictSchema):
    """Query arguments of the two small collections."""

    limit = fields.Integer(validate=validate.Range(1, LARGEST_LIMIT))
    cursor = fields.String(validate=validate.Length(max=500))


class CalendarInput(StrictSchema):
    """A business calendar in the shape that `itsm sla calculate` takes, with a name."""

    name = fields.String(required=True, validate=NAME)
    tz = fields.String(required=True, validate=validate.Length(1, 64))
    weekly = fields.Raw(load_default=dict)
    holidays = fields.Raw(load_default=list)
    date_hours = fields.Raw(load_default=dict)
    groups = fields.List(fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=MOST_WORKERS))
    people = fields.List(fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=MOST_WORKERS))


class CalendarChanges(StrictSchema):
    """Members of a calendar; only what is given changes."""

    name = fields.String(validate=NAME)
    tz = fields.String(validate=validate.Length(1, 64))
    weekly = fields.Raw()
    holidays = fields.Raw()
    date_hours = fields.Raw()
    groups = fields.List(fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=MOST_WORKERS))
    people = fields.List(fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=MOST_WORKERS))


class CalendarOutput(Schema):
    """A business calendar as JSON; `groups` (names) and `people` (addresses) work in its hours."""

    id = fields.Integer()
    name = fields.String()
    tz = fields.String()
    weekly = fields.Raw()
    holidays = fields.Raw()
    date_hours = fields.Raw()
    groups = fields.List(fields.String())
    people = fields.List(fields.String())
    version = fields.Integer()


class TargetMember(StrictSchema):
    """Seconds that a metric may take at a priority."""

    metric = fields.String(required=True, validate=validate.OneOf(METRICS))
    priority = fields.Integer(required=True, validate=validate.Range(1, 5))
    seconds = fields.Integer(required=True, validate=validate.Range(1))


class StepMember(StrictSchema):
    """What happens at a share of a target."""

    metric = fields.String(required=True, validate=validate.OneOf(METRICS))
    percent = fields.Integer(required=True, validate=validate.Range(1, 1000))
    actions = fields.List(
        fields.String(validate=validate.OneOf(ACTIONS)), required=True, validate=validate.Length(1, len(ACTIONS))
    )
    urgent = fields.Boolean(load_default=False)


class AgreementChanges(StrictSchema):
    """Members of an agreement; only what is given changes. Calendar and organisation are named."""

    name = fields.String(validate=NAME)
    active = fields.Boolean()
    order = fields.Integer(validate=validate.Range(0, 100_000))
    condition = fields.String(validate=validate.Length(max=2000))
    organisation = fields.String(allow_none=True, validate=validate.Length(max=255))
    calendar = fields.String(validate=validate.Length(1, 255))
    pause_response = fields.Boolean()
    reopen_counts = fields.Boolean()
    target_change = fields.String(validate=validate.OneOf(TARGET_CHANGES))
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_to = fields.AwareDateTime(allow_none=True)
    targets = fields.List(fields.Nested(TargetMember), validate=validate.Length(1, 10))
    steps = fields.List(fields.Nested(StepMember), validate=validate.Length(max=STEP_ROWS))


class AgreementInput(AgreementChanges):
    """A new agreement."""

    name = fields.String(required=True, validate=NAME)
    calendar = fields.String(required=True, validate=validate.Length(1, 255))
    targets = fields.List(fields.Nested(TargetMember), required=True, validate=validate.Length(1, 10))


class AgreementOutput(Schema):
    """An agreement as JSON."""

    id = fields.Integer()
    name = fields.String()
    active = fields.Boolean()
    order = fields.Integer()
    condition = fields.String()
    organisation = fields.String(allow_none=True)
    calendar = fields.String()
    pause_response = fields.Boolean()
    reopen_counts = fields.Boolean()
    target_change = fields.String()
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_to = fields.AwareDateTime(allow_none=True)
    targets = fields.List(fields.Nested(TargetMember))
    steps = fields.List(fields.Nested(StepMember))
    version = fields.Integer()


class ReasonForm(StrictSchema):
    """Why a target was missed."""

    reason = fields.String(validate=validate.Length(max=255), load_default="")


class _CalendarFacts(StrictSchema):
    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    timezone = fields.String(required=True, validate=validate.Length(1, 64))
    holidays = fields.String(validate=validate.Length(max=LONGEST_LIST), load_default="")
    date_hours = fields.String(validate=validate.Length(max=LONGEST_LIST), load_default="")
    group_ids = fields.List(fields.Integer(), load_default=list)
    people = fields.String(validate=validate.Length(max=LONGEST_LIST), load_default="")
    country = fields.String(validate=validate.Length(2, 3))
    year = fields.Integer(validate=validate.Range(1970, 2200))
    then = fields.String(validate=validate.OneOf(["preview", "holidays", "save"]), load_default="save")


# The form of a calendar: the hours of each day in one field, dates one a line.
CalendarForm = _CalendarFacts.from_dict(
    {day: fields.String(validate=validate.Length(max=500), load_default="") for day in DAYS}, name="CalendarForm"
)


class _AgreementFacts(StrictSchema):
    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    active = fields.Boolean(load_default=False)
    order = fields.Integer(validate=validate.Range(0, 100_000), load_default=100)
    condition = fields.String(validate=validate.Length(max=2000), load_default="")
    organisation_id = fields.Integer(load_default=None)
    calendar_id = fields.Integer(required=True)
    pause_response = fields.Boolean(load_default=False)
    reopen_counts = fields.Boolean(load_default=False)
    target_change = fields.String(validate=validate.OneOf(TARGET_CHANGES), load_default="retroactive")
    valid_from = fields.String(validate=validate.Length(max=40))
    valid_to = fields.String(validate=validate.Length(max=40))
    then = fields.String(validate=validate.OneOf(["preview", "save"]), load_default="save")


def _matrix_and_steps() -> dict[str, Any]:
    rows = [f"step_{metric}_{row}" for metric in METRICS for row in range(STEP_ROWS)]
    cells = [f"target_{metric}_{priority}" for metric in METRICS for priority in range(1, 6)]
    return {
        **{cell: fields.String(validate=validate.Length(max=20)) for cell in cells},
        **{f"{row}_percent": fields.Integer(validate=validate.Range(1, 1000)) for row in rows},
        **{f"{row}_urgent": fields.Boolean(load_default=False) for row in rows},
        **{f"{row}_actions": fields.List(fields.String(validate=validate.OneOf(ACTIONS))) for row in rows},
    }


# The form of an agreement: its facts, a matrix of targets, and rows of steps.
AgreementForm = _AgreementFacts.from_dict(_matrix_and_steps(), name="AgreementForm")
