"""Pages of agreements, calendars and clocks, and the clocks on a ticket's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from sla import definitions, forms, queries, services, working_hours
from sla.calendar import CalendarError, parse_calendar
from sla.definitions import Preview
from sla.explanation import DAYS, explain, rule_words
from sla.models import ACTIONS, METRICS, Agreement, BusinessHours
from sla.promise import promised
from sla.schemas import AgreementForm, CalendarForm, ReasonForm
from sla.step_notices import METRIC_TITLES

blueprint = Blueprint("sla", __name__, template_folder="templates")

COMPLIANCE_DAYS = 30
ACTION_TITLES = {
    "notify_assignee": _("Tell the assignee"),
    "notify_group": _("Tell the group"),
    "call_rota": _("Call whoever is on call"),
    "notify_manager": _("Tell the manager"),
    "raise_level": _("Pass to the next level"),
    "notify_requester": _("Tell the requester"),
}
TARGET_CHANGE_TITLES = {
    "retroactive": _("from the original start"),
    "from_change": _("from the change, with the share that remains"),
    "anew": _("from the change, anew"),
}
CLOCK_STATES = {
    "running": _("running"),
    "paused": _("paused"),
    "met": _("met"),
    "breached": _("missed"),
    "cancelled": _("not counted"),
    "not_started": _("not started"),
}


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Words for metrics and clock states, wherever clocks are shown."""
    return {"metric_titles": METRIC_TITLES, "clock_states": CLOCK_STATES}


@blueprint.get("/sla")
@requires("sla.read")
def overview() -> str:
    """Agreements with their targets, how well they were kept in the last 30 days, and clocks at risk now."""
    now = clock.now()
    return render_template(
        "sla/overview.html",
        agreements=queries.list_agreements(),
        calendars=queries.list_calendars(),
        compliance=queries.compliance(from_at=now - timedelta(days=COMPLIANCE_DAYS), to_at=now),
        at_risk=queries.list_at_risk(current_actor()),
        metrics=METRICS,
        days=COMPLIANCE_DAYS,
    )


def render_clocks(actor: Actor, ticket: Ticket) -> str:
    """The clocks of a ticket as small cards above its page."""
    clocks = queries.clocks_of(actor, [ticket.id]).get(ticket.id, [])
    return render_template("sla/_clocks.html", clocks=clocks, ticket=ticket) if clocks else ""


def render_promise(actor: Actor, draft: Ticket) -> str:
    """When a ticket that is being recorded would be due, by the agreement that would apply."""
    del actor
    agreement, promises = promised(draft)
    return render_template("sla/_promise.html", agreement=agreement, promises=promises) if promises else ""


def _ticket(number: str) -> Ticket:
    ticket = tickets.find_ticket(current_actor(), number)
    if ticket is None:
        raise NotFound(_("There is no %(number)s, or you may not see it.", number=number[:40]))
    return ticket


@blueprint.get("/sla/clocks/<number>/<metric>")
@requires("sla.read")
def why(number: str, metric: str) -> str:
    """Why a clock stands where it stands."""
    return _why_page(number, metric, Form())


def _why_page(number: str, metric: str, form: Form) -> str:
    ticket = _ticket(number)
    explanation = explain(current_actor(), ticket, metric)
    return render_template(
        "sla/why.html", ticket=ticket, explanation=explanation, form=form, address=pages.url_of(ticket)
    )


@blueprint.post("/sla/clocks/<number>/<metric>")
@requires("sla.explain")
def note_reason(number: str, metric: str) -> Any:
    """Keep why a target was missed."""
    form = read_form(ReasonForm)
    if form.ok:
        row = queries.get_clock(current_actor(), _ticket(number), metric)
        try:
            services.note_reason(current_actor(), row, reason=form.data["reason"])
            return redirect(url_for("sla.why", number=number, metric=metric))
        except ItsmError as error:
            form.refuse(error)
    return _why_page(number, metric, form), 422


@cache
def _zones() -> list[str]:
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


@blueprint.get("/sla/calendars/new")
@requires("sla.edit")
def new_calendar() -> str:
    """The form of a new calendar."""
    hours = dict.fromkeys(list(DAYS)[:5], "08:00-17:00")
    return _calendar_page(Form({"timezone": reader().timezone, **hours}), None)


@blueprint.get("/sla/calendars/<int:calendar_id>")
@requires("sla.read")
def show_calendar(calendar_id: int) -> str:
    """A calendar with its next four weeks."""
    calendar = queries.get_calendar(calendar_id)
    workers = working_hours.workers_of([calendar.id])[calendar.id]
    return _calendar_page(Form(forms.calendar_values(calendar, workers)), calendar)


@blueprint.post("/sla/calendars/new")
@requires("sla.edit")
def create_calendar() -> Any:
    """Save a new calendar, or show what it would be."""
    return _take_calendar(None)


@blueprint.post("/sla/calendars/<int:calendar_id>")
@requires("sla.edit")
def change_calendar(calendar_id: int) -> Any:
    """Save a calendar, or show what would change."""
    return _take_calendar(queries.get_calendar(calendar_id))


def _take_calendar(calendar: BusinessHours | None) -> Any:
    form = read_form(CalendarForm)
    preview = None
    if form.ok:
        try:
            if form.data["then"] == "holidays":
                _propose_holidays(form)
            elif form.data["then"] == "preview":
                preview = _calendar_preview(form, calendar)
            else:
                return _save_calendar(form, calendar)
        except ItsmError as error:
            form.refuse(error)
    return _calendar_page(form, calendar, preview), 200 if form.ok else 422


