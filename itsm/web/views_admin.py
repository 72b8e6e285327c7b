"""Administration of the system: its start page, jobs, background tasks, modules, settings and the audit log."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from config.settings import describe
from itsm.kernel import jobs, preferences
from itsm.kernel.errors import Forbidden, ItsmError
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, translate
from itsm.web import audit_log, operations
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.api import StrictSchema
from itsm.web.audit_log import AuditFilter
from itsm.web.forms import Form, read_form
from itsm.web.navigation import menu

blueprint = Blueprint("admin", __name__)

SECTIONS = {
    "people": _("People and rights"),
    "work": _("Tickets and agreements"),
    "system": _("System"),
    "": _("More"),
}
TASK_STATES = {
    "queued": _("waiting"),
    "running": _("running"),
    "done": _("done"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
}
LARGEST_ID = 2**62


class AuditQuestion(Schema):
    """The filter of the audit log."""

    subject_kind = fields.String(validate=validate.Length(max=60), load_default="")
    subject_id = fields.Integer(validate=validate.Range(1, LARGEST_ID), load_default=None)
    actor = fields.String(validate=validate.Length(max=100), load_default="")
    action = fields.String(validate=validate.Length(max=60), load_default="")


class ModulesForm(StrictSchema):
    """Names of the modules that shall be on."""

    on = fields.List(fields.String(validate=validate.Length(max=60)), load_default=list)


@blueprint.get("/admin")
@signed_in
def index() -> str:
    """Everything that the actor may administer, grouped, each with one line that explains it."""
    entries = menu("admin")
    if not entries:
        raise Forbidden(_("There is nothing here that you may administer."))
    sections = [(title, [entry for entry in entries if entry.section == key]) for key, title in SECTIONS.items()]
    return render_template(
        "web/admin/index.html",
        sections=[(title, inside) for title, inside in sections if inside],
        worker_missing=current_actor().has("admin.open") and not jobs.worker_alive(),
    )


@blueprint.get("/admin/jobs")
@requires("admin.open")
def list_jobs() -> str:
    """Scheduled jobs with their last runs and failures, and which worker is at work."""
    actor = current_actor()
    return render_template(
        "web/admin/jobs.html", states=operations.list_jobs(actor), leases=operations.list_leases(actor)
    )


@blueprint.get("/admin/jobs/runs")
@requires("admin.open")
def list_runs() -> str:
    """Recorded runs of all jobs or of one, failed ones only if asked."""
    job, failed = request.args.get("job", "")[:100], request.args.get("failed") == "1"
    page = operations.list_runs(current_actor(), job=job, failed=failed, cursor=request.args.get("cursor"))
    return render_template("web/admin/runs.html", rows=page.items, next=page.next, job=job, failed=failed)


@blueprint.get("/admin/tasks")
@requires("admin.open")
def list_tasks() -> str:
    """Long work that somebody asked for: how far it is and what came out."""
    state = request.args.get("state", "")
    state = state if state in TASK_STATES else ""
    page = operations.list_tasks(current_actor(), state=state, cursor=request.args.get("cursor"))
    context = {"rows": page.items, "next": page.next, "state": state, "task_states": TASK_STATES}
    if request.headers.get("HX-Target") == "tasks":
        return render_template("web/admin/_tasks.html", **context)
    return render_template("web/admin/tasks.html", **context)


@blueprint.post("/admin/tasks/<int:task_id>/cancel")
@requires("admin.open")
def cancel_task(task_id: int) -> Response:
    """Cancel a task; a running one stops at its next step."""
    task = operations.cancel_task(current_actor(), task_id)
    words = _("Cancelled.") if task.state == "cancelled" else _("It had ended already.")
    flash(str(words), "success")
    return redirect(url_for("admin.list_tasks"))


@blueprint.get("/admin/modules")
@requires("admin.open")
def show_modules() -> str:
    """Which modules are on."""
    return _modules_page(Form())


def _modules_page(form: Form) -> str:
    return render_template(
        "web/admin/modules.html",
        form=form,
        modules=operations.switchable_modules(),
        off=preferences.get(operations.MODULES_OFF, []),
    )


@blueprint.post("/admin/modules")
@requires("admin.open")
def save_modules() -> Any:
    """Switch modules on and off."""
    form = read_form(ModulesForm)
    try:
        operations.set_modules_on(current_actor(), form.data.get("on", []))
    except ItsmError as error:
        form.refuse(error)
    if not form.ok:
        return _modules_page(form), 422
    flash(str(_("Saved. Other processes follow within a few seconds.")), "success")
    return redirect(url_for("admin.show_modules"))


@blueprint.get("/admin/settings")
@requires("admin.open")
def show_settings() -> str:
    """Every setting in force with its source; secrets masked."""
    words = request.args.get("q", "").strip().lower()
    described = [replace(row, title=translate(row.title)) for row in describe(in_force=settings())]
    rows = [row for row in described if words in f"{row.name} {row.title}".lower()]
    return render_template("web/admin/settings.html", rows=rows, q=words)


@blueprint.get("/admin/audit")
@requires("admin.open")
def list_audit() -> Any:
    """The audit log, filtered by subject, person and action."""
    form = read_form(AuditQuestion, source=request.args)
    context: dict[str, Any] = {"rows": [], "next": None}
    if form.ok:
        wanted = AuditFilter(**form.data)
        page = audit_log.list_entries(current_actor(), wanted, cursor=request.args.get("cursor"))
        context = {"rows": page.items, "next": page.next}
    kept = {name: value for name, value in form.values.items() if name in AuditQuestion().fields and value}
    html = render_template(
        "web/admin/audit.html", form=form, kept=kept, verification=audit_log.last_verification(), **context
    )
    return html, 200 if form.ok else 422


@blueprint.post("/admin/audit/verify")
@requires("admin.open")
def verify_audit() -> Response:
    """Have the whole audit log checked in the background."""
    audit_log.ask_to_verify(current_actor())
    flash(str(_("The check is on its way; its result appears here.")), "success")
    return redirect(url_for("admin.list_audit"))
