"""What questions are asked with: the flat form of the page and the JSON of the API, both bounded and strict."""

from typing import Any

from marshmallow import Schema, fields, validate

from itsm.identity.sharing import SCOPES
from itsm.query.parser import MAXIMUM_LENGTH
from itsm.reports.builder.question import (
    CHARTS,
    COMPARISONS,
    KINDS,
    MOST_DIMENSIONS,
    MOST_MEASURES,
    UNITS,
    BuiltQuestion,
    Measure,
    from_json,
    read_dimension,
    read_measure,
)
from itsm.reports.builder.spans import PERIODS
from itsm.reports.schemas import FORMATS
from itsm.web.api import StrictSchema

NAME = validate.Length(max=120)
SHORT = validate.Length(max=20)
QUERY = validate.Length(max=MAXIMUM_LENGTH)
TITLE = validate.Length(1, 255)
ID = validate.Range(1, 2**53)
PLACES = range(1, MOST_MEASURES + 1)

_form: dict[str, Any] = {
    "data_set": fields.String(validate=NAME),
    "filter": fields.String(load_default="", validate=QUERY),
    "instant": fields.String(load_default="", validate=NAME),
    "period": fields.String(load_default="last_30_days", validate=validate.OneOf(list(PERIODS))),
    "from": fields.String(load_default="", validate=SHORT),
    "to": fields.String(load_default="", validate=SHORT),
    "compare": fields.String(load_default="", validate=validate.OneOf(["", *COMPARISONS])),
    "chart": fields.String(load_default="", validate=validate.OneOf(["", *CHARTS])),
    "was": fields.String(load_default="", validate=NAME),
    "series": fields.String(load_default="", validate=NAME),
    "series_width": fields.String(load_default="", validate=SHORT),
}
for _place in PLACES:
    _form[f"measure_{_place}"] = fields.String(load_default="", validate=NAME)
    _form[f"condition_{_place}"] = fields.String(load_default="", validate=QUERY)
for _place in range(1, MOST_DIMENSIONS + 1):
    _form[f"dimension_{_place}"] = fields.String(load_default="", validate=NAME)
    _form[f"width_{_place}"] = fields.String(load_default="", validate=SHORT)

QuestionForm: type[StrictSchema] = type(
    "QuestionForm", (StrictSchema,), dict(_form)
)  # the page's form, one field a choice
FORM_FIELDS = tuple(name for name in _form if name != "was")  # `was` is the data set that the form was shown for
SaveForm: type[StrictSchema] = type(
    "SaveForm",
    (StrictSchema,),
    dict(_form)
    | {
        "name": fields.String(load_default="", validate=validate.Length(max=255)),
        "scope": fields.String(load_default="own", validate=validate.OneOf(list(SCOPES))),
        "group_id": fields.Integer(load_default=None, validate=ID),
        "version": fields.Integer(load_default=None),
        "as_new": fields.String(load_default="", validate=SHORT),
    },
)  # the same with a name, for keeping it


def question_of_form(data: dict[str, Any]) -> BuiltQuestion:
    """The question that a form asks; raises `Invalid` that names its field."""
    measures = [
        read_measure(f"measure_{place}", data[f"measure_{place}"], data[f"condition_{place}"])
        for place in PLACES
        if data[f"measure_{place}"]
    ]
    dimensions = [
        read_dimension(data[f"dimension_{place}"], data[f"width_{place}"])
        for place in range(1, MOST_DIMENSIONS + 1)
        if data[f"dimension_{place}"]
    ]
    return BuiltQuestion(
        data_set=data.get("data_set", ""),
        measures=tuple(measures) or (Measure(),),
        dimensions=tuple(dimensions),
        series=read_dimension(data["series"], data["series_width"]) if data["series"] else None,
        filter=data["filter"],
        instant=data["instant"],
        period=data["period"],
        first=data["from"],
        end=data["to"],
        compare=data["compare"],
        chart=data["chart"],
    )


