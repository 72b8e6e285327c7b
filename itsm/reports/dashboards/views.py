"""Pages of dashboards. A page shows its frame at once; each tile's content comes by itself and is kept fresh."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.kernel.undo import Undo
from itsm.reports.dashboards import drawing, policy, queries, ready, services
from itsm.reports.dashboards.queries import Board
from itsm.reports.dashboards.schemas import (
    AddForm,
    ArrangeForm,
    BoardForm,
    NewBoardForm,
    PinForm,
    StepForm,
    TileForm,
    places_of,
)
from itsm.reports.dashboards.tiles import COLUMNS, MOST_ROWS, Tile
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.lists import limited_count
from itsm.web.rates import caller, limited, rates
from itsm.web.views import offer_undo

blueprint = Blueprint("dashboards", __name__, template_folder="../templates")

EVERY_SECONDS, WALL_SECONDS = 60, 20
STEPS: dict[str, Callable[[Tile], Tile]] = {
    "narrower": lambda tile: tile.sized(tile.width - 1, tile.height),
    "wider": lambda tile: tile.sized(tile.width + 1, tile.height),
    "lower": lambda tile: tile.sized(tile.width, tile.height - 1),
    "taller": lambda tile: tile.sized(tile.width, tile.height + 1),
}
MOVES = {"earlier": -1, "later": 1}


@blueprint.get("/dashboards")
@requires(policy.READ)
def index() -> BaseResponse:
    """The dashboard that comes first for the reader."""
    return redirect(url_for("dashboards.show", key=queries.first_board(current_actor()).key))


@blueprint.get("/dashboards/<key>")
@requires(policy.READ)
@limited("dashboard_rate")
def show(key: str) -> str:
    """A dashboard; with `figures` its content stands in the page at once, for paper and for browsers without scripts."""
    actor = current_actor()
    return _shown(actor, queries.get_board(actor, key), whole=_whole())


@blueprint.get("/dashboards/<key>/wall")
@requires(policy.READ)
@limited("dashboard_rate")
def wall(key: str) -> str:
    """A dashboard for a screen on the wall: dark, large, nothing around it, always fresh."""
    actor = current_actor()
    board = queries.get_board(actor, key)
    return render_template("dashboards/wall.html", **_tiles_context(actor, board, whole=_whole()))


def _whole() -> bool:
    """Whether the page holds its figures itself; then it asks as much as many pages, and counts as a file does."""
    whole = "figures" in request.args
    if whole:
        rates().count(settings().export_rate, "dashboards", caller())
    return whole


@blueprint.get("/dashboards/<key>/tiles/<tile_key>")
@requires(policy.READ)
@limited("dashboard_rate")
def tile(key: str, tile_key: str) -> BaseResponse:
    """The content of one tile; 304 when it is as it was. `X-Dashboard` tells whether the page's frame is the present one."""
    actor = current_actor()
    board = queries.get_board(actor, key)
    drawn = drawing.draw(actor, board.tile(tile_key))
    answer = Response(
        render_template("dashboards/_content.html", drawn=drawn, whole=False, limited_count=limited_count)
    )
    answer.add_etag()
    answer.headers["X-Dashboard"] = board.stamp
    return answer.make_conditional(request)


@blueprint.get("/dashboards/new")
@requires(policy.READ)
def new() -> str:
    """The form of a new dashboard."""
    form = Form({"like": request.args.get("like", "")})
    return _form_page(form)


@blueprint.post("/dashboards/new")
@requires(policy.READ)
def create() -> Any:
    """Make a dashboard, and go on to arranging it."""
    form = read_form(NewBoardForm)
    try:
        form.require_ok()
        facts = {name: form.data[name] for name in ("name", "scope", "group_id", "like")}
        row = services.create_dashboard(current_actor(), **facts)
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
        return _form_page(form), error.status
    return redirect(url_for("dashboards.edit", key=str(row.id)))


