"""The journal of a ticket: every entry with its audit entry, and files that belong to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from itsm.kernel import audit, clock, files
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.events import emit
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets import policy, queries
from itsm.tickets.events import TicketAnswered
from itsm.tickets.models import Attachment, JournalEntry, Ticket

LONGEST_BODY = 200_000


def require_work(actor: Actor, ticket: Ticket) -> None:
    """Raise `Forbidden` unless the actor may work on the ticket."""
    if not policy.can_work(actor, ticket):
        raise Forbidden(_("You may read this ticket but not change it."))


def write_journal(
    actor: Actor,
    ticket: Ticket,
    kind: str,
    *,
    body: str = "",
    minutes: int = 0,
    changes: Mapping[str, Any] | None = None,
    by_requester: bool = False,
    automatic: bool = False,
) -> JournalEntry:
    """One journal entry and its audit entry; a lower-level call for services only."""
    plain = audit.jsonable(changes or {})
    entry = JournalEntry(
        ticket_id=ticket.id,
        at=clock.now(),
        actor_id=actor.person_id,
        actor_name=actor.name,
        channel=actor.channel,
        kind=kind,
        body=body,
        minutes=minutes,
        changes=plain,
        by_requester=by_requester,
        automatic=automatic,
    )
    session.add(entry)
    session.flush()
    recorded = plain if kind in {"created", "change"} else {"entry": [None, kind], "minutes": [None, minutes]}
    audit.record(actor, f"{ticket.kind}.{kind}", subject_kind=ticket.kind, subject_id=ticket.id, changes=recorded)
    return entry


def write_changes(actor: Actor, changed: Sequence[tuple[Ticket, Mapping[str, Any]]]) -> None:
    """One `change` entry and its audit entry for each of many tickets: two statements; for services and jobs only."""
    if not changed:
        return
    rows = [(ticket, audit.jsonable(changes)) for ticket, changes in changed]
    fixed = {"at": clock.now(), "actor_id": actor.person_id, "actor_name": actor.name, "channel": actor.channel}
    entries = [
        {**fixed, "ticket_id": ticket.id, "kind": "change", "body": "", "minutes": 0, "changes": plain}
        | {"by_requester": False, "automatic": False}
        for ticket, plain in rows
    ]
    session.execute(insert(JournalEntry), entries)
    audit.record_many(actor, [(f"{ticket.kind}.change", ticket.kind, ticket.id, plain) for ticket, plain in rows])


def write_entry(
    actor: Actor,
    ticket: Ticket,
    *,
    kind: str,
    body: str,
    minutes: int = 0,
    automatic: bool = False,
    uploads: Sequence["Upload"] = (),
) -> JournalEntry:
    """Write a public reply, an internal note or work done (minutes), with files that belong to it.

    `automatic` marks an entry that no person wrote just now (an auto-reply by mail): it moves no clock.
    """
    _require_entry(actor, ticket, kind)
    text = body.strip()
    if not text and not uploads and not (kind == "work" and minutes):
        raise Invalid.field("body", _("Write something first."))
    if len(text) > LONGEST_BODY:
        raise Invalid.field("body", _("This text is too long (at most 200,000 characters)."))
    by_requester = not policy.can_work(actor, ticket) or (kind == "public" and policy.is_requester(actor, ticket))
    entry = write_journal(
        actor, ticket, kind, body=text, minutes=minutes, by_requester=by_requester, automatic=automatic
    )
    for upload in uploads:
        attach(actor, ticket, upload, journal_id=entry.id, public=kind == "public")
    ticket.updated_at = clock.now()
    if kind == "public" and not by_requester and not automatic and ticket.responded_at is None:
        ticket.responded_at = clock.now()
    session.flush()
    emit(
        TicketAnswered(
            ticket.id,
            ticket.kind,
            journal_id=entry.id,
            entry_kind=kind,
            by_requester=by_requester,
            automatic=automatic,
            actor_id=actor.person_id,
        )
    )
    return entry


def _require_entry(actor: Actor, ticket: Ticket, kind: str) -> None:
    if kind not in {"public", "internal", "work"}:
        raise Invalid.field("kind", _("Choose public, internal or work."))
    if kind != "public":
        require_work(actor, ticket)
    elif not policy.can_reply(actor, ticket):
        raise Forbidden(_("You may not reply to this ticket."))


class Upload:
    """A file on its way in: its bytes and the name and media type that the sender claims."""

    def __init__(
        self, name: str, content: bytes, media_type: str, *, inline: bool = False, content_id: str = ""
    ) -> None:
        self.name = queries.safe_name(name)
        self.content, self.media_type = content, media_type or "application/octet-stream"
        self.inline, self.content_id = inline, content_id


def attach(
    actor: Actor, ticket: Ticket, upload: Upload, *, journal_id: int | None = None, public: bool = True
) -> Attachment:
    """Keep a file with a ticket; raises `Invalid` when it is larger than allowed."""
    limit = settings().attachment_limit_bytes
    if len(upload.content) > limit:
        raise Invalid.field(
            "files", _("“%(name)s” is too large: %(most)s MB is the most.", name=upload.name, most=limit // 1_048_576)
        )
    row = Attachment(
        ticket_id=ticket.id,
        journal_id=journal_id,
        name=upload.name,
        media_type=upload.media_type[:120],
        size_bytes=len(upload.content),
        sha256=files.store(upload.content),
        inline=upload.inline,
        content_id=upload.content_id[:250],
        public=public,
    )
    session.add(row)
    session.flush()
    audit.record(
        actor, "attachment.added", subject_kind=ticket.kind, subject_id=ticket.id, changes={"file": [None, upload.name]}
    )
    return row


def locked_if_exists(ticket_id: int) -> None:
    """Lock a ticket until the end of the transaction, so that simultaneous writers wait for one another."""
    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())