def form_of_question(question: BuiltQuestion) -> dict[str, str]:
    """The form's fields that ask a question; empty ones are left out."""
    found = {
        "data_set": question.data_set,
        "filter": question.filter,
        "instant": question.instant,
        "period": question.period,
        "from": question.first,
        "to": question.end,
        "compare": question.compare,
        "chart": question.chart,
    }
    for place, one in enumerate(question.measures, start=1):
        found |= {f"measure_{place}": one.text, f"condition_{place}": one.condition}
    for place, each in enumerate(question.dimensions, start=1):
        found |= {f"dimension_{place}": each.text, f"width_{place}": each.width}
    if question.series:
        found |= {"series": question.series.text, "series_width": question.series.width}
    return {name: value for name, value in found.items() if value}


ExportForm: type[StrictSchema] = type(
    "ExportForm",
    (StrictSchema,),
    dict(_form)
    | {
        "title": fields.String(load_default="", validate=validate.Length(max=255)),
        "format": fields.String(required=True, validate=validate.OneOf(FORMATS)),
    },
)  # the same, to be written as a file


class MeasureInput(StrictSchema):
    """One figure."""

    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    field = fields.String(validate=NAME, metadata={"description": "of all kinds but count and share"})
    percent = fields.Integer(validate=validate.Range(1, 99), metadata={"description": "of a percentile"})
    condition = fields.String(validate=QUERY, metadata={"description": "in the query language, of count and share"})


class DimensionInput(StrictSchema):
    """What groups are made by."""

    field = fields.String(required=True, validate=NAME)
    unit = fields.String(validate=validate.OneOf(list(UNITS)), metadata={"description": "of instants and days"})
    width = fields.String(
        validate=SHORT, metadata={"description": "of classes of numbers and durations, like 10 or 4h"}
    )


class QuestionInput(StrictSchema):
    """A question to a data set."""

    data_set = fields.String(required=True, validate=NAME)
    measures = fields.List(fields.Nested(MeasureInput), validate=validate.Length(1, MOST_MEASURES))
    dimensions = fields.List(fields.Nested(DimensionInput), validate=validate.Length(max=MOST_DIMENSIONS))
    series = fields.Nested(DimensionInput)
    filter = fields.String(validate=QUERY)
    instant = fields.String(validate=NAME, metadata={"description": "the field by which the period is cut"})
    period = fields.String(validate=validate.OneOf(list(PERIODS)))
    first = fields.Date(metadata={"description": "of the period `custom`"})
    end = fields.Date(metadata={"description": "of the period `custom`; the day before which it ends"})
    compare = fields.String(validate=validate.OneOf(list(COMPARISONS)))
    chart = fields.String(validate=validate.OneOf(list(CHARTS)))


def question_of_input(data: dict[str, Any]) -> BuiltQuestion:
    """The question that the API was given."""
    values = {**data, **{name: data[name].isoformat() for name in ("first", "end") if data.get(name)}}
    return from_json(values)


