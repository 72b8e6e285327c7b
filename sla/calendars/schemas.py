"""Input and output of calendars, the same for pages and API."""

from typing import Any

from marshmallow import Schema, fields, validate

from itsm.web.api import StrictSchema
from sla.agreements.schemas import NAME
from sla.calendars.models import PROPOSAL_ACTIONS, PROPOSAL_STATES, SOURCE_KINDS
from sla.calendars.recurring_days import MOST_DAYS, SYSTEMS
from sla.explanation import DAYS

LONGEST_LIST = 200_000
MOST_WORKERS = 1000
MOST_DECIDED = 1000
SHOWN_OCCURRENCES = 3
PRESETS = ("mon_fri", "mon_fri_lunch", "sat_wed", "sun_thu", "always")
MONTHS = tuple(f"{system}-{month}" for system in SYSTEMS for month in range(1, 13))
_WORKERS = fields.List(fields.String(validate=validate.Length(1, 255)), validate=validate.Length(max=MOST_WORKERS))
_YEAR = validate.Range(1900, 2400)


class RecurringMember(StrictSchema):
    """A day of every year in one of three calendars: closed, or open in `hours` only; `moved` is year → date."""

    name = fields.String(required=True, validate=validate.Length(1, 255))
    system = fields.String(required=True, validate=validate.OneOf(SYSTEMS))
    month = fields.Integer(required=True, strict=True, validate=validate.Range(1, 12))
    day = fields.Integer(required=True, strict=True, validate=validate.Range(1, 31))
    hours = fields.Raw(load_default=list)
    moved = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"[0-9]{4}\Z")),
        values=fields.String(validate=validate.Length(10, 10)),
        load_default=dict,
    )


_RECURRING = fields.List(fields.Nested(RecurringMember), validate=validate.Length(max=MOST_DAYS))
_NAMES = fields.Dict(
    keys=fields.String(validate=validate.Length(10, 10)),
    values=fields.String(validate=validate.Length(max=255)),
    validate=validate.Length(max=10_000),
)


class CalendarInput(StrictSchema):
    """A business calendar in the shape that `itsm sla calculate` takes, with a name.

    `names` says what holidays and dates with special hours are called; `recurring` are days of every year.
    """

    name = fields.String(required=True, validate=NAME)
    tz = fields.String(required=True, validate=validate.Length(1, 64))
    weekly = fields.Raw(load_default=dict)
    holidays = fields.Raw(load_default=list)
    date_hours = fields.Raw(load_default=dict)
    names = _NAMES
    recurring = _RECURRING
    groups = _WORKERS
    people = _WORKERS


class CalendarChanges(StrictSchema):
    """Members of a calendar; only what is given changes."""

    name = fields.String(validate=NAME)
    tz = fields.String(validate=validate.Length(1, 64))
    weekly = fields.Raw()
    holidays = fields.Raw()
    date_hours = fields.Raw()
    names = _NAMES
    recurring = _RECURRING
    groups = _WORKERS
    people = _WORKERS


class CalendarOutput(Schema):
    """A business calendar as JSON; `groups` (names) and `people` (addresses) work in its hours.

    `sources` says where holidays came from, such as `country:SE`; those that it does not name were entered by hand.
    """

    id = fields.Integer()
    name = fields.String()
    tz = fields.String()
    weekly = fields.Raw()
    holidays = fields.Raw()
    date_hours = fields.Raw()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    sources = fields.Dict(keys=fields.String(), values=fields.String())
    recurring = fields.List(fields.Nested(RecurringMember))
    groups = fields.List(fields.String())
    people = fields.List(fields.String())
    version = fields.Integer()


class YearArguments(StrictSchema):
    """Which year to lay out."""

    year = fields.Integer(validate=validate.Range(1901, 2399))


class YearDayOutput(Schema):
    """One day: what kind it is, the hours that are open on it and their sum."""

    date = fields.Date()
    kind = fields.String()
    hours = fields.String()
    seconds = fields.Integer()
    name = fields.String()


class YearOutput(Schema):
    """A year of a calendar, day by day."""

    year = fields.Integer()
    seconds = fields.Integer()
    days = fields.List(fields.Nested(YearDayOutput))


class SourceInput(StrictSchema):
    """A source of holidays: a country with perhaps a region, or a feed with name and address."""

    kind = fields.String(required=True, validate=validate.OneOf(["country", "feed"]))
    country = fields.String(validate=validate.Length(2, 3))
    region = fields.String(validate=validate.Length(max=40))
    year = fields.Integer(validate=_YEAR)
    name = fields.String(validate=NAME)
    address = fields.String(validate=validate.Length(1, 500))


