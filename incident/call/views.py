"""The page on which a call is logged, and the parts of it that follow what is typed."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request

from cmdb import queries as cmdb
from config.priorities import IMPACTS, URGENCIES
from incident.api import from_input
from incident.call import services
from incident.call.callers import find_callers, only_caller
from incident.call.outages import list_outages
from incident.call.services import Advice
from incident.schemas import LogCall
from itsm.fields.pages import posted_values
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from itsm.tickets.proposal_words import FIELDS, reason
from itsm.tickets.texts.views import opening_values
from itsm.tickets.views import read_uploads
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.rates import limited

blueprint = Blueprint("call", __name__, template_folder="../templates")

INPUTS = {"category_id": "category", "group_id": "group", "ci_id": "ci_name"}  # fields whose input is called otherwise


@blueprint.get("/incidents/new")
@requires("incident.edit")
def new() -> str:
    """The form to log a call; `phone` (from the telephone exchange) or `caller` says who it is."""
    form = Form({"channel": "phone"} | opening_values("incident") | request.args.to_dict())
    text = request.args.get("phone") or request.args.get("caller", "")
    person = only_caller(current_actor(), text) if text and not form.value("requester_id") else None
    form.values |= (
        {"requester_id": person.id} if person else {"caller": text, "caller_phone": request.args.get("phone", "")}
    )
    return _form_page(form)


@blueprint.post("/incidents/new")
@requires("incident.edit")
def create() -> Any:
    """Save the call, and resolve it or pass it on at once if asked; or add it to an open ticket."""
    form = read_form(LogCall)
    actor = current_actor()
    try:
        form.require_ok()
        if form.data["then"] == "propose":
            return _form_page(form)
        return redirect(pages.url_of(_saved(actor, form)))
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
    return _form_page(form), 422


def _saved(actor: Actor, form: Form) -> Ticket:
    data = form.data
    caller = actor.through(data.get("channel", "phone"))
    if data.get("add_to"):
        return _added(caller, data)
    data["requester_id"] = _requester_id(actor, data)
    if not data.get("caller_name"):
        form.values["requester_id"] = data["requester_id"]
    values = {**_values(actor, data), "custom": posted_values(actor, "incident")}
    incident = services.log_call(caller, values, declined=data["declined"], uploads=read_uploads())
    if data.get("part_of"):
        ticket_services.link(actor, incident, _open_ticket(actor, data["part_of"]), relation="child_of")
    if data["then"] == "resolve":
        fields = {name: data.get(name) for name in ("resolution_code", "resolution")}
        ticket_services.take_step(actor, incident, "resolve", fields=fields)
    elif data["then"] == "escalate":
        group = ticket_services.escalate(actor, incident, note=data.get("note", ""))
        flash(str(_("Passed to %(group)s.", group=group.name)), "success")
    return incident


def _values(actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
    names = [*data.get("ci", ()), *([data["ci_name"]] if data.get("ci_name") else [])]
    return from_input(actor, {**data, "ci": names})


def _added(actor: Actor, data: Mapping[str, Any]) -> Ticket:
    return services.add_call(
        actor,
        _open_ticket(actor, data["add_to"]),
        title=data.get("title", ""),
        description=data.get("description", ""),
        ci_ids=_values(actor, data)["ci_ids"],
        uploads=read_uploads(),
    )


def _open_ticket(actor: Actor, number: str) -> Ticket:
    ticket = tickets.find_ticket(actor, number)
    if ticket is not None:
        ticket_services.lock(ticket)  # somebody may end it at this very moment
    if ticket is None or not ticket.unfinished:
        raise NotFound(_("There is no open %(number)s, or you may not see it.", number=number))
    return ticket


def _requester_id(actor: Actor, data: Mapping[str, Any]) -> int | None:
    """The caller: chosen, else new, else the only one that the typed text can mean; None when nothing says who."""
    if data.get("requester_id") or data.get("requester"):
        return data.get("requester_id")
    if data.get("caller_name"):
        new = {"email": data.get("caller_email"), "phone": data.get("caller_phone", "")}
        return services.caller_or_new(actor, name=data["caller_name"], **new).id
    if not data.get("caller"):
        return None
    found = only_caller(actor, data["caller"])
    if found is None:
        raise Invalid.field(
            "caller", _("Choose the caller from the people found, record a new one, or empty the field.")
        )
    return found.id


def _form_page(form: Form) -> str:
    actor = current_actor()
    requester = None
    if str(form.value("requester_id")).isdecimal():
        requester = identity.get_person(actor, int(form.value("requester_id")))
    text = str(form.value("caller", ""))
    return render_template(
        "incident/new.html",
        form=form,
        requester=requester,
        callers=find_callers(actor, text) if text and not requester else [],
        categories=tickets.category_titles(),
        group_names=[(group.name, group.name) for group in identity.list_groups()],
        **(_known_of(actor, requester.id) if requester else {}),
        **_advice_context(actor, form),
    )


@blueprint.get("/incidents/caller")
@requires("incident.edit")
@limited("search_rate")
def find_caller() -> str:
    """People for what was typed into the caller field."""
    text = request.args.get("caller", "")
    return render_template("incident/_callers.html", callers=find_callers(current_actor(), text), words=text)


@blueprint.get("/incidents/caller/<int:person_id>")
@requires("incident.edit")
def show_caller(person_id: int) -> str:
    """The chosen caller: who it is, open tickets, known outages, equipment (from modules that know it)."""
    actor = current_actor()
    person = identity.get_person(actor, person_id)
    return render_template("incident/_caller.html", requester=person, **_known_of(actor, person_id))


@blueprint.get("/incidents/caller/search")
@requires("incident.edit")
def search_caller() -> str:
    """The field for the caller, to choose another one without losing what was typed."""
    return render_template("incident/_caller_field.html", form=Form(), callers=[])


def _known_of(actor: Actor, person_id: int) -> dict[str, Any]:
    person = identity.get_person(actor, person_id)
    return {"open_tickets": tickets.list_open_of(actor, person_id), "outages": list_outages(actor, person)}


@blueprint.get("/incidents/new/advice")
@requires("incident.edit")
@limited("search_rate")
def advice() -> str:
    """What follows the form while it is filled in: proposals, when it would be due, similar incidents."""
    return render_template("incident/_advice.html", **_advice_context(current_actor(), Form(_typed())))


def _typed() -> dict[str, Any]:
    many = ("ci", "declined")
    return {name: request.args.getlist(name) if name in many else request.args[name] for name in request.args}


def _advice_context(actor: Actor, form: Form) -> dict[str, Any]:
    values = _readable(actor, form.values)
    found = services.advise(actor, values)
    declined = form.value("declined") or []
    sure = services.taken(found, values, declined)
    return {
        "alike": found.alike,
        "proposals": _shown(actor, found, {one.field for one in sure}, declined) if values["title"] else [],
        "draft": services.draft_of(values, sure),
    }


def _readable(actor: Actor, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says so far; what cannot be read yet (half a name) is passed over."""
    values: dict[str, Any] = {"title": str(typed.get("title", "")), "ci_ids": []}
    for name in ("requester_id", "impact", "urgency"):
        if str(typed.get(name) or "").isdecimal():
            values[name] = int(typed[name])
    names = [*(typed.get("ci") or ()), typed.get("ci_name")]
    for part in ({"category": typed.get("category")}, {"group": typed.get("group")}, {"ci": [n for n in names if n]}):
        try:
            read = from_input(actor, {name: value for name, value in part.items() if value})
        except ItsmError:
            continue
        values |= {name: value for name, value in read.items() if value}
    return values


def _shown(actor: Actor, found: Advice, sure: set[str], declined: list[str]) -> list[dict[str, Any]]:
    """The proposals as the page shows them: which input takes which value, in which words, and why."""
    shown = []
    for name, one in found.proposals.items():
        title = _title(actor, name, one.value)
        if title and name not in declined:
            value = title if name in ("group_id", "ci_id") else one.value
            shown.append(
                {
                    "field": name,
                    "label": FIELDS[name],
                    "input": INPUTS.get(name, name),
                    "value": value,
                    "title": title,
                    "reason": reason(one.votes, one.cases, one.source),
                    "sure": name in sure,
                }
            )
    return shown


def _title(actor: Actor, field: str, value: Any) -> Any:
    if field == "category_id":
        return tickets.category_titles().get(value)
    if field == "group_id":
        return next((group.name for group in identity.list_groups() if group.id == value), None)
    if field == "ci_id":
        return cmdb.get_ci(actor, value).name
    return _({"impact": IMPACTS, "urgency": URGENCIES}[field][value])
