"""Tickets by words: their own, and those of replies, notes and files that the actor may read."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from itsm.kernel.actor import Actor
from itsm.kernel.db import one_of
from itsm.search import queries as search
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from itsm.tickets.queries.records import find_ticket

KIND = "ticket"
MOST_FOUND = 1000


@dataclass(frozen=True)
class Matches:
    """What was found: the id of the ticket with that number, and every found id with the text through which it was found.

    `through` maps the id to (part, part id), or None when the ticket itself holds the words; those come first, and in each
    half the newest. With `more` the search stopped at 1,000.
    """

    numbered: int | None
    through: dict[int, tuple[str, int] | None]
    more: bool


def find_matches(actor: Actor, words: str) -> Matches:
    """Tickets that hold all of the words, in their own text or in one text that hangs on them; three statements at most."""
    ticket = find_ticket(actor, words)
    readable = search.Readable(Ticket.id, policy.visible(actor))
    ids = search.find_ids(KIND, words, readable=readable, limit=MOST_FOUND + 1)
    inside = policy.is_staff(actor)
    parts = search.find_parts(KIND, words, readable=readable, inside=inside, limit=MOST_FOUND + 1)
    through: dict[int, tuple[str, int] | None] = {} if ticket is None else {ticket.id: None}
    through |= dict.fromkeys(ids)
    for row in parts:
        through.setdefault(row.record_id, (row.part, row.part_id))
    more = len(ids) > MOST_FOUND or len(parts) > MOST_FOUND or len(through) > MOST_FOUND
    return Matches(ticket.id if ticket is not None else None, dict(list(through.items())[:MOST_FOUND]), more)


def holding(actor: Actor, words: str) -> ColumnElement[bool]:
    """The condition that a ticket, or a reply or file of it that the actor may read, holds all of the words."""
    return one_of(Ticket.id, find_matches(actor, words).through)