class SourceOutput(Schema):
    """A source of holidays with how it was last read; `left_out` counts events of a feed that are no whole days."""

    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf(SOURCE_KINDS))
    code = fields.String()
    name = fields.String()
    read_at = fields.AwareDateTime(allow_none=True)
    tried_at = fields.AwareDateTime(allow_none=True)
    fault = fields.String()
    found = fields.Integer()
    left_out = fields.Integer()


class SourceList(Schema):
    """All sources of a calendar."""

    items = fields.List(fields.Nested(SourceOutput))


class ProposalArguments(StrictSchema):
    """Query arguments of proposals."""

    state = fields.String(validate=validate.OneOf(PROPOSAL_STATES), load_default="open")


class ProposalOutput(Schema):
    """A day that a source would add to the holidays, take off them or call otherwise (`name` is the new name)."""

    id = fields.Integer()
    source_id = fields.Integer()
    date = fields.Date()
    name = fields.String()
    action = fields.String(validate=validate.OneOf(PROPOSAL_ACTIONS))
    state = fields.String(validate=validate.OneOf(PROPOSAL_STATES))


class ProposalList(Schema):
    """Proposals to a calendar, by date."""

    items = fields.List(fields.Nested(ProposalOutput))


class DecisionInput(StrictSchema):
    """Ids of proposals to accept and to refuse."""

    accept = fields.List(fields.Integer(strict=True), validate=validate.Length(max=MOST_DECIDED), load_default=list)
    refuse = fields.List(fields.Integer(strict=True), validate=validate.Length(max=MOST_DECIDED), load_default=list)


class MoveOutput(Schema):
    """An open clock that would move."""

    ticket = fields.String()
    metric = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    due_then_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    state_then = fields.String()


class CalendarPreviewOutput(Schema):
    """What a change would move: of `tickets` with open clocks the first `looked_at` were computed."""

    moves = fields.List(fields.Nested(MoveOutput))
    looked_at = fields.Integer()
    tickets = fields.Integer()


class _CalendarFacts(StrictSchema):
    version = fields.Integer()
    name = fields.String(required=True, validate=NAME)
    timezone = fields.String(required=True, validate=validate.Length(1, 64))
    holidays = fields.String(validate=validate.Length(max=LONGEST_LIST), load_default="")
    date_hours = fields.String(validate=validate.Length(max=LONGEST_LIST), load_default="")
    group_ids = fields.List(fields.Integer(), load_default=list)
    people = fields.String(validate=validate.Length(max=LONGEST_LIST), load_default="")
    preset = fields.String(validate=validate.OneOf(PRESETS))
    country = fields.String(validate=validate.Length(2, 3))
    year = fields.Integer(validate=validate.Range(1970, 2200))
    shown_year = fields.Integer(validate=validate.Range(1200, 2400))
    then = fields.String(
        validate=validate.Regexp(r"(preview|holidays|preset|save|year-[0-9]{4})\Z"), load_default="save"
    )


def _days_and_rows() -> dict[str, Any]:
    rows = [f"recurring_{number}" for number in range(MOST_DAYS)]
    return {
        **{day: fields.String(validate=validate.Length(max=500), load_default="") for day in DAYS},
        **{f"{row}_name": fields.String(validate=validate.Length(max=255)) for row in rows},
        **{f"{row}_month": fields.String(validate=validate.OneOf(MONTHS)) for row in rows},
        **{f"{row}_day": fields.Integer(validate=validate.Range(1, 31)) for row in rows},
        **{f"{row}_hours": fields.String(validate=validate.Length(max=500)) for row in rows},
        **{f"{row}_moved": fields.String(validate=validate.Length(max=2000)) for row in rows},
        **{
            f"{row}_{part}_{shown}": fields.String(validate=validate.Length(max=10))
            for row in rows
            for part in ("year", "on")
            for shown in range(SHOWN_OCCURRENCES)
        },
    }


# The form of a calendar: the hours of each day in one field, dates one a line, rows of recurring days.
CalendarForm = _CalendarFacts.from_dict(_days_and_rows(), name="CalendarForm")


class SourceForm(StrictSchema):
    """The form that has a country or a feed propose holidays."""

    country = fields.String(validate=validate.Length(2, 3), load_default="")
    region = fields.String(validate=validate.Length(max=40), load_default="")
    year = fields.Integer(validate=validate.Range(1970, 2200))
    feed_name = fields.String(validate=validate.Length(max=120), load_default="")
    address = fields.String(validate=validate.Length(max=500), load_default="")


class ProposalForm(StrictSchema):
    """Proposals that were ticked, and what is to become of them."""

    proposals = fields.List(fields.Integer(), validate=validate.Length(max=MOST_DECIDED), load_default=list)
    then = fields.String(required=True, validate=validate.OneOf(["preview", "accept", "refuse"]))
