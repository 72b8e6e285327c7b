"""Reads of reminders: always a person's own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from itsm.tickets.reminders.models import DONE, TOLD, WAITING, Reminder

MOST_SHOWN = 200
NOTICES_SHOWN = 5


def list_own(actor: Actor, *, ticket_id: int | None = None) -> Sequence[Row[Reminder, Ticket]]:
    """The actor's reminders that are not done, of tickets that they may read, next first: (reminder, ticket)."""
    return _own(actor, Reminder.state != DONE, ticket_id=ticket_id, limit=MOST_SHOWN)


def list_told(actor: Actor) -> Sequence[Row[Reminder, Ticket]]:
    """The actor's reminders that are due and not done yet: (reminder, ticket)."""
    return _own(actor, Reminder.state == TOLD, limit=NOTICES_SHOWN)


def _own(actor: Actor, condition: Any, *, ticket_id: int | None = None, limit: int) -> Sequence[Row[Reminder, Ticket]]:
    statement: Select[Reminder, Ticket] = select(Reminder, Ticket).join(Ticket, Ticket.id == Reminder.ticket_id)
    statement = statement.where(Reminder.person_id == actor.person_id, condition, policy.visible(actor))
    if ticket_id is not None:
        statement = statement.where(Reminder.ticket_id == ticket_id)
    return session.execute(statement.order_by(Reminder.at, Reminder.id).limit(limit)).all()


def get_own(actor: Actor, reminder_id: int) -> Reminder:
    """A reminder of the actor's own; raises `NotFound`."""
    row = session.get(Reminder, reminder_id)
    if row is None or row.person_id != actor.person_id:
        raise NotFound(_("There is no such reminder."))
    return row


def list_due(now: datetime, *, limit: int = 500) -> Sequence[int]:
    """Ids of reminders to be told, for the job."""
    statement = select(Reminder.id).where(Reminder.state == WAITING, Reminder.at <= now)
    return session.scalars(statement.order_by(Reminder.at, Reminder.id).limit(limit)).all()
