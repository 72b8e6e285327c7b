"""The form and JSON of life cycles."""

import re
from typing import Any

from marshmallow import Schema, fields, validate
from werkzeug.datastructures import MultiDict

from itsm.kernel.text import LANGUAGES
from itsm.web.api import StrictSchema

PLACE = re.compile(r"(states|steps)\.(\d{1,3})\.(\w+)")
MANY = frozenset({"from", "roles", "requires", "accepts"})
SHORT = validate.Length(max=60)
TITLES = fields.Dict(keys=fields.String(), values=fields.String(validate=validate.Length(max=80)), load_default=dict)


def _names(most: int = 60) -> fields.List[Any]:
    return fields.List(fields.String(validate=SHORT), load_default=list, validate=validate.Length(max=most))


class StateInput(StrictSchema):
    """One state."""

    name = fields.String(required=True, validate=SHORT)
    category = fields.String(required=True, validate=SHORT)
    titles = TITLES
    pauses = fields.Boolean(load_default=False)


StepInput: type[StrictSchema] = type(
    "LifecycleStep",
    (StrictSchema,),
    {
        "__doc__": "One step.",
        "name": fields.String(required=True, validate=SHORT),
        "from": _names(),  # a word of the language, so it cannot be written as an attribute
        "to": fields.String(required=True, validate=SHORT),
        "titles": TITLES,
        "permission": fields.String(required=True, validate=SHORT),
        "roles": _names(),
        "requires": _names(),
        "accepts": _names(),
        "takes": fields.Boolean(load_default=False),
    },
)


class Definition(StrictSchema):
    """A life cycle as JSON: what the page exports and imports."""

    lifecycle = fields.String(validate=SHORT)
    initial = fields.String(required=True, validate=SHORT)
    states = fields.List(fields.Nested(StateInput), required=True, validate=validate.Length(max=60))
    steps = fields.List(fields.Nested(StepInput), required=True, validate=validate.Length(max=150))


class LifecycleOutput(Schema):
    """A life cycle in force: its definition, and the number of its version (0 for the shipped one)."""

    name = fields.String()
    number = fields.Integer()
    definition = fields.Dict()


def definition_of_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """The definition that the page's form holds: `states.<row>.<member>`, `steps.<row>.<member>`, `initial`.

    A row without a name, or whose box `remove` is ticked, is left out; rows stand in the order of their `order`.
    """
    rows: dict[str, dict[int, dict[str, Any]]] = {"states": {}, "steps": {}}
    for name in form:
        match = PLACE.fullmatch(name)
        if match:
            row = rows[match[1]].setdefault(int(match[2]), {})
            row[match[3]] = [one for one in form.getlist(name) if one] if match[3] in MANY else form[name].strip()
    return {
        "initial": form.get("initial", "").strip(),
        "states": [_row(row, "category", "pauses") for row in _ordered(rows["states"])],
        "steps": [
            _row(row, "to", "permission", "takes") | {name: row.get(name, []) for name in sorted(MANY)}
            for row in _ordered(rows["steps"])
        ],
    }


def _ordered(rows: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [(number, row) for number, row in sorted(rows.items()) if row.get("name") and not row.get("remove")]
    return [row for _number, row in sorted(kept, key=lambda pair: (_place(pair[1], pair[0]), pair[0]))]


def _place(row: dict[str, Any], otherwise: int) -> float:
    text = row.get("order", "")
    return float(text) if re.fullmatch(r"\d{1,4}(\.\d)?", text) else otherwise


def _row(row: dict[str, Any], *members: str) -> dict[str, Any]:
    titles = {code: row[f"title_{code}"] for code in LANGUAGES if row.get(f"title_{code}")}
    flags = {"pauses", "takes"}
    values = {name: (bool(row.get(name)) if name in flags else row.get(name, "")) for name in members}
    return {"name": row["name"], "titles": titles} | values
