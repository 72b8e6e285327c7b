"""The forecast as JSON."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from itsm.tickets.pages import number_of
from itsm.web.access import current_actor, requires
from sla.forecast.listing import Likely, forecast
from sla.forecast.views import ForecastArguments

blueprint = Blueprint("sla-forecast-api", __name__, description="Which targets are likely to be missed")


class LikelyOutput(Schema):
    """A running clock: of `of` similar ones `late` missed their target, so it is missed with `percent` % likelihood."""

    ticket = fields.String()
    title = fields.String()
    metric = fields.String()
    priority = fields.Integer()
    group_id = fields.Integer(allow_none=True)
    due_at = fields.AwareDateTime()
    elapsed_seconds = fields.Integer(metadata={"description": "open seconds counted so far"})
    left_seconds = fields.Integer(metadata={"description": "open seconds until it is due"})
    percent = fields.Integer()
    late = fields.Integer()
    of = fields.Integer()
    alike = fields.String(metadata={"description": "what similar clocks have in common"})
    why = fields.String()


class ForecastOutput(Schema):
    """The likeliest first, at most 100; of `looked_at` clocks `unknown` have no forecast, `more` may run beyond those."""

    items = fields.List(fields.Nested(LikelyOutput))
    next = fields.String(allow_none=True)
    looked_at = fields.Integer()
    unknown_ = fields.Integer(data_key="unknown")  # `unknown` is a word of schemas
    more = fields.Boolean()
    learned_at = fields.AwareDateTime(allow_none=True)


def _as_json(each: Likely) -> dict[str, Any]:
    row, chance = each.row, each.chance
    shown = {name: getattr(row, name) for name in ("title", "metric", "priority", "group_id", "due_at")}
    return shown | {
        "ticket": number_of(row.kind, row.ticket_id),
        "elapsed_seconds": each.elapsed,
        "left_seconds": each.left,
        "percent": each.percent,
        "late": chance.late,
        "of": chance.of,
        "alike": chance.level,
        "why": str(each.why),
    }


@blueprint.get("/slas/forecast")
@blueprint.arguments(ForecastArguments, location="query")
@blueprint.response(200, ForecastOutput)
@requires("sla.read")
def read_forecast(arguments: dict[str, Any]) -> dict[str, Any]:
    """The running clocks of tickets that you may read which are likeliest to be missed, each with why."""
    found = forecast(current_actor(), group_id=arguments.get("group"))
    facts = {name: getattr(found, name) for name in ("looked_at", "more", "learned_at")}
    return facts | {"unknown_": found.unknown, "items": [_as_json(each) for each in found.likely], "next": None}
