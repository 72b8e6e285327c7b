"""One ticket, and who and what belongs to it."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, literal, select, union_all
from sqlalchemy.orm import joinedload

from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import made_once, session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import JournalEntry, Ticket, TicketLink, Watcher

Kind = TypeVar("Kind", bound=Ticket)


NUMBER = re.compile(r"^([A-Z]{2,4})(\d{7,12})$")


def id_of(number: str, prefix: str) -> int:
    """The id in a number such as `INC0000123`; raises `NotFound` when it is not one of this prefix."""
    match = NUMBER.match(number.upper())
    if match is None or match[1] != prefix:
        raise NotFound(_("“%(number)s” is not a number of this kind.", number=number[:40]))
    return int(match[2])


def get_ticket(actor: Actor, kind: type[Kind], number: str, *, lock: bool = False) -> Kind:
    """The ticket with this number, if the actor may read it; `lock` for a write in this transaction."""
    statement = _by_id(policy.visible(actor), kind)
    if lock:
        statement = statement.with_for_update(of=Ticket)
    ticket: Kind | None = session.scalars(statement, {"ticket_id": id_of(number, kind.prefix)}).first()
    if ticket is None:
        raise NotFound(_("There is no %(number)s, or you may not see it.", number=number))
    return ticket


def find_ticket(actor: Actor, number: str) -> Ticket | None:
    """A ticket of any kind by its number, or None."""
    match = NUMBER.match(number.strip().upper())
    if match is None:
        return None
    ticket = session.scalars(select(Ticket).where(Ticket.id == int(match[2]), policy.visible(actor))).first()
    return ticket if ticket is not None and ticket.number == number.strip().upper() else None


def get_by_id(actor: Actor, ticket_id: int) -> Ticket:
    """A ticket of any kind by its id; raises `NotFound`."""
    ticket: Ticket | None = session.scalars(_by_id(policy.visible(actor), Ticket), {"ticket_id": ticket_id}).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


@made_once
def _by_id(readable: ColumnElement[bool], kind: type[Ticket]) -> Select[Any]:
    return select(kind).where(kind.id == bindparam("ticket_id"), readable)


def living(ticket: Kind) -> Kind:
    """Where a ticket goes on: itself, or the end of the chain of merges (which join tickets of one kind)."""
    seen = {ticket.id}
    while ticket.merged_into_id is not None and ticket.merged_into_id not in seen:
        ticket = session.get_one(type(ticket), ticket.merged_into_id)
        seen.add(ticket.id)
    return ticket


def open_children(actor: Actor, parent: Ticket, *, limit: int = 50, lock: bool = False) -> Sequence[Ticket]:
    """Unfinished parts of a ticket that the actor may read, oldest first."""
    statement = (
        select(Ticket)
        .join(TicketLink, TicketLink.source_id == Ticket.id)
        .where(TicketLink.target_id == parent.id, TicketLink.relation == "child_of")
        .where(Ticket.unfinished == 1, policy.visible(actor))
        .order_by(Ticket.id)
        .limit(limit)
    )
    return session.scalars(statement.with_for_update(of=Ticket) if lock else statement).all()


def last_move(ticket_id: int) -> dict[str, Any]:
    """The changes of the newest entry that names the ticket's state, for services."""
    statement = select(JournalEntry.changes).where(
        JournalEntry.ticket_id == ticket_id, JournalEntry.kind.in_(("created", "change"))
    )
    for changes in session.scalars(statement.order_by(JournalEntry.id.desc())):
        if "state" in changes:
            return dict(changes)
    return {}


def list_watchers(ticket_id: int) -> Sequence[Person]:
    """People who watch a ticket."""
    statement = select(Person).join(Watcher, Watcher.person_id == Person.id).where(Watcher.ticket_id == ticket_id)
    return session.scalars(statement.order_by(Person.name_key)).all()


def people_around(ticket: Ticket) -> tuple[dict[int, Person], list[Person]]:
    """Requester, assignee and who opened a ticket by id, with organisation and site; and its watchers by name; one statement."""
    named = [each for each in (ticket.requester_id, ticket.assignee_id, ticket.opened_by_id) if each is not None]
    rows = session.execute(_people_around(), {"named": named, "ticket_id": ticket.id}).all()
    return {row[0].id: row[0] for row in rows if not row[1]}, [row[0] for row in rows if row[1]]


@cache
def _people_around() -> Select[Any]:
    around = union_all(
        select(Person.id.label("person_id"), literal(0).label("watches")).where(Person.id.in_(bindparam("named"))),
        select(Watcher.person_id, literal(1)).where(Watcher.ticket_id == bindparam("ticket_id")),
    ).subquery("around")
    return (
        select(Person, around.c.watches)
        .join(around, around.c.person_id == Person.id)
        .options(joinedload(Person.organisation), joinedload(Person.site))
        .order_by(Person.name_key)
    )


def list_open_of(actor: Actor, person_id: int, *, limit: int = 8) -> Sequence[Ticket]:
    """Open tickets that a person asked for, newest first."""
    statement = select(Ticket).where(Ticket.requester_id == person_id, Ticket.unfinished == 1, policy.visible(actor))
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """The values that an edit may have been based on, for the conflict answer."""
    names = ("version", "title", "state", "priority", "impact", "urgency", "category_id", "group_id", "assignee_id")
    return {name: getattr(ticket, name) for name in names}
