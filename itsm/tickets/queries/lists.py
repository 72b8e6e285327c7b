"""Queues and lists of tickets: one statement a page, whatever the number of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import aliased

from itsm.identity.models import Group, Organisation, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import fixed, session
from itsm.kernel.paging import COUNT_LIMIT, Page, SortKey, checked_limit, keyset, page_of
from itsm.search import queries as search
from itsm.tickets import policy
from itsm.tickets.models import Category, Ticket
from itsm.tickets.queries.records import NUMBER, Kind

Assignee = aliased(Person, name="assignee")


Requester = aliased(Person, name="requester")


@dataclass(frozen=True)
class View:
    """A queue: which tickets, in which order. `q` is a further condition from the filter."""

    name: str
    title: Any
    condition: ColumnElement[bool]
    section: str = "mine"


LISTED = (
    Ticket.id,
    Ticket.kind,
    Ticket.title,
    Ticket.state,
    Ticket.state_category,
    Ticket.priority,
    Ticket.channel,
    Ticket.hold_reason,
    Ticket.wake_at,
    Ticket.created_at,
    Ticket.updated_at,
    Ticket.due_at,
    Ticket.due_from_at,
    Ticket.due_left_seconds,
    Ticket.due_target_seconds,
    Ticket.due_state,
    Ticket.group_id,
    Ticket.assignee_id,
    Ticket.requester_id,
    Ticket.category_id,
    Ticket.impact,
    Ticket.urgency,
    Ticket.level,
)


ORDERS: Mapping[str, tuple[SortKey, ...]] = {
    "due": (SortKey("due_at", Ticket.due_at, instant=True), SortKey("id", Ticket.id)),
    "newest": (SortKey("id", Ticket.id, descending=True),),
    "updated_at": (SortKey("updated_at", Ticket.updated_at, instant=True), SortKey("id", Ticket.id)),
    "-updated_at": (
        SortKey("updated_at", Ticket.updated_at, instant=True, descending=True),
        SortKey("id", Ticket.id, descending=True),
    ),
    "priority": (
        SortKey("priority", Ticket.priority),
        SortKey("due_at", Ticket.due_at, instant=True),
        SortKey("id", Ticket.id),
    ),
    "created_at": (SortKey("id", Ticket.id),),
    "-created_at": (SortKey("id", Ticket.id, descending=True),),
}


# What a list may be divided by; rows of one part follow one another over all pages.
GROUPINGS: Mapping[str, SortKey] = {
    "state": SortKey("part", Ticket.state),
    "priority": SortKey("part", Ticket.priority),
    "group": SortKey("part", func.coalesce(Ticket.group_id, fixed(0))),
    "assignee": SortKey("part", func.coalesce(Ticket.assignee_id, fixed(0))),
    "category": SortKey("part", func.coalesce(Ticket.category_id, fixed(0))),
}


def list_rows(
    actor: Actor,
    *,
    conditions: Sequence[ColumnElement[bool]] = (),
    order: str = "due",
    grouping: str = "",
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Row[Any]]:
    """One page of a queue as rows with names; one statement, whatever the number of rows.

    The page is cut before names are joined, so that the joins touch its rows only. With `grouping` the rows of one part
    follow one another, and `part` is the part's key.
    """
    size = checked_limit(limit)
    keys = (*([GROUPINGS[grouping]] if grouping else []), *ORDERS[order])
    inner = keyset(
        select(Ticket.id).where(policy.visible(actor), *conditions), keys, limit=size, cursor=cursor
    ).subquery()
    statement: Select[Any] = (
        select(*LISTED, Requester.name.label("requester_name"), Organisation.name.label("organisation_name"))
        .add_columns(Assignee.name.label("assignee_name"), Group.name.label("group_name"))
        .add_columns(Category.name.label("category_name"), *([keys[0].column.label("part")] if grouping else []))
        .select_from(inner)
        .join(Ticket, Ticket.id == inner.c.id)
        .outerjoin(Requester, Requester.id == Ticket.requester_id)
        .outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
        .outerjoin(Assignee, Assignee.id == Ticket.assignee_id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .outerjoin(Category, Category.id == Ticket.category_id)
        .order_by(*(key.column.desc() if key.descending else key.column.asc() for key in keys))
    )
    rows = session.execute(statement).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [getattr(row, key.name) for key in keys])


def suggest(
    actor: Actor,
    typed: str,
    *,
    without_id: int | None = None,
    kind: str | None = None,
    unfinished: bool = False,
    limit: int = 8,
) -> Sequence[Row[Any]]:
    """Tickets for what somebody is typing: the one with that number, else those with any of the words, best first."""
    match = NUMBER.match(typed.strip().upper())
    ids = [int(match[2])] if match else list(_found(actor, typed))
    conditions: list[ColumnElement[bool]] = [Ticket.id.in_(ids), Ticket.id != (without_id or 0)]
    if kind is not None:
        conditions.append(Ticket.kind == kind)
    if unfinished:
        conditions.append(Ticket.unfinished == 1)
    rows = list_rows(actor, conditions=conditions, order="newest", limit=50).items if ids else []
    return sorted(rows, key=lambda row: ids.index(row.id))[:limit]


def _found(actor: Actor, typed: str) -> Sequence[int]:
    readable = search.Readable(Ticket.id, policy.visible(actor))
    return search.find_alike("ticket", typed, readable=readable)


def list_tickets(
    actor: Actor,
    kind: type[Kind],
    *,
    conditions: Sequence[ColumnElement[bool]] = (),
    order: str = "-created_at",
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Kind]:
    """One page of whole tickets of a kind, for the API."""
    size = checked_limit(limit)
    keys = ORDERS[order]
    statement = select(kind).where(policy.visible(actor), *conditions)
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [getattr(row, key.name) for key in keys])


def count_up_to_limit(actor: Actor, views: Sequence[View]) -> dict[str, int]:
    """Number of tickets in each view, counted to 1,001 at most, all in one statement."""
    counts, visible = [], policy.visible(actor)
    for view in views:
        inner = select(Ticket.id).where(visible, view.condition).limit(fixed(COUNT_LIMIT + 1)).subquery()
        counts.append(select(func.count()).select_from(inner).scalar_subquery().label(view.name))
    row = session.execute(select(*counts)).one() if counts else ()
    return dict(zip((view.name for view in views), row, strict=True))