class SavedInput(StrictSchema):
    """A question to keep."""

    name = fields.String(required=True, validate=TITLE)
    scope = fields.String(load_default="own", validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    question = fields.Nested(QuestionInput, required=True)


class SavedChanges(StrictSchema):
    """What of a kept question changes; what is left out stays."""

    name = fields.String(validate=TITLE)
    scope = fields.String(validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(allow_none=True, validate=ID)
    question = fields.Nested(QuestionInput)


class SavedOutput(Schema):
    """A kept question."""

    id = fields.Integer()
    name = fields.String()
    scope = fields.String()
    group_id = fields.Integer(allow_none=True)
    owner_id = fields.Integer()
    question = fields.Dict()
    version = fields.Integer()


class DataSetOutput(Schema):
    """A data set: `fields` can be grouped by, `measures` are figures as forms hold them, `instants` cut the period."""

    name = fields.String()
    title = fields.String()
    fields_ = fields.List(fields.Dict(), data_key="fields")
    measures = fields.List(fields.Dict())
    instants = fields.List(fields.Dict())
    periods = fields.List(fields.String())


class DataSetPage(Schema):
    """All data sets that the caller may ask."""

    items = fields.List(fields.Nested(DataSetOutput))
    next = fields.String(allow_none=True)


class AnswerOutput(Schema):
    """An answer: `columns` say what `rows` hold; `drill` gives each row the filters that list what its figures count."""

    title = fields.String()
    data_set = fields.String()
    period = fields.Dict(allow_none=True)
    compared_with = fields.Dict(allow_none=True)
    timezone = fields.String()
    at = fields.String()
    columns = fields.List(fields.Dict())
    rows = fields.List(fields.Dict())
    total = fields.Dict(allow_none=True)
    drill = fields.List(fields.Dict())
    notes = fields.List(fields.String())
    chart = fields.Dict(allow_none=True)


SUBSCRIBED = ("pdf", "xlsx", "csv")
RHYTHM_NAMES = ("daily", "weekly", "monthly")
TIME = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$")


class SubscriptionArguments(StrictSchema):
    """Period and scope of a ready report."""

    preset = fields.String(validate=SHORT)
    organisation = fields.Integer(validate=ID)
    agreement = fields.Integer(validate=ID)


class SubscriptionChanges(StrictSchema):
    """What of a subscription changes; what is left out stays. `saved_id` takes the place of `report` and the other way."""

    saved_id = fields.Integer(validate=ID, metadata={"description": "a kept question"})
    report = fields.String(validate=NAME, metadata={"description": "a ready report"})
    arguments = fields.Nested(SubscriptionArguments, metadata={"description": "of a ready report"})
    rhythm = fields.String(validate=validate.OneOf(RHYTHM_NAMES))
    day = fields.Integer(
        validate=validate.Range(1, 31), metadata={"description": "1 Monday to 7 of a week, 1 to 31 of a month"}
    )
    time = fields.String(validate=TIME, metadata={"description": "on each recipient's own clocks"})
    file_format = fields.String(validate=validate.OneOf(SUBSCRIBED))
    active = fields.Boolean()
    people = fields.List(fields.String(validate=TITLE), validate=validate.Length(max=200))
    myself = fields.Boolean(metadata={"description": "whether it goes to you; others are named by `people`"})


class SubscriptionInput(SubscriptionChanges):
    """A report to be mailed on a schedule: a kept question, or a ready report."""

    arguments = fields.Nested(SubscriptionArguments, load_default=dict)
    rhythm = fields.String(load_default="monthly", validate=validate.OneOf(RHYTHM_NAMES))
    day = fields.Integer(load_default=1, validate=validate.Range(1, 31))
    time = fields.String(load_default="07:00", validate=TIME)
    file_format = fields.String(load_default="pdf", validate=validate.OneOf(SUBSCRIBED))
    active = fields.Boolean(load_default=True)
    people = fields.List(fields.String(validate=TITLE), load_default=list, validate=validate.Length(max=200))
    myself = fields.Boolean(load_default=False)


class RecipientOutput(Schema):
    """Somebody who is mailed a report; who ended the mails is no longer `active`."""

    person_id = fields.Integer()
    name = fields.String()
    active = fields.Boolean()
    next_at = fields.AwareDateTime(allow_none=True)


class SubscriptionOutput(Schema):
    """A report that goes out by mail; `fault` says why it could not at `failed_at`, until it goes out again."""

    id = fields.Integer()
    owner_id = fields.Integer()
    saved_id = fields.Integer(allow_none=True)
    report = fields.String(allow_none=True)
    arguments = fields.Dict()
    rhythm = fields.String()
    day = fields.Integer()
    time = fields.String()
    file_format = fields.String()
    active = fields.Boolean()
    failed_at = fields.AwareDateTime(allow_none=True)
    fault = fields.String()
    recipients = fields.List(fields.Nested(RecipientOutput))
    version = fields.Integer()


class SubscriptionForm(StrictSchema):
    """Which report goes to whom when; `what` is `saved:<id>` or `report:<name>`, `people` are addresses, one a line."""

    what = fields.String(required=True, validate=NAME)
    preset = fields.String(load_default="last_month", validate=SHORT)
    organisation = fields.Integer(load_default=None, validate=ID)
    agreement = fields.Integer(load_default=None, validate=ID)
    rhythm = fields.String(load_default="monthly", validate=validate.OneOf(RHYTHM_NAMES))
    weekday = fields.Integer(load_default=1, validate=validate.Range(1, 7))
    day = fields.Integer(load_default=1, validate=validate.Range(1, 31))
    time = fields.String(load_default="07:00", validate=TIME)
    file_format = fields.String(load_default="pdf", validate=validate.OneOf(SUBSCRIBED))
    people = fields.String(load_default="", validate=validate.Length(max=10_000))
    myself = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    version = fields.Integer(load_default=None)
