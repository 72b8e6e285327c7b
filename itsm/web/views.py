"""The start page, which leads everyone to where their work is."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from itsm.web.access import current_actor, signed_in

blueprint = Blueprint("web", __name__, template_folder="templates")


@blueprint.get("/")
@signed_in
def start() -> Response:
    """Staff go to the desk, everyone else to the portal."""
    if current_actor().has("tickets.read"):
        return redirect(url_for("tickets.desk"))
    return redirect("/portal")
