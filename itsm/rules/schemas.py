"""Input and output of rules and macros, the same for pages and API."""

import re

from marshmallow import Schema, fields, validate

from itsm.identity.sharing import SCOPES
from itsm.rules.laboratory import MOST_DAYS
from itsm.rules.services import LONGEST_NAME
from itsm.rules.triggers import CHANGEABLE, LONGEST_MINUTES, METRICS, SHORTEST_MINUTES, TRIGGERS
from itsm.web.api import StrictSchema

DEFAULT_DAYS = 30
LONGEST_CONDITION = 2000
LONGEST_NOTE = 2000
MOST_TICKETS = 200
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class OptionsInput(StrictSchema):
    """What narrows a trigger."""

    fields_ = fields.List(fields.String(validate=validate.OneOf(list(CHANGEABLE))), data_key="fields")
    states = fields.List(fields.String(validate=validate.Length(1, 60)), validate=validate.Length(max=50))
    metric = fields.String(validate=validate.OneOf(list(METRICS)))
    percent = fields.Integer(validate=validate.Range(1, 1000))
    every_minutes = fields.Integer(validate=validate.Range(SHORTEST_MINUTES, LONGEST_MINUTES))
    at = fields.String(validate=validate.Regexp(TIME), metadata={"description": "time of the day of the site, 07:30"})
    weekdays = fields.List(fields.Integer(validate=validate.Range(0, 6)), metadata={"description": "0 is Monday"})


class TriggerInput(OptionsInput):
    """When a rule is looked at."""

    on = fields.String(required=True, validate=validate.OneOf(list(TRIGGERS)))


class RuleChanges(StrictSchema):
    """Changes of a rule; what is left out stays."""

    name = fields.String(validate=validate.Length(1, LONGEST_NAME))
    note = fields.String(validate=validate.Length(max=LONGEST_NOTE))
    kinds = fields.List(fields.String(validate=validate.Length(1, 60)), validate=validate.Length(max=20))
    trigger = fields.Nested(TriggerInput)
    condition = fields.String(validate=validate.Length(max=LONGEST_CONDITION))
    actions = fields.List(fields.Dict(keys=fields.String()), metadata={"description": "[{do: name, …}], in order"})
    stop = fields.Boolean()
    active = fields.Boolean()


class RuleInput(RuleChanges):
    """A new rule."""

    name = fields.String(required=True, validate=validate.Length(1, LONGEST_NAME))
    trigger = fields.Nested(TriggerInput, required=True)
    actions = fields.List(fields.Dict(keys=fields.String()), required=True, metadata={"description": "[{do: name, …}]"})


class RuleOutput(Schema):
    """A rule as JSON; `order` is its place among all."""

    id = fields.Integer()
    name = fields.String()
    note = fields.String()
    kinds = fields.List(fields.String())
    trigger = fields.Dict()
    condition = fields.String()
    actions = fields.List(fields.Dict())
    order = fields.Integer()
    stop = fields.Boolean()
    active = fields.Boolean()
    updated_at = fields.AwareDateTime()
    version = fields.Integer()
    findings = fields.List(fields.String(), metadata={"description": "conflicts and loops with other rules"})


class FiringOutput(Schema):
    """One run of a rule on one ticket."""

    id = fields.Integer()
    ticket = fields.String()
    at = fields.AwareDateTime()
    trigger = fields.String()
    condition = fields.String()
    outcome = fields.String()
    done = fields.List(fields.String())
    caused_by = fields.Integer(allow_none=True)


class TryInput(StrictSchema):
    """Over how many days a rule is tried."""

    days = fields.Integer(validate=validate.Range(1, MOST_DAYS), load_default=DEFAULT_DAYS)


class TryOutput(Schema):
    """What a shadow run found; `state` is `done`, or that of the background task `task` with its progress."""

    state = fields.String()
    task = fields.Integer(allow_none=True)
    percent = fields.Integer()
    trial = fields.Dict(allow_none=True)


class RuleForm(OptionsInput):
    """The page's form of a rule; its actions are read apart."""

    version = fields.Integer()
    name = fields.String(load_default="", validate=validate.Length(max=LONGEST_NAME))
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST_NOTE))
    kinds = fields.List(fields.String(), load_default=list)
    trigger = fields.String(required=True, validate=validate.OneOf(list(TRIGGERS)))
    condition = fields.String(load_default="", validate=validate.Length(max=LONGEST_CONDITION))
    stop = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    days = fields.Integer(validate=validate.Range(1, MOST_DAYS), load_default=DEFAULT_DAYS)
    add = fields.String(load_default="")
    then = fields.String(load_default="save", validate=validate.Length(max=20))


class MacroForm(StrictSchema):
    """The page's form of a macro; its actions are read apart."""

    version = fields.Integer()
    name = fields.String(load_default="", validate=validate.Length(max=LONGEST_NAME))
    scope = fields.String(load_default="own", validate=validate.OneOf(list(SCOPES)))
    group_id = fields.Integer(load_default=None)
    kinds = fields.List(fields.String(), load_default=list)
    active = fields.Boolean(load_default=False)
    add = fields.String(load_default="")
    then = fields.String(load_default="save", validate=validate.Length(max=20))


class MacroChanges(StrictSchema):
    """Changes of a macro; what is left out stays."""

    name = fields.String(validate=validate.Length(1, LONGEST_NAME))
    scope = fields.String(validate=validate.OneOf(list(SCOPES)))
    group = fields.String(allow_none=True, validate=validate.Length(max=255))
    kinds = fields.List(fields.String(validate=validate.Length(1, 60)), validate=validate.Length(max=20))
    actions = fields.List(fields.Dict(keys=fields.String()), metadata={"description": "[{do: name, …}], in order"})
    active = fields.Boolean()


class MacroInput(MacroChanges):
    """A new macro."""

    name = fields.String(required=True, validate=validate.Length(1, LONGEST_NAME))
    actions = fields.List(fields.Dict(keys=fields.String()), required=True, metadata={"description": "[{do: name, …}]"})


class MacroOutput(Schema):
    """A macro as JSON."""

    id = fields.Integer()
    name = fields.String()
    scope = fields.String()
    group = fields.String(allow_none=True)
    kinds = fields.List(fields.String())
    actions = fields.List(fields.Dict())
    active = fields.Boolean()
    version = fields.Integer()


class RunInput(StrictSchema):
    """The tickets on which a macro runs."""

    tickets = fields.List(
        fields.String(validate=validate.Length(1, 40)), required=True, validate=validate.Length(1, MOST_TICKETS)
    )


class RunOutput(Schema):
    """What a macro did on each ticket."""

    ticket = fields.String()
    done = fields.List(fields.String())
    error = fields.String(allow_none=True)
    undo = fields.Integer(
        allow_none=True, metadata={"description": "takes the whole run back for a day; the same for all its tickets"}
    )
