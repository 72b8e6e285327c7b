"""Administration of templates of tasks."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.tasks import checklists, lines, queries
from itsm.tickets.tasks.models import TaskTemplate
from itsm.tickets.tasks.schemas import TemplateForm
from itsm.web.access import current_actor, requires
from itsm.web.audit_titles import subject_title
from itsm.web.forms import Form, read_form

blueprint = Blueprint("task_templates", __name__, template_folder="templates")


@blueprint.get("/admin/checklists")
@requires("tasks.templates")
def list_all() -> str:
    """All templates."""
    return render_template(
        "tickets/admin/checklists.html", rows=queries.list_templates(), categories=tickets.category_titles()
    )


@blueprint.get("/admin/checklists/new")
@requires("tasks.templates")
def new() -> str:
    """The form of a new template."""
    return _page(Form({"active": True}), None)


@blueprint.post("/admin/checklists/new")
@requires("tasks.templates")
def create() -> Any:
    """Record a template."""
    return _saved(None)


@blueprint.get("/admin/checklists/<int:template_id>")
@requires("tasks.templates")
def edit(template_id: int) -> str:
    """A template."""
    row = get(TaskTemplate, template_id)
    names = ("version", "name", "category_id", "kinds", "automatic", "active")
    values = {name: getattr(row, name) for name in names}
    values["lines"] = lines.to_lines(row.items, {group.id: group.name for group in identity.list_groups()})
    return _page(Form({name: "" if value is None else value for name, value in values.items()}), row)


@blueprint.post("/admin/checklists/<int:template_id>")
@requires("tasks.templates")
def save(template_id: int) -> Any:
    """Change a template."""
    return _saved(template_id)


@blueprint.post("/admin/checklists/<int:template_id>/delete")
@requires("tasks.templates")
def delete(template_id: int) -> Response:
    """Remove a template; tasks that it made stay."""
    checklists.delete_template(current_actor(), template_id)
    flash(str(_("Deleted.")), "success")
    return redirect(url_for("task_templates.list_all"))


def _page(form: Form, row: TaskTemplate | None) -> str:
    kinds = [kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket"]
    return render_template(
        "tickets/admin/checklist.html",
        form=form,
        known=row,
        categories=tickets.category_titles(),
        kinds=[(kind, subject_title(kind)) for kind in kinds],
    )


def _saved(template_id: int | None) -> Any:
    form, actor = read_form(TemplateForm), current_actor()
    if form.ok:
        values = dict(form.data)
        version, text = values.pop("version", None), values.pop("lines")
        try:
            values["items"] = lines.parse_lines(text, {group.name: group.id for group in identity.list_groups()})
            if template_id is None:
                checklists.create_template(actor, values)
            else:
                checklists.edit_template(actor, template_id, version=version, values=values)
        except ItsmError as error:
            form.refuse(error)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("task_templates.list_all"))
    session.rollback()
    return _page(form, get(TaskTemplate, template_id) if template_id else None), 422
