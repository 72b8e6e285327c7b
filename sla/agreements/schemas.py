"""Input and output of calendars, agreements and clocks, the same for pages and API."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from marshmallow import Schema, fields, validate

from itsm.kernel.paging import LARGEST_LIMIT
from itsm.web.api import StrictSchema
from sla.escalations.schemas import MOST_STEP_MEMBERS, StepMember, StepOutput
from sla.models import KINDS, TARGET_CHANGES

NAME = validate.Length(1, 120)
METRIC = validate.Length(1, 40)
MOST_TARGETS = 120  # of 24 metrics, the site's own among them, at five priorities
LONGEST_CONDITION = 2000
KEPT_FORMS = 32


class ListArguments(StrictSchema):
    """Query arguments of the two small collections."""

    limit = fields.Integer(validate=validate.Range(1, LARGEST_LIMIT))
    cursor = fields.String(validate=validate.Length(max=500))


class TargetMember(StrictSchema):
    """Seconds that a metric may take at a priority."""

    metric = fields.String(required=True, validate=METRIC)
    priority = fields.Integer(required=True, validate=validate.Range(1, 5))
    seconds = fields.Integer(required=True, validate=validate.Range(1))


class AgreementChanges(StrictSchema):
    """Members of an agreement; only what is given changes. Calendar and organisation are named."""

    name = fields.String(validate=NAME)
    active = fields.Boolean()
    order = fields.Integer(validate=validate.Range(0, 100_000))
    condition = fields.String(validate=validate.Length(max=2000))
    organisation = fields.String(allow_none=True, validate=validate.Length(max=255))
    group = fields.String(allow_none=True, validate=validate.Length(max=255))
    supplier = fields.String(allow_none=True, validate=validate.Length(max=255))
    service = fields.String(allow_none=True, validate=validate.Length(max=255))
    calendar = fields.String(validate=validate.Length(1, 255))
    pause_response = fields.Boolean()
    reopen_counts = fields.Boolean()
    target_change = fields.String(validate=validate.OneOf(TARGET_CHANGES))
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_to = fields.AwareDateTime(allow_none=True)
    targets = fields.List(fields.Nested(TargetMember), validate=validate.Length(1, MOST_TARGETS))
    steps = fields.List(fields.Nested(StepMember), validate=validate.Length(max=MOST_STEP_MEMBERS))


class AgreementInput(AgreementChanges):
    """A new agreement; its kind is `sla` (customer), `ola` (group) or `uc` (supplier)."""

    kind = fields.String(validate=validate.OneOf(KINDS), load_default="sla")
    name = fields.String(required=True, validate=NAME)
    calendar = fields.String(required=True, validate=validate.Length(1, 255))
    targets = fields.List(fields.Nested(TargetMember), required=True, validate=validate.Length(1, MOST_TARGETS))


class AgreementOutput(Schema):
    """An agreement as JSON."""

    id = fields.Integer()
    name = fields.String()
    active = fields.Boolean()
    order = fields.Integer()
    condition = fields.String()
    kind = fields.String()
    organisation = fields.String(allow_none=True)
    group = fields.String(allow_none=True)
    supplier = fields.String(allow_none=True)
    service = fields.String(allow_none=True)
    calendar = fields.String()
    pause_response = fields.Boolean()
    reopen_counts = fields.Boolean()
    target_change = fields.String()
    valid_from = fields.AwareDateTime(allow_none=True)
    valid_to = fields.AwareDateTime(allow_none=True)
    targets = fields.List(fields.Nested(TargetMember))
    steps = fields.List(fields.Nested(StepOutput))
    version = fields.Integer()


class MetricOutput(Schema):
    """A metric of the site's own as JSON; the conditions are texts of the query language."""

    id = fields.Integer()
    key = fields.String()
    name = fields.String()
    start = fields.String()
    pause = fields.String()
    resume = fields.String()
    stop = fields.String()
    reset = fields.String()
    cancel = fields.String()
    version = fields.Integer()


class MetricInput(StrictSchema):
    """A metric of the site's own."""

    key = fields.String(required=True, validate=validate.Length(2, 40))
    name = fields.String(required=True, validate=validate.Length(1, 80))
    start = fields.String(required=True, validate=validate.Length(1, LONGEST_CONDITION))
    pause = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    resume = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    stop = fields.String(required=True, validate=validate.Length(1, LONGEST_CONDITION))
    reset = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    cancel = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")


class MetricChanges(StrictSchema):
    """Members of a metric; only what is given changes."""

    name = fields.String(validate=validate.Length(1, 80))
    start = fields.String(validate=validate.Length(1, LONGEST_CONDITION))
    pause = fields.String(validate=validate.Length(max=LONGEST_CONDITION))
    resume = fields.String(validate=validate.Length(max=LONGEST_CONDITION))
    stop = fields.String(validate=validate.Length(1, LONGEST_CONDITION))
    reset = fields.String(validate=validate.Length(max=LONGEST_CONDITION))
    cancel = fields.String(validate=validate.Length(max=LONGEST_CONDITION))


class ReasonForm(StrictSchema):
    """Why a target was missed."""

    reason = fields.String(validate=validate.Length(max=255), load_default="")


class _AgreementFacts(StrictSchema):
    version = fields.Integer()
    kind = fields.String(validate=validate.OneOf(KINDS), load_default="sla")
    name = fields.String(required=True, validate=NAME)
    active = fields.Boolean(load_default=False)
    order = fields.Integer(validate=validate.Range(0, 100_000), load_default=100)
    condition = fields.String(validate=validate.Length(max=2000), load_default="")
    organisation_id = fields.Integer(load_default=None)
    group_id = fields.Integer(load_default=None)
    supplier_id = fields.Integer(load_default=None)
    service_id = fields.Integer(load_default=None)
    calendar_id = fields.Integer(required=True)
    pause_response = fields.Boolean(load_default=False)
    reopen_counts = fields.Boolean(load_default=False)
    target_change = fields.String(validate=validate.OneOf(TARGET_CHANGES), load_default="retroactive")
    valid_from = fields.String(validate=validate.Length(max=40))
    valid_to = fields.String(validate=validate.Length(max=40))
    then = fields.String(validate=validate.OneOf(["preview", "save"]), load_default="save")


def _matrix(metrics: Sequence[str]) -> dict[str, Any]:
    cells = [f"target_{metric}_{priority}" for metric in metrics for priority in range(1, 6)]
    return {cell: fields.String(validate=validate.Length(max=20)) for cell in cells}


@lru_cache(maxsize=KEPT_FORMS)
def agreement_form(metrics: tuple[str, ...]) -> type[Schema]:
    """The form of an agreement: its facts, and a matrix of targets of these metrics; `step_forms` reads its steps."""
    return _AgreementFacts.from_dict(_matrix(metrics), name="AgreementForm")


class MetricForm(StrictSchema):
    """A metric of the site's own as its page sends it."""

    version = fields.Integer()
    key = fields.String(validate=validate.Length(max=40), load_default="")
    name = fields.String(required=True, validate=validate.Length(1, 80))
    start = fields.String(required=True, validate=validate.Length(1, LONGEST_CONDITION))
    pause = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    resume = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    stop = fields.String(required=True, validate=validate.Length(1, LONGEST_CONDITION))
    reset = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    cancel = fields.String(validate=validate.Length(max=LONGEST_CONDITION), load_default="")
    then = fields.String(validate=validate.OneOf(["save", "delete"]), load_default="save")
