"""Every read of drafts, of who has a ticket open, and of what is new on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import Select, and_, bindparam, func, select

from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.live.models import Draft, Presence
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.worktime.models import Timer

GONE_AFTER = timedelta(seconds=40)


@dataclass(frozen=True)
class Reader:
    """Somebody who has the page open."""

    person_id: int
    name: str
    typing: bool


@dataclass(frozen=True)
class Glance:
    """What a page that is open asks every few seconds: who else is here, the newest entry and the ticket's version.

    `own` is the actor's own presence, as far as it is still fresh.
    """

    ticket_id: int
    version: int
    newest_id: int
    others: Sequence[Reader]
    own: Presence | None


def glance(actor: Actor, ticket_id: int) -> Glance:
    """One statement; raises `NotFound`."""
    newest = (
        select(func.max(JournalEntry.id)).where(JournalEntry.ticket_id == ticket_id).correlate(None).scalar_subquery()
    )
    fresh = and_(Presence.ticket_id == Ticket.id, Presence.seen_at > clock.now() - GONE_AFTER)
    statement = (
        select(Ticket.version, newest, Presence, Person.name)
        .outerjoin(Presence, fresh)
        .outerjoin(Person, Person.id == Presence.person_id)
        .where(Ticket.id == ticket_id, policy.visible(actor))
        .order_by(Presence.person_id)
    )
    rows = session.execute(statement).all()
    if not rows:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    here = [(row[2], row[3]) for row in rows if row[2] is not None]
    return Glance(
        ticket_id=ticket_id,
        version=rows[0][0],
        newest_id=rows[0][1] or 0,
        others=[Reader(row.person_id, name, row.typing) for row, name in here if row.person_id != actor.person_id],
        own=next((row for row, _name in here if row.person_id == actor.person_id), None),
    )


def unsent(actor: Actor, ticket_id: int) -> tuple[Draft | None, Timer | None]:
    """What the actor has typed on a ticket and not sent, and the actor's running timer (of any ticket); one statement."""
    if actor.person_id is None:
        return None, None
    row = session.execute(_unsent_of(), {"person_id": actor.person_id, "ticket_id": ticket_id}).one()
    return row[0], row[1]


@cache
def _unsent_of() -> Select[Draft, Timer]:
    mine = and_(Draft.person_id == Person.id, Draft.ticket_id == bindparam("ticket_id"))
    statement = select(Draft, Timer).select_from(Person).outerjoin(Draft, mine)
    return statement.outerjoin(Timer, Timer.person_id == Person.id).where(Person.id == bindparam("person_id"))
