"""Input and output of saved views and bulks."""

from typing import Any

from marshmallow import Schema, fields, validate

from itsm.identity.sharing import SCOPES
from itsm.kernel.module import registry
from itsm.tickets.desk.queues import TONES
from itsm.tickets.desk.services import MOST_COLOURS, MOST_COLUMNS
from itsm.tickets.models import Ticket
from itsm.tickets.queries import GROUPINGS, ORDERS
from itsm.tickets.schemas import LARGEST_ID, StepForm, step_form
from itsm.web.api import StrictSchema

QUERY_LENGTH = 2000
NAME_LENGTH = 100


def _id() -> fields.Integer:
    return fields.Integer(validate=validate.Range(1, LARGEST_ID), allow_none=True)


class ColourInput(StrictSchema):
    """A colour rule: rows that fit the query get the tone."""

    query = fields.String(required=True, validate=validate.Length(1, QUERY_LENGTH))
    tone = fields.String(required=True, validate=validate.OneOf(list(TONES)))


class ViewChanges(StrictSchema):
    """What may be changed of a saved view; only what is given changes."""

    name = fields.String(validate=validate.Length(1, NAME_LENGTH))
    scope = fields.String(validate=validate.OneOf(list(SCOPES)))
    group_id = _id()
    query = fields.String(validate=validate.Length(max=QUERY_LENGTH))
    open_only = fields.Boolean()
    columns = fields.List(fields.String(validate=validate.Length(1, 80)), validate=validate.Length(max=MOST_COLUMNS))
    sort = fields.String(validate=validate.OneOf(list(ORDERS)))
    grouping = fields.String(validate=validate.OneOf(["", *GROUPINGS]))
    colours = fields.List(fields.Nested(ColourInput), validate=validate.Length(max=MOST_COLOURS))


class ViewInput(ViewChanges):
    """A new saved view."""

    name = fields.String(required=True, validate=validate.Length(1, NAME_LENGTH))


class ViewOutput(Schema):
    """A saved view; `fault` says why its query can no longer be read, empty when it can."""

    id = fields.Integer()
    name = fields.String()
    scope = fields.String()
    group_id = fields.Integer(allow_none=True)
    owner_id = fields.Integer()
    query = fields.String()
    open_only = fields.Boolean()
    columns = fields.List(fields.String())
    sort = fields.String()
    grouping = fields.String()
    colours = fields.List(fields.Nested(ColourInput))
    count = fields.Integer(metadata={"description": "tickets in it that you may read, counted to 1,001 at most"})
    fault = fields.String()
    version = fields.Integer()


class ViewForm(StrictSchema):
    """The form of a saved view; the rules are read row by row."""

    version = fields.Integer()
    name = fields.String(required=True, validate=validate.Length(1, NAME_LENGTH))
    scope = fields.String(validate=validate.OneOf(list(SCOPES)), load_default="own")
    group_id = _id()
    query = fields.String(validate=validate.Length(max=QUERY_LENGTH), load_default="")
    open_only = fields.Boolean(load_default=False)
    columns = fields.List(fields.String(validate=validate.Length(1, 80)), load_default=list)
    sort = fields.String(validate=validate.OneOf(list(ORDERS)), load_default="due")
    grouping = fields.String(validate=validate.OneOf(list(GROUPINGS)), load_default="")
    tones = fields.List(fields.String(validate=validate.Length(max=10)), load_default=list)
    rules = fields.List(fields.String(validate=validate.Length(max=QUERY_LENGTH)), load_default=list)


class ColumnsForm(StrictSchema):
    """The columns of a queue, in their order; `everyone` returns to those that everyone has."""

    view = fields.String(required=True, validate=validate.Length(1, 40))
    columns = fields.List(fields.String(validate=validate.Length(1, 80)), load_default=list)
    everyone = fields.Boolean(load_default=False)


class FavouriteForm(StrictSchema):
    """Puts a queue among the favourites, takes it away, or moves it one place up."""

    view = fields.String(required=True, validate=validate.Length(1, 40))
    do = fields.String(required=True, validate=validate.OneOf(["add", "remove", "up"]))


class BulkForm(StepForm):
    """What shall change in many tickets, and which: `chosen` are ids with commas between."""

    chosen = fields.String(required=True, validate=validate.Regexp(r"^\d{1,18}(,\d{1,18}){0,4999}$"))
    back = fields.String(validate=validate.Length(max=4000), load_default="/desk")
    group_id = _id()
    assignee_id = _id()
    nobody = fields.Boolean()
    priority = fields.Integer(validate=validate.Range(1, 5))
    reason = fields.String(validate=validate.Length(max=255))
    impact = fields.Integer(validate=validate.Range(1, 4))
    urgency = fields.Integer(validate=validate.Range(1, 4))
    category_id = _id()
    step = fields.String(validate=validate.Length(max=50))
    watch = fields.Boolean()
    parent = fields.String(validate=validate.Length(max=20))


def bulk_form() -> type[Schema]:
    """The form of a bulk, with the texts that steps of any kind of ticket take."""
    kinds = (mapper.class_ for mapper in Ticket.__mapper__.self_and_descendants)
    texts = tuple(sorted({name for kind in kinds for name in kind.step_texts}))
    actions = {name: _id() for name in registry().bulk_actions}
    form: type[Schema] = type("BulkForm", (BulkForm, step_form(texts)), actions)
    return form


CHANGES = frozenset(
    (
        "group_id",
        "assignee_id",
        "nobody",
        "priority",
        "reason",
        "impact",
        "urgency",
        "category_id",
        "step",
        "watch",
        "parent",
    )
)


def as_wanted(data: dict[str, Any]) -> dict[str, Any]:
    """A bulk form as `bulk.change_all` takes it: the changes, with the fields of the step apart."""
    changes = CHANGES | registry().bulk_actions.keys()
    apart = changes | {"chosen", "back", "version"}
    wanted = {name: value for name, value in data.items() if name in changes}
    return wanted | {"fields": {name: value for name, value in data.items() if name not in apart}}
