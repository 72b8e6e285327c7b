"""Names that people and programs give for sites, organisations, groups, owners and CIs, as ids."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from cmdb import queries
from cmdb.models import Ci
from itsm.identity import queries as identity
from itsm.identity.models import Group, Organisation, Site
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

TABLES: Mapping[str, Any] = {"site": Site, "organisation": Organisation, "group": Group}
PLAIN = ("name", "serial", "criticality", "attributes")


def from_input(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the services take, from what the schema read; raises `Invalid` that names the field."""
    values = {name: data[name] for name in PLAIN if name in data}
    if data.get("class_"):
        values["class_key"] = data["class_"]
    for field, table in TABLES.items():
        if field in data:
            values[f"{field}_id"] = _named(field, table, data[field])
    if "owner" in data:
        values["owner_id"] = _owner(data["owner"])
    return values


def _named(field: str, table: Any, reference: str | None) -> int | None:
    if not reference:
        return None
    found: int | None = session.scalar(select(table.id).where(table.name == reference))
    if found is None:
        raise Invalid.field(field, _("There is no “%(name)s”.", name=reference))
    return found


def _owner(email: str | None) -> int | None:
    if not email:
        return None
    person = identity.find_by_email(email)
    if person is None:
        raise Invalid.field("owner", _("Nobody has the address %(email)s.", email=email))
    return int(person.id)


def ci_from(actor: Actor, field: str, reference: str) -> Ci:
    """The CI with this id or exact name; raises `Invalid` for the field."""
    try:
        ci = queries.find_by_reference(actor, reference)
    except Invalid as error:
        raise Invalid.field(field, error.message) from error
    if ci is None:
        raise Invalid.field(field, _("There is no CI “%(name)s”, or you may not see it.", name=reference[:100]))
    return ci
