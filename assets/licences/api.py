"""Licences as JSON."""

from datetime import date
from typing import Any

from flask_smorest import Blueprint

from assets.api import with_owner
from assets.licences import queries, services
from assets.licences.models import Licence, number_of
from assets.licences.policy import EDIT, READ
from assets.licences.schemas import AssignedOutput, LicenceChanges, LicenceOutput, NewLicence, NewUse, UseOutput
from cmdb import queries as cmdb
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.web import api
from itsm.web.access import current_actor, requires
from itsm.web.presentation import reader

blueprint = Blueprint("licences-api", __name__, description="Licences")

COLUMNS = tuple(Licence.__table__.columns.keys())


def holder_of(actor: Actor, licence: Licence, text: str) -> dict[str, int | None]:
    """Whom a text names, as arguments of `services.assign`: a person or a CI, as the metric asks. Raises `Invalid`."""
    if licence.metric == "person":
        return {"person_id": _person_id(text)}
    try:
        ci = cmdb.find_by_reference(actor, text)
    except Invalid as error:  # several of one name
        raise Invalid.field("holder", error.message) from error
    if ci is None:
        raise Invalid.field("holder", _("There is no CI “%(name)s”, or you may not see it.", name=text[:100]))
    return {"ci_id": ci.id}


def _person_id(text: str) -> int:
    try:
        found: int = with_owner({"owner": text.strip()})["owner_id"]
    except Invalid as error:
        raise Invalid.field("holder", error.message) from error
    return found


def _today() -> date:
    return reader().local(clock.now()).date()


def _output(row: Any, used: int) -> dict[str, Any]:
    state = queries.state_of(row, _today())
    shown = {name: getattr(row, name) for name in COLUMNS}
    return shown | {"number": number_of(row.id), "in_use": used, "state": state}


def _one(licence: Licence) -> dict[str, Any]:
    api.set_etag(licence.version)
    return _output(licence, queries.count_used(current_actor(), [licence.id]).get(licence.id, 0))


@blueprint.get("/licences")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(LicenceOutput))
@requires(READ)
def list_all(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of licences that are not retired, by name unless `sort` says `newest`; `q` holds words to look for."""
    order = arguments.get("sort", "name")
    if order not in queries.ORDERS:
        raise Invalid.field("sort", _("Sort by one of: %(names)s.", names=", ".join(queries.ORDERS)))
    where = queries.conditions(queries.Filter(words=arguments.get("q", "")), _today())
    page = queries.list_rows(
        current_actor(), where=where, order=order, limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    return api.page_body(page.map(lambda row: _output(row, row.used)))


@blueprint.post("/licences")
@blueprint.arguments(NewLicence)
@blueprint.response(201, LicenceOutput)
@requires(EDIT)
def create(data: dict[str, Any]) -> Any:
    """Record a licence."""
    licence = services.create_licence(current_actor(), **data)
    return api.created(_one(licence), ".read_one", licence_id=licence.id)


@blueprint.get("/licences/<int:licence_id>")
@blueprint.response(200, LicenceOutput)
@requires(READ)
def read_one(licence_id: int) -> dict[str, Any]:
    """One licence; the ETag is what a PATCH sends as If-Match."""
    return _one(queries.get_licence(current_actor(), licence_id))


@blueprint.patch("/licences/<int:licence_id>")
@blueprint.arguments(LicenceChanges)
@blueprint.response(200, LicenceOutput)
@requires(EDIT)
def change(changes: dict[str, Any], licence_id: int) -> dict[str, Any]:
    """Change facts; needs If-Match."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    api.check_match(licence)
    services.change_licence(actor, licence, changes=changes)
    return _one(licence)


@blueprint.post("/licences/<int:licence_id>/retirement")
@blueprint.response(200, LicenceOutput)
@requires(EDIT)
def retire(licence_id: int) -> dict[str, Any]:
    """End a licence and every use of it; it can be brought back for a day (`/undo`)."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    services.retire_licence(actor, licence)
    return _one(licence)


@blueprint.get("/licences/<int:licence_id>/uses")
@blueprint.arguments(api.CollectionArguments(only=("limit", "cursor")), location="query")
@blueprint.response(200, api.page_schema(UseOutput))
@requires(READ)
def list_uses(arguments: dict[str, Any], licence_id: int) -> dict[str, Any]:
    """A page of who holds a licence now."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id)
    return api.page_body(queries.list_holders(actor, licence.id, **arguments))


@blueprint.post("/licences/<int:licence_id>/uses")
@blueprint.arguments(NewUse)
@blueprint.response(201, AssignedOutput)
@requires(EDIT)
def assign(data: dict[str, Any], licence_id: int) -> Any:
    """Give a seat to a person or a device, beyond the seats too: `in_use` is then more than `seats`."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    use = services.assign(actor, licence, **holder_of(actor, licence, data["holder"]))
    used = queries.count_used(actor, [licence.id])[licence.id]
    body = {"use": use, "name": queries.name_of(actor, use), "seats": licence.seats, "in_use": used}
    return api.created(body, ".list_uses", licence_id=licence.id)


@blueprint.delete("/licences/<int:licence_id>/uses/<int:use_id>")
@blueprint.response(204)
@requires(EDIT)
def release(licence_id: int, use_id: int) -> None:
    """Take a seat back; it can be given back for a day (`/undo`)."""
    actor = current_actor()
    services.release(actor, queries.get_licence(actor, licence_id, lock=True), use_id)
