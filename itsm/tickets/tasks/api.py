"""Tasks as JSON, of tickets of any kind."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from itsm.identity import references
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.services.journal import locked_if_exists
from itsm.tickets.tasks import queries, services
from itsm.tickets.tasks.queries import ListedTask
from itsm.tickets.tasks.schemas import TaskChanges, TaskInput, TaskOutput, TaskStateInput
from itsm.web import api
from itsm.web.access import current_actor, requires

blueprint = Blueprint("tasks-api", __name__, description="Tasks of tickets")

COLUMNS = ("id", "title", "note", "checklist", "required", "minutes", "done", "done_at", "version")


@blueprint.get("/tickets/<string:number>/tasks")
@blueprint.response(200, TaskOutput(many=True))
@requires("tickets.read")
def list_tasks(number: str) -> list[dict[str, Any]]:
    """All tasks of a ticket, in order."""
    return [_told(each) for each in queries.list_tasks(_ticket(number).id)]


@blueprint.post("/tickets/<string:number>/tasks")
@blueprint.arguments(TaskInput)
@blueprint.response(201, TaskOutput)
@requires("tickets.read")
def add_task(data: dict[str, Any], number: str) -> Any:
    """Add a task at the end."""
    ticket = _ticket(number)
    locked_if_exists(ticket.id)
    facts = _facts(data)
    task = services.add_task(current_actor(), ticket, title=facts.pop("title"), needs=data.get("needs", ()), **facts)
    return api.created(_one(task.id), "tasks-api.read_task", version=task.version, task_id=task.id)


@blueprint.get("/tasks/<int:task_id>")
@blueprint.response(200, TaskOutput)
@requires("tickets.read")
def read_task(task_id: int) -> dict[str, Any]:
    """One task."""
    return _one(task_id)


@blueprint.patch("/tasks/<int:task_id>")
@blueprint.arguments(TaskChanges)
@blueprint.response(200, TaskOutput)
@requires("tickets.read")
def change_task(data: dict[str, Any], task_id: int) -> dict[str, Any]:
    """Change a task; what is left out stays."""
    actor = current_actor()
    task, ticket = services.locked(actor, task_id)
    version = api.check_match(task)
    services.edit_task(actor, ticket, task, version=version, changes=_facts(data), needs=data.get("needs"))
    return _one(task_id)


@blueprint.post("/tasks/<int:task_id>/state")
@blueprint.arguments(TaskStateInput)
@blueprint.response(200, TaskOutput)
@requires("tickets.read")
def set_state(data: dict[str, Any], task_id: int) -> dict[str, Any]:
    """Tick a task off, or open it again."""
    task, ticket = services.locked(current_actor(), task_id)
    services.set_done(current_actor(), ticket, task, done=data["done"])
    return _one(task_id)


@blueprint.delete("/tasks/<int:task_id>")
@blueprint.response(204)
@requires("tickets.read")
def delete_task(task_id: int) -> None:
    """Remove a task."""
    task, ticket = services.locked(current_actor(), task_id)
    services.delete_task(current_actor(), ticket, task)


def _ticket(number: str) -> Ticket:
    ticket = tickets.find_ticket(current_actor(), number)
    if ticket is None:
        raise NotFound(_("There is no %(number)s, or you may not see it.", number=number))
    return ticket


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in data.items() if name not in {"owner", "group", "needs"}}
    if "owner" in data:
        facts["owner_id"] = references.person_id("owner", data["owner"])
    if "group" in data:
        facts["group_id"] = references.group_id("group", data["group"])
    return facts


def _one(task_id: int) -> dict[str, Any]:
    task, ticket = queries.get_task(current_actor(), task_id)
    api.set_etag(task.version)
    return next(_told(each) for each in queries.list_tasks(ticket.id) if each.task.id == task_id)


def _told(listed: ListedTask) -> dict[str, Any]:
    task = listed.task
    row = {name: getattr(task, name) for name in COLUMNS}
    return row | {
        "owner": listed.owner,
        "group": listed.group,
        "due_at": task.due_at if task.has_due else None,
        "waits_for": list(listed.waits_for),
    }
