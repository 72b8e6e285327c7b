"""Input and output of dashboards."""

import json
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from itsm.identity.sharing import SCOPES
from itsm.kernel.text import _
from itsm.reports.dashboards.tiles import COLUMNS, MOST_ROWS, MOST_TILES, NARROWEST
from itsm.web.api import StrictSchema

ID = validate.Range(1, 2**53)
NAME = validate.Length(1, 255)
SOURCE = validate.Length(1, 120)
TITLE = validate.Length(max=120)
TEXT = validate.Length(max=2000)
LIMIT = validate.Range(-1e12, 1e12)
STEPS = ("earlier", "later", "narrower", "wider", "lower", "taller", "remove")


class NewBoardForm(StrictSchema):
    """A dashboard to make; `like` names the one that it begins as a copy of."""

    name = fields.String(load_default="", validate=validate.Length(max=255))
    scope = fields.String(load_default="own", validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(load_default=None, validate=ID)
    like = fields.String(load_default="", validate=validate.Length(max=40))


class BoardForm(StrictSchema):
    """A dashboard's name and whom it is for."""

    name = fields.String(load_default="", validate=validate.Length(max=255))
    scope = fields.String(load_default="own", validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(load_default=None, validate=ID)
    version = fields.Integer(required=True)


class AddForm(StrictSchema):
    """A tile to add."""

    source = fields.String(required=True, validate=SOURCE)
    text = fields.String(load_default="", validate=TEXT)


class TileForm(StrictSchema):
    """How a tile is called, what a note says, and from where a number stands out."""

    title = fields.String(load_default="", validate=TITLE)
    text = fields.String(load_default="", validate=TEXT)
    warn_above = fields.Float(load_default=None, allow_nan=False, validate=LIMIT)
    warn_below = fields.Float(load_default=None, allow_nan=False, validate=LIMIT)
    version = fields.Integer(required=True)


class StepForm(StrictSchema):
    """One small step of a tile: its place, its size, or off the dashboard."""

    do = fields.String(required=True, validate=validate.OneOf(STEPS))
    version = fields.Integer(required=True)


class PinForm(StrictSchema):
    """A kept report to pin to a dashboard of one's own; without `dashboard_id` to a new one."""

    saved_id = fields.Integer(required=True, validate=ID)
    dashboard_id = fields.Integer(load_default=None, validate=ID)


class ArrangeForm(StrictSchema):
    """The order and the sizes of all tiles, as JSON: `[[key, width, height], …]`."""

    places = fields.String(required=True, validate=validate.Length(max=4000))
    version = fields.Integer(required=True)


class PlaceInput(StrictSchema):
    """Where a tile stands: its size; the order is that of the list."""

    key = fields.String(required=True, validate=validate.Length(1, 60))
    width = fields.Integer(required=True, validate=validate.Range(NARROWEST, COLUMNS))
    height = fields.Integer(required=True, validate=validate.Range(1, MOST_ROWS))


def places_of(text: str) -> list[tuple[str, int, int]]:
    """The order and sizes that `ArrangeForm` holds; raises `ValidationError`."""
    try:
        rows = json.loads(text)
        found = [(row[0], row[1], row[2]) for row in rows]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ValidationError({"places": [str(_("Give key, width and height of every tile."))]}) from error
    keyed = [{"key": key, "width": width, "height": height} for key, width, height in found[: MOST_TILES + 1]]
    return [(each["key"], each["width"], each["height"]) for each in PlaceInput(many=True).load(keyed)]


class BoardInput(StrictSchema):
    """A dashboard to make; `like` names the one that it begins as a copy of."""

    name = fields.String(required=True, validate=NAME)
    scope = fields.String(load_default="own", validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    like = fields.String(load_default="", validate=validate.Length(max=40))


class BoardChanges(StrictSchema):
    """What of a dashboard changes; `places` put all its tiles into an order and a size."""

    name = fields.String(validate=NAME)
    scope = fields.String(validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(allow_none=True, validate=ID)
    places = fields.List(fields.Nested(PlaceInput), validate=validate.Length(max=MOST_TILES))


class TileInput(StrictSchema):
    """A tile to add: `ready:<name>`, `saved:<id>`, `queue:<name>` or `note`."""

    source = fields.String(required=True, validate=SOURCE)
    text = fields.String(load_default="", validate=TEXT)


class TileChanges(StrictSchema):
    """What of a tile changes; what is left out stays."""

    title = fields.String(validate=TITLE)
    text = fields.String(validate=TEXT)
    warn_above = fields.Float(allow_none=True, allow_nan=False, validate=LIMIT)
    warn_below = fields.Float(allow_none=True, allow_nan=False, validate=LIMIT)


class TileOutput(Schema):
    """A tile; the order of tiles is that of the list."""

    key = fields.String()
    source = fields.String()
    title = fields.String()
    text = fields.String()
    width = fields.Integer()
    height = fields.Integer()
    warn_above = fields.Float(allow_none=True)
    warn_below = fields.Float(allow_none=True)


class BoardOutput(Schema):
    """A dashboard; `id` is its name in addresses, `kept` whether people made it. Ready-made ones have no version."""

    id = fields.String()
    name = fields.String()
    kept = fields.Boolean()
    scope = fields.String(allow_none=True)
    group_id = fields.Integer(allow_none=True)
    owner_id = fields.Integer(allow_none=True)
    version = fields.Integer(allow_none=True)
    tiles = fields.List(fields.Nested(TileOutput))


class BoardPage(Schema):
    """The dashboards that the caller may open."""

    items = fields.List(fields.Nested(BoardOutput))
    next = fields.String(allow_none=True)


class FiguresOutput(Schema):
    """What a tile shows now: `answer` as the report builder gives it, `rows` of a queue, or `fault`."""

    key = fields.String()
    title = fields.String()
    shape = fields.String()
    outstanding = fields.Boolean()
    answer: fields.Field[Any] = fields.Dict(allow_none=True)
    rows = fields.List(fields.Dict())
    fault = fields.String()


class FiguresPage(Schema):
    """What every tile of a dashboard shows now."""

    items = fields.List(fields.Nested(FiguresOutput))
    next = fields.String(allow_none=True)
