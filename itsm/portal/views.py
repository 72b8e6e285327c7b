"""The portal: start, something is broken, own tickets, one ticket."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from incident import services as incidents
from incident.models import Incident
from itsm.fields.pages import posted_values
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, ItsmError, NotFound
from itsm.kernel.lifecycle import Transition
from itsm.kernel.text import _
from itsm.portal import queries, words
from itsm.portal.schemas import Reply, Step, Trouble
from itsm.tickets import queries as tickets
from itsm.tickets import services
from itsm.tickets.models import Ticket
from itsm.tickets.views import read_uploads
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form

blueprint = Blueprint("portal", __name__, template_folder="templates")

LONGEST_SEARCH = 200


@blueprint.app_template_global("plain_state")
def plain_state(row: Any) -> words.PlainState:
    """The plain words for a ticket's state, for templates."""
    return words.plain_state_of(row)


@blueprint.get("/portal")
@signed_in
def home() -> Any:
    """Search, report trouble, own open tickets with state and next step, own equipment."""
    actor = current_actor()
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    found = tickets.find_ticket(actor, text) if text else None
    if found is not None:
        return redirect(url_for("portal.show", number=found.number))
    return render_template(
        "portal/home.html",
        q=text,
        results=queries.find_words(actor, text) if text else [],
        rows=queries.list_open(actor),
    )


@blueprint.get("/portal/new")
@requires("incident.create")
def new() -> str:
    """The form to report trouble."""
    return _trouble_page(Form({"impact": "4", "urgency": "3", "title": request.args.get("title", "")[:LONGEST_SEARCH]}))


def _trouble_page(form: Form) -> str:
    return render_template(
        "portal/new.html",
        form=form,
        categories=tickets.titled(tickets.list_categories()),
        impact_question=words.IMPACT_QUESTION,
        urgency_question=words.URGENCY_QUESTION,
    )


@blueprint.post("/portal/new")
@requires("incident.create")
def create() -> Any:
    """Record the trouble and lead to it."""
    form = read_form(Trouble)
    if form.ok:
        try:
            return _report(current_actor(), form)
        except ItsmError as error:
            form.refuse(error)
    return _trouble_page(form), 422


def _report(actor: Actor, form: Form) -> Response:
    asker = actor.through("portal")
    asked = form.data | {"custom": posted_values(asker, "incident"), "requester_id": actor.person_id}
    incident = incidents.open_incident(asker, **asked, uploads=read_uploads())
    flash(str(_("Thank you. We have it, its number is %(number)s.", number=incident.number)), "success")
    return redirect(url_for("portal.show", number=incident.number))


@blueprint.get("/portal/tickets")
@signed_in
def list_all() -> str:
    """Own tickets, or colleagues' where that is allowed; open or closed ones."""
    actor = current_actor()
    colleagues = request.args.get("of") == "colleagues" and bool(actor.organisation_ids)
    finished = request.args.get("state") == "closed"
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = queries.list_tickets(
        actor, colleagues=colleagues, finished=finished, words=text, cursor=request.args.get("cursor")
    )
    return render_template(
        "portal/tickets.html",
        rows=page.items,
        next=page.next,
        q=text,
        of="colleagues" if colleagues else "me",
        state="closed" if finished else "open",
        sees_colleagues=bool(actor.organisation_ids),
    )


@blueprint.get("/portal/tickets/<number>")
@signed_in
def show(number: str) -> str:
    """One ticket of any kind: state, next step, conversation."""
    return _ticket_page(_ticket(number))


def _ticket(number: str, *, lock: bool = False) -> Ticket:
    ticket = tickets.find_ticket(current_actor(), number)
    if ticket is None:
        raise NotFound(_("There is no %(number)s, or you may not see it.", number=number[:40]))
    if lock:
        services.lock(ticket)
    return ticket


def _ticket_page(ticket: Ticket, *, refusal: ItsmError | None = None, typed: dict[str, Any] | None = None) -> str:
    actor = current_actor()
    acts = queries.may_act(actor, ticket)
    return render_template(
        "portal/ticket.html",
        ticket=ticket,
        talk=queries.conversation(ticket, before_id=request.args.get("before", type=int)),
        state=words.plain_state_of(ticket),
        plain=words.plain_state,
        steps=_steps(actor, ticket) if acts else [],
        step_questions=words.STEP_QUESTIONS,
        can_reply=acts and (ticket.state_category != "closed" or isinstance(ticket, Incident)),
        at_desk=not acts,
        names=identity.person_names({each for each in (ticket.requester_id,) if each}),
        category=tickets.category_titles().get(ticket.category_id or 0),
        links=_followers(actor, ticket),
        living=tickets.living(ticket) if ticket.merged_into_id else None,
        refusal=refusal,
        typed=typed or {},
    )


def _steps(actor: Actor, ticket: Ticket) -> list[Transition]:
    """Steps that a requester may take and that need nothing but a note."""
    possible = [step for step in services.steps_for(actor, ticket) if step.permission == "requester"]
    return [step for step in possible if set(step.requires) <= {"note"}]


def _followers(actor: Actor, ticket: Ticket) -> list[tickets.LinkedTicket]:
    """The ticket that this one continues, and those that continue it."""
    return [link for link in tickets.list_links(actor, ticket) if link.relation == "follows"]


@blueprint.post("/portal/tickets/<number>/reply")
@signed_in
def reply(number: str) -> Any:
    """Write to the service desk; on a closed incident this opens a new one that continues it."""
    ticket, actor = _ticket(number, lock=True), current_actor().through("portal")
    form = read_form(Reply)
    try:
        answered = _answer(actor, ticket, form)
    except ItsmError as error:
        return _refused(ticket, error, **form.values)
    if answered.id != ticket.id:
        flash(str(_("We opened %(number)s, which continues this one.", number=answered.number)), "success")
        return redirect(url_for("portal.show", number=answered.number))
    flash(str(_("Your message is with us.")), "success")
    return redirect(url_for("portal.show", number=ticket.number))


def _answer(actor: Actor, ticket: Ticket, form: Form) -> Ticket:
    _require_side(actor, ticket)
    form.require_ok()
    uploads = read_uploads()
    if not form.data["body"].strip() and not uploads:
        raise Invalid.field("body", _("Write something first."))
    if isinstance(ticket, Incident):
        return incidents.reply_as_requester(actor, ticket, body=form.data["body"], uploads=uploads)
    services.write_entry(actor, ticket, kind="public", body=form.data["body"], uploads=uploads)
    return ticket


def _require_side(actor: Actor, ticket: Ticket) -> None:
    if not queries.may_act(actor, ticket):
        raise Forbidden(_("This is not your own ticket. Work it at the desk."))


@blueprint.post("/portal/tickets/<number>/steps/<name>")
@signed_in
def take_step(number: str, name: str) -> Any:
    """Confirm the solution, say that it does not work, or cancel."""
    ticket, actor = _ticket(number, lock=True), current_actor().through("portal")
    form = read_form(Step)
    try:
        _require_side(actor, ticket)
        note = {"note": form.data["note"]} if form.data.get("note") else {}
        services.take_step(actor, ticket, name, fields=note, version=form.data.get("version"))
    except ItsmError as error:
        return _refused(ticket, error, step=name, **form.values)
    flash(str(_("Thank you, noted.")), "success")
    return redirect(url_for("portal.show", number=ticket.number))


def _refused(ticket: Ticket, error: ItsmError, **typed: Any) -> tuple[str, int]:
    number = ticket.number
    session.rollback()
    return _ticket_page(_ticket(number), refusal=error, typed=typed), error.status
