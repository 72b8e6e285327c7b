"""The story of a ticket as its reader may know it, and its files."""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select, union_all
from sqlalchemy.orm import aliased

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
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
    statement = _told(actor, ticket).where(_readable(actor))
    if before_id:
        statement = statement.where(JournalEntry.id < before_id)
    if after_id is not None:
        statement = statement.where(JournalEntry.id > after_id)
    if kinds:
        statement = statement.where(JournalEntry.kind.in_(kinds))
    return list(session.scalars(statement.order_by(JournalEntry.id.desc()).limit(limit)))


def _told(actor: Actor, ticket: Ticket) -> Select[JournalEntry]:
    """Entries of a ticket's story: its own, and those of merged and split tickets that the actor may read.

    A join with the ids, because databases plan an OR over two indexes badly on a long journal.
    """
    own = select(JournalEntry.id).where(JournalEntry.ticket_id == ticket.id)
    told = union_all(own, _shared(actor, ticket)).subquery("told")
    return select(JournalEntry).join(told, told.c.id == JournalEntry.id)


def _shared(actor: Actor, ticket: Ticket) -> Select[int]:
    """Ids of entries that a ticket tells of others that the actor may read."""
    return (
        select(SharedEntry.entry_id)
        .join(SHARED, SHARED.id == SharedEntry.entry_id)
        .join(Ticket, Ticket.id == SHARED.ticket_id)
        .where(SharedEntry.ticket_id == ticket.id, policy.visible(actor))
    )


def _readable(actor: Actor) -> ColumnElement[bool]:
    if policy.is_staff(actor):
        return JournalEntry.id.is_not(None)
    return JournalEntry.kind.in_(("created", "public", "change")) & ~unsaid()


def unsaid() -> ColumnElement[bool]:
    """Replies that were taken back before they left; only staff read them any more."""
    return (JournalEntry.kind == "public") & JournalEntry.retracted


def list_entries(actor: Actor, ticket: Ticket, entry_ids: Sequence[int]) -> list[JournalEntry]:
    """Some entries of a ticket's story that people wrote, oldest first; ids of anything else are passed over."""
    said = JournalEntry.kind.in_(("created", "public", "internal", "work"))
    statement = _told(actor, ticket).where(JournalEntry.id.in_(entry_ids), _readable(actor), said)
    return list(session.scalars(statement.order_by(JournalEntry.id)))


def list_attachments(actor: Actor, ticket: Ticket) -> Sequence[Attachment]:
    """Files of a ticket that the actor may see, its own and those of entries that it tells of others."""
    shared = _shared(actor, ticket)
    statement = select(Attachment).where(or_(Attachment.ticket_id == ticket.id, Attachment.journal_id.in_(shared)))
    statement = statement.order_by(Attachment.id)
    return session.scalars(statement if policy.is_staff(actor) else statement.where(Attachment.public)).all()


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
