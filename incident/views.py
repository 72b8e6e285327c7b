"""Pages of incidents: log a call, the record."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from incident import queries, services
from incident.api import from_input
from incident.lifecycle import RESOLUTION_CODES
from incident.schemas import LogCall
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.views import read_uploads
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form

blueprint = Blueprint("incident", __name__, template_folder="templates")


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Resolution codes, wherever a resolve form is shown."""
    return {"resolution_codes": RESOLUTION_CODES}


@blueprint.get("/incidents/new")
@requires("incident.edit")
def new() -> str:
    """The form to log a call."""
    return _form_page(Form({"urgency": "3", "impact": "4", "channel": "phone"} | request.args.to_dict()))


def _form_page(form: Form) -> str:
    requester = None
    if str(form.value("requester_id")).isdecimal():
        requester = identity.get_person(current_actor(), int(form.value("requester_id")))
    return render_template(
        "incident/new.html",
        form=form,
        requester=requester,
        categories=tickets.category_titles(),
        group_names=[(group.name, group.name) for group in identity.list_groups()],
    )


@blueprint.post("/incidents/new")
@requires("incident.edit")
def create() -> Any:
    """Save the call, and resolve it or pass it on at once if asked."""
    form = read_form(LogCall)
    actor = current_actor()
    if form.ok:
        try:
            return _save(actor, form)
        except ItsmError as error:
            form.refuse(error)
    return _form_page(form), 422


def _save(actor: Actor, form: Form) -> Response:
    data = dict(form.data)
    incident = services.open_incident(
        actor.through(data.get("channel", "phone")), **from_input(data), uploads=read_uploads()
    )
    if data["then"] == "resolve":
        fields = {name: data.get(name) for name in ("resolution_code", "resolution")}
        ticket_services.take_step(actor, incident, "resolve", fields=fields)
    elif data["then"] == "escalate":
        ticket_services.escalate(actor, incident)
    return redirect(pages.url_of(incident))


@blueprint.get("/incidents/caller")
@requires("incident.edit")
def find_caller() -> str:
    """People for what was typed into the caller field."""
    people = identity.find_people(current_actor(), request.args.get("caller", ""))
    return render_template("incident/_callers.html", people=people, words=request.args.get("caller", ""))


@blueprint.get("/incidents/caller/<int:person_id>")
@requires("incident.edit")
def show_caller(person_id: int) -> str:
    """The chosen caller: who it is, open tickets, equipment (from modules that know it)."""
    actor = current_actor()
    person = identity.get_person(actor, person_id)
    return render_template(
        "incident/_caller.html", requester=person, open_tickets=tickets.list_open_of(actor, person.id)
    )


@blueprint.get("/incidents/similar")
@requires("incident.edit")
def similar() -> str:
    """Solved incidents that resemble the title being typed."""
    found = queries.list_similar(current_actor(), title=request.args.get("title", ""))
    return render_template("incident/_similar.html", similar=found)


@blueprint.get("/incidents/<number>")
@signed_in
def show(number: str) -> Any:
    """The record; people from the requester's side are led to the portal."""
    actor = current_actor()
    incident = queries.get_incident(actor, number)
    if not actor.has("tickets.read"):
        return redirect(f"/portal/tickets/{incident.number}")
    return pages.render_record(actor, incident)


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
