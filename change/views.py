"""Pages of changes: list, calendar, form, record, models."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from change import queries, services
from change.api import from_input
from change.calendar import place_on_days
from change.lifecycle import OUTCOME_TITLES
from change.models import PLAN, WINDOW
from change.panels import context as shared_context
from change.schemas import ChangeForm, ModelForm, PlanForm
from change.subjects import RISK_TITLES, TYPE_TITLES
from itsm.identity import queries as identity
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.kernel.month import month_of
from itsm.kernel.text import _
from itsm.tickets import lists, pages
from itsm.tickets import queries as tickets
from itsm.tickets.lists import TicketList
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form
from itsm.web.lists import Column, Empty, Link, Section
from itsm.web.presentation import reader

blueprint = Blueprint("change", __name__, template_folder="templates")


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Words for types, risks and outcomes, wherever a change is shown."""
    words = {"change_types": TYPE_TITLES, "risk_levels": RISK_TITLES, "review_outcomes": OUTCOME_TITLES}
    return words | shared_context()


def _read_rows(actor: Actor, **wanted: Any) -> dict[str, Any]:
    page, own = queries.list_rows(actor, **wanted)
    return {"rows": page.items, "next": page.next, "own": own}


CELLS = "change/_cells.html"
PLANNING = Section(
    _("Planning"),
    (
        Link(_("Calendar"), "change.calendar"),
        Link(_("Standard models"), "change.models", permission="change.create"),
    ),
)
CHANGES = TicketList(
    endpoint="change.list_all",
    title=_("Changes"),
    views=queries.views,
    columns=(
        lists.NUMBER,
        Column("title", _("Title"), CELLS, "title-cell"),
        Column("risk", _("Risk"), CELLS, "wide-only"),
        Column("window", _("Planned window"), CELLS, "wide-only window-cell"),
        lists.STATE,
        lists.ASSIGNEE,
    ),
    read_rows=_read_rows,
    hint="state = assessed and group in mygroups()",
    empty=Empty(_("No changes here"), _("When somebody asks for a change, it appears here."), "arrows-exchange"),
    unfit=_("No change fits this filter. Clear it, or look at another view."),
    create=Link(_("New change"), "change.new", icon="plus", permission="change.create"),
    sections=(PLANNING,),
)


@blueprint.get("/changes")
@requires("tickets.read")
def list_all() -> str:
    """Changes by view, with type, risk and window."""
    return lists.render(current_actor(), CHANGES)


@blueprint.get("/changes/calendar")
@requires("tickets.read")
def calendar() -> str:
    """The planned windows of one month, in the reader's calendar and zone."""
    actor, here = current_actor(), reader()
    month = month_of(here, request.args.get("month", ""), today=here.local(clock.now()).date())
    zone = ZoneInfo(here.timezone)
    start = datetime.combine(month.first_on, time(), zone).astimezone(UTC)
    end = datetime.combine(month.last_on + timedelta(days=1), time(), zone).astimezone(UTC)
    rows = queries.list_between(actor, start, end)
    return render_template(
        "change/calendar.html",
        month=month,
        days=place_on_days(rows, here),
        shown=len(rows),
        most=queries.CALENDAR_SHOWN,
    )


@blueprint.get("/changes/new")
@requires("change.create")
def new() -> str:
    """The form for a new change; a problem or incident may be named that it is for."""
    return _form_page(
        Form({"type": "normal", "impact": "3", "urgency": "3", "risk_level": "medium"} | request.args.to_dict())
    )


def _form_page(form: Form) -> str:
    return render_template(
        "change/new.html",
        form=form,
        approvers=queries.list_possible_approvers(),
        models=queries.list_models(approved_only=True),
        categories=tickets.category_titles(),
        group_names=[(group.name, group.name) for group in identity.list_groups()],
    )


@blueprint.post("/changes/new")
@requires("change.create")
def create() -> Any:
    """Save the change; an emergency change is put to its approvers at once."""
    form, actor = read_form(ChangeForm), current_actor()
    if form.ok:
        try:
            change = services.open_change(actor, **_form_values(actor, form))
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(pages.url_of(change))
    return _form_page(form), 422


def _form_values(actor: Actor, form: Form) -> dict[str, Any]:
    data = dict(form.data)
    data["ci"] = [line.strip() for line in data.pop("ci", "").splitlines() if line.strip()]
    approvers = data.pop("approver_ids", [])
    return from_input(actor, _with_instants(data)) | {"approver_ids": approvers}


def _with_instants(data: dict[str, Any]) -> dict[str, Any]:
    parsed = {name: pages.parse_local(name, data[name]) for name in WINDOW if data.get(name)}
    return data | parsed


@blueprint.get("/changes/<number>")
@signed_in
def show(number: str) -> Any:
    """The record, for staff and for approvers; people from the requester's side are led to the portal."""
    actor = current_actor()
    return pages.show_record(actor, queries.get_change(actor, number), also="change.vote")


@blueprint.post("/changes/<number>/plan")
@requires("change.edit")
def change_plan(number: str) -> Any:
    """Save the plan, or move the window."""
    actor = current_actor()
    change = queries.get_change(actor, number, lock=True)
    form = read_form(PlanForm)
    try:
        form.require_ok()
        services.change_plan(actor, change, version=form.data["version"], changes=_plan_values(form))
    except ItsmError as error:
        return pages.render_record(actor, change, refusal=error, typed=form.values | {"step": "plan"}), error.status
    return redirect(pages.url_of(change))


def _plan_values(form: Form) -> dict[str, Any]:
    """What the form says of its part; a box that is not ticked and a text that was emptied are values too."""
    data = _with_instants(dict(form.data))
    if form.data["part"] == "window":
        return {name: data.get(name) for name in WINDOW}
    values = {name: data.get(name, "") for name in PLAN - {"approver_ids", "outage_expected", "risk_level"}}
    values |= {"outage_expected": data.get("outage_expected", False), "approver_ids": data.get("approver_ids", [])}
    return values | ({"risk_level": data["risk_level"]} if "risk_level" in data else {})


@blueprint.get("/changes/models")
@requires("change.create")
def models() -> str:
    """Models for standard changes."""
    return _models_page(Form())


def _models_page(form: Form) -> str:
    rows = queries.list_models()
    names = identity.person_names({each for row in rows for each in (row.made_by_id, row.approved_by_id) if each})
    return render_template("change/models.html", models=rows, names=names, form=form)


@blueprint.post("/changes/models")
@requires("change.edit")
def create_model() -> Any:
    """Record a model; somebody else approves it."""
    form = read_form(ModelForm)
    if form.ok:
        try:
            services.create_model(current_actor(), **form.data)
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("change.models"))
    return _models_page(form), 422


@blueprint.post("/changes/models/<int:model_id>/approval")
@requires("change.manage")
def approve_model(model_id: int) -> Response:
    """Approve a model, or take its approval back."""
    services.approve_model(current_actor(), model_id, approved=request.form.get("approved") == "true")
    return redirect(url_for("change.models"))
