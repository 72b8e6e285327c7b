"""The start page, which leads everyone to where their work is, and what one did lately and can take back."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel import undo
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.web.access import current_actor, signed_in
from itsm.web.navigation import panels

blueprint = Blueprint("web", __name__, template_folder="templates")


@blueprint.get("/")
@signed_in
def start() -> Response:
    """Staff go to the desk, everyone else to the portal."""
    if current_actor().has("tickets.read"):
        return redirect(url_for("tickets.desk"))
    return redirect("/portal")


@blueprint.get("/notices")
@signed_in
def notices() -> Response:
    """What modules want the reader to notice now, wherever they are; the shell asks again and again."""
    answer = make_response(panels("notices", current_actor()))
    answer.add_etag()
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@blueprint.get("/undo")
@signed_in
def list_undo() -> str:
    """What the actor did in the last day and can take back."""
    return render_template("web/undo.html", rows=undo.list_recent(current_actor()))


@blueprint.post("/undo/<int:undo_id>")
@signed_in
def take_back(undo_id: int) -> Response:
    """Take one step back, and return to the page where it happened."""
    row = undo.take_back(current_actor(), undo_id, registry().undos)
    flash(str(_("Taken back: %(step)s", step=row.title)), "success")
    if row.stays:
        flash(row.stays, "info")
    return redirect(row.back)


def offer_undo(step: undo.Undo | None, text: Any) -> None:
    """Say on the next page what was done, with a button that takes it back where that is possible."""
    if step is None:
        flash(str(text), "success")
    else:
        flash(f"{step.id} {text}", "undo")
