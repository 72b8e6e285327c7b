"""Input and output of definitions, the same for pages and API."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from itsm.fields.definition import AUDIENCES
from itsm.fields.types import TYPES
from itsm.kernel.text import LANGUAGES
from itsm.web.api import StrictSchema

CONDITION = validate.Length(max=2000)


class Texts(fields.Dict):
    """A text in several languages: language code → text."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(validate=validate.Length(max=500)), **rest)


class ChoiceInput(StrictSchema):
    """One choice of a field."""

    key = fields.String(required=True, validate=validate.Length(1, 50))
    titles = Texts()
    offered = fields.Boolean()


class Options(StrictSchema):
    """The settings of a field; which ones there are depends on its type."""

    pattern = fields.String(validate=validate.Length(max=200))
    example = fields.String(validate=validate.Length(max=100))
    unit = fields.String(validate=validate.Length(max=30))
    decimals = fields.Integer(validate=validate.Range(0, 6))
    minimum = fields.Float(allow_none=True)
    maximum = fields.Float(allow_none=True)
    choices = fields.List(fields.Nested(ChoiceInput), validate=validate.Length(max=200))


class DefinitionChanges(StrictSchema):
    """What may change of a field; only what is given changes."""

    titles = Texts()
    hints = Texts()
    section = Texts()
    position = fields.Integer(validate=validate.Range(0, 100_000))
    options = fields.Nested(Options)
    scope_ids = fields.List(fields.Integer(), validate=validate.Length(max=200))
    audience = fields.String(validate=validate.OneOf(AUDIENCES))
    required = fields.Boolean()
    show_if = fields.String(validate=CONDITION)
    require_if = fields.String(validate=CONDITION)
    in_lists = fields.Boolean()
    active = fields.Boolean()


class NewDefinition(DefinitionChanges):
    """A new field."""

    kind = fields.String(required=True, validate=validate.Length(1, 50))
    key = fields.String(required=True, validate=validate.Length(1, 50))
    type = fields.String(required=True, validate=validate.OneOf(list(TYPES)))
    unique = fields.Boolean()


class DefinitionOutput(Schema):
    """A field as JSON."""

    id = fields.Integer()
    kind = fields.String()
    key = fields.String()
    type = fields.String()
    titles = fields.Dict()
    hints = fields.Dict()
    section = fields.Dict()
    position = fields.Integer()
    options = fields.Dict()
    scope_ids = fields.List(fields.Integer())
    audience = fields.String()
    required = fields.Boolean()
    show_if = fields.String()
    require_if = fields.String()
    unique = fields.Boolean()
    in_lists = fields.Boolean()
    active = fields.Boolean()
    version = fields.Integer()


class FieldArguments(Schema):
    """Query arguments of the list of fields."""

    kind = fields.String(validate=validate.Length(max=50))


def _by_language(name: str, longest: int) -> dict[str, fields.Field[Any]]:
    return {f"{name}_{code}": fields.String(validate=validate.Length(max=longest)) for code in LANGUAGES}


class _FormBase(StrictSchema):
    """The page's form of a field: texts by language and settings of its type stand side by side."""

    version = fields.Integer()
    kind = fields.String(validate=validate.Length(max=50))
    key = fields.String(validate=validate.Length(max=50))
    type = fields.String(validate=validate.OneOf(list(TYPES)))
    position = fields.Integer(load_default=100, validate=validate.Range(0, 100_000))
    scope_ids = fields.List(fields.Integer(), load_default=list)
    audience = fields.String(load_default="staff", validate=validate.OneOf(AUDIENCES))
    required = fields.Boolean(load_default=False)
    unique = fields.Boolean(load_default=False)
    in_lists = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    show_if = fields.String(load_default="", validate=CONDITION)
    require_if = fields.String(load_default="", validate=CONDITION)
    pattern = fields.String(validate=validate.Length(max=200))
    example = fields.String(validate=validate.Length(max=100))
    unit = fields.String(validate=validate.Length(max=30))
    decimals = fields.Integer(validate=validate.Range(0, 6))
    minimum = fields.Decimal()
    maximum = fields.Decimal()
    choices = fields.String(validate=validate.Length(max=20_000))


DefinitionForm: type[_FormBase] = type(
    "DefinitionForm",
    (_FormBase,),
    {**_by_language("title", 120), **_by_language("hint", 500), **_by_language("section", 120)},
)

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "text": ("pattern", "example"),
    "number": ("unit", "decimals", "minimum", "maximum"),
    "choice": ("choices",),
    "choices": ("choices",),
}


def columns_of(form: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    """What the service takes, from what the page's form holds."""
    direct = (
        "kind", "key", "type", "position", "scope_ids", "audience", "required", "unique", "in_lists", "active", "show_if",
        "require_if",
    )  # fmt: skip
    values = {name: form[name] for name in direct if name in form}
    for name, column in (("title", "titles"), ("hint", "hints"), ("section", "section")):
        values[column] = {code: form[f"{name}_{code}"] for code in LANGUAGES if form.get(f"{name}_{code}")}
    options = {name: form[name] for name in SETTINGS.get(type_name, ()) if name in form}
    if "choices" in options:
        options["choices"] = read_choices(options["choices"])
    return values | {"options": options}


def read_choices(text: str) -> list[dict[str, Any]]:
    """Choices as they are written, one a line: `key = title | sv = titel`; a line that begins with `-` is no longer offered."""
    found = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        first, *others = line.lstrip("- ").split("|")
        key, _sign, title = first.partition("=")
        titles = {"en": title.strip() or key.strip()}
        for other in others:
            code, _sign, translated = other.partition("=")
            titles[code.strip()] = translated.strip()
        found.append({"key": key.strip().lower(), "titles": titles, "offered": not line.startswith("-")})
    return found


def written_choices(choices: list[Mapping[str, Any]]) -> str:
    """The choices as a person edits them."""
    lines = []
    for one in choices:
        titles = dict(one["titles"])
        first = f"{one['key']} = {titles.pop('en', one['key'])}"
        rest = [f"{code} = {text}" for code, text in titles.items()]
        lines.append(("" if one.get("offered", True) else "- ") + " | ".join([first, *rest]))
    return "\n".join(lines)
