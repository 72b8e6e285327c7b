"""What the portal reads: own tickets, those of colleagues, and the conversation that the requester's side may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.paging import Page
from itsm.tickets import policy, queries, services
from itsm.tickets.models import Attachment, JournalEntry, Ticket, Watcher

ENTRIES_SHOWN = 50
HOME_SHOWN = 8


def own(actor: Actor) -> ColumnElement[bool]:
    """Tickets that the actor asked for or watches."""
    watched = select(Watcher.ticket_id).where(Watcher.person_id == actor.person_id)
    return or_(Ticket.requester_id == actor.person_id, Ticket.id.in_(watched))


def of_colleagues(actor: Actor) -> ColumnElement[bool]:
    """Tickets of colleagues that the actor may read, other than the actor's own."""
    others = or_(Ticket.requester_id.is_(None), Ticket.requester_id != actor.person_id)
    return and_(policy.of_colleagues(actor), others)


def list_open(actor: Actor) -> Sequence[Any]:
    """The actor's own tickets that are not closed, for the start page; newest first."""
    conditions = [Ticket.requester_id == actor.person_id, Ticket.state_category != "closed"]
    return queries.list_rows(actor, conditions=conditions, order="newest", limit=HOME_SHOWN).items


def list_tickets(
    actor: Actor, *, colleagues: bool = False, finished: bool = False, words: str = "", cursor: str | None = None
) -> Page[Any]:
    """One page of own tickets (or colleagues'), open or closed ones, newest first."""
    closed = Ticket.state_category == "closed"
    conditions = [of_colleagues(actor) if colleagues else own(actor), closed if finished else ~closed]
    if words.strip():
        conditions.append(queries.holding(actor, words))
    return queries.list_rows(actor, conditions=conditions, order="newest", cursor=cursor, limit=25)


def find_words(actor: Actor, words: str) -> Sequence[Any]:
    """Own tickets and those of colleagues, open or closed, that hold these words; newest first."""
    mine = own(actor)
    scope = or_(mine, of_colleagues(actor)) if actor.organisation_ids else mine
    conditions = [scope, queries.holding(actor, words)]
    return queries.list_rows(actor, conditions=conditions, order="newest", limit=25).items


@dataclass(frozen=True)
class Message:
    """One entry of the conversation: a text of a person, or a step (`state` and `hold_reason` it led to)."""

    id: int
    at: datetime
    name: str
    ours: bool
    body: str
    state_category: str
    state: str
    hold_reason: str
    files: Sequence[Attachment]


@dataclass(frozen=True)
class Conversation:
    """Messages newest first, files of no entry, and the id before which older ones lie (None: there are none)."""

    messages: Sequence[Message]
    loose_files: Sequence[Attachment]
    older: int | None


def conversation(ticket: Ticket, *, before_id: int | None = None) -> Conversation:
    """Public entries and steps of a ticket; two statements. The notes of a step are shown only where requesters take it."""
    statement = select(JournalEntry).where(
        JournalEntry.ticket_id == ticket.id, JournalEntry.kind.in_(("created", "public", "change")), ~queries.unsaid()
    )
    if before_id:
        statement = statement.where(JournalEntry.id < before_id)
    entries = session.scalars(statement.order_by(JournalEntry.id.desc()).limit(ENTRIES_SHOWN + 1)).all()
    shown = entries[:ENTRIES_SHOWN]
    files = _public_files(ticket)
    told = [entry for entry in shown if entry.kind != "change" or "state_category" in entry.changes]
    return Conversation(
        messages=[_message(ticket, entry, files.get(entry.id, [])) for entry in told],
        loose_files=files.get(None, []),
        older=shown[-1].id if len(entries) > ENTRIES_SHOWN else None,
    )


def _public_files(ticket: Ticket) -> dict[int | None, list[Attachment]]:
    statement = select(Attachment).where(Attachment.ticket_id == ticket.id, Attachment.public).order_by(Attachment.id)
    found: dict[int | None, list[Attachment]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.journal_id, []).append(row)
    return found


def _message(ticket: Ticket, entry: JournalEntry, files: Sequence[Attachment]) -> Message:
    changes = entry.changes
    step = entry.kind == "change"
    return Message(
        id=entry.id,
        at=entry.at,
        name=entry.actor_name,
        ours=not step and not entry.by_requester and entry.actor_id != ticket.requester_id,
        body=entry.body if not step or _is_requesters(ticket, changes) else "",
        state_category=str(changes["state_category"][1]) if step else "",
        state=str(changes.get("state", ["", ""])[1] or "") if step else "",
        hold_reason=str(changes.get("hold_reason", ["", ""])[1] or "") if step else "",
        files=files,
    )


def _is_requesters(ticket: Ticket, changes: dict[str, Any]) -> bool:
    name = changes.get("step", ["", ""])[1]
    return any(
        step.name == name and step.permission == "requester" for step in services.lifecycle_of(ticket).transitions
    )


def may_act(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor stands on the requester's side; staff works other people's tickets at the desk."""
    return policy.is_requester(actor, ticket) or not policy.is_staff(actor)
