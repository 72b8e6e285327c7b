"""Problems as JSON."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.tickets.api import add_routes, answer_created, opening_values, person_id
from itsm.tickets.models import Ticket
from itsm.tickets.queries import find_ticket
from itsm.web.access import current_actor, requires
from problem import queries, services
from problem.models import Problem
from problem.schemas import CausedIncidents, OpenProblem, ProblemChanges, ProblemOutput

blueprint = Blueprint("problems-api", __name__, description="Problems and known errors")
PLAIN = ("title", "description", "impact", "urgency", "root_cause", "workaround")


@blueprint.post("/problems")
@blueprint.arguments(OpenProblem)
@blueprint.response(201, ProblemOutput)
@requires("problem.create")
def create(data: dict[str, Any]) -> Any:
    """Open a problem, and link the incident that showed it."""
    actor = current_actor()
    problem = services.open_problem(actor, **from_input(actor, data))
    return answer_created(actor, problem)


def from_input(actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the service takes, from what the schema read: addresses, names and numbers become ids and records."""
    values = opening_values(data, PLAIN)
    values["requester_id"] = person_id("requester", data.get("requester"))
    values["incident"] = _incident(actor, data.get("incident"))
    return values


def _incident(actor: Actor, number: str | None) -> Ticket | None:
    if not number:
        return None
    incident = find_ticket(actor, number)
    if incident is None:
        raise Invalid.field("incident", _("There is no %(number)s, or you may not see it.", number=number))
    return incident


@blueprint.get("/problems/<string:number>/incidents")
@blueprint.response(200, CausedIncidents)
@requires("tickets.read")
def incidents(number: str) -> dict[str, Any]:
    """The incidents that a problem caused: how many, how many are open, and the newest of them."""
    actor = current_actor()
    problem = queries.get_problem(actor, number)
    impact = queries.impact_of(actor, [problem.id]).get(problem.id, queries.Impact())
    items = queries.list_incidents(actor, problem.id)
    return {"total": impact.total, "open": impact.open, "items": items, "next": None}


add_routes(blueprint, Problem, ProblemOutput, changes=ProblemChanges)
