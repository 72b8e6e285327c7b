"""The form of a CI: what every CI has, and one field for each attribute of its class."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from cmdb.attributes import LONGEST_TEXT
from cmdb.classes import Attribute
from cmdb.models import Ci
from itsm.kernel.errors import ItsmError
from itsm.web.api import StrictSchema
from itsm.web.forms import Form

PREFIX = "a_"
PLACES = ("site_id", "organisation_id", "group_id")


class CiForm(StrictSchema):
    """What every CI has."""

    version = fields.Integer()
    class_ = fields.String(data_key="class", validate=validate.Length(max=100))
    name = fields.String(required=True, validate=validate.Length(1, 255))
    state = fields.String(validate=validate.Length(max=50))
    serial = fields.String(validate=validate.Length(max=255))
    criticality = fields.Integer(validate=validate.Range(1, 4))
    site_id = fields.Integer()
    organisation_id = fields.Integer()
    group_id = fields.Integer()
    owner = fields.Email()


def form_schema(attributes: Mapping[str, Attribute]) -> type[StrictSchema]:
    """The schema of the form of a class."""
    own = {PREFIX + name: fields.String(validate=validate.Length(max=LONGEST_TEXT)) for name in attributes}
    schema: type[StrictSchema] = type("ClassForm", (CiForm,), own)
    return schema


def values_of(ci: Ci, attributes: Mapping[str, Attribute], owner: str) -> dict[str, Any]:
    """What the form shows of a CI."""
    plain = ("version", "name", "state", "serial", "criticality", *PLACES)
    values = {name: getattr(ci, name) for name in plain} | {"owner": owner, "class": ci.class_key}
    typed = {PREFIX + name: as_typed(ci.attributes.get(name)) for name in attributes}
    return {name: "" if value is None else value for name, value in (values | typed).items()}


def as_typed(value: Any) -> str:
    """An attribute's value as a person types it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def typed_attributes(form: Form, attributes: Mapping[str, Attribute]) -> dict[str, str]:
    """Attributes that were filled in, by name."""
    given = {name: form.data.get(PREFIX + name, "") for name in attributes}
    return {name: value for name, value in given.items() if value}


def changed_attributes(form: Form, attributes: Mapping[str, Attribute], ci: Ci) -> dict[str, str | None]:
    """Attributes whose field was changed: only those become facts by hand, so that saving takes nothing from discovery."""
    given = {name: form.data.get(PREFIX + name) for name in attributes}
    return {name: value for name, value in given.items() if (value or "") != as_typed(ci.attributes.get(name)).strip()}


def refuse(form: Form, error: ItsmError, attributes: Mapping[str, Attribute]) -> None:
    """Take over what a service found wrong, with attributes under the names of their fields."""
    form.refuse(error)
    form.errors = {PREFIX + name if name in attributes else name: texts for name, texts in form.errors.items()}
