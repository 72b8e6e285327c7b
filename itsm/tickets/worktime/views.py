"""The timer on a ticket's page, and the administration of activity types."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.records import get
from itsm.kernel.text import _, plural
from itsm.tickets import pages
from itsm.tickets import queries as tickets
from itsm.tickets.schemas import LARGEST_ID
from itsm.tickets.worktime import money, queries, services
from itsm.tickets.worktime.models import ActivityType
from itsm.web.access import current_actor, requires
from itsm.web.api import StrictSchema
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader

blueprint = Blueprint("worktime", __name__, template_folder="templates")


class TimerForm(StrictSchema):
    """What kind of work begins."""

    activity_id = fields.Integer(validate=validate.Range(1, LARGEST_ID), load_default=None)


class ActivityForm(StrictSchema):
    """The page's form of an activity type; `hour` is an amount in the currency."""

    version = fields.Integer()
    name = fields.String(required=True, validate=validate.Length(1, 255))
    hour = fields.String(validate=validate.Length(max=20), load_default="0")
    currency = fields.String(required=True, validate=validate.Length(3, 3))
    order = fields.Integer(validate=validate.Range(0, 10_000), load_default=0)
    active = fields.Boolean(load_default=False)


@blueprint.post("/tickets/<int:ticket_id>/timer/start")
@requires("tickets.read")
def start(ticket_id: int) -> Any:
    """Start the actor's timer on a ticket; one that runs elsewhere stops and its work is recorded there."""
    ticket, form = tickets.get_by_id(current_actor(), ticket_id), read_form(TimerForm)
    try:
        form.require_ok()
        services.start_timer(current_actor(), ticket, activity_id=form.data["activity_id"])
    except ItsmError as error:
        return pages.render_record(current_actor(), ticket, refusal=error), error.status
    return redirect(pages.url_of(ticket))


@blueprint.post("/tickets/<int:ticket_id>/timer/<then>")
@requires("tickets.read")
def stop(ticket_id: int, then: str) -> Response:
    """Stop the actor's timer, whichever ticket it runs on: `stop` records its work, `discard` does not."""
    ticket = tickets.get_by_id(current_actor(), ticket_id)
    entry = services.stop_timer(current_actor(), keep=then != "discard")
    if entry is not None:
        words = plural("%(num)s minute recorded.", "%(num)s minutes recorded.", entry.minutes)
        flash(reader().digits(str(words)), "success")
    return redirect(pages.url_of(ticket))


@blueprint.get("/admin/activities")
@requires("worktime.edit")
def list_all() -> str:
    """All activity types with what an hour costs."""
    return render_template("tickets/admin/activities.html", rows=queries.list_activities())


@blueprint.get("/admin/activities/new")
@requires("worktime.edit")
def new() -> str:
    """The form of a new activity type."""
    return _page(Form({"active": True, "currency": "EUR", "hour": "0"}), None)


@blueprint.post("/admin/activities/new")
@requires("worktime.edit")
def create() -> Any:
    """Record an activity type."""
    return _saved(None)


@blueprint.get("/admin/activities/<int:activity_id>")
@requires("worktime.edit")
def edit(activity_id: int) -> str:
    """An activity type."""
    row = get(ActivityType, activity_id)
    values = {name: getattr(row, name) for name in ("version", "name", "currency", "order", "active")}
    return _page(Form(values | {"hour": money.as_typed(row.hour_minor, row.currency)}), row)


@blueprint.post("/admin/activities/<int:activity_id>")
@requires("worktime.edit")
def save(activity_id: int) -> Any:
    """Change an activity type; work recorded earlier keeps its cost."""
    return _saved(activity_id)


def _page(form: Form, row: ActivityType | None) -> str:
    return render_template("tickets/admin/activity.html", form=form, known=row)


def _saved(activity_id: int | None) -> Any:
    form, actor = read_form(ActivityForm), current_actor()
    if form.ok:
        values = dict(form.data)
        version = values.pop("version", None)
        try:
            values["hour_minor"] = money.parse("hour", values.pop("hour"), values["currency"].upper())
            if activity_id is None:
                services.create_activity(actor, values)
            else:
                services.edit_activity(actor, activity_id, version=version, values=values)
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("worktime.list_all"))
    session.rollback()
    return _page(form, get(ActivityType, activity_id) if activity_id else None), 422
