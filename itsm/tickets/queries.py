"""Every read of tickets of any kind, always through `policy.visible`."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from itsm.identity.models import Group, Organisation, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import held, session
from itsm.kernel.errors import NotFound
from itsm.kernel.lifecycle import Category as StateCategory
from itsm.kernel.paging import COUNT_LIMIT, Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Attachment, Category, JournalEntry, Ticket, TicketLink, Watcher

Kind = TypeVar("Kind", bound=Ticket)
NUMBER = re.compile(r"^([A-Z]{2,4})(\d{7,12})$")
JOURNAL_SHOWN = 50
LONGEST_NAME = 180

Assignee = aliased(Person, name="assignee")
Requester = aliased(Person, name="requester")


def id_of(number: str, prefix: str) -> int:
    """The id in a number such as `INC0000123`; raises `NotFound` when it is not one of this prefix."""
    match = NUMBER.match(number.upper())
    if match is None or match[1] != prefix:
        raise NotFound(_("“%(number)s” is not a number of this kind.", number=number[:40]))
    return int(match[2])


def get_ticket(actor: Actor, kind: type[Kind], number: str, *, lock: bool = False) -> Kind:
    """The ticket with this number, if the actor may read it; `lock` for a write in this transaction."""
    statement = select(kind).where(kind.id == id_of(number, kind.prefix), policy.visible(actor))
    if lock:
        statement = statement.with_for_update(of=Ticket)
    ticket = session.scalars(statement).first()
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
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id, policy.visible(actor))).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


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


def list_rows(
    actor: Actor,
    *,
    conditions: Sequence[ColumnElement[bool]] = (),
    order: str = "due",
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Row[Any]]:
    """One page of a queue as rows with names; one statement, whatever the number of rows.

    The page is cut before names are joined, so that the joins touch its rows only.
    """
    size = checked_limit(limit)
    keys = ORDERS[order]
    inner = keyset(
        select(Ticket.id).where(policy.visible(actor), *conditions), keys, limit=size, cursor=cursor
    ).subquery()
    statement: Select[Any] = (
        select(*LISTED, Requester.name.label("requester_name"), Organisation.name.label("organisation_name"))
        .add_columns(Assignee.name.label("assignee_name"), Group.name.label("group_name"))
        .select_from(inner)
        .join(Ticket, Ticket.id == inner.c.id)
        .outerjoin(Requester, Requester.id == Ticket.requester_id)
        .outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
        .outerjoin(Assignee, Assignee.id == Ticket.assignee_id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .order_by(*(key.column.desc() if key.descending else key.column.asc() for key in keys))
    )
    rows = session.execute(statement).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [getattr(row, key.name) for key in keys])


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
    counts = []
    for view in views:
        inner = select(Ticket.id).where(policy.visible(actor), view.condition).limit(COUNT_LIMIT + 1).subquery()
        counts.append(select(func.count()).select_from(inner).scalar_subquery().label(view.name))
    row = session.execute(select(*counts)).one() if counts else ()
    return dict(zip((view.name for view in views), row, strict=True))


def queue_views(actor: Actor, kind: str | None = None) -> list[View]:
    """The ready-made queues of someone who works tickets."""
    open_ones = Ticket.unfinished == 1
    if kind:
        open_ones = and_(open_ones, Ticket.kind == kind)
    mine = Ticket.group_id.in_(actor.group_ids)
    watching = Ticket.id.in_(select(Watcher.ticket_id).where(Watcher.person_id == actor.person_id))
    waiting = Ticket.state_category == StateCategory.WAITING.value
    return [
        View("assigned", _("Assigned to me"), and_(open_ones, Ticket.assignee_id == actor.person_id)),
        View("watching", _("Watching"), and_(open_ones, watching)),
        View("groups", _("My groups, due soon"), and_(open_ones, mine), "teams"),
        View("unassigned", _("Unassigned"), and_(open_ones, mine, Ticket.assignee_id.is_(None)), "teams"),
        View("level2", _("Passed to L2 and L3"), and_(open_ones, Ticket.level > 1), "teams"),
        View("waiting", _("On hold"), and_(open_ones, waiting), "teams"),
        View("all", _("All open"), open_ones, "all"),
        View("breached", _("Target missed"), and_(open_ones, Ticket.due_state == "breached"), "all"),
        View("finished", _("Resolved and closed"), Ticket.unfinished == 0, "all"),
        View("everything", _("Everything"), Ticket.id > 0, "all"),
    ]


def list_journal(
    actor: Actor, ticket: Ticket, *, limit: int = JOURNAL_SHOWN, before_id: int | None = None
) -> list[JournalEntry]:
    """The newest entries, newest first; the requester's side sees public ones and steps only."""
    statement = select(JournalEntry).where(JournalEntry.ticket_id == ticket.id, _readable(actor))
    if before_id:
        statement = statement.where(JournalEntry.id < before_id)
    return list(session.scalars(statement.order_by(JournalEntry.id.desc()).limit(limit)))


def _readable(actor: Actor) -> ColumnElement[bool]:
    if policy.is_staff(actor):
        return JournalEntry.id.is_not(None)
    return JournalEntry.kind.in_(("created", "public", "change"))


def whole_journal(ticket_id: int) -> list[JournalEntry]:
    """Every entry in order; clocks and reports are computed from it. For services and jobs, not for pages."""
    return list(
        session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == ticket_id).order_by(JournalEntry.id))
    )


@dataclass(frozen=True)
class LinkedTicket:
    """A ticket at the other end of a link, and whether this ticket is the link's source."""

    link_id: int
    relation: str
    outgoing: bool
    ticket: Ticket


