"""What people do in the room of a major incident."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect
from marshmallow import Schema
from werkzeug.wrappers import Response

from incident import queries as incidents
from incident.major import schemas, services
from incident.major.views import render_room, room_of
from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _, plural
from itsm.tickets import queries as tickets
from itsm.web.access import current_actor, requires
from itsm.web.forms import read_form
from itsm.web.views import offer_undo

blueprint = Blueprint("major-room", __name__, template_folder="templates")


def _written(
    number: str, schema: type[Schema], write: Callable[[Actor, Incident, dict[str, Any]], Any], *, lock: bool = True
) -> Any:
    """Read a form of the room and write it; answers the way back, or the room with what is wrong.

    Without `lock` the write itself locks the incident, with others in the order of their ids.
    """
    actor, form = current_actor(), read_form(schema)
    incident = incidents.get_incident(actor, number, lock=lock)
    try:
        form.require_ok()
        write(actor, incident, form.data)
    except ItsmError as error:
        form.refuse(error)
        session.rollback()
        return render_room(actor, incidents.get_incident(actor, number), form), error.status
    return redirect(room_of(incident))


@blueprint.post("/incidents/<number>/room")
@requires("tickets.read")
def change(number: str) -> Any:
    """Change headline, roles, conference, cadence."""

    def write(actor: Actor, incident: Incident, data: dict[str, Any]) -> None:
        services.change_room(actor, incident, version=data.pop("version"), changes=data)

    return _written(number, schemas.RoomForm, write)


@blueprint.post("/incidents/<number>/room/updates")
@requires("tickets.read")
def post_update(number: str) -> Any:
    """Tell everyone how things stand."""

    def write(actor: Actor, incident: Incident, data: dict[str, Any]) -> None:
        services.post_update(actor, incident, **data)
        flash(str(_("Posted. Parts and audiences hear of it within a minute.")), "success")

    return _written(number, schemas.UpdateInput, write)


@blueprint.post("/incidents/<number>/room/withdraw")
@requires("tickets.read")
def withdraw(number: str) -> Any:
    """Say that it is no major incident after all."""
    return _written(
        number, schemas.WithdrawInput, lambda actor, incident, data: services.withdraw(actor, incident, **data)
    )


@blueprint.post("/incidents/<number>/room/audiences")
@requires("tickets.read")
def add_audience(number: str) -> Any:
    """Tell somebody else, too."""

    def write(actor: Actor, incident: Incident, data: dict[str, Any]) -> None:
        target = data["organisation_id"] if data["kind"] == "organisation" else data["group_id"]
        addresses = data["addresses"].replace(",", " ").replace(";", " ").split()
        services.add_audience(
            actor, incident, kind=data["kind"], target_id=target, addresses=addresses, by_mail=data["by_mail"]
        )

    return _written(number, schemas.AudienceForm, write)


@blueprint.post("/incidents/<number>/room/audiences/<int:audience_id>/remove")
@requires("tickets.read")
def remove_audience(number: str, audience_id: int) -> Response:
    """Tell somebody no longer."""
    actor = current_actor()
    incident = incidents.get_incident(actor, number, lock=True)
    services.remove_audience(actor, incident, audience_id)
    return redirect(room_of(incident))


@blueprint.post("/incidents/<number>/room/parts")
@requires("tickets.read")
def absorb(number: str) -> Any:
    """Make other open incidents parts of this one."""

    def write(actor: Actor, incident: Incident, data: dict[str, Any]) -> None:
        parts, step = services.absorb(actor, incident, [*data["tickets"], *_named(actor, data["number"])])
        offer_undo(step, plural("%(num)s incident absorbed.", "%(num)s incidents absorbed.", len(parts)))

    return _written(number, schemas.AbsorbForm, write, lock=False)


def _named(actor: Actor, number: str) -> list[int]:
    if not number:
        return []
    ticket = tickets.find_ticket(actor, number)
    if ticket is None:
        raise Invalid.field("number", _("There is no %(number)s, or you may not see it.", number=number))
    return [ticket.id]


@blueprint.post("/incidents/<number>/room/review")
@requires("tickets.read")
def write_review(number: str) -> Any:
    """Write down what was learned, or close the review."""

    def write(actor: Actor, incident: Incident, data: dict[str, Any]) -> None:
        services.write_review(actor, incident, version=data["version"], changes=data)
        if data["finish"]:
            services.finish_review(actor, incident)

    return _written(number, schemas.ReviewForm, write)


@blueprint.post("/incidents/<number>/room/actions")
@requires("tickets.read")
def add_action(number: str) -> Any:
    """Note something to do."""
    return _written(
        number, schemas.ActionForm, lambda actor, incident, data: services.add_action(actor, incident, **data)
    )


@blueprint.post("/incidents/<number>/room/actions/<int:action_id>/done")
@requires("tickets.read")
def finish_action(number: str, action_id: int) -> Response:
    """Say that something was done."""
    actor = current_actor()
    incident = incidents.get_incident(actor, number, lock=True)
    services.finish_action(actor, incident, action_id)
    return redirect(room_of(incident))
