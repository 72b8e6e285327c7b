"""Major incidents as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g
from flask_smorest import Blueprint

from incident import queries as incidents
from incident.major import policy, queries, schemas, services
from incident.major.models import MajorIncident
from incident.models import Incident
from itsm.identity import queries as identity
from itsm.identity import references
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("major-api", __name__, description="Major incidents")

SAME = (
    "headline", "phase", "phase_since", "reason", "declared_at", "conference_url", "on_portal", "cadence_minutes",
    "next_update_at", "resolved_at", "version",
)  # fmt: skip


def present(rows: Sequence[tuple[MajorIncident, Incident]]) -> list[dict[str, Any]]:
    """Majors as JSON; two statements for any number."""
    people = {each for row, _one in rows for each in (row.manager_id, row.communicator_id, row.lead_id) if each}
    emails, parts = identity.emails_of(people), queries.count_parts([row.ticket_id for row, _one in rows])
    return [
        {name: getattr(row, name) for name in SAME}
        | {"number": incident.number, "title": incident.title, "declared_by": row.declared_by_name}
        | {"manager": emails.get(row.manager_id or 0), "communicator": emails.get(row.communicator_id or 0)}
        | {"lead": emails.get(row.lead_id or 0), "parts": parts.get(row.ticket_id, 0)}
        for row, incident in rows
    ]


def _one(incident: Incident) -> dict[str, Any]:
    row = queries.get_major(incident.id)
    api.set_etag(row.version)
    return present([(row, incident)])[0]


@blueprint.get("/majors")
@blueprint.arguments(schemas.MajorArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.MajorOutput))
@requires("tickets.read")
def list_all(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of major incidents, newest first."""
    page = queries.page_of_majors(
        current_actor(),
        active=arguments["active"],
        limit=arguments.get("limit"),
        cursor=arguments.get("cursor"),
    )
    return {"items": present([(row[0], row[1]) for row in page.items]), "next": page.next}


@blueprint.get("/majors/candidates")
@blueprint.response(200, api.page_schema(schemas.CandidateOutput))
@requires(policy.DECLARE)
def candidates() -> dict[str, Any]:
    """Bursts that nobody has decided about."""
    items = [
        {name: getattr(each.row, name) for name in ("id", "subject_kind", "first_at", "last_at")}
        | {"subject": each.name, "tickets": [one.number for one in each.tickets]}
        for each in queries.list_candidates(current_actor())
    ]
    return {"items": items, "next": None}


@blueprint.post("/majors/candidates/<int:candidate_id>/dismiss")
@blueprint.response(204)
@requires(policy.DECLARE)
def dismiss(candidate_id: int) -> None:
    """Decide that a burst is no major incident."""
    services.dismiss(current_actor(), candidate_id)


@blueprint.get("/outages")
@blueprint.response(200, api.page_schema(schemas.OutageOutput))
@signed_in
def outages() -> dict[str, Any]:
    """Known outages that concern the caller."""
    actor = current_actor()
    person = None if actor.has("tickets.read") else g.get("person")
    items = [
        {"headline": each.major.headline, "phase": each.major.phase, "since": each.major.declared_at}
        | {"text": each.update.body if each.update else "", "updated_at": each.update.at if each.update else None}
        for each in queries.known_outages(person)
    ]
    return {"items": items, "next": None}


@blueprint.get("/incidents/<string:number>/major")
@blueprint.response(200, schemas.MajorOutput)
@requires("tickets.read")
def read_one(number: str) -> dict[str, Any]:
    """What an incident has as a major one."""
    return _one(incidents.get_incident(current_actor(), number))


