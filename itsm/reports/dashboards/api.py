"""Dashboards as JSON."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.text import language
from itsm.reports.builder.api import as_json as answer_as_json
from itsm.reports.dashboards import drawing, policy, queries, services
from itsm.reports.dashboards.drawing import Drawn
from itsm.reports.dashboards.queries import Board
from itsm.reports.dashboards.schemas import (
    BoardChanges,
    BoardInput,
    BoardOutput,
    BoardPage,
    FiguresPage,
    TileChanges,
    TileInput,
)
from itsm.tickets.pages import number_of
from itsm.web import api
from itsm.web.access import current_actor, requires
from itsm.web.rates import limited

blueprint = Blueprint("dashboards-api", __name__, description="Dashboards: figures, pictures and queues side by side")

OF_ROW = ("scope", "group_id", "owner_id", "version")


def _shown(board: Board) -> dict[str, Any]:
    row = board.row
    found = {name: getattr(row, name) if row else None for name in OF_ROW}
    tiles = [asdict(tile) for tile in board.tiles]
    return {"id": board.key, "name": str(board.name), "kept": row is not None, "tiles": tiles} | found


def _one(dashboard_id: int) -> dict[str, Any]:
    board = queries.get_board(current_actor(), str(dashboard_id))
    if board.row is not None:
        api.set_etag(board.row.version)
    return _shown(board)


@blueprint.get("/dashboards")
@blueprint.response(200, BoardPage)
@requires(policy.READ)
def list_dashboards() -> dict[str, Any]:
    """The dashboards that you may open: kept ones, then ready-made ones."""
    return {"items": [_shown(board) for board in queries.list_boards(current_actor())], "next": None}


@blueprint.get("/dashboards/<key>")
@blueprint.response(200, BoardOutput)
@requires(policy.READ)
def read_dashboard(key: str) -> dict[str, Any]:
    """One dashboard, by its id or the name of a ready-made one."""
    board = queries.get_board(current_actor(), key)
    if board.row is not None:
        api.set_etag(board.row.version)
    return _shown(board)


@blueprint.get("/dashboards/<key>/figures")
@blueprint.response(200, FiguresPage)
@requires(policy.READ)
@limited("export_rate")
def read_figures(key: str) -> dict[str, Any]:
    """What the tiles of a dashboard show now, as you may know it."""
    actor = current_actor()
    drawn = [drawing.draw(actor, tile) for tile in queries.get_board(actor, key).tiles]
    with language(actor.language):
        return {"items": [_figures(each) for each in drawn], "next": None}


def _figures(drawn: Drawn) -> dict[str, Any]:
    rows = drawn.rows if drawn.shape == "queue" else ()
    return {
        "key": drawn.tile.key,
        "title": str(drawn.title),
        "shape": drawn.shape,
        "outstanding": drawn.outstanding,
        "answer": answer_as_json(drawn.answer) if drawn.answer else None,
        "rows": [{"number": number_of(row.kind, row.id), "title": row.title} for row in rows],
        "fault": str(drawn.told) if drawn.shape == "fault" else "",
    }


@blueprint.post("/dashboards")
@blueprint.arguments(BoardInput)
@blueprint.response(201, BoardOutput)
@requires(policy.READ)
def create_dashboard(data: dict[str, Any]) -> Any:
    """Make a dashboard, empty or like another one."""
    row = services.create_dashboard(current_actor(), **data)
    return api.created(_one(row.id), ".read_dashboard", version=row.version, key=str(row.id))


@blueprint.patch("/dashboards/<int:dashboard_id>")
@blueprint.arguments(BoardChanges)
@blueprint.response(200, BoardOutput)
@requires(policy.READ)
def change_dashboard(data: dict[str, Any], dashboard_id: int) -> dict[str, Any]:
    """Change a dashboard's name, whom it is for, or the places of its tiles; needs If-Match."""
    actor = current_actor()
    row = queries.get_dashboard(actor, dashboard_id)
    version = api.check_match(row)
    places = data.pop("places", None)
    if data:
        version = services.edit_dashboard(actor, dashboard_id, version=version, values=data)[0].version
    if places is not None:
        triples = [(each["key"], each["width"], each["height"]) for each in places]
        services.arrange(actor, dashboard_id, triples, version=version)
    return _one(dashboard_id)


@blueprint.post("/dashboards/<int:dashboard_id>/tiles")
@blueprint.arguments(TileInput)
@blueprint.response(201, BoardOutput)
@requires(policy.READ)
def add_tile(data: dict[str, Any], dashboard_id: int) -> Any:
    """Put a tile at the end of a dashboard."""
    services.add_tile(current_actor(), dashboard_id, data["source"], text=data["text"])
    body = _one(dashboard_id)
    return api.created(body, ".read_dashboard", version=body["version"], key=str(dashboard_id))


@blueprint.patch("/dashboards/<int:dashboard_id>/tiles/<tile_key>")
@blueprint.arguments(TileChanges)
@blueprint.response(200, BoardOutput)
@requires(policy.READ)
def change_tile(data: dict[str, Any], dashboard_id: int, tile_key: str) -> dict[str, Any]:
    """Change a tile's title, text or limits; needs If-Match of the dashboard."""
    actor = current_actor()
    version = api.check_match(queries.get_dashboard(actor, dashboard_id))
    services.change_tile(actor, dashboard_id, tile_key, data, version=version)
    return _one(dashboard_id)


@blueprint.delete("/dashboards/<int:dashboard_id>/tiles/<tile_key>")
@blueprint.response(204)
@requires(policy.READ)
def remove_tile(dashboard_id: int, tile_key: str) -> None:
    """Take a tile off a dashboard; it can be brought back for a day (`/undo`)."""
    services.remove_tile(current_actor(), dashboard_id, tile_key)


@blueprint.delete("/dashboards/<int:dashboard_id>")
@blueprint.response(204)
@requires(policy.READ)
def delete_dashboard(dashboard_id: int) -> None:
    """Take a dashboard away; it can be brought back for a day (`/undo`)."""
    services.delete_dashboard(current_actor(), dashboard_id)
