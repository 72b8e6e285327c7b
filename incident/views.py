"""Pages of incidents: the record. Logging a call has pages of its own."""

from typing import Any

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from incident import queries
from incident.lifecycle import RESOLUTION_CODES
from itsm.tickets import pages
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("incident", __name__, template_folder="templates")


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Resolution codes, wherever a resolve form is shown."""
    return {"resolution_codes": RESOLUTION_CODES}


@blueprint.get("/incidents/<number>")
@signed_in
def show(number: str) -> Any:
    """The record; people from the requester's side are led to the portal."""
    actor = current_actor()
    return pages.show_record(actor, queries.get_incident(actor, number))


@blueprint.get("/incidents/<number>/similar")
@requires("tickets.read")
def similar_to(number: str) -> str:
    """Solved incidents that resemble this one, for the panel beside the reply box."""
    incident = queries.get_incident(current_actor(), number)
    found = queries.list_similar(current_actor(), title=incident.title, ignore_id=incident.id)
    return render_template("incident/_similar.html", similar=found)


@blueprint.get("/incidents")
@requires("tickets.read")
def list_all() -> Response:
    """Incidents are worked from the desk."""
    return redirect("/desk?view=all&q=kind+%3D+incident")
