"""HTML forms checked by the same marshmallow schemas as the API; what was typed is never lost."""

from collections.abc import Mapping
from typing import Any

from flask import request
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.web.problems import flatten

OWN_FIELDS = ("custom.", "custom_shown")  # fields of the site's own, which `itsm.fields` reads
CONTROL_FIELDS = frozenset({"csrf_token", "next"})


class Form:
    """What a person typed (`values`), what it means (`data`), and what is wrong (`errors`: field → texts)."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.data: dict[str, Any] = {}
        self.errors: dict[str, list[str]] = {}

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.errors

    def require_ok(self) -> None:
        """Raise `Invalid` with what is wrong, where a page shows refusals of services and of the form alike."""
        if self.errors:
            raise Invalid(_("Please check what you entered"), errors=self.errors)

    def refuse(self, error: ItsmError) -> None:
        """Take over what a service found wrong."""
        found = {name: [str(text) for text in texts] for name, texts in error.errors.items()}
        self.errors |= found or {"_": [str(error.message)]}

    def value(self, name: str, default: Any = "") -> Any:
        """What to show in a field."""
        return self.values.get(name, default)

    def error(self, name: str) -> str:
        """What is wrong with a field, or an empty text."""
        return " ".join(self.errors.get(name, []))


def read_form(schema: type[Schema], *, source: MultiDict[str, str] | None = None, apart: tuple[str, ...] = ()) -> Form:
    """Read the posted form (or `source`, as `request.args`) by a schema; unknown fields are refused.

    Names that begin with one of `apart` are left to somebody else, who reads rows of them.
    """
    posted = source if source is not None else request.form
    instance = schema(unknown=EXCLUDE if source is not None else RAISE)
    values = _by_field(instance, posted, apart)
    form = Form(values)
    try:
        form.data = instance.load({name: value for name, value in values.items() if value not in ("", None)})
    except ValidationError as error:
        form.errors = flatten(error.messages)
    return form


def _by_field(schema: Schema, posted: MultiDict[str, str], apart: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in posted:
        if name in CONTROL_FIELDS or name.startswith((*OWN_FIELDS, *apart)):
            continue
        field = schema.fields.get(name)
        many = isinstance(field, fields.List)
        values[name] = [item for item in posted.getlist(name) if item] if many else posted.get(name, "").strip()
    return values


def own_path(target: str | None) -> str:
    """`target` when it is a path of this site, else the start page: never another host."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return "/"
    return "/" if "\\" in target or any(ord(letter) <= 0x20 for letter in target) else target
