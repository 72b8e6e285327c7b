"""Input and output of changes, the same for pages and API."""

from marshmallow import fields, validate

from change.models import RISKS, TYPES
from itsm.tickets.schemas import TEXT_LENGTH, TITLE_LENGTH, TicketChanges, TicketInput, TicketOutput
from itsm.web.api import StrictSchema

LONG = validate.Length(max=TEXT_LENGTH)
NAME = validate.Length(max=255)
MOST_NAMED = 50


class OpenChange(TicketInput):
    """A new change. `approvers` are e-mail addresses, `ci` ids or names, `model` the id or name of a standard model."""

    change_type = fields.String(data_key="type", validate=validate.OneOf(TYPES), load_default="normal")
    model = fields.String(validate=NAME)
    reason = fields.String(validate=LONG)
    plan = fields.String(validate=LONG)
    test_plan = fields.String(validate=LONG)
    backout_plan = fields.String(validate=LONG)
    planned_start_at = fields.AwareDateTime()
    planned_end_at = fields.AwareDateTime()
    risk_level = fields.String(validate=validate.OneOf(RISKS))
    risk_reason = fields.String(validate=LONG)
    outage_expected = fields.Boolean()
    approvers = fields.List(fields.Email(), validate=validate.Length(max=MOST_NAMED))
    requester = fields.Email()
    category = fields.String(validate=NAME)
    group = fields.String(validate=NAME)
    ci = fields.List(fields.String(validate=NAME), validate=validate.Length(max=MOST_NAMED))


class ChangeForm(StrictSchema):
    """The form of the page for a new change; instants are in the reader's zone, CIs one a line."""

    title = fields.String(required=True, validate=validate.Length(1, TITLE_LENGTH))
    description = fields.String(validate=LONG)
    impact = fields.Integer(validate=validate.Range(1, 4))
    urgency = fields.Integer(validate=validate.Range(1, 4))
    change_type = fields.String(data_key="type", validate=validate.OneOf(TYPES), load_default="normal")
    model = fields.String(validate=NAME)
    reason = fields.String(validate=LONG)
    plan = fields.String(validate=LONG)
    test_plan = fields.String(validate=LONG)
    backout_plan = fields.String(validate=LONG)
    planned_start_at = fields.String(validate=validate.Length(max=40))
    planned_end_at = fields.String(validate=validate.Length(max=40))
    risk_level = fields.String(validate=validate.OneOf(RISKS))
    risk_reason = fields.String(validate=LONG)
    outage_expected = fields.Boolean()
    approver_ids = fields.List(fields.Integer(), validate=validate.Length(max=MOST_NAMED))
    category = fields.String(validate=NAME)
    group = fields.String(validate=NAME)
    ci = fields.String(validate=validate.Length(max=20_000))


class PlanForm(StrictSchema):
    """The form on a change's page: the plan, or the window, or both."""

    version = fields.Integer(required=True)
    part = fields.String(validate=validate.OneOf(["plan", "window"]), load_default="plan")
    reason = fields.String(validate=LONG)
    plan = fields.String(validate=LONG)
    test_plan = fields.String(validate=LONG)
    backout_plan = fields.String(validate=LONG)
    planned_start_at = fields.String(validate=validate.Length(max=40))
    planned_end_at = fields.String(validate=validate.Length(max=40))
    risk_level = fields.String(validate=validate.OneOf(RISKS))
    risk_reason = fields.String(validate=LONG)
    outage_expected = fields.Boolean()
    approver_ids = fields.List(fields.Integer(), validate=validate.Length(max=MOST_NAMED))


class ChangeChanges(TicketChanges):
    """Facts of a change that may be changed; only what is given changes. Who asked for it stays. Rule: A3."""

    class Meta(StrictSchema.Meta):
        exclude = ("requester",)

    reason = fields.String(validate=LONG)
    plan = fields.String(validate=LONG)
    test_plan = fields.String(validate=LONG)
    backout_plan = fields.String(validate=LONG)
    planned_start_at = fields.AwareDateTime(allow_none=True)
    planned_end_at = fields.AwareDateTime(allow_none=True)
    risk_level = fields.String(validate=validate.OneOf(RISKS))
    risk_reason = fields.String(validate=LONG)
    outage_expected = fields.Boolean()
    approvers = fields.List(fields.Email(), validate=validate.Length(max=MOST_NAMED))


class ChangeOutput(TicketOutput):
    """A change as JSON."""

    change_type = fields.String(data_key="type")
    model_id = fields.Integer(allow_none=True)
    reason = fields.String()
    plan = fields.String()
    test_plan = fields.String()
    backout_plan = fields.String()
    planned_start_at = fields.AwareDateTime(allow_none=True)
    planned_end_at = fields.AwareDateTime(allow_none=True)
    risk_level = fields.String()
    risk_reason = fields.String()
    outage_expected = fields.Boolean()
    review_outcome = fields.String()
    review_notes = fields.String()


class ModelForm(StrictSchema):
    """A new model for standard changes."""

    name = fields.String(required=True, validate=validate.Length(1, 255))
    plan = fields.String(required=True, validate=validate.Length(1, TEXT_LENGTH))
    test_plan = fields.String(validate=LONG, load_default="")
    backout_plan = fields.String(validate=LONG, load_default="")