def list_links(actor: Actor, ticket: Ticket) -> list[LinkedTicket]:
    """Links of a ticket to tickets that the actor may read; one statement."""
    statement = (
        select(TicketLink, Ticket)
        .join(
            Ticket,
            or_(
                and_(TicketLink.source_id == ticket.id, Ticket.id == TicketLink.target_id),
                and_(TicketLink.target_id == ticket.id, Ticket.id == TicketLink.source_id),
            ),
        )
        .where(policy.visible(actor))
        .order_by(TicketLink.id)
    )
    rows = session.execute(statement).all()
    return [LinkedTicket(row[0].id, row[0].relation, row[0].source_id == ticket.id, row[1]) for row in rows]


def linked_ids(ticket_id: int, relation: str, *, outgoing: bool) -> Sequence[int]:
    """Ids of tickets linked by a relation, for services."""
    near, far = (
        (TicketLink.source_id, TicketLink.target_id) if outgoing else (TicketLink.target_id, TicketLink.source_id)
    )
    return session.scalars(select(far).where(near == ticket_id, TicketLink.relation == relation)).all()


def find_link(source_id: int, target_id: int, relation: str) -> TicketLink | None:
    """The link between two tickets, if there is one."""
    return session.scalars(
        select(TicketLink).where(
            TicketLink.source_id == source_id, TicketLink.target_id == target_id, TicketLink.relation == relation
        )
    ).first()


def list_attachments(actor: Actor, ticket: Ticket) -> Sequence[Attachment]:
    """Files of a ticket that the actor may see."""
    statement = select(Attachment).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id)
    return session.scalars(statement if policy.is_staff(actor) else statement.where(Attachment.public)).all()


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """One file, if its ticket and the file itself may be seen."""
    statement = select(Attachment).join(Ticket, Ticket.id == Attachment.ticket_id)
    statement = statement.where(Attachment.id == attachment_id, policy.visible(actor))
    row = session.scalars(statement if policy.is_staff(actor) else statement.where(Attachment.public)).first()
    if row is None:
        raise NotFound(_("There is no such file, or you may not see it."))
    return row


def list_watchers(ticket_id: int) -> Sequence[Person]:
    """People who watch a ticket."""
    statement = select(Person).join(Watcher, Watcher.person_id == Person.id).where(Watcher.ticket_id == ticket_id)
    return session.scalars(statement.order_by(Person.name_key)).all()


def list_open_of(actor: Actor, person_id: int, *, limit: int = 8) -> Sequence[Ticket]:
    """Open tickets that a person asked for, newest first."""
    statement = select(Ticket).where(Ticket.requester_id == person_id, Ticket.unfinished == 1, policy.visible(actor))
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(limit)).all()


def list_categories(*, active_only: bool = True) -> Sequence[Category]:
    """The category tree, parents before children."""
    statement = select(Category).order_by(Category.path)
    return session.scalars(statement.where(Category.active) if active_only else statement).all()


def page_of_categories(*, words: str = "", limit: int | None = None, cursor: str | None = None) -> Page[Category]:
    """One page of categories, active or not, in tree order."""
    size = checked_limit(limit)
    keys = (SortKey("path", Category.path), SortKey("id", Category.id))
    statement = select(Category)
    if words.strip():
        statement = statement.where(Category.name.icontains(words.strip(), autoescape=True))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.path, row.id))


def category_titles() -> dict[int, str]:
    """Category id → its full name (`Hardware › Printer`), in tree order."""
    return titled(list_categories(active_only=False))


def titled(categories: Sequence[Category]) -> dict[int, str]:
    """Full names of categories that come parents first."""
    names: dict[int, str] = {}
    for category in categories:
        above = names.get(category.parent_id or 0)
        names[category.id] = f"{above} › {category.name}" if above else category.name
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def default_group_id(category_id: int) -> int | None:
    """The group of a category: its own or the nearest above that names one."""
    seen: set[int] = set()
    current = session.get(Category, category_id)
    while current is not None and current.id not in seen:
        if current.group_id is not None:
            return current.group_id
        seen.add(current.id)
        current = session.get(Category, current.parent_id) if current.parent_id else None
    return None


def front_group_id() -> int | None:
    """The group that takes what no rule sends elsewhere: the first active one of level 1."""
    statement = select(Group).where(Group.active, Group.level == 1, ~Group.restricted).order_by(Group.id).limit(1)
    group = held(session.scalars(statement).first())
    return group.id if group else None


def next_level_group(ticket: Ticket) -> Group | None:
    """Where functional escalation leads from the ticket's group."""
    group = session.get(Group, ticket.group_id) if ticket.group_id else None
    if group is not None and group.escalates_to_id:
        return session.get(Group, group.escalates_to_id)
    level = group.level if group else 0
    statement = select(Group).where(Group.active, Group.level > level).order_by(Group.level, Group.id).limit(1)
    return session.scalars(statement).first()


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """The values that an edit may have been based on, for the conflict answer."""
    names = ("version", "title", "state", "priority", "impact", "urgency", "category_id", "group_id", "assignee_id")
    return {name: getattr(ticket, name) for name in names}


def escalation_path(journal: Sequence[JournalEntry]) -> list[tuple[datetime, int]]:
    """When the ticket entered which group (instant, group id), oldest first, from its journal."""
    steps = []
    for entry in sorted(journal, key=lambda item: item.id):
        moved = entry.changes.get("group_id")
        if moved and moved[1] is not None:
            steps.append((entry.at, int(moved[1])))
    return steps


def safe_name(name: str) -> str:
    """A file name without path, control or direction-changing characters, at most 180 letters."""
    flat = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    clean = "".join(letter for letter in flat if unicodedata.category(letter)[0] != "C").strip(". ")
    return clean[-LONGEST_NAME:] or "file"
