"""One's own reminders as JSON."""

from typing import Any

from flask_smorest import Blueprint

from itsm.kernel import clock
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.reminders import queries, schemas, services
from itsm.tickets.reminders.instants import instant_of
from itsm.tickets.reminders.models import Reminder
from itsm.web import api
from itsm.web.access import current_actor, requires

blueprint = Blueprint("reminders-api", __name__, description="One's own reminders")


def _present(row: Reminder, ticket: Ticket) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in ("id", "at", "note", "state")}
    return same | {"ticket": ticket.number, "title": ticket.title}


@blueprint.get("/reminders")
@blueprint.response(200, api.page_schema(schemas.ReminderOutput))
@requires("tickets.read")
def list_all() -> dict[str, Any]:
    """One's own reminders that are not done, next first."""
    return {"items": [_present(row, ticket) for row, ticket in queries.list_own(current_actor())], "next": None}


@blueprint.post("/reminders")
@blueprint.arguments(schemas.ReminderInput)
@blueprint.response(201, schemas.ReminderOutput)
@requires("tickets.read")
def create(data: dict[str, Any]) -> Any:
    """Set a reminder: at an instant, or `when` one of the choices comes."""
    actor = current_actor()
    ticket = tickets.find_ticket(actor, data["ticket"])
    if ticket is None:
        raise Invalid.field("ticket", _("There is no %(number)s, or you may not see it.", number=data["ticket"]))
    at = data["at"] or instant_of(actor, data["when"], clock.now())
    row = services.remind(actor, ticket, at=at, note=data["note"])
    return _present(row, ticket), 201


@blueprint.delete("/reminders/<int:reminder_id>")
@blueprint.response(204)
@requires("tickets.read")
def finish(reminder_id: int) -> None:
    """Take a reminder away."""
    services.finish(current_actor(), reminder_id)
