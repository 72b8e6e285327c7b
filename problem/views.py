"""Pages of problems: list, form, record, and what they show on other records."""

from typing import Any

from flask import Blueprint, redirect, render_template, request

from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.tickets import filters, pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form
from problem import queries, services
from problem.api import from_input
from problem.schemas import AnalysisForm, OpenProblem

blueprint = Blueprint("problem", __name__, template_folder="templates")

ORDERS = {"newest": _("Newest"), "priority": _("Priority"), "-updated_at": _("Last changed")}


@blueprint.get("/problems")
@requires("tickets.read")
def list_all() -> str:
    """Problems by view, with the number of incidents that each caused."""
    actor = current_actor()
    views = queries.views(actor)
    chosen = next((view for view in views if view.name == request.args.get("view")), views[0])
    text, sort = request.args.get("q", ""), request.args.get("sort", "newest")
    sort = sort if sort in ORDERS else "newest"
    context = {
        "views": views,
        "view": chosen,
        "q": text,
        "sort": sort,
        "orders": ORDERS,
        "rows": [],
        "next": None,
        "fault": "",
    }
    context["counts"] = tickets.count_up_to_limit(actor, views)
    try:
        conditions = [chosen.condition, *filters.conditions(actor, text)]
        page, own, impact = queries.list_rows(
            actor, conditions=conditions, order=sort, cursor=request.args.get("cursor")
        )
    except Invalid as error:
        return render_template("problem/list.html", **context | {"fault": error.message})
    return render_template(
        "problem/list.html", **context | {"rows": page.items, "next": page.next, "own": own, "impact": impact}
    )


@blueprint.get("/problems/new")
@requires("problem.create")
def new() -> str:
    """The form; `?incident=` takes over title, text and category of an incident, which will be linked."""
    values: dict[str, Any] = {"impact": "3", "urgency": "3"}
    number = request.args.get("incident", "")
    incident = tickets.find_ticket(current_actor(), number) if number else None
    if incident is not None:
        values |= queries.incident_values(incident)
    return _form_page(Form(values))


def _form_page(form: Form) -> str:
    return render_template(
        "problem/new.html",
        form=form,
        categories=tickets.category_titles(),
        group_names=[(group.name, group.name) for group in identity.list_groups()],
    )


@blueprint.post("/problems/new")
@requires("problem.create")
def create() -> Any:
    """Save the problem."""
    form, actor = read_form(OpenProblem), current_actor()
    if form.ok:
        try:
            problem = services.open_problem(actor, **from_input(actor, form.data))
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(pages.url_of(problem))
    return _form_page(form), 422


@blueprint.get("/problems/<number>")
@signed_in
def show(number: str) -> Any:
    """The record; people from the requester's side are led to the portal."""
    actor = current_actor()
    problem = queries.get_problem(actor, number)
    if not actor.has("tickets.read"):
        return redirect(f"/portal/tickets/{problem.number}")
    return pages.render_record(actor, problem)


@blueprint.post("/problems/<number>/analysis")
@requires("problem.edit")
def record_analysis(number: str) -> Any:
    """Save root cause and workaround."""
    actor = current_actor()
    problem = queries.get_problem(actor, number, lock=True)
    form = read_form(AnalysisForm)
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        services.record_analysis(actor, problem, **form.data)
    except ItsmError as error:
        return pages.render_record(
            actor, problem, refusal=error, typed=form.values | {"step": "analysis"}
        ), error.status
    return redirect(pages.url_of(problem))


def incident_panel(actor: Actor, ticket: Ticket) -> str:
    """On an incident: its problems with their workarounds, and the way to raise one."""
    if ticket.kind != queries.INCIDENT:
        return ""
    return render_template(
        "problem/_incident_panel.html", ticket=ticket, problems=queries.list_of_incident(actor, ticket.id)
    )


def impact_panel(actor: Actor, ticket: Ticket) -> str:
    """On a problem: how many incidents it caused, and a warning when it is about to be closed while some are open."""
    if ticket.kind != "problem":
        return ""
    impact = queries.impact_of(actor, [ticket.id]).get(ticket.id, queries.Impact())
    incidents = queries.list_incidents(actor, ticket.id) if impact.total else []
    return render_template("problem/_impact_panel.html", ticket=ticket, impact=impact, incidents=incidents)


def closing_warning(actor: Actor, ticket: Ticket) -> str:
    """On a problem that can be closed or was closed: how many of its incidents are still open."""
    if ticket.kind != "problem" or ticket.state not in {"resolved", "closed"}:
        return ""
    impact = queries.impact_of(actor, [ticket.id]).get(ticket.id, queries.Impact())
    return render_template("problem/_closing_warning.html", ticket=ticket, impact=impact) if impact.open else ""
