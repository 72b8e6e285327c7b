"""Pages of on-call rotas."""

from datetime import timedelta
from typing import Any

from babel.dates import format_date
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.identity import references
from itsm.kernel import clock
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.month import month_of
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.staffing import policy, queries, services
from itsm.staffing.calendar import bounds_of, by_day
from itsm.staffing.models import Rota
from itsm.staffing.present import clock_text, minute_of
from itsm.staffing.schemas import NoteInput, OverrideForm, RotaForm
from itsm.staffing.views_absence import read_span
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader

blueprint = Blueprint("rotas", __name__, template_folder="templates")


@blueprint.get("/rotas")
@requires(policy.READ)
def list_all() -> str:
    """Every rota with who is on call now and next."""
    rotas = queries.list_rotas()
    shifts = {each.rota.id: each for each in queries.on_call_now(rotas, clock.now())}
    ids = {one for each in shifts.values() for one in (each.person_id, each.scheduled_id, each.next_id) if one}
    return render_template(
        "staffing/rotas.html",
        rotas=rotas,
        shifts=shifts,
        names=identity.person_names(ids),
        groups={group.id: group.name for group in identity.list_groups(active_only=False)},
        may_edit=current_actor().has(policy.EDIT),
    )


def _form_page(form: Form, row: Rota | None) -> str:
    groups = [(group.id, group.name) for group in identity.list_groups()]
    return render_template("staffing/rota_form.html", form=form, known=row, groups=groups)


@blueprint.get("/rotas/new")
@requires(policy.EDIT)
def new() -> str:
    """The form of a new rota."""
    today = reader().local(clock.now()).date()
    monday = today - timedelta(days=today.weekday())
    start = {"starts_on": monday.isoformat(), "handover_time": "09:00", "timezone": settings().timezone}
    return _form_page(Form(start | {"active": True, "group_id": request.args.get("group", "")}), None)


def _values(form: Form) -> dict[str, Any]:
    values = dict(form.data)
    values.pop("version")
    emails = values.pop("people").replace(",", " ").replace(";", " ").split()
    values["person_ids"] = references.person_ids("people", emails)
    values["handover_minute"] = minute_of(values.pop("handover_time"))
    return values


@blueprint.post("/rotas/new")
@requires(policy.EDIT)
def create() -> Any:
    """Record a rota."""
    form = read_form(RotaForm)
    if form.ok:
        try:
            row = services.create_rota(current_actor(), **_values(form))
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("rotas.show", rota_id=row.id))
    session.rollback()
    return _form_page(form, None), 422


@blueprint.get("/rotas/<int:rota_id>/edit")
@requires(policy.EDIT)
def edit(rota_id: int) -> str:
    """The form of a rota."""
    row = queries.get_rota(rota_id)
    people = queries.members_of([row.id]).get(row.id, [])
    emails = identity.emails_of(set(people))
    known = {name: getattr(row, name) for name in ("version", "name", "group_id", "timezone", "active")}
    known |= {"starts_on": row.starts_on.isoformat(), "handover_time": clock_text(row.handover_minute)}
    return _form_page(Form(known | {"people": "\n".join(emails[each] for each in people)}), row)


@blueprint.post("/rotas/<int:rota_id>/edit")
@requires(policy.EDIT)
def save(rota_id: int) -> Any:
    """Change a rota."""
    form = read_form(RotaForm)
    if form.ok:
        try:
            services.edit_rota(current_actor(), rota_id, version=form.data["version"], changes=_values(form))
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("rotas.show", rota_id=rota_id))
    session.rollback()
    return _form_page(form, queries.get_rota(rota_id)), 422


@blueprint.get("/rotas/<int:rota_id>")
@requires(policy.READ)
def show(rota_id: int) -> str:
    """Who is on call, day by day; swaps; what the last shift tells the next."""
    return _show(queries.get_rota(rota_id), Form({}))


def _show(rota: Rota, form: Form) -> str:
    here, now = reader(), clock.now()
    month = month_of(here, request.args.get("month", ""), today=here.local(now).date())
    zone: Any = here.local(now).tzinfo
    start, end = bounds_of(month, zone)
    people = queries.members_of([rota.id]).get(rota.id, [])
    shifts, overrides = queries.schedule([rota], start, end)[rota.id], queries.list_overrides([rota.id], start=now)
    on_call = next(iter(queries.on_call_now([rota], now)), None)
    ids = {*people, *(each.person_id for each in shifts), *(each.person_id for each in overrides)}
    names = identity.person_names(ids | ({on_call.person_id} if on_call and on_call.person_id else set()))
    actor = current_actor()
    return render_template(
        "staffing/rota.html",
        rota=rota,
        month=month,
        days=by_day(queries.shift_spans(rota, shifts, names), month, zone),
        on_call=on_call,
        people=people,
        names=names,
        overrides=overrides,
        notes=queries.list_notes(rota.id),
        staff=identity.list_members(rota.group_id),
        handover=clock_text(rota.handover_minute),
        weekday=format_date(rota.starts_on, "EEEE", locale=here.language),
        form=form,
        may_edit=actor.has(policy.EDIT),
        takes_part=actor.has(policy.EDIT) or actor.person_id in people,
    )


@blueprint.post("/rotas/<int:rota_id>/overrides")
@requires(policy.READ)
def add_override(rota_id: int) -> Any:
    """Put somebody else on call for a while."""
    form = read_form(OverrideForm)
    if form.ok:
        try:
            values = {"person_id": form.data["person_id"], "note": form.data["note"]} | read_span(form)
            services.add_override(current_actor(), rota_id, **values)
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("rotas.show", rota_id=rota_id))
    session.rollback()
    return _show(queries.get_rota(rota_id), form), 422


@blueprint.post("/overrides/<int:override_id>/remove")
@requires(policy.READ)
def remove_override(override_id: int) -> Response:
    """The week's own person is on call again."""
    rota = services.remove_override(current_actor(), override_id)
    return redirect(url_for("rotas.show", rota_id=rota.id))


@blueprint.post("/rotas/<int:rota_id>/notes")
@requires(policy.READ)
def write_note(rota_id: int) -> Any:
    """Leave a note for the next shift."""
    form = read_form(NoteInput)
    if form.ok:
        try:
            services.write_note(current_actor(), rota_id, body=form.data["body"])
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("rotas.show", rota_id=rota_id) + "#notes")
    session.rollback()
    return _show(queries.get_rota(rota_id), form), 422
