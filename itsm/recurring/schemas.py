"""Input and output of recurring tickets, for pages and API."""

from datetime import date

from marshmallow import Schema, fields, validate

from itsm.recurring.kinds import KINDS
from itsm.recurring.rule import FREQUENCIES, LONGEST
from itsm.recurring.wording import WEEKDAYS
from itsm.web.api import StrictSchema

NAME = validate.Length(1, 255)
TEXT = validate.Length(max=50_000)
ID = validate.Range(1, 2**53)
DAY = validate.Range(date(2000, 1, 1), date(2200, 1, 1))
TIME = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$")
OFF_DAYS = ("", "skip", "move")


class _Facts(StrictSchema):
    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    kind = fields.String(load_default="incident", validate=validate.OneOf(list(KINDS)))
    title = fields.String(required=True, validate=NAME)
    description = fields.String(load_default="", validate=TEXT)
    impact = fields.Integer(load_default=4, validate=validate.Range(1, 4))
    urgency = fields.Integer(load_default=3, validate=validate.Range(1, 4))
    starts_on = fields.Date(required=True, validate=DAY)
    time = fields.String(required=True, validate=TIME)
    timezone = fields.String(required=True, validate=NAME)
    off_days = fields.String(load_default="", validate=validate.OneOf(OFF_DAYS))
    skip_if_open = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)


class RecurrenceForm(_Facts):
    """The page's form: the rule by unit, number and weekdays, or written out in `rule`."""

    requester = fields.Email(load_default=None)
    category_id = fields.Integer(load_default=None, validate=ID)
    group_id = fields.Integer(load_default=None, validate=ID)
    calendar_id = fields.Integer(load_default=None, validate=ID)
    ci = fields.String(load_default="", validate=TEXT)
    unit = fields.String(load_default="WEEKLY", validate=validate.OneOf(FREQUENCIES))
    every = fields.Integer(load_default=1, validate=validate.Range(1, 1000))
    weekdays = fields.List(fields.String(validate=validate.OneOf(list(WEEKDAYS))), load_default=list)
    rule = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    preview = fields.String(load_default="")


class RecurrenceInput(StrictSchema):
    """A new recurring ticket. `requester` is an address; category, group, calendar and CIs are ids, names or numbers."""

    name = fields.String(required=True, validate=NAME)
    kind = fields.String(load_default="incident", validate=validate.OneOf(list(KINDS)))
    title = fields.String(required=True, validate=NAME)
    description = fields.String(load_default="", validate=TEXT)
    requester = fields.Email(load_default=None, allow_none=True)
    category = fields.String(load_default=None, allow_none=True, validate=NAME)
    group = fields.String(load_default=None, allow_none=True, validate=NAME)
    impact = fields.Integer(load_default=4, validate=validate.Range(1, 4))
    urgency = fields.Integer(load_default=3, validate=validate.Range(1, 4))
    ci = fields.List(fields.String(validate=NAME), load_default=list, validate=validate.Length(max=50))
    rule = fields.String(
        required=True, validate=validate.Length(1, LONGEST), metadata={"description": "RFC 5545 RRULE"}
    )
    starts_on = fields.Date(required=True, validate=DAY)
    time = fields.String(required=True, validate=TIME)
    timezone = fields.String(required=True, validate=NAME)
    calendar = fields.String(load_default=None, allow_none=True, validate=NAME)
    off_days = fields.String(load_default="", validate=validate.OneOf(OFF_DAYS))
    skip_if_open = fields.Boolean(load_default=True)
    active = fields.Boolean(load_default=True)


class RecurrenceChanges(StrictSchema):
    """What of a recurring ticket changes; what is left out stays."""

    name = fields.String(validate=NAME)
    title = fields.String(validate=NAME)
    description = fields.String(validate=TEXT)
    requester = fields.Email(allow_none=True)
    category = fields.String(allow_none=True, validate=NAME)
    group = fields.String(allow_none=True, validate=NAME)
    impact = fields.Integer(validate=validate.Range(1, 4))
    urgency = fields.Integer(validate=validate.Range(1, 4))
    ci = fields.List(fields.String(validate=NAME), validate=validate.Length(max=50))
    rule = fields.String(validate=validate.Length(1, LONGEST))
    starts_on = fields.Date(validate=DAY)
    time = fields.String(validate=TIME)
    timezone = fields.String(validate=NAME)
    calendar = fields.String(allow_none=True, validate=NAME)
    off_days = fields.String(validate=validate.OneOf(OFF_DAYS))
    skip_if_open = fields.Boolean()
    active = fields.Boolean()


class RecurrenceOutput(Schema):
    """A recurring ticket as JSON."""

    id = fields.Integer()
    name = fields.String()
    kind = fields.String()
    title = fields.String()
    description = fields.String()
    requester = fields.String(allow_none=True)
    category_id = fields.Integer(allow_none=True)
    group = fields.String(allow_none=True)
    impact = fields.Integer()
    urgency = fields.Integer()
    ci_ids = fields.List(fields.Integer())
    rule = fields.String()
    starts_on = fields.Date()
    time = fields.String()
    timezone = fields.String()
    calendar_id = fields.Integer(allow_none=True)
    off_days = fields.String()
    skip_if_open = fields.Boolean()
    active = fields.Boolean()
    next_at = fields.DateTime(allow_none=True)
    last_ticket = fields.String(allow_none=True)
    version = fields.Integer()


class PreviewOutput(Schema):
    """When a recurring ticket would be due next."""

    items = fields.List(fields.DateTime())
    next = fields.String(allow_none=True)


class RecurrenceRunOutput(Schema):
    """What came of one time."""

    due_at = fields.DateTime()
    at = fields.DateTime()
    outcome = fields.String()
    ticket = fields.String(allow_none=True)
    passed_over = fields.Integer()
    reason = fields.String()


class RecurrenceRunPage(Schema):
    """The last times, newest first."""

    items = fields.List(fields.Nested(RecurrenceRunOutput))
    next = fields.String(allow_none=True)
