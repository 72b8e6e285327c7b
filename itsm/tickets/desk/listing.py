"""What the desk was asked for, read from an address, and the rows that answer it."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from itsm.kernel.actor import Actor
from itsm.kernel.db import one_of, session
from itsm.kernel.errors import Invalid
from itsm.kernel.paging import Page
from itsm.kernel.text import Message
from itsm.tickets import filters, policy, queries
from itsm.tickets.desk import queues
from itsm.tickets.desk.queues import Queue
from itsm.tickets.models import Ticket


@dataclass(frozen=True)
class Asked:
    """A queue, a further filter, an order, a division and a page of it."""

    queue: Queue
    q: str = ""
    sort: str = "due"
    grouping: str = ""
    cursor: str | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of the address that asks for this, without the page marker."""
        named = {"view": self.queue.name, "q": self.q, "sort": self.sort, "grouping": self.grouping or "none"}
        own = {"q": "", "sort": self.queue.sort, "grouping": self.queue.grouping or "none"}
        return {name: value for name, value in named.items() if value != own.get(name)}


def read_asked(actor: Actor, arguments: Mapping[str, str], known: Sequence[Queue] = ()) -> Asked:
    """What an address asks for; what it does not name, or names wrongly, is as the queue has it.

    Queues that are `known` already are not read again.
    """
    name = arguments.get("view", "")
    queue = next((each for each in known if each.name == name), None)
    queue = queue or queues.get_queue(actor, name) or queues.first_queue(actor)
    sort, grouping = arguments.get("sort", ""), arguments.get("grouping", queue.grouping)
    return Asked(
        queue,
        q=arguments.get("q", ""),
        sort=sort if sort in queries.ORDERS else queue.sort if queue.sort in queries.ORDERS else "due",
        grouping=grouping if grouping in queries.GROUPINGS else "",
        cursor=arguments.get("cursor"),
    )


def conditions(actor: Actor, asked: Asked) -> list[ColumnElement[bool]]:
    """What the rows must fulfil beside the actor's rights; raises `Invalid` when the filter cannot be read."""
    return [asked.queue.condition, *filters.conditions(actor, asked.q)]


def read_rows(actor: Actor, asked: Asked, *, limit: int | None = None) -> Page[Row[Any]]:
    """One page of rows; one statement. Raises `Invalid` when the filter or the page marker cannot be read."""
    return queries.list_rows(
        actor,
        conditions=conditions(actor, asked),
        order=asked.sort,
        grouping=asked.grouping,
        limit=limit,
        cursor=asked.cursor,
    )


def rows_or_fault(actor: Actor, asked: Asked) -> tuple[Page[Row[Any]], Message]:
    """One page of rows, or none and what is wrong with the filter."""
    if asked.queue.fault:
        return Page([]), asked.queue.fault
    try:
        return read_rows(actor, asked), ""
    except Invalid as error:
        return Page([]), next(iter(error.errors.values()), [error.message])[0]


def fingerprint(rows: Sequence[Row[Any]]) -> str:
    """What changes whenever a row of the page does."""
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()[:32]


def count_all(actor: Actor, asked: Asked) -> int:
    """How many tickets answer, however many they are; for what leaves as a file."""
    statement = select(func.count()).select_from(Ticket).where(policy.visible(actor), *conditions(actor, asked))
    return session.scalar(statement) or 0


def matching_ids(actor: Actor, asked: Asked, *, limit: int) -> Sequence[int]:
    """Ids of what answers, oldest first, at most `limit`."""
    statement = select(Ticket.id).where(policy.visible(actor), *conditions(actor, asked))
    return session.scalars(statement.order_by(Ticket.id).limit(limit)).all()


def list_whole(actor: Actor, ids: Sequence[int], *, lock: bool = False) -> Sequence[Ticket]:
    """Tickets of any kinds with what their kinds add to them, oldest first; one statement and one for each kind.

    With `lock` they are locked in the order of their ids, and read after that.
    """
    statement = select(Ticket.id, Ticket.kind).where(one_of(Ticket.id, ids), policy.visible(actor)).order_by(Ticket.id)
    if lock:
        statement = statement.with_for_update(of=Ticket)
    by_kind: defaultdict[str, list[int]] = defaultdict(list)
    for ticket_id, kind in session.execute(statement):
        by_kind[kind].append(ticket_id)
    found: list[Ticket] = []
    for kind, of_kind in by_kind.items():
        whole = select(Ticket.__mapper__.polymorphic_map[kind].class_).where(one_of(Ticket.id, of_kind))
        found += session.scalars(whole.execution_options(populate_existing=lock))
    return sorted(found, key=lambda ticket: ticket.id)