@blueprint.get("/dashboards/<key>/edit")
@requires(policy.READ)
def edit(key: str) -> Any:
    """A dashboard being arranged; a ready-made one is copied first."""
    actor = current_actor()
    board = queries.get_board(actor, key)
    if board.row is None or not policy.SHARING.may_keep(actor, board.row):
        return redirect(url_for("dashboards.new", like=key))
    return _shown(actor, board, editing=True)


@blueprint.post("/dashboards/<int:dashboard_id>")
@requires(policy.READ)
def save(dashboard_id: int) -> Any:
    """Keep a dashboard's name and whom it is for."""
    actor, form = current_actor(), read_form(BoardForm)
    board = queries.get_board(actor, str(dashboard_id))
    try:
        form.require_ok()
        values = {name: form.data[name] for name in ("name", "scope", "group_id")}
        _row, step = services.edit_dashboard(actor, dashboard_id, version=form.data["version"], values=values)
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
        return _shown(actor, board, editing=True, form=form), error.status
    _offer(step)
    return redirect(url_for("dashboards.edit", key=str(dashboard_id)))


@blueprint.post("/dashboards/<int:dashboard_id>/delete")
@requires(policy.READ)
def delete(dashboard_id: int) -> BaseResponse:
    """Take a dashboard away."""
    _offer(services.delete_dashboard(current_actor(), dashboard_id))
    return redirect(url_for("dashboards.index"))


@blueprint.post("/dashboards/<int:dashboard_id>/tiles")
@requires(policy.READ)
def add(dashboard_id: int) -> Any:
    """Put a tile on a dashboard."""
    form = read_form(AddForm)
    form.require_ok()
    _offer(services.add_tile(current_actor(), dashboard_id, form.data["source"], text=form.data["text"]))
    return redirect(url_for("dashboards.edit", key=str(dashboard_id)))


@blueprint.post("/dashboards/<int:dashboard_id>/tiles/<tile_key>")
@requires(policy.READ)
def change(dashboard_id: int, tile_key: str) -> Any:
    """Change how a tile is called, what it says and from where it stands out."""
    actor, form = current_actor(), read_form(TileForm)
    board = queries.get_board(actor, str(dashboard_id))
    try:
        form.require_ok()
        values = {name: form.data[name] for name in ("title", "text", "warn_above", "warn_below")}
        step = services.change_tile(actor, dashboard_id, tile_key, values, version=form.data["version"])
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
        return _shown(actor, board, editing=True, tile_form=(tile_key, form)), error.status
    _offer(step)
    return _back_to(dashboard_id, tile_key)


@blueprint.post("/dashboards/<int:dashboard_id>/tiles/<tile_key>/steps")
@requires(policy.READ)
def take_step(dashboard_id: int, tile_key: str) -> Any:
    """Move a tile by one place, make it larger or smaller by one, or take it off; all of it works without scripts."""
    actor, form = current_actor(), read_form(StepForm)
    form.require_ok()
    do, version = form.data["do"], form.data["version"]
    if do == "remove":
        step = services.remove_tile(actor, dashboard_id, tile_key, version=version)
    elif do in MOVES:
        step = services.change_tile(actor, dashboard_id, tile_key, {}, version=version, move=MOVES[do])
    else:
        found = STEPS[do](queries.get_board(actor, str(dashboard_id)).tile(tile_key))
        values = {"width": found.width, "height": found.height}
        step = services.change_tile(actor, dashboard_id, tile_key, values, version=version)
    _offer(step)
    return _back_to(dashboard_id, tile_key)


def _back_to(dashboard_id: int, tile_key: str) -> BaseResponse:
    return redirect(url_for("dashboards.edit", key=str(dashboard_id)) + f"#tile-{tile_key}")


