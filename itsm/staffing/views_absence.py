"""Pages of absences: one's own, who is away, and what a deputy takes over."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, ItsmError
from itsm.kernel.text import _
from itsm.staffing import policy, queries, services
from itsm.staffing.models import Absence
from itsm.staffing.schemas import AbsenceForm, HandForm
from itsm.staffing.words import REASONS
from itsm.tickets import pages
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from itsm.web.views import offer_undo

blueprint = Blueprint("absence", __name__, template_folder="templates")

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def read_span(form: Form) -> dict[str, datetime]:
    """The two instants of a form, as the reader's clocks show them."""
    span = {name: pages.parse_local(name, form.data[name]) for name in ("from_at", "until_at")}
    for name, instant in span.items():
        if not EARLIEST.replace(tzinfo=None) < instant.replace(tzinfo=None) < LATEST.replace(tzinfo=None):
            raise Invalid.field(name, _("This is not a day and time."))
    return span


def shown_local(instant: datetime) -> str:
    """An instant as a `datetime-local` field holds it."""
    return reader().local(instant).strftime("%Y-%m-%dT%H:%M")


@blueprint.get("/absence")
@requires(policy.READ)
def list_all() -> str:
    """One's own absences, a form for another one, and who else is away."""
    return _list(Form({"person_id": request.args.get("person", type=int) or ""}))


def _list(form: Form) -> str:
    actor = current_actor()
    page = queries.absence_pages(cursor=request.args.get("cursor"))
    own = queries.absence_pages(person_id=actor.person_id or 0)
    return render_template(
        "staffing/absences.html",
        form=form,
        own=own.items,
        rows=page.items,
        next=page.next,
        staff=identity.list_staff(),
        reasons=REASONS.items(),
        may_edit=actor.has(policy.EDIT),
    )


@blueprint.post("/absence")
@requires(policy.READ)
def enter() -> Any:
    """Say when somebody is away; a deputy is offered what is open."""
    form, actor = read_form(AbsenceForm), current_actor()
    if form.ok:
        try:
            row = services.enter_absence(actor, **_values(actor, form))
        except ItsmError as error:
            form.refuse(error)
        else:
            return _after(actor, row)
    session.rollback()
    return _list(form), 422


def _values(actor: Actor, form: Form) -> dict[str, Any]:
    values = {name: value for name, value in form.data.items() if name != "version"}
    person_id = values.pop("person_id") or actor.person_id
    if person_id is None:
        raise Forbidden(_("You can enter your own absence only."))
    return values | read_span(form) | {"person_id": person_id}


def _after(actor: Actor, row: Absence) -> Response:
    """To the open tickets of the absent person where there are some, else back to the list."""
    flash(str(_("Saved.")), "success")
    if queries.open_tickets_of(actor, row.person_id):
        return redirect(url_for("absence.show", absence_id=row.id))
    return redirect(url_for("absence.list_all"))


@blueprint.get("/absence/<int:absence_id>")
@requires(policy.READ)
def show(absence_id: int) -> str:
    """An absence: its facts, and the open tickets that the deputy may take over."""
    row = queries.get_absence(current_actor(), absence_id)
    known = {name: getattr(row, name) or "" for name in ("version", "reason", "note", "deputy_id")}
    span = {name: shown_local(getattr(row, name)) for name in ("from_at", "until_at")}
    return _show(row, Form(known | span))


def _show(row: Absence, form: Form, refused: Any = ()) -> str:
    actor = current_actor()
    return render_template(
        "staffing/absence.html",
        row=row,
        form=form,
        refused=refused,
        names=identity.person_names({each for each in (row.person_id, row.deputy_id) if each}),
        staff=identity.list_staff(),
        reasons=REASONS.items(),
        tickets=queries.open_tickets_of(actor, row.person_id),
        may_edit=policy.may_plan_absence(actor, row.person_id),
    )


@blueprint.post("/absence/<int:absence_id>")
@requires(policy.READ)
def change(absence_id: int) -> Any:
    """Move an absence or name another deputy."""
    form, actor = read_form(AbsenceForm), current_actor()
    row = queries.get_absence(actor, absence_id)
    if form.ok:
        try:
            changes = {name: form.data[name] for name in ("reason", "note", "deputy_id")} | read_span(form)
            services.change_absence(actor, absence_id, version=form.data["version"], changes=changes)
        except ItsmError as error:
            form.refuse(error)
        else:
            return _after(actor, row)
    session.rollback()
    return _show(queries.get_absence(actor, absence_id), form), 422


@blueprint.post("/absence/<int:absence_id>/cancel")
@requires(policy.READ)
def cancel(absence_id: int) -> Response:
    """The person is not away after all."""
    services.cancel_absence(current_actor(), absence_id)
    flash(str(_("The absence is cancelled.")), "success")
    return redirect(url_for("absence.list_all"))


@blueprint.post("/absence/<int:absence_id>/hand")
@requires(policy.READ)
def hand_over(absence_id: int) -> Any:
    """Give the chosen open tickets to the deputy."""
    form, actor = read_form(HandForm), current_actor()
    row = queries.get_absence(actor, absence_id)
    back = url_for("absence.show", absence_id=absence_id)
    try:
        handed = services.hand_over(actor, row, form.data.get("ticket_ids", []), back=back)
    except ItsmError as error:
        form.refuse(error)
        session.rollback()
        return _show(queries.get_absence(actor, absence_id), form), error.status
    if handed.step is not None:
        offer_undo(handed.step, handed.step.title)
    return redirect(back) if not handed.refused else _show(row, Form({}), handed.refused)
