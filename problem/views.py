"""Pages of problems: list, form, record."""

from typing import Any

from flask import Blueprint, redirect, render_template, request

from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.tickets import lists, pages
from itsm.tickets import queries as tickets
from itsm.tickets.lists import TicketList
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form
from itsm.web.lists import Column, Empty, Link
from problem import queries, services
from problem.api import from_input
from problem.schemas import AnalysisForm, OpenProblem

blueprint = Blueprint("problem", __name__, template_folder="templates")


def _read_rows(actor: Actor, **wanted: Any) -> dict[str, Any]:
    page, own, impact = queries.list_rows(actor, **wanted)
    return {"rows": page.items, "next": page.next, "own": own, "impact": impact}


CELLS = "problem/_cells.html"
PROBLEMS = TicketList(
    endpoint="problem.list_all",
    title=_("Problems"),
    views=queries.views,
    columns=(
        lists.PRIORITY,
        lists.NUMBER,
        Column("title", _("Title"), CELLS, "title-cell"),
        Column("incidents", _("Incidents"), CELLS, "wide-only"),
        lists.STATE,
        lists.ASSIGNEE,
    ),
    read_rows=_read_rows,
    hint="priority <= 2 and group in mygroups()",
    empty=Empty(
        _("No problems here"),
        _("Raise one from an incident that keeps coming back, or record one that you see coming."),
        "bug",
    ),
    unfit=_("No problem fits this filter. Clear it, or look at another view."),
    create=Link(_("New problem"), "problem.new", icon="plus", permission="problem.create"),
)


@blueprint.get("/problems")
@requires("tickets.read")
def list_all() -> str:
    """Problems by view, with the number of incidents that each caused."""
    return lists.render(current_actor(), PROBLEMS)


@blueprint.get("/problems/new")
@requires("problem.create")
def new() -> str:
    """The form; `?incident=` takes over title, text and category of an incident, which will be linked."""
    values: dict[str, Any] = {"impact": "3", "urgency": "3"}
    number = request.args.get("incident", "")
    incident = tickets.find_ticket(current_actor(), number) if number else None
    if incident is not None:
        values |= queries.incident_values(incident)
    if request.args.get("title"):
        values["title"] = request.args["title"][:255]
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
    return pages.show_record(actor, queries.get_problem(actor, number))


@blueprint.post("/problems/<number>/analysis")
@requires("problem.edit")
def record_analysis(number: str) -> Any:
    """Save root cause and workaround."""
    actor = current_actor()
    problem = queries.get_problem(actor, number, lock=True)
    form = read_form(AnalysisForm)
    try:
        form.require_ok()
        services.record_analysis(actor, problem, **form.data)
    except ItsmError as error:
        return pages.render_record(
            actor, problem, refusal=error, typed=form.values | {"step": "analysis"}
        ), error.status
    return redirect(pages.url_of(problem))
