"""The form of a what-if."""

from typing import Any

from marshmallow import fields, validate

from itsm.web.api import StrictSchema
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