def _propose_holidays(form: Form) -> None:
    country, year = form.data.get("country", ""), form.data.get("year") or clock.now().year
    form.values["holidays"] = forms.with_holidays(form.data["holidays"], country=country, year=year)


def _calendar_preview(form: Form, calendar: BusinessHours | None) -> Preview:
    definition, timezone = forms.read_definition(form.data), form.data["timezone"]
    if calendar is None:
        definitions.checked_definition(timezone, definition)
        return Preview([], 0, 0)
    return definitions.preview_calendar(calendar, timezone=timezone, definition=definition)


def _save_calendar(form: Form, calendar: BusinessHours | None) -> Response:
    people = working_hours.people_ids(forms.read_addresses(form.data["people"]))
    facts = {
        "name": form.data["name"],
        "timezone": form.data["timezone"],
        "definition": forms.read_definition(form.data),
    }
    if calendar is None:
        calendar = definitions.create_calendar(current_actor(), **facts)
    else:
        definitions.change_calendar(current_actor(), calendar, version=form.data.get("version"), **facts)
    working_hours.set_workers(current_actor(), calendar, group_ids=form.data["group_ids"], person_ids=people)
    return redirect(url_for("sla.show_calendar", calendar_id=calendar.id))


def _calendar_page(form: Form, calendar: BusinessHours | None, preview: Preview | None = None) -> str:
    return render_template(
        "sla/calendar.html",
        form=form,
        calendar=calendar,
        preview=preview,
        zones=_zones(),
        day_titles=DAYS,
        weeks=_weeks(form.values),
        rule_words=rule_words,
        groups=[(row.id, row.name) for row in identity.list_groups()],
        may_edit=current_actor().has("sla.edit"),
        agreements=queries.agreements_using(calendar.id) if calendar else [],
        year=form.value("year") or clock.now().year,
    )


def _weeks(values: Mapping[str, Any]) -> list[Any]:
    """The next four weeks of what is in the form, or nothing while it cannot be read."""
    try:
        definition = forms.read_definition(values)
        draft = parse_calendar({"tz": values.get("timezone"), **definition})
    except (ItsmError, CalendarError):
        return []
    return forms.preview_weeks(draft, now=clock.now())


@blueprint.get("/sla/agreements/new")
@requires("sla.edit")
def new_agreement() -> str:
    """The form of a new agreement."""
    return _agreement_page(Form({"active": True, "order": 100, "condition": "kind = incident"} | _built()), None)


def _built() -> dict[str, str]:
    """The condition on the way back from the builder, where somebody comes from there."""
    return {"condition": request.args["q"]} if "q" in request.args else {}


@blueprint.get("/sla/agreements/<int:agreement_id>")
@requires("sla.read")
def show_agreement(agreement_id: int) -> str:
    """An agreement."""
    shown = queries.show_agreement(agreement_id)
    values = forms.agreement_values(shown, ZoneInfo(reader().timezone)) | _built()
    return _agreement_page(Form(values), shown.row)


@blueprint.post("/sla/agreements/new")
@requires("sla.edit")
def create_agreement() -> Any:
    """Save a new agreement."""
    return _take_agreement(None)


@blueprint.post("/sla/agreements/<int:agreement_id>")
@requires("sla.edit")
def change_agreement(agreement_id: int) -> Any:
    """Save an agreement, or show which open clocks would move."""
    return _take_agreement(queries.get_agreement(agreement_id))


@dataclass(frozen=True)
class _Typed:
    """An agreement as the form has it."""

    facts: dict[str, Any]
    targets: dict[tuple[str, int], int]
    steps: list[definitions.StepInput]


def _typed(data: Mapping[str, Any]) -> _Typed:
    facts = {name: data[name] for name in definitions.AGREEMENT_FACTS if name in data}
    for name in ("valid_from", "valid_to"):
        facts[name] = pages.parse_local(name, data[name]) if data.get(name) else None
    return _Typed(facts, forms.read_targets(data), forms.read_steps(data))


def _take_agreement(agreement: Agreement | None) -> Any:
    form = read_form(AgreementForm)
    preview = None
    if form.ok:
        try:
            typed = _typed(form.data)
            if form.data["then"] == "save" or agreement is None:
                return _save_agreement(typed, agreement, form.data.get("version"))
            preview = definitions.preview_agreement(
                agreement, facts=typed.facts, targets=typed.targets, steps=typed.steps
            )
        except ItsmError as error:
            form.refuse(error)
    return _agreement_page(form, agreement, preview), 200 if form.ok else 422


def _save_agreement(typed: _Typed, agreement: Agreement | None, version: int | None) -> Response:
    parts: dict[str, Any] = {"facts": typed.facts, "targets": typed.targets, "steps": typed.steps}
    if agreement is None:
        agreement = definitions.create_agreement(current_actor(), **parts)
    else:
        definitions.change_agreement(current_actor(), agreement, version=version, **parts)
    return redirect(url_for("sla.show_agreement", agreement_id=agreement.id))


def _agreement_page(form: Form, agreement: Agreement | None, preview: Preview | None = None) -> str:
    return render_template(
        "sla/agreement.html",
        form=form,
        agreement=agreement,
        preview=preview,
        metrics=METRICS,
        actions=[(name, ACTION_TITLES[name]) for name in ACTIONS],
        target_changes=TARGET_CHANGE_TITLES.items(),
        calendars=[(row.id, row.name) for row in queries.list_calendars()],
        organisations=[(row.id, row.name) for row in identity.list_organisations(current_actor())],
        step_rows={metric: forms.step_rows(form.values, metric) for metric in METRICS},
        may_edit=current_actor().has("sla.edit"),
    )
