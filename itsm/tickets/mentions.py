"""Numbers of other tickets that a journal names, as far as its reader may know of them."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import select

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.tickets import policy
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.queries import NUMBER

LINKS = ("link.", "linked.", "merged")  # how changes begin that name other tickets


def closed_ids(actor: Actor, entries: Sequence[JournalEntry]) -> Set[int]:
    """Ids of linked tickets in these entries that the actor may not read; one statement where any may be closed."""
    if policy.is_staff(actor) and not actor.hidden_group_ids:
        return frozenset()
    named = {each for entry in entries for each in _linked_ids(entry.changes)}
    if not named:
        return frozenset()
    return named - set(session.scalars(select(Ticket.id).where(Ticket.id.in_(named), policy.visible(actor))))


def told_changes(changes: Mapping[str, Any], closed: Set[int]) -> dict[str, Any]:
    """The changes of an entry without links to tickets that the reader may not read."""
    if not closed:
        return dict(changes)
    return {name: pair for name, pair in changes.items() if not (name.startswith(LINKS) and closed & _ids_in(pair))}


def _linked_ids(changes: Mapping[str, Any]) -> Set[int]:
    return {each for name, pair in changes.items() if name.startswith(LINKS) for each in _ids_in(pair)}


def _ids_in(pair: Sequence[Any]) -> Set[int]:
    numbers = (NUMBER.match(value) for value in pair if isinstance(value, str))
    return {value for value in pair if isinstance(value, int)} | {int(match[2]) for match in numbers if match}
