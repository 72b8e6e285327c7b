"""The form of a what-if, and its input and output as JSON."""

from typing import Any

from marshmallow import Schema, fields, validate

from itsm.web.api import StrictSchema
from sla.agreements.schemas import MOST_TARGETS, TargetMember
from sla.models import METRICS

LARGEST_ID = 2**53
LEVELS = range(1, 5)


def _id() -> fields.Integer:
    return fields.Integer(validate=validate.Range(1, LARGEST_ID))


def _tables() -> dict[str, Any]:
    """The table of targets (empty: as agreed) and the matrix of priorities."""
    targets = {f"target_{metric}_{priority}": fields.String() for metric in METRICS for priority in range(1, 6)}
    for field in targets.values():
        field.validators.append(validate.Length(max=10))
    matrix = {
        f"matrix_{impact}_{urgency}": fields.Integer(validate=validate.Range(1, 5))
        for impact in LEVELS
        for urgency in LEVELS
    }
    return {**targets, **matrix}


class _WhatIfFacts(StrictSchema):
    """The period and what is to be replaced."""

    from_day = fields.Date(data_key="from", required=True)
    to_day = fields.Date(data_key="to", required=True)
    agreement = _id()
    instead = _id()
    hours = _id()
    calendar = _id()
    calendar_instead = _id()


WhatIfForm = _WhatIfFacts.from_dict(_tables(), name="WhatIfForm")


class WhatIfInput(_WhatIfFacts):
    """Days [from, to) and what is to be replaced, by id; targets take the place of those that the agreement has."""

    timezone = fields.String(validate=validate.Length(max=60), metadata={"description": "of the days; else your own"})
    targets = fields.List(fields.Nested(TargetMember), load_default=list, validate=validate.Length(max=MOST_TARGETS))
    matrix = fields.List(
        fields.List(fields.Integer(validate=validate.Range(1, 5)), validate=validate.Length(equal=len(LEVELS))),
        validate=validate.Length(equal=len(LEVELS)),
        metadata={"description": "priorities: a row for each impact, in it one for each urgency"},
    )


class WhatIfFigure(Schema):
    """How many targets were met and missed, before and then; without a `priority` of all."""

    kind = fields.String()
    metric = fields.String()
    priority = fields.Integer(allow_none=True)
    met_before = fields.Integer()
    missed_before = fields.Integer()
    met_after = fields.Integer()
    missed_after = fields.Integer()


class WhatIfSide(Schema):
    """How a target counts: `met`, `missed`, or nothing."""

    counts = fields.String()
    priority = fields.Integer()
    due_at = fields.AwareDateTime(allow_none=True)


class WhatIfChange(Schema):
    """A target that would count otherwise."""

    ticket = fields.String()
    title = fields.String()
    agreement = fields.String()
    metric = fields.String()
    before = fields.Nested(WhatIfSide)
    after = fields.Nested(WhatIfSide)


class WhatIfResult(Schema):
    """What came out: `changed` targets of `tickets` tickets, of which `changes` lists the first 100.

    `cut` says that older tickets were left out; `drift` counts targets that differ from what is stored even unchanged.
    """

    looked_at = fields.Integer()
    cut = fields.Boolean()
    drift = fields.Integer()
    changed = fields.Integer()
    tickets = fields.Integer()
    figures = fields.List(fields.Nested(WhatIfFigure))
    changes = fields.List(fields.Nested(WhatIfChange))


class WhatIfOutput(Schema):
    """A what-if: `state` is queued, running, done, failed or cancelled; `result` comes when it is done."""

    id = fields.Integer()
    title = fields.String()
    state = fields.String()
    percent = fields.Integer()
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    error = fields.String()
    result = fields.Nested(WhatIfResult, allow_none=True)
