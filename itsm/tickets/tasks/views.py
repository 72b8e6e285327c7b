"""Tasks on a ticket's page, a task's own page, and the list of one's own tasks."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.identity import references
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.text import _
from itsm.tickets import beside, pages
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.policy import can_work
from itsm.tickets.services.journal import locked_if_exists
from itsm.tickets.tasks import queries, services
from itsm.tickets.tasks.models import Task
from itsm.tickets.tasks.schemas import AddTaskForm, ChecklistForm, StateForm, TaskForm
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, own_path, read_form
from itsm.web.presentation import reader

blueprint = Blueprint("tasks", __name__, template_folder="templates")


@blueprint.get("/tasks")
@requires("tickets.read")
def list_own() -> str:
    """The actor's open tasks, due soonest first; those of the own groups that nobody took; those done."""
    show = request.args.get("show", "mine")
    show = show if show in {"mine", "groups", "done"} else "mine"
    page = queries.page_of_own(
        current_actor(),
        whose="groups" if show == "groups" else "mine",
        done=show == "done",
        cursor=request.args.get("cursor"),
    )
    return render_template("tickets/tasks.html", rows=page.items, next=page.next, show=show)


@blueprint.post("/tickets/<int:ticket_id>/tasks")
@requires("tickets.read")
def add(ticket_id: int) -> Any:
    """Add a task in one line."""
    ticket, form = _ticket(ticket_id), read_form(AddTaskForm)
    try:
        form.require_ok()
        services.add_task(
            current_actor(),
            ticket,
            title=form.data["title"],
            required=form.data["required"],
            due_at=_instant(form.data["due_at"]),
            owner_id=current_actor().person_id if form.data["mine"] else form.data["owner_id"],
        )
    except ItsmError as error:
        return _refused(ticket, error)
    return _shown(ticket)


@blueprint.post("/tickets/<int:ticket_id>/checklists")
@requires("tickets.read")
def add_checklist(ticket_id: int) -> Any:
    """Make the tasks of a template."""
    ticket, form = _ticket(ticket_id), read_form(ChecklistForm)
    try:
        form.require_ok()
        template = next((each for each in queries.templates.all() if each.id == form.data["template"]), None)
        if template is None:
            raise NotFound(_("There is no such record, or you may not see it."))
        services.apply_template(current_actor(), ticket, template)
    except ItsmError as error:
        return _refused(ticket, error)
    return _shown(ticket)


@blueprint.post("/tasks/<int:task_id>/state")
@requires("tickets.read")
def set_state(task_id: int) -> Any:
    """Tick a task off, or open it again."""
    actor, form = current_actor(), read_form(StateForm)
    task, ticket = services.locked(actor, task_id)
    try:
        form.require_ok()
        services.set_done(actor, ticket, task, done=form.data["done"])
    except ItsmError as error:
        return _refused(ticket, error)
    return _shown(ticket)


@blueprint.post("/tasks/<int:task_id>/move/<direction>")
@requires("tickets.read")
def move(task_id: int, direction: str) -> Any:
    """Let a task change places with its neighbour."""
    task, ticket = services.locked(current_actor(), task_id)
    services.move_task(current_actor(), ticket, task, up=direction == "up")
    return _shown(ticket)


@blueprint.post("/tasks/<int:task_id>/delete")
@requires("tickets.read")
def delete(task_id: int) -> Response:
    """Remove a task."""
    task, ticket = services.locked(current_actor(), task_id)
    services.delete_task(current_actor(), ticket, task)
    flash(str(_("Deleted.")), "success")
    return redirect(_back(ticket))


@blueprint.get("/tasks/<int:task_id>")
@requires("tickets.read")
def edit(task_id: int) -> str:
    """Everything about a task."""
    task, ticket = queries.get_task(current_actor(), task_id)
    return _task_page(task, ticket, Form(_values(task)))


