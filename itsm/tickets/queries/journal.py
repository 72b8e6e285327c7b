"""The story of a ticket as its reader may know it, and its files."""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, union_all
from sqlalchemy.orm import aliased

from itsm.kernel.actor import Actor
from itsm.kernel.db import made_once, session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Attachment, JournalEntry, SharedEntry, Ticket

JOURNAL_SHOWN = 50


LONGEST_NAME = 180


SHARED = aliased(JournalEntry, name="shared_entry")


def list_journal(
    actor: Actor,
    ticket: Ticket,
    *,
    limit: int = JOURNAL_SHOWN,
    before_id: int | None = None,
    after_id: int | None = None,
    kinds: Collection[str] = (),
) -> list[JournalEntry]:
    """The newest entries, newest first; the requester's side sees public ones and steps only. `kinds` none: all."""
    limits = {"before_id": before_id or None, "after_id": after_id, "kinds": list(kinds) or None}
    given = {name: value for name, value in limits.items() if value is not None}
    statement = _newest_told(policy.visible(actor), policy.is_staff(actor), *given)
    return list(session.scalars(statement, {"ticket_id": ticket.id, "number": limit, **given}))


@made_once
def _newest_told(readable: ColumnElement[bool], staff: bool, *limits: str) -> Select[Any]:
    conditions = {
        "before_id": JournalEntry.id < bindparam("before_id"),
        "after_id": JournalEntry.id > bindparam("after_id"),
        "kinds": JournalEntry.kind.in_(bindparam("kinds")),
    }
    statement = _told(readable, staff).where(*(conditions[each] for each in limits))
    return statement.order_by(JournalEntry.id.desc()).limit(bindparam("number"))


@made_once
def _told(readable: ColumnElement[bool], staff: bool) -> Select[Any]:
    """Entries of the story of `ticket_id`: its own, and those of merged and split tickets that the actor may read.

    A join with the ids, because databases plan an OR over two indexes badly on a long journal.
    """
    own = select(JournalEntry.id).where(JournalEntry.ticket_id == bindparam("ticket_id"))
    told = union_all(own, _shared(readable)).subquery("told")
    return select(JournalEntry).join(told, told.c.id == JournalEntry.id).where(_said_to(staff=staff))


def _shared(readable: ColumnElement[bool]) -> Select[int]:
    """Ids of entries that `ticket_id` tells of others that the actor may read."""
    return (
        select(SharedEntry.entry_id)
        .join(SHARED, SHARED.id == SharedEntry.entry_id)
        .join(Ticket, Ticket.id == SHARED.ticket_id)
        .where(SharedEntry.ticket_id == bindparam("ticket_id"), readable)
    )


def _said_to(*, staff: bool) -> ColumnElement[bool]:
    if staff:
        return JournalEntry.id.is_not(None)
    return JournalEntry.kind.in_(("created", "public", "change")) & ~unsaid()


def unsaid() -> ColumnElement[bool]:
    """Replies that were taken back before they left; only staff read them any more."""
    return (JournalEntry.kind == "public") & JournalEntry.retracted


def list_entries(actor: Actor, ticket: Ticket, entry_ids: Sequence[int]) -> list[JournalEntry]:
    """Some entries of a ticket's story that people wrote, oldest first; ids of anything else are passed over."""
    said = JournalEntry.kind.in_(("created", "public", "internal", "work"))
    told = _told(policy.visible(actor), policy.is_staff(actor))
    statement = told.where(JournalEntry.id.in_(entry_ids), said).order_by(JournalEntry.id)
    return list(session.scalars(statement, {"ticket_id": ticket.id}))


def list_attachments(actor: Actor, ticket: Ticket) -> Sequence[Attachment]:
    """Files of a ticket that the actor may see, its own and those of entries that it tells of others."""
    statement = _files(policy.visible(actor), policy.is_staff(actor))
    return session.scalars(statement, {"ticket_id": ticket.id}).all()


@made_once
def _files(readable: ColumnElement[bool], staff: bool) -> Select[Any]:
    own, told = Attachment.ticket_id == bindparam("ticket_id"), Attachment.journal_id.in_(_shared(readable))
    statement = select(Attachment).where(or_(own, told)).order_by(Attachment.id)
    return statement if staff else statement.where(Attachment.public)


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """One file, if its ticket and the file itself may be seen."""
    statement = select(Attachment).join(Ticket, Ticket.id == Attachment.ticket_id)
    statement = statement.where(Attachment.id == attachment_id, policy.visible(actor))
    row = session.scalars(statement if policy.is_staff(actor) else statement.where(Attachment.public)).first()
    if row is None:
        raise NotFound(_("There is no such file, or you may not see it."))
    return row


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
