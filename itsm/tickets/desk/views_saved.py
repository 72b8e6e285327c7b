"""Pages of saved views."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.tickets.desk import listing, pages, policy, queues, services
from itsm.tickets.desk.columns import GROUPING_TITLES, ORDER_TITLES, available
from itsm.tickets.desk.models import SavedView
from itsm.tickets.desk.schemas import ViewForm
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("saved_views", __name__, template_folder="../templates")

EMPTY_RULES = 2


@blueprint.get("/desk/views/new")
@requires("tickets.read")
def new() -> str:
    """The form of a new view, filled with what is seen on the desk."""
    actor = current_actor()
    asked = listing.read_asked(actor, request.args)
    columns = [column.key for column in pages.columns_of(actor, asked.queue)]
    values = {"scope": "own", "query": pages.start_text(asked), "open_only": asked.queue.name != "finished"}
    return _page(Form({**values, "sort": asked.sort, "grouping": asked.grouping, "columns": columns}), None)


@blueprint.post("/desk/views/new")
@requires("tickets.read")
def create() -> Any:
    """Save a new view, and show it."""
    return _take(None)


@blueprint.get("/desk/views/<int:view_id>")
@requires("tickets.read")
def edit(view_id: int) -> str:
    """A saved view."""
    row = queues.get_view(current_actor(), view_id)
    names = ("version", "name", "scope", "group_id", "query", "open_only", "columns", "sort", "grouping")
    rules = {"rules": [rule["query"] for rule in row.colours], "tones": [rule["tone"] for rule in row.colours]}
    built = {"query": request.args["q"]} if "q" in request.args else {}  # the way back from the builder
    return _page(Form({name: getattr(row, name) for name in names} | rules | built), row)


@blueprint.post("/desk/views/<int:view_id>")
@requires("tickets.read")
def save(view_id: int) -> Any:
    """Change a saved view, and show it."""
    return _take(queues.get_view(current_actor(), view_id))


@blueprint.post("/desk/views/<int:view_id>/delete")
@requires("tickets.read")
def delete(view_id: int) -> Response:
    """Remove a saved view; no ticket changes."""
    services.delete_view(current_actor(), view_id)
    flash(str(_("Deleted.")), "success")
    return redirect(url_for("tickets.desk"))


def _take(row: SavedView | None) -> Any:
    actor, form = current_actor(), read_form(ViewForm)
    try:
        form.require_ok()
        row = _save(actor, row, dict(form.data))
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
        return _page(form, row), error.status
    return redirect(url_for("tickets.desk", view=queues.name_of(row)))


def _save(actor: Actor, row: SavedView | None, data: dict[str, Any]) -> SavedView:
    version, rules, tones = data.pop("version", None), data.pop("rules"), data.pop("tones")
    values = {"group_id": None, **data}
    values["colours"] = [{"query": rule, "tone": tone} for rule, tone in zip(rules, tones, strict=False)]
    if row is None:
        return services.create_view(actor, values)
    return services.edit_view(actor, row.id, version=version, values=values)


def _page(form: Form, row: SavedView | None) -> str:
    actor = current_actor()
    scopes, groups = policy.SHARING.choices(actor)
    chosen = form.value("columns", [])
    known = {column.key: column for column in available(actor)}
    ordered = [known[key] for key in chosen if key in known] + [
        each for each in known.values() if each.key not in chosen
    ]
    rules = list(zip(form.value("rules", []), form.value("tones", []), strict=False))
    return render_template(
        "tickets/desk/view.html",
        form=form,
        row=row,
        may_keep=row is None or policy.SHARING.may_keep(actor, row),
        scopes=scopes,
        groups=groups,
        columns=ordered,
        orders=ORDER_TITLES,
        groupings=GROUPING_TITLES,
        rules=rules + [("", "red")] * EMPTY_RULES,
        tones=queues.TONES,
    )
