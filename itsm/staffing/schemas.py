"""Input and output of staffing, for pages and API."""

from datetime import UTC, date, datetime

from marshmallow import Schema, fields, validate

from itsm.staffing.choice import STRATEGIES
from itsm.staffing.words import REASONS
from itsm.web.api import CollectionArguments, StrictSchema

NAME = validate.Length(1, 255)
SHORT = validate.Length(max=255)
LEVEL = validate.Range(0, 5)
ID = validate.Range(1, 2**53)
MOST = validate.Range(0, 1000)
NOTE = validate.Length(1, 20_000)
TIME = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$")
LOCAL = validate.Length(max=40)
DAY = validate.Range(date(2000, 1, 1), date(2200, 1, 1))
INSTANT = validate.Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class SkillForm(StrictSchema):
    """The page's form of a skill."""

    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    description = fields.String(load_default="", validate=SHORT)


class LevelForm(StrictSchema):
    """Who has a skill at which level; 0 takes it away."""

    person_id = fields.Integer(required=True, validate=ID)
    level = fields.Integer(required=True, validate=LEVEL)


class NeedForm(StrictSchema):
    """Which level of a skill a category needs; 0 takes the need away."""

    category_id = fields.Integer(required=True, validate=ID)
    level = fields.Integer(required=True, validate=LEVEL)


class LimitForm(StrictSchema):
    """How many open tickets a person takes at most; empty is no limit."""

    most_open = fields.Integer(load_default=None, validate=MOST)


class StrategyForm(StrictSchema):
    """How a group's tickets find their assignee."""

    version = fields.Integer(load_default=None)
    strategy = fields.String(required=True, validate=validate.OneOf(STRATEGIES))


class AbsenceForm(StrictSchema):
    """The page's form of an absence; instants as the reader's clocks show them."""

    version = fields.Integer(load_default=None)
    person_id = fields.Integer(load_default=None, validate=ID)
    from_at = fields.String(required=True, validate=LOCAL)
    until_at = fields.String(required=True, validate=LOCAL)
    reason = fields.String(load_default="", validate=validate.OneOf(["", *REASONS]))
    note = fields.String(load_default="", validate=SHORT)
    deputy_id = fields.Integer(load_default=None, validate=ID)


class HandForm(StrictSchema):
    """Which tickets of an absent person the deputy gets."""

    ticket_ids = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=200))


class RotaForm(StrictSchema):
    """The page's form of a rota; people as addresses in order, one a line or with commas."""

    version = fields.Integer(load_default=None)
    name = fields.String(required=True, validate=NAME)
    group_id = fields.Integer(required=True, validate=ID)
    timezone = fields.String(required=True, validate=validate.Length(max=60))
    starts_on = fields.Date(required=True, validate=DAY)
    handover_time = fields.String(required=True, validate=TIME)
    people = fields.String(required=True, validate=validate.Length(max=5000))
    active = fields.Boolean(load_default=False)


class OverrideForm(StrictSchema):
    """The page's form of an override."""

    person_id = fields.Integer(required=True, validate=ID)
    from_at = fields.String(required=True, validate=LOCAL)
    until_at = fields.String(required=True, validate=LOCAL)
    note = fields.String(load_default="", validate=SHORT)


class NoteInput(StrictSchema):
    """A hand-over note."""

    body = fields.String(required=True, validate=NOTE)


class ReassignForm(StrictSchema):
    """Another assignee for a ticket; empty gives it back to its group."""

    ticket_id = fields.Integer(required=True, validate=ID)
    assignee_id = fields.Integer(load_default=None, validate=ID)
    version = fields.Integer(load_default=None)
    group_id = fields.Integer(load_default=None, validate=ID)


class SkillChanges(StrictSchema):
    """Facts of a skill."""

    name = fields.String(validate=NAME)
    description = fields.String(validate=SHORT)


class NewSkill(SkillChanges):
    """A new skill."""

    name = fields.String(required=True, validate=NAME)


class PersonLevel(StrictSchema):
    """Somebody's level of a skill; 0 takes it away."""

    person = fields.Email(required=True)
    level = fields.Integer(required=True, validate=LEVEL)


class CategoryLevel(StrictSchema):
    """The least level that a category needs; 0 takes the need away."""

    category_id = fields.Integer(required=True, validate=ID)
    level = fields.Integer(required=True, validate=LEVEL)


class PersonLevelOutput(Schema):
    """Somebody's level of a skill."""

    person = fields.String()
    level = fields.Integer()


class CategoryLevelOutput(Schema):
    """The least level that a category needs."""

    category_id = fields.Integer()
    level = fields.Integer()


class SkillOutput(Schema):
    """A skill as JSON."""

    id = fields.Integer()
    name = fields.String()
    description = fields.String()
    version = fields.Integer()


class SkillDetail(SkillOutput):
    """A skill with who has it and what needs it."""

    people = fields.List(fields.Nested(PersonLevelOutput))
    categories = fields.List(fields.Nested(CategoryLevelOutput))


