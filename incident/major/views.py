"""Pages of major incidents: the list with its candidates, declaring one, the room, the review, the plan."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cmdb import queries as cmdb
from incident import queries as incidents
from incident.major import policy, queries, services
from incident.major.phases import FIGHTING, PHASES, step_to
from incident.major.plan import EDIT, TEMPLATES, plan, set_plan, words_for
from incident.major.schemas import DeclareInput, PlanForm
from incident.models import Incident
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("major", __name__, template_folder="templates")

AUDIENCE_TITLES = {
    "everybody": _("Everybody"),
    "affected": _("Organisations that are affected"),
    "organisation": _("An organisation"),
    "group": _("A group"),
    "addresses": _("Mail addresses"),
}
BECOMES_TITLES = {"": _("nothing more"), "problem": _("a problem"), "change": _("a change")}


@blueprint.get("/incidents/major")
@requires("tickets.read")
def list_all() -> str:
    """Major incidents, newest first, and bursts that may be one."""
    actor = current_actor()
    page = queries.page_of_majors(actor, cursor=request.args.get("cursor"))
    people = {row[0].manager_id for row in page.items if row[0].manager_id}
    return render_template(
        "major/list.html",
        rows=page.items,
        next=page.next,
        counts=queries.count_parts([row[0].ticket_id for row in page.items]),
        names=identity.person_names(people),
        candidates=queries.list_candidates(actor) if actor.has(policy.DECLARE) else [],
        phases=PHASES,
        plan=plan(),
    )


@blueprint.get("/incidents/<number>/major")
@requires(policy.DECLARE)
def choose(number: str) -> str:
    """The form to declare an incident a major one."""
    incident = incidents.get_incident(current_actor(), number)
    values = {"headline": incident.title, "candidate": request.args.get("candidate", "")}
    return render_template("major/declare.html", ticket=incident, form=Form(values))


@blueprint.post("/incidents/<number>/major")
@requires(policy.DECLARE)
def declare(number: str) -> Any:
    """Declare an incident a major one, and lead to its room."""
    actor, form = current_actor(), read_form(DeclareInput)
    incident = incidents.get_incident(actor, number, lock=True)
    try:
        form.require_ok()
        data = form.data
        services.declare(
            actor, incident, reason=data["reason"], headline=data["headline"], candidate_id=data["candidate"]
        )
    except ItsmError as error:
        form.refuse(error)
        return render_template("major/declare.html", ticket=incident, form=form), error.status
    return redirect(room_of(incident))


def room_of(incident: Incident) -> str:
    """The address of the room."""
    return url_for("major.show_room", number=incident.number)


@blueprint.post("/incidents/major/candidates/<int:candidate_id>/dismiss")
@requires(policy.DECLARE)
def dismiss(candidate_id: int) -> Response:
    """Decide that a burst is no major incident."""
    services.dismiss(current_actor(), candidate_id)
    return redirect(url_for("major.list_all"))


@blueprint.get("/incidents/<number>/room")
@requires("tickets.read")
def show_room(number: str) -> str:
    """The room: where things stand, who does what, the story, the parts, what is told to whom."""
    actor = current_actor()
    return render_room(actor, incidents.get_incident(actor, number), Form({}))


def render_room(actor: Actor, incident: Incident, form: Form) -> str:
    """The room's page, with what was refused."""
    major = queries.get_major(incident.id)
    review = queries.find_review(incident.id)
    actions = queries.list_actions(incident.id) if review else []
    people = {major.manager_id, major.communicator_id, major.lead_id, *(each.owner_id for each in actions)}
    audiences = queries.list_audiences([incident.id])
    return render_template(
        "major/room.html",
        major=major,
        phases=PHASES,
        fighting=major.phase in FIGHTING,
        next_phases=[each for each in FIGHTING if each == major.phase or step_to(major.phase, each)],
        words={each: words_for(each, major.headline) for each in TEMPLATES},
        leads=policy.can_lead(actor, major),
        names=identity.person_names({each for each in people if each}),
        staff=[(person.id, person.name) for person in identity.list_staff()],
        groups={group.id: group.name for group in identity.list_groups()},
        organisations={each.id: each.name for each in identity.list_organisations(actor)},
        audiences=audiences,
        audience_titles=AUDIENCE_TITLES,
        updates=queries.list_updates(incident.id),
        parts=queries.list_parts(actor, incident.id),
        suggested=queries.suggest_parts(actor, incident) if major.phase in FIGHTING else [],
        cis=cmdb.cis_of_ticket(actor, incident.id),
        review=review,
        actions=actions,
        becomes_titles=BECOMES_TITLES,
        form=form,
        **pages.timeline(actor, incident),
    )


@blueprint.get("/admin/major")
@requires(EDIT)
def edit_plan() -> str:
    """When a burst is a candidate, how often to speak, and the words to begin with."""
    now = plan()
    values = {"tickets": now.tickets, "minutes": now.minutes, "cadence_minutes": now.cadence_minutes}
    return _plan_page(Form(values | dict(now.templates)))


def _plan_page(form: Form) -> str:
    shipped = {phase: str(text) % {"headline": "{headline}"} for phase, text in TEMPLATES.items()}
    return render_template("major/plan.html", form=form, shipped=shipped, phases=PHASES)


@blueprint.post("/admin/major")
@requires(EDIT)
def save_plan() -> Any:
    """Change the plan."""
    form = read_form(PlanForm)
    try:
        form.require_ok()
        numbers = {name: form.data[name] for name in ("tickets", "minutes", "cadence_minutes")}
        set_plan(current_actor(), **numbers, templates={phase: form.data[phase] for phase in TEMPLATES})
    except ItsmError as error:
        form.refuse(error)
        return _plan_page(form), 422
    flash(str(_("Saved.")), "success")
    return redirect(url_for("major.edit_plan"))
