"""Actions that add to the tasks of a ticket."""

from datetime import timedelta

from itsm.kernel import clock
from itsm.kernel.text import Message, _
from itsm.rules.actions.base import Action, Input, Run, Values, register
from itsm.tickets.tasks import services


def _create(run: Run, values: Values) -> Message:
    days = values.get("days")
    task = services.add_task(
        run.actor,
        run.ticket,
        title=run.words(values["title"])[: services.LONGEST_TITLE],
        group_id=values.get("group_id"),
        owner_id=values.get("owner_id"),
        required=values.get("required") == "yes",
        due_at=clock.now() + timedelta(days=days) if days else None,
    )
    return _("task added: %(title)s", title=task.title)


register(
    Action(
        "task",
        _("Add a task"),
        (
            Input("title", "line", _("What is to be done")),
            Input("group_id", "group", _("Group"), required=False),
            Input("owner_id", "person", _("Who does it"), required=False),
            Input("days", "number", _("Due within days"), required=False),
            Input(
                "required",
                "choice",
                _("Does resolving wait for it?"),
                required=False,
                choices={"no": _("no"), "yes": _("yes")},
            ),
        ),
        _create,
    )
)
