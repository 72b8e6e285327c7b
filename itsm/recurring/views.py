"""Pages of recurring tickets: the list, the form with its preview, what came of each time."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cmdb import queries as cmdb
from itsm.identity import queries as identity
from itsm.identity import references
from itsm.kernel import clock
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.month import week_of
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, current_language
from itsm.recurring import queries, services
from itsm.recurring.kinds import KINDS
from itsm.recurring.models import Recurrence
from itsm.recurring.schemas import RecurrenceForm
from itsm.recurring.times import clock_text, minute_of
from itsm.recurring.wording import UNITS, WEEKDAYS, compose, decompose, in_words
from itsm.tickets import queries as tickets
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from sla.agreements import queries as sla

blueprint = Blueprint("recurring", __name__, template_folder="templates")

OUTCOMES = {"opened": _("opened"), "still_open": _("skipped: the last one is still open"), "failed": _("failed")}
OFF_DAYS = (
    ("", _("open it all the same")),
    ("skip", _("skip that time")),
    ("move", _("open it on the next working day")),
)
KEPT = ("name", "kind", "title", "description", "impact", "urgency", "starts_on", "timezone", "off_days")
PLAIN = (*KEPT, "category_id", "group_id", "calendar_id", "skip_if_open", "active")


@blueprint.get("/admin/recurring")
@requires(services.EDIT)
def list_all() -> str:
    """Recurring tickets with their rule in words, when they are due and what came last."""
    page = queries.page_of_recurrences(cursor=request.args.get("cursor"))
    ids = {row.last_ticket_id for row in page.items if row.last_ticket_id}
    words = {row.id: in_words(row.rule, row.starts_on) for row in page.items}
    last = queries.tickets_of(current_actor(), ids)
    return render_template("recurring/list.html", rows=page.items, next=page.next, words=words, last=last)


@blueprint.get("/admin/recurring/new")
@requires(services.EDIT)
def new() -> str:
    """The form of a new recurring ticket."""
    today = reader().local(clock.now()).date()
    values = {"starts_on": today.isoformat(), "time": "09:00", "timezone": settings().timezone, "unit": "WEEKLY"}
    return _page(Form(values | {"every": 1, "weekdays": [], "active": True, "skip_if_open": True}), None)


def _page(form: Form, row: Recurrence | None, *, times: list[datetime] | None = None) -> str:
    runs = queries.list_runs(row.id) if row else []
    return render_template(
        "recurring/form.html",
        form=form,
        known=row,
        times=times,
        kinds=[(name, kind.title) for name, kind in KINDS.items()],
        units=UNITS.items(),
        weekdays=dict(week_of(current_language(), WEEKDAYS.items())),
        off_days=OFF_DAYS,
        categories=tickets.category_titles().items(),
        groups=[(group.id, group.name) for group in identity.list_groups()],
        calendars=[(each.id, each.name) for each in sla.list_calendars()],
        runs=runs,
        opened=queries.tickets_of(current_actor(), {run.ticket_id for run in runs if run.ticket_id}),
        outcomes=OUTCOMES,
    )


def _values(form: Form) -> dict[str, Any]:
    """What the services take, from what the form says."""
    data = form.data
    values = {name: data[name] for name in PLAIN}
    values["requester_id"] = references.person_id("requester", data["requester"])
    values["ci_ids"] = list(cmdb.ids_of(current_actor(), [each for each in data["ci"].splitlines() if each.strip()]))
    values["minute"] = minute_of(data["time"])
    values["rule"] = data["rule"] or compose(data["unit"], data["every"], data["weekdays"])
    return values


@blueprint.post("/admin/recurring/new")
@requires(services.EDIT)
def create() -> Any:
    """Record a recurring ticket, or show when it would be due."""
    return _taken(None)


@blueprint.get("/admin/recurring/<int:recurrence_id>")
@requires(services.EDIT)
def edit(recurrence_id: int) -> str:
    """The form of a recurring ticket, and what came of its last times."""
    row = queries.get_recurrence(recurrence_id)
    emails = identity.emails_of({row.requester_id} if row.requester_id else set())
    named = cmdb.list_by_ids(current_actor(), row.ci_ids) if row.ci_ids else ()
    values = {name: getattr(row, name) for name in PLAIN} | decompose(row.rule)
    values |= {"time": clock_text(row.minute), "requester": emails.get(row.requester_id or 0, "")}
    values |= {"ci": "\n".join(ci.name for ci in named), "version": row.version}
    return _page(Form(values | {"starts_on": row.starts_on.isoformat()}), row, times=_next_of(row))


def _next_of(row: Recurrence) -> list[datetime] | None:
    return services.schedule_of(row).next_instants(clock.now(), services.PREVIEWED) if row.active else None


@blueprint.post("/admin/recurring/<int:recurrence_id>")
@requires(services.EDIT)
def save(recurrence_id: int) -> Any:
    """Change a recurring ticket, or show when it would be due."""
    return _taken(queries.get_recurrence(recurrence_id))


def _taken(row: Recurrence | None) -> Any:
    form, row_id = read_form(RecurrenceForm), row.id if row else None
    try:
        form.require_ok()
        values = _values(form)
        if form.data["preview"]:
            return _page(form, row, times=services.preview(values))
        _write(row_id, form, values)
    except ItsmError as error:
        form.refuse(error)
        session.rollback()
        return _page(form, queries.get_recurrence(row_id) if row_id else None), 422
    flash(str(_("Saved.")), "success")
    return redirect(url_for("recurring.list_all"))


def _write(row_id: int | None, form: Form, values: dict[str, Any]) -> None:
    if row_id is None:
        services.create_recurrence(current_actor(), **values)
    else:
        services.edit_recurrence(current_actor(), row_id, version=form.data.get("version"), changes=values)


@blueprint.post("/admin/recurring/<int:recurrence_id>/delete")
@requires(services.EDIT)
def delete(recurrence_id: int) -> Response:
    """Forget a recurring ticket; the tickets that it opened stay."""
    services.delete_recurrence(current_actor(), recurrence_id)
    return redirect(url_for("recurring.list_all"))
