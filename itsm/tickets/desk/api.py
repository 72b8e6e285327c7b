"""Saved views as JSON."""

from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.actor import Actor
from itsm.tickets import queries
from itsm.tickets.desk import queues, services
from itsm.tickets.desk.models import SavedView
from itsm.tickets.desk.queues import Queue
from itsm.tickets.desk.schemas import ViewChanges, ViewInput, ViewOutput
from itsm.web import api
from itsm.web.access import current_actor, requires

blueprint = Blueprint("views-api", __name__, description="Saved views of the desk")

SHOWN = (
    "id", "name", "scope", "group_id", "owner_id", "query", "open_only", "columns", "sort", "grouping", "colours", "version",
)  # fmt: skip


def _as_json(queue: Queue, view: SavedView, count: int) -> dict[str, Any]:
    return {name: getattr(view, name) for name in SHOWN} | {"count": count, "fault": str(queue.fault)}


def _one(actor: Actor, view: SavedView) -> dict[str, Any]:
    queue = queues.as_queue(actor, view)
    api.set_etag(view.version)
    return _as_json(queue, view, queries.count_up_to_limit(actor, [queue])[queue.name])


@blueprint.get("/views")
@blueprint.response(200, api.page_schema(ViewOutput))
@requires("tickets.read")
def list_views() -> dict[str, Any]:
    """The saved views on your desk by name, with their counts; at most 100."""
    actor = current_actor()
    found = queues.saved(actor)
    counts = queries.count_up_to_limit(actor, found)
    return {"items": [_as_json(each, each.saved, counts[each.name]) for each in found if each.saved], "next": None}


@blueprint.get("/views/<int:view_id>")
@blueprint.response(200, ViewOutput)
@requires("tickets.read")
def read_view(view_id: int) -> dict[str, Any]:
    """One saved view."""
    actor = current_actor()
    return _one(actor, queues.get_view(actor, view_id))


@blueprint.post("/views")
@blueprint.arguments(ViewInput)
@blueprint.response(201, ViewOutput)
@requires("tickets.read")
def create_view(data: dict[str, Any]) -> Any:
    """Save a view: your own, a group's, or everyone's if you may."""
    actor = current_actor()
    view = services.create_view(actor, data)
    return api.created(_one(actor, view), ".read_view", version=view.version, view_id=view.id)


@blueprint.patch("/views/<int:view_id>")
@blueprint.arguments(ViewChanges)
@blueprint.response(200, ViewOutput)
@requires("tickets.read")
def change_view(data: dict[str, Any], view_id: int) -> dict[str, Any]:
    """Change a saved view; needs If-Match."""
    actor = current_actor()
    version = api.check_match(queues.get_view(actor, view_id))
    return _one(actor, services.edit_view(actor, view_id, version=version, values=data))


@blueprint.delete("/views/<int:view_id>")
@blueprint.response(204)
@requires("tickets.read")
def delete_view(view_id: int) -> None:
    """Remove a saved view."""
    services.delete_view(current_actor(), view_id)
