"""Incidents as JSON."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from cmdb import queries as cmdb
from incident import queries, services
from incident.models import Incident
from incident.schemas import IncidentOutput, OpenIncident, SimilarQuestion
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.text import _
from itsm.tickets.api import add_routes, answer_created, opening_values
from itsm.tickets.present import present
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("incidents-api", __name__, description="Incidents")
PLAIN = ("title", "description", "impact", "urgency", "channel")


@blueprint.post("/incidents")
@blueprint.arguments(OpenIncident)
@blueprint.response(201, IncidentOutput)
@requires("incident.create")
def create(data: dict[str, Any]) -> Any:
    """Open an incident."""
    actor = current_actor()
    incident = services.open_incident(actor, **from_input(actor, data))
    return answer_created(actor, incident)


def from_input(actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the service takes, from what the schema read: addresses and names become ids."""
    values = opening_values(data, PLAIN)
    values["requester_id"] = data.get("requester_id")
    if data.get("requester"):
        _require_may_name(actor, data["requester"])
        person = identity.find_by_email(data["requester"])
        if person is None:
            raise Invalid.field("requester", _("Nobody has the address %(email)s.", email=data["requester"]))
        values["requester_id"] = person.id
    values["custom"] = data.get("custom", {})
    values["ci_ids"] = cmdb.ids_of(actor, data.get("ci", ()))
    return values


def _require_may_name(actor: Actor, email: str) -> None:
    """Only who may look people up learns whether somebody has an address; everyone else names themselves."""
    if (
        not actor.has("people.read")
        and email.strip().lower() not in identity.emails_of({actor.person_id or 0}).values()
    ):
        raise Forbidden(_("You can open incidents for yourself only."))


@blueprint.get("/incidents/<string:number>/similar")
@blueprint.arguments(SimilarQuestion, location="query")
@blueprint.response(200, api.page_schema(IncidentOutput))
@signed_in
def similar(question: dict[str, Any], number: str) -> dict[str, Any]:
    """Resolved incidents with similar words and how they were solved."""
    actor = current_actor()
    incident = queries.get_incident(actor, number)
    found = queries.list_similar(actor, title=question.get("title") or incident.title, ignore_id=incident.id)
    return {"items": present(actor, found), "next": None}


add_routes(blueprint, Incident, IncidentOutput)
