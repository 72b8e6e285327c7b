"""Pages of problems: list, form, record."""

from typing import Any

from flask import Blueprint, redirect, render_template, request

from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form
from problem import queries, services
from problem.api import from_input
from problem.schemas import AnalysisForm, OpenProblem

blueprint = Blueprint("problem", __name__, template_folder="templates")


@blueprint.get("/problems")
@requires("tickets.read")
def list_all() -> str:
    """Problems by view, with the number of incidents that each caused."""
    actor = current_actor()
    return pages.render_list("problem/list.html", actor, queries.views(actor), _read_rows)


def _read_rows(actor: Actor, **wanted: Any) -> dict[str, Any]:
    page, own, impact = queries.list_rows(actor, **wanted)
    return {"rows": page.items, "next": page.next, "own": own, "impact": impact}


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