@blueprint.post("/incidents/<string:number>/major")
@blueprint.arguments(schemas.DeclareInput)
@blueprint.response(201, schemas.MajorOutput)
@requires(policy.DECLARE)
def declare(data: dict[str, Any], number: str) -> Any:
    """Declare an incident a major one."""
    actor = current_actor()
    incident = incidents.get_incident(actor, number, lock=True)
    row = services.declare(
        actor, incident, reason=data["reason"], headline=data["headline"], candidate_id=data["candidate"]
    )
    return api.created(_one(incident), ".read_one", version=row.version, number=incident.number)


@blueprint.post("/incidents/<string:number>/major/withdraw")
@blueprint.arguments(schemas.WithdrawInput)
@blueprint.response(200, schemas.MajorOutput)
@requires("tickets.read")
def withdraw(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Say that it is no major incident after all."""
    incident = incidents.get_incident(current_actor(), number, lock=True)
    services.withdraw(current_actor(), incident, reason=data["reason"])
    return _one(incident)


@blueprint.patch("/incidents/<string:number>/major")
@blueprint.arguments(schemas.RoomChanges)
@blueprint.response(200, schemas.MajorOutput)
@requires("tickets.read")
def change(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Change headline, roles, conference, cadence; needs If-Match."""
    incident = incidents.get_incident(current_actor(), number, lock=True)
    version = api.check_match(queries.get_major(incident.id))
    services.change_room(current_actor(), incident, version=version, changes=_by_id(data))
    return _one(incident)


def _by_id(data: Mapping[str, Any]) -> dict[str, Any]:
    roles = {
        name: references.person_id(name, data[name]) for name in ("manager", "communicator", "lead") if name in data
    }
    rest = {name: value for name, value in data.items() if name not in roles}
    return rest | {f"{name}_id": value for name, value in roles.items()}


@blueprint.post("/incidents/<string:number>/major/audiences")
@blueprint.arguments(schemas.AudienceInput)
@blueprint.response(204)
@requires("tickets.read")
def add_audience(data: dict[str, Any], number: str) -> None:
    """Tell somebody else, too."""
    incident = incidents.get_incident(current_actor(), number, lock=True)
    find = {"organisation": references.organisation_id, "group": references.group_id}.get(data["kind"])
    target = find("target", data["target"]) if find else None
    services.add_audience(
        current_actor(),
        incident,
        kind=data["kind"],
        target_id=target,
        addresses=data["addresses"],
        by_mail=data["by_mail"],
    )


@blueprint.get("/incidents/<string:number>/major/updates")
@blueprint.response(200, api.page_schema(schemas.MajorUpdateOutput))
@requires("tickets.read")
def list_updates(number: str) -> dict[str, Any]:
    """Updates, newest first."""
    incident = incidents.get_incident(current_actor(), number)
    return {"items": queries.list_updates(queries.get_major(incident.id).ticket_id), "next": None}


@blueprint.post("/incidents/<string:number>/major/updates")
@blueprint.arguments(schemas.UpdateInput)
@blueprint.response(201, schemas.MajorUpdateOutput)
@requires("tickets.read")
def post_update(data: dict[str, Any], number: str) -> Any:
    """Tell everyone how things stand."""
    incident = incidents.get_incident(current_actor(), number, lock=True)
    return services.post_update(current_actor(), incident, **data)


@blueprint.post("/incidents/<string:number>/major/parts")
@blueprint.arguments(schemas.AbsorbInput)
@blueprint.response(200, schemas.AbsorbedOutput)
@requires("tickets.read")
def absorb(data: dict[str, Any], number: str) -> dict[str, Any]:
    """Make other open incidents parts; `undo` takes it back for a day."""
    actor = current_actor()
    incident = incidents.get_incident(actor, number)
    parts, step = services.absorb(actor, incident, [_id_of(each) for each in data["tickets"]])
    return {"tickets": [part.number for part in parts], "undo": step.id if step else None}


def _id_of(number: str) -> int:
    ticket = tickets.find_ticket(current_actor(), number)
    if ticket is None:
        raise Invalid.field("tickets", _("There is no %(number)s, or you may not see it.", number=number))
    return ticket.id
