"""User-defined fields as JSON."""

from typing import Any

from flask_smorest import Blueprint

from itsm.fields import queries, services
from itsm.fields.models import FieldDefinition
from itsm.fields.schemas import DefinitionChanges, DefinitionOutput, FieldArguments, NewDefinition
from itsm.kernel.records import get
from itsm.web import api
from itsm.web.access import current_actor, requires

blueprint = Blueprint("fields-api", __name__, description="User-defined fields")


@blueprint.get("/fields")
@blueprint.arguments(FieldArguments, location="query")
@blueprint.response(200, api.page_schema(DefinitionOutput))
@requires("tickets.read")
def list_all(arguments: dict[str, Any]) -> dict[str, Any]:
    """All fields in the order of their forms, of one kind of record with `kind`."""
    return {"items": queries.list_definitions(arguments.get("kind")), "next": None}


@blueprint.post("/fields")
@blueprint.arguments(NewDefinition)
@blueprint.response(201, DefinitionOutput)
@requires("fields.edit")
def create(data: dict[str, Any]) -> Any:
    """Add a field to a kind of record."""
    row = services.create_definition(current_actor(), **data)
    return api.created(row, ".read_one", version=row.version, field_id=row.id)


@blueprint.get("/fields/<int:field_id>")
@blueprint.response(200, DefinitionOutput)
@requires("tickets.read")
def read_one(field_id: int) -> FieldDefinition:
    """One field; the ETag is what a PATCH sends as If-Match."""
    row = get(FieldDefinition, field_id)
    api.set_etag(row.version)
    return row


@blueprint.patch("/fields/<int:field_id>")
@blueprint.arguments(DefinitionChanges)
@blueprint.response(200, DefinitionOutput)
@requires("fields.edit")
def change(changes: dict[str, Any], field_id: int) -> FieldDefinition:
    """Change a field; needs If-Match. Switching it off (`active`) keeps its values."""
    version = api.check_match(get(FieldDefinition, field_id))
    row = services.edit_definition(current_actor(), field_id, version=version, changes=changes)
    api.set_etag(row.version)
    return row