class AbsenceChanges(StrictSchema):
    """An absence through the API; people are e-mail addresses."""

    from_at = fields.AwareDateTime(validate=INSTANT)
    until_at = fields.AwareDateTime(validate=INSTANT)
    reason = fields.String(validate=validate.OneOf(["", *REASONS]))
    note = fields.String(validate=SHORT)
    deputy = fields.Email(allow_none=True)


class NewAbsence(AbsenceChanges):
    """A new absence; without `person` one's own."""

    person = fields.Email()
    from_at = fields.AwareDateTime(required=True, validate=INSTANT)
    until_at = fields.AwareDateTime(required=True, validate=INSTANT)


class AbsenceArguments(CollectionArguments):
    """Whose absences; with `over` the past ones as well."""

    person = fields.Email()
    over = fields.Boolean(load_default=False)


class AbsenceOutput(Schema):
    """An absence as JSON; `reason` and `note` are told only to the person and to who plans the team."""

    id = fields.Integer()
    person = fields.String()
    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime()
    deputy = fields.String(allow_none=True)
    reason = fields.String()
    note = fields.String()
    version = fields.Integer()


class RotaChanges(StrictSchema):
    """Facts of a rota through the API; people are e-mail addresses in the order of their weeks."""

    name = fields.String(validate=NAME)
    group = fields.String(validate=SHORT, metadata={"description": "name or id"})
    timezone = fields.String(validate=validate.Length(1, 60))
    starts_on = fields.Date(
        validate=DAY, metadata={"description": "first hand-over day; each hand-over is on its weekday"}
    )
    handover_time = fields.String(validate=TIME)
    people = fields.List(fields.Email(), validate=validate.Length(1, 60))
    active = fields.Boolean()


class NewRota(RotaChanges):
    """A new rota."""

    name = fields.String(required=True, validate=NAME)
    group = fields.String(required=True, validate=SHORT, metadata={"description": "name or id"})
    timezone = fields.String(required=True, validate=validate.Length(1, 60))
    starts_on = fields.Date(required=True, validate=DAY, metadata={"description": "first hand-over day"})
    handover_time = fields.String(load_default="09:00", validate=TIME)
    people = fields.List(fields.Email(), required=True, validate=validate.Length(1, 60))


class OnCallOutput(Schema):
    """Who is on call: `scheduled` whose shift it is, `person` who acts (a deputy, or null)."""

    scheduled = fields.String()
    person = fields.String(allow_none=True)
    until_at = fields.AwareDateTime()
    next = fields.String(allow_none=True)


class RotaOutput(Schema):
    """A rota as JSON."""

    id = fields.Integer()
    name = fields.String()
    group = fields.String()
    timezone = fields.String()
    starts_on = fields.Date()
    handover_time = fields.String()
    people = fields.List(fields.String())
    active = fields.Boolean()
    on_call = fields.Nested(OnCallOutput, allow_none=True)
    version = fields.Integer()


class ShiftArguments(Schema):
    """The span of a schedule; at most 400 days, by default the next 28."""

    start = fields.AwareDateTime(validate=INSTANT)
    end = fields.AwareDateTime(validate=INSTANT)


class ShiftOutput(Schema):
    """Somebody's shift; `override_id` when it was swapped."""

    person = fields.String()
    from_at = fields.AwareDateTime()
    until_at = fields.AwareDateTime()
    override_id = fields.Integer(allow_none=True)


class ShiftList(Schema):
    """A schedule."""

    items = fields.List(fields.Nested(ShiftOutput))


class NewOverride(StrictSchema):
    """Somebody else on call for a while."""

    person = fields.Email(required=True)
    from_at = fields.AwareDateTime(required=True, validate=INSTANT)
    until_at = fields.AwareDateTime(required=True, validate=INSTANT)
    note = fields.String(load_default="", validate=SHORT)


class NoteOutput(Schema):
    """A hand-over note as JSON."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    author = fields.String(attribute="author_name")
    body = fields.String()


class AssignmentOutput(Schema):
    """How a group's tickets find their assignee."""

    group = fields.String()
    strategy = fields.String()
    version = fields.Integer()


class AssignmentInput(StrictSchema):
    """How a group's tickets find their assignee."""

    strategy = fields.String(required=True, validate=validate.OneOf(STRATEGIES))


class LimitInput(StrictSchema):
    """How many open tickets a person takes at most; null is no limit."""

    most_open = fields.Integer(required=True, allow_none=True, validate=MOST)


class LoadOutput(Schema):
    """How much a person has to do."""

    person = fields.String()
    open_tickets = fields.Integer()
    most_open = fields.Integer(allow_none=True)
    absent = fields.Boolean()
    deputy = fields.String(allow_none=True)


class LoadList(Schema):
    """The load of a group's members."""

    items = fields.List(fields.Nested(LoadOutput))
