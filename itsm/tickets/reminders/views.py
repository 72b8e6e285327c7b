"""Pages of reminders: one's own, and those on a ticket with the form for another one."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.reminders import queries, services
from itsm.tickets.reminders.instants import CHOICES, instant_of
from itsm.tickets.reminders.schemas import ReminderForm
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, own_path, read_form
from itsm.web.presentation import reader

blueprint = Blueprint("reminders", __name__, template_folder="templates")


@blueprint.get("/reminders")
@requires("tickets.read")
def list_all() -> str:
    """One's own reminders, those that are due first."""
    return render_template("reminders/list.html", rows=queries.list_own(current_actor()), choices=_choices())


def _choices() -> list[tuple[str, Any, str]]:
    """The choices with the instants that they mean now."""
    actor, now = current_actor(), clock.now()
    return [(name, title, reader().instant(when(actor, now))) for name, (title, when) in CHOICES.items()]


@blueprint.get("/tickets/<int:ticket_id>/reminders")
@requires("tickets.read")
def show(ticket_id: int) -> str:
    """One's own reminders of a ticket, and the form for another one."""
    return _page(tickets.get_by_id(current_actor(), ticket_id), Form({}))


def _page(ticket: Ticket, form: Form) -> str:
    rows = queries.list_own(current_actor(), ticket_id=ticket.id)
    return render_template("reminders/ticket.html", ticket=ticket, rows=rows, form=form, choices=_choices())


@blueprint.post("/tickets/<int:ticket_id>/reminders")
@requires("tickets.read")
def create(ticket_id: int) -> Any:
    """Set a reminder."""
    actor = current_actor()
    ticket = tickets.get_by_id(actor, ticket_id)
    form = read_form(ReminderForm)
    try:
        form.require_ok()
        row = services.remind(actor, ticket, at=_instant(actor, form), note=form.data["note"])
    except ItsmError as error:
        form.refuse(error)
        return _page(ticket, form), 422
    flash(str(_("You will be reminded on %(instant)s.", instant=reader().instant(row.at))), "success")
    return redirect(pages.url_of(ticket))


def _instant(actor: Actor, form: Form) -> datetime:
    if form.data["at"]:
        return pages.parse_local("at", form.data["at"])
    return instant_of(actor, form.data["when"], clock.now())


@blueprint.post("/reminders/<int:reminder_id>/done")
@requires("tickets.read")
def finish(reminder_id: int) -> Response:
    """Take a reminder away."""
    services.finish(current_actor(), reminder_id)
    return redirect(own_path(request.form.get("next") or url_for("reminders.list_all")))


@blueprint.post("/reminders/<int:reminder_id>/snooze")
@requires("tickets.read")
def snooze(reminder_id: int) -> Response:
    """Hear of it again later."""
    actor = current_actor()
    form = read_form(ReminderForm)
    form.require_ok()
    services.snooze(actor, reminder_id, at=_instant(actor, form))
    return redirect(own_path(request.form.get("next") or url_for("reminders.list_all")))
