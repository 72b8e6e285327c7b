"""JSON of what the caller did lately and can take back."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from itsm.kernel import undo
from itsm.kernel.module import registry
from itsm.web import api
from itsm.web.access import current_actor, signed_in

blueprint = Blueprint("undo_api", __name__, description="Taking back what was just done")


class UndoOutput(Schema):
    """One step: what was done, when, and until when it can be taken back."""

    id = fields.Integer()
    kind = fields.String()
    title = fields.String()
    made_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    stays = fields.String(metadata={"description": "what could not be taken back, such as a mail that had left"})


@blueprint.get("/undo")
@blueprint.response(200, api.page_schema(UndoOutput))
@signed_in
def list_recent() -> dict[str, Any]:
    """The caller's steps of the last day, newest first."""
    return {"items": undo.list_recent(current_actor()), "next": None}


@blueprint.post("/undo/<int:undo_id>")
@blueprint.response(200, UndoOutput)
@signed_in
def take_back(undo_id: int) -> Any:
    """Take one step back; 409 when something in the way has changed since."""
    return undo.take_back(current_actor(), undo_id, registry().undos)