def _values(task: Task) -> dict[str, Any]:
    owner = identity.get_person(current_actor(), task.owner_id) if task.owner_id else None
    names = ("version", "title", "note", "checklist", "required", "group_id", "minutes")
    values = {name: getattr(task, name) for name in names}
    values["owner"] = owner.email if owner else ""
    values["due_at"] = reader().local(task.due_at).strftime("%Y-%m-%dT%H:%M") if task.has_due else ""
    values["needs"] = [str(each) for each in queries.needs_of(task.ticket_id).get(task.id, ())]
    return {name: "" if value is None else value for name, value in values.items()}


def _task_page(task: Task, ticket: Ticket, form: Form) -> str:
    return render_template(
        "tickets/task.html",
        task=task,
        ticket=ticket,
        form=form,
        can_work=can_work(current_actor(), ticket),
        back=own_path(request.values["next"]) if request.values.get("next") else "",
        others=[each.task for each in queries.list_tasks(ticket.id) if each.task.id != task.id],
        groups=[(group.id, f"L{group.level} {group.name}") for group in identity.list_groups()],
    )


@blueprint.post("/tasks/<int:task_id>")
@requires("tickets.read")
def save(task_id: int) -> Any:
    """Change a task."""
    actor, form = current_actor(), read_form(TaskForm)
    task, ticket = services.locked(actor, task_id)
    try:
        form.require_ok()
        version, needs = form.data.get("version"), form.data["needs"]
        services.edit_task(actor, ticket, task, version=version, changes=_changes(form), needs=needs)
    except ItsmError as error:
        form.refuse(error)
        session.rollback()
        return _task_page(*queries.get_task(actor, task_id), form), error.status
    return redirect(_back(ticket))


def _changes(form: Form) -> dict[str, Any]:
    changes = {name: form.data[name] for name in ("title", "note", "checklist", "required", "group_id", "minutes")}
    changes["owner_id"] = references.person_id("owner", form.data["owner"])
    changes["due_at"] = _instant(form.data["due_at"])
    return changes


def _instant(text: str) -> datetime | None:
    return pages.parse_local("due_at", text) if text else None


def _ticket(ticket_id: int) -> Ticket:
    locked_if_exists(ticket_id)
    return tickets.get_by_id(current_actor(), ticket_id)


def _shown(ticket: Ticket) -> Any:
    """The tasks anew where the page asked for them alone, else the page."""
    if request.headers.get("HX-Request"):
        return render_card(current_actor(), ticket, back=request.form.get("next", ""))
    return redirect(_back(ticket))


def _back(ticket: Ticket) -> str:
    """Where the person came from, if the form says so, else the ticket's page."""
    return own_path(request.form["next"]) if request.form.get("next") else pages.url_of(ticket) + "#tasks"


def render_card(actor: Actor, ticket: Ticket, refusal: ItsmError | None = None, *, back: str = "") -> str:
    """The tasks of a ticket as its page shows them, or, with the way `back`, as another page does."""
    parts = beside.parts(actor, ticket)
    return render_template(
        "tickets/_tasks.html",
        ticket=ticket,
        can_work=can_work(actor, ticket),
        task_refusal=refusal,
        tasks_back=own_path(back) if back else "",
        staff=[(person.id, person.name) for person in identity.list_staff()] if back else [],
        **parts,
    )


def room_panel(actor: Actor, ticket: Ticket) -> str:
    """The tasks in the room of a major incident."""
    card = render_card(actor, ticket, back=url_for("major.show_room", number=ticket.number) + "#tasks")
    return f'<div id="tasks">{card}</div>'


def _refused(ticket: Ticket, error: ItsmError) -> Any:
    back = request.form.get("next", "")
    if request.headers.get("HX-Request"):
        session.rollback()
        return render_card(current_actor(), tickets.get_by_id(current_actor(), ticket.id), error, back=back), 422
    if back:
        session.rollback()
        flash(str(error.message), "error")
        return redirect(own_path(back))
    return pages.render_record(current_actor(), ticket, refusal=error), error.status
