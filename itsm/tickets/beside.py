"""What stands on a ticket's page for its workers beside story and facts: tasks, time, drafts, texts kept ready."""

from collections.abc import Mapping
from typing import Any

from itsm.kernel.actor import Actor
from itsm.tickets.live import queries as live
from itsm.tickets.models import Ticket
from itsm.tickets.tasks import queries as tasks
from itsm.tickets.texts import queries as texts
from itsm.tickets.worktime import queries as worktime

NOTHING: Mapping[str, Any] = {
    "tasks": (), "task_templates": (), "open_required": (), "spent": (), "activities": (), "draft": None, "timer": None,
    "replies": (),
}  # fmt: skip


def parts(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """The context of these parts; three statements."""
    listed = tasks.list_tasks(ticket.id)
    draft, timer = live.unsent(actor, ticket.id)
    return {
        "tasks": listed,
        "task_templates": [each for each in tasks.templates.all() if not each.kinds or ticket.kind in each.kinds],
        "open_required": [each.task.title for each in listed if each.task.required and not each.task.done],
        "spent": worktime.spent_on(ticket.id),
        "activities": worktime.activities.all(),
        "draft": draft,
        "timer": timer,
        "replies": texts.replies_for(actor),
    }
