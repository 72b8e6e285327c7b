"""Every read of recurring tickets."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.recurring.models import Recurrence, RecurrenceRun
from itsm.tickets import policy
from itsm.tickets.models import Ticket

RUNS_SHOWN = 20


def get_recurrence(recurrence_id: int) -> Recurrence:
    """A recurring ticket; raises `NotFound`."""
    row = session.get(Recurrence, recurrence_id)
    if row is None:
        raise NotFound(_("There is no such recurring ticket."))
    return row


def page_of_recurrences(*, words: str = "", limit: int | None = None, cursor: str | None = None) -> Page[Recurrence]:
    """One page of recurring tickets by name."""
    size, keys = checked_limit(limit), (SortKey("name", Recurrence.name), SortKey("id", Recurrence.id))
    statement = select(Recurrence)
    if words.strip():
        statement = statement.where(Recurrence.name.icontains(words.strip(), autoescape=True))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.name, row.id))


def list_due(now: datetime, *, limit: int = 200) -> Sequence[int]:
    """Ids of recurring tickets that are due."""
    statement = select(Recurrence.id).where(Recurrence.active, Recurrence.next_at <= now)
    return session.scalars(statement.order_by(Recurrence.next_at, Recurrence.id).limit(limit)).all()


def list_runs(recurrence_id: int) -> Sequence[RecurrenceRun]:
    """What came of the last times, newest first."""
    statement = select(RecurrenceRun).where(RecurrenceRun.recurrence_id == recurrence_id)
    return session.scalars(statement.order_by(RecurrenceRun.due_at.desc()).limit(RUNS_SHOWN)).all()


def tickets_of(actor: Actor, ticket_ids: Collection[int]) -> dict[int, Ticket]:
    """Those of some tickets that the actor may read, by id; one statement."""
    statement = select(Ticket).where(Ticket.id.in_(ticket_ids), policy.visible(actor))
    found = session.scalars(statement) if ticket_ids else ()
    return {ticket.id: ticket for ticket in found}
