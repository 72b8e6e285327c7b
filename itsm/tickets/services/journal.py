"""The journal of a ticket: every entry with its audit entry, and files that belong to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from itsm.identity.models import Person
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.events import emit
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.tickets import indexing, mentioned, policy, queries
from itsm.tickets.events import PeopleMentioned, TicketAnswered
from itsm.tickets.models import JournalEntry, Ticket, Watcher
from itsm.tickets.services.attachments import Upload, attach
from itsm.tickets.worktime import recording

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
    """One journal entry with its audit entry and its searchable words; a lower-level call for services only."""
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
    indexing.index_entry(entry)
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
    activity_id: int | None = None,
    automatic: bool = False,
    uploads: Sequence[Upload] = (),
) -> JournalEntry:
    """Write a public reply, an internal note or work done (minutes), with files that belong to it. Rule: I7.

    What is written to a merged ticket stands in the one where it goes on. `activity_id` says what kind of work it was;
    only who may work the ticket tells of minutes.
    Staff whom a text of staff addresses with `@` and their name watch the ticket from now on.
    `automatic` marks an entry that no person wrote just now (an auto-reply by mail): it moves no clock.
    """
    ticket = queries.living(ticket)
    _require_entry(actor, ticket, kind, minutes)
    text = body.strip()
    if not text and not uploads and not (kind == "work" and minutes):
        raise Invalid.field("body", _("Write something first."))
    if len(text) > LONGEST_BODY:
        raise Invalid.field("body", _("This text is too long (at most 200,000 characters)."))
    by_requester = not policy.can_work(actor, ticket) or (kind == "public" and policy.is_requester(actor, ticket))
    entry = write_journal(
        actor, ticket, kind, body=text, minutes=minutes, by_requester=by_requester, automatic=automatic
    )
    recording.record_work(entry, activity_id=activity_id)
    for upload in uploads:
        attach(actor, ticket, upload, journal_id=entry.id, public=kind == "public")
    ticket.updated_at = clock.now()
    if kind == "public" and not by_requester and not automatic and ticket.responded_at is None:
        ticket.responded_at = clock.now()
    session.flush()
    if not by_requester and not automatic:
        _tell_mentioned(actor, ticket, entry)
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


def _tell_mentioned(actor: Actor, ticket: Ticket, entry: JournalEntry) -> None:
    people = mentioned.people_in(ticket, entry.body) if "@" in entry.body else ()
    told = [person.id for person in people if person.id != actor.person_id]
    for person_id in told:
        add_watcher(actor, ticket, person_id)
    if told and entry.kind != "public":
        emit(
            PeopleMentioned(
                ticket.id, ticket.kind, journal_id=entry.id, person_ids=tuple(told), actor_id=actor.person_id
            )
        )


def _require_entry(actor: Actor, ticket: Ticket, kind: str, minutes: int) -> None:
    if kind not in {"public", "internal", "work"}:
        raise Invalid.field("kind", _("Choose public, internal or work."))
    if kind != "public" or minutes:  # time is what staff work; it costs money and stands in reports
        require_work(actor, ticket)
    elif not policy.can_reply(actor, ticket):
        raise Forbidden(_("You may not reply to this ticket."))


def add_watcher(actor: Actor, ticket: Ticket, person_id: int) -> None:
    """Let a person watch a ticket; for services that have checked the actor's right by their own rule."""
    if session.get(Watcher, (ticket.id, person_id)) is None:
        session.add(Watcher(ticket_id=ticket.id, person_id=person_id))
        session.flush()
        write_journal(actor, ticket, "change", changes={"watcher": [None, get(Person, person_id).name]})


def locked_if_exists(*ticket_ids: int) -> None:
    """Lock tickets until the end of the transaction, so that simultaneous writers wait for one another.

    One after the other in the order of their ids, as everywhere: two who lock the same tickets then never block each other.
    """
    for ticket_id in sorted(set(ticket_ids)):
        session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())


def lock(*tickets: Ticket) -> None:
    """Lock tickets that are known already, in the order of their ids, and read them as others left them."""
    locked_if_exists(*(ticket.id for ticket in tickets))
    for ticket in dict.fromkeys(tickets):
        session.refresh(ticket)
