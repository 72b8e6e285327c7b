"""Assets as JSON."""

from typing import Any

from flask_smorest import Blueprint

from assets import filters, queries, services
from assets.models import Asset
from assets.present import present
from assets.schemas import AssetChanges, AssetOutput, AssetStep, NewAsset
from itsm.identity import queries as identity
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("assets-api", __name__, description="Assets")


def _output(asset: Asset) -> dict[str, Any]:
    api.set_etag(asset.version)
    return present([asset])[0]


def with_owner(data: dict[str, Any]) -> dict[str, Any]:
    """The input with the user (an address, or `#` and an id) turned into an id; raises `Invalid` when there is none."""
    values = dict(data)
    if "owner" in values:
        values["owner_id"] = _owner_id(values.pop("owner"))
    return values


def _owner_id(reference: str | None) -> int | None:
    if not reference:
        return None
    number = reference.removeprefix("#")
    if reference.startswith("#") and number.isdecimal() and len(number) < 16:
        return int(number)
    person = identity.find_by_email(reference)
    if person is None:
        raise Invalid.field("owner", _("Nobody has the address %(email)s.", email=reference))
    return person.id


@blueprint.get("/assets")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(AssetOutput))
@signed_in
def list_all(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of assets, newest first unless `sort` says otherwise; without `assets.read` one's own equipment."""
    actor = current_actor()
    order = arguments.get("sort", "newest")
    if order not in queries.ORDERS:
        raise Invalid.field("sort", _("Sort by one of: %(names)s.", names=", ".join(queries.ORDERS)))
    where = filters.conditions(actor, arguments.get("q", ""))
    page = queries.list_assets(
        actor, where=where, order=order, limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    return {"items": present(page.items), "next": page.next}


@blueprint.post("/assets")
@blueprint.arguments(NewAsset)
@blueprint.response(201, AssetOutput)
@requires("assets.edit")
def create(data: dict[str, Any]) -> Any:
    """Record an asset."""
    asset = services.record_asset(current_actor(), **with_owner(data))
    return api.created(_output(asset), ".read_one", number=asset.number)


@blueprint.get("/assets/<string:number>")
@blueprint.response(200, AssetOutput)
@signed_in
def read_one(number: str) -> dict[str, Any]:
    """One asset; the ETag is what a PATCH sends as If-Match."""
    return _output(queries.get_asset(current_actor(), number))


@blueprint.patch("/assets/<string:number>")
@blueprint.arguments(AssetChanges)
@blueprint.response(200, AssetOutput)
@requires("assets.edit")
def change(changes: dict[str, Any], number: str) -> dict[str, Any]:
    """Change facts; needs If-Match."""
    actor = current_actor()
    asset = queries.get_asset(actor, number, lock=True)
    api.check_match(asset)
    services.change_asset(actor, asset, changes=with_owner(changes))
    return _output(asset)


@blueprint.post("/assets/<string:number>/transitions")
@blueprint.arguments(AssetStep)
@blueprint.response(200, AssetOutput)
@requires("assets.edit")
def take_step(step: dict[str, Any], number: str) -> dict[str, Any]:
    """Take a step of the life cycle with the fields that it takes."""
    actor = current_actor()
    asset = queries.get_asset(actor, number, lock=True)
    services.take_step(actor, asset, step["name"], fields=with_owner(step["fields_"]))
    return _output(asset)