@blueprint.post("/dashboards/<int:dashboard_id>/arrange")
@requires(policy.READ)
def arrange(dashboard_id: int) -> dict[str, Any]:
    """Keep what was dragged: the order and the sizes of all tiles. Answers the new version and the step to take back."""
    actor, form = current_actor(), read_form(ArrangeForm)
    form.require_ok()
    step = services.arrange(actor, dashboard_id, places_of(form.data["places"]), version=form.data["version"])
    row = queries.get_dashboard(actor, dashboard_id)
    return {"version": row.version, "undo": url_for("web.take_back", undo_id=step.id) if step else ""}


@blueprint.post("/dashboards/pins")
@requires(policy.READ)
def pin() -> BaseResponse:
    """Pin a kept report to a dashboard, or to a new one with its name."""
    actor, form = current_actor(), read_form(PinForm)
    form.require_ok()
    saved = queries.find_report(actor, str(form.data["saved_id"]))
    if saved is None:
        raise NotFound(_("There is no such report, or it is not yours to see."))
    dashboard_id = form.data["dashboard_id"] or services.create_dashboard(actor, name=saved.name).id
    _offer(services.add_tile(actor, dashboard_id, f"saved:{saved.id}"))
    return redirect(url_for("dashboards.show", key=str(dashboard_id)))


def _offer(step: Undo | None) -> None:
    if step is not None:
        offer_undo(step, step.title)


def _tiles_context(actor: Actor, board: Board, *, whole: bool) -> dict[str, Any]:
    return {
        "board": board,
        "whole": whole,
        "at": clock.now(),
        "tiles": [(each, drawing.draw(actor, each) if whole else None) for each in board.tiles],
        "titles": drawing.titles_of(actor, board.tiles),
        "limited_count": limited_count,
        "every": EVERY_SECONDS,
        "wall_every": WALL_SECONDS,
    }


def _shown(
    actor: Actor, board: Board, *, whole: bool = False, editing: bool = False, form: Form | None = None,
    tile_form: tuple[str, Form] | None = None,
) -> str:  # fmt: skip
    row = board.row
    context = _tiles_context(actor, board, whole=whole)
    if editing:
        assert row is not None  # noqa: S101 (a ready-made one is not arranged)
        context |= _choices(actor)
        form = form or Form({"name": row.name, "scope": row.scope, "group_id": row.group_id})
    return render_template(
        "dashboards/show.html",
        boards=queries.list_boards(actor),
        may_keep=row is not None and policy.SHARING.may_keep(actor, row),
        editing=editing,
        form=form,
        tile_form=tile_form,
        **context,
    )


def _choices(actor: Actor) -> dict[str, Any]:
    """What can be put on a dashboard: ready tiles by the dashboard that they come from, kept reports, queues."""
    offered = queries.list_ready(actor)
    parts = [
        (
            board.name,
            [(f"ready:{each.name}", ready.TILES[each.name].title) for each in board.tiles if each.kind == "ready"],
        )
        for board in offered
    ]
    saved = [(f"saved:{key}", row.name) for key, row in queries.list_reports(actor).items()]
    desk = [(f"queue:{queue.name}", queue.title) for queue in queries.list_queues(actor)]
    more = [(_("Own reports"), saved), (_("Queues of the desk"), desk)]
    scopes, groups = policy.SHARING.choices(actor)
    return {
        "offers": [(title, options) for title, options in [*parts, *more] if options],
        "scopes": list(scopes.items()),
        "groups": [(each.id, each.name) for each in groups],
        "columns": COLUMNS,
        "most_rows": MOST_ROWS,
    }


def _form_page(form: Form) -> str:
    actor = current_actor()
    boards = queries.list_boards(actor)
    like = next((each for each in boards if each.key == form.value("like")), None)
    if like and not form.value("name"):
        form.values["name"] = like.name
    scopes, groups = policy.SHARING.choices(actor)
    return render_template(
        "dashboards/new.html",
        form=form,
        boards=boards,
        like=like,
        scopes=list(scopes.items()),
        groups=[(each.id, each.name) for each in groups],
    )
