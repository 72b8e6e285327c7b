"""The page of escalations: the matrix, and what has fired."""

from flask import Blueprint, render_template

from itsm.kernel import clock
from itsm.tickets import pages
from itsm.web.access import current_actor, requires
from sla.escalations.lateness import lateness, list_fired
from sla.escalations.matrix import matrix, place_of

blueprint = Blueprint("escalations", __name__)


@blueprint.get("/sla/escalations")
@requires("sla.read")
def overview() -> str:
    """What happens at which step, what has fired last, and how late."""
    return render_template(
        "sla/escalations.html",
        matrix=matrix(),
        fired=list_fired(current_actor()),
        lateness=lateness(clock.now()),
        place_of=place_of,
        url_of=pages.url_of,
    )
