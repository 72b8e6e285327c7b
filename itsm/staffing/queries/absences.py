"""Reads of absences. Who is away is known to staff; services and choices read it without an actor."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.staffing import policy
from itsm.staffing.deputies import Leave
from itsm.staffing.models import Absence
from itsm.tickets import policy as ticket_policy
from itsm.tickets.models import Ticket

MOST_SHOWN = 500
MOST_HANDED = 200

Deputy = aliased(Person, name="deputy")


def get_absence(actor: Actor, absence_id: int) -> Absence:
    """An absence that the actor may know of: staff any, everyone their own; raises `NotFound`."""
    row = session.get(Absence, absence_id)
    if row is None or not (actor.has(policy.READ) or policy.is_own(actor, row.person_id)):
        raise NotFound(_("There is no such absence, or you may not see it."))
    return row


def _named() -> Select[Any]:
    """Absences with the names of the person and of the deputy."""
    return (
        select(Absence)
        .add_columns(Person.name.label("person_name"), Deputy.name.label("deputy_name"))
        .join(Person, Person.id == Absence.person_id)
        .outerjoin(Deputy, Deputy.id == Absence.deputy_id)
    )


def list_absences(*, start: datetime, end: datetime, person_ids: Collection[int] | None = None) -> Sequence[Row[Any]]:
    """Absences that overlap a span, the earliest first, with names; of some people, or of everyone. At most 500."""
    statement = _named().where(Absence.from_at < end, Absence.until_at > start)
    if person_ids is not None:
        statement = statement.where(Absence.person_id.in_(person_ids))
    return session.execute(statement.order_by(Absence.from_at, Absence.id).limit(MOST_SHOWN)).all()


def absence_pages(
    *, person_id: int | None = None, over: bool = False, limit: int | None = None, cursor: str | None = None
) -> Page[Row[Any]]:
    """One page of absences by their end; present and coming ones, with `over` the past ones as well."""
    size = checked_limit(limit)
    statement = _named()
    if person_id is not None:
        statement = statement.where(Absence.person_id == person_id)
    if not over:
        statement = statement.where(Absence.until_at > clock.now())
    keys = (SortKey("until_at", Absence.until_at, instant=True), SortKey("id", Absence.id))
    rows = session.execute(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row[0].until_at, row[0].id))


def deputies_at(at: datetime) -> dict[int, int | None]:
    """Everyone who is absent at an instant → their deputy; one statement."""
    statement = select(Absence.person_id, Absence.deputy_id).where(Absence.until_at > at, Absence.from_at <= at)
    return {row.person_id: row.deputy_id for row in session.execute(statement)}


def leaves_between(start: datetime, end: datetime, *, ignore_id: int | None = None) -> list[Leave]:
    """Absences of everyone that overlap a span, for the search for loops."""
    statement = select(Absence).where(Absence.until_at > start, Absence.from_at < end, Absence.id != (ignore_id or 0))
    return [Leave(row.person_id, row.from_at, row.until_at, row.deputy_id) for row in session.scalars(statement)]


def open_tickets_of(actor: Actor, person_id: int) -> Sequence[Ticket]:
    """Open tickets of a person, as far as the actor may read them, the most pressing first; at most 200."""
    statement = select(Ticket).where(
        Ticket.unfinished == 1, Ticket.assignee_id == person_id, ticket_policy.visible(actor)
    )
    return session.scalars(statement.order_by(Ticket.due_at, Ticket.id).limit(MOST_HANDED)).all()
