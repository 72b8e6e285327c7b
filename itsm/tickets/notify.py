"""Which mails a ticket sends to whom, each in the recipient's language. Rules: R9, R10, R12; internal notes never leave."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from itsm.identity import queries as identity
from itsm.identity.actors import actor_of
from itsm.identity.models import Group, Person
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.kernel.formats import Reader
from itsm.kernel.runtime import settings
from itsm.kernel.text import language
from itsm.notifications import services as notifications
from itsm.notifications import threads
from itsm.notifications.compose import render_text
from itsm.notifications.services import Notice
from itsm.notifications.threads import Thread
from itsm.tickets import closing, policy, queries
from itsm.tickets.events import (
    PeopleMentioned,
    TicketAnswered,
    TicketAssigned,
    TicketMerged,
    TicketMoved,
    TicketOpened,
    TicketUnmerged,
)
from itsm.tickets.models import Attachment, JournalEntry, Ticket

SILENT_CHANNELS = frozenset({"import"})
GROUP_MEMBERS_TOLD = 20
ATTACHMENT_BYTES = 10 * 1024 * 1024
REPLIED = {"Auto-Submitted": "auto-replied"}
_members_read: ContextVar[dict[int, Sequence[Person]] | None] = ContextVar("members_read", default=None)


@dataclass(frozen=True)
class Recipient:
    """Someone who gets a mail; `is_staff` decides which page the mail links to."""

    address: str
    name: str
    reader: Reader
    is_staff: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Occasion:
    """What happened: its name (also the name of the text), the journal entry it is about, and what the text needs."""

    name: str
    ticket: Ticket
    thread: Thread
    key: str = "0"
    body: str = ""
    author: str = ""
    files: Sequence[dict[str, str]] = ()
    headers: tuple[tuple[str, str], ...] = ()
    is_answer: bool = False
    living: Ticket | None = None  # where the ticket goes on, if it is not the ticket itself

    @property
    def number(self) -> str:
        """The number that the mail names: of the ticket that answers reach."""
        return (self.living or self.ticket).number


def tell_of_opening(event: TicketOpened) -> None:
    """A confirmation with the number to the requester, and a notice to who shall work the ticket."""
    if notifications.is_silent() or event.channel in SILENT_CHANNELS:
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    thread = threads.cause()
    headers = tuple(REPLIED.items()) if thread.message_ids else ()
    told: set[str] = set()
    if event.acknowledge:
        told = _send(Occasion("opened", ticket, thread, headers=headers), _requester(ticket))
    _send(Occasion("assigned", ticket, thread), _workers(ticket, event.actor_id, told))


def tell_of_answer(event: TicketAnswered) -> None:
    """A public entry goes to the other side and to watchers, never back to its author; other entries go nowhere."""
    if event.entry_kind != "public" or event.automatic or notifications.is_silent():
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    send_reply(ticket, session.get_one(JournalEntry, event.journal_id))


def send_reply(ticket: Ticket, entry: JournalEntry) -> None:
    """Mail a public entry to the other side and to watchers; also for automatic ones, which go nowhere by themselves."""
    if notifications.is_silent():
        return
    author_id = entry.actor_id
    occasion = Occasion(
        "answered" if entry.by_requester else "reply",
        ticket,
        threads.thread_of(ticket.id),
        key=str(entry.id),
        body=entry.body,
        author=entry.actor_name,
        files=() if entry.by_requester else _files_of(entry.id),
        is_answer=not entry.by_requester and author_id is not None,
    )
    first = _workers(ticket, author_id, set()) if entry.by_requester else _requester(ticket, author_id)
    told = _send(occasion, first)
    watchers = [_of_person(person) for person in queries.list_watchers(ticket.id) if person.id != author_id]
    _send(occasion, [watcher for watcher in watchers if watcher and watcher.address not in told])


def tell_of_resolution(event: TicketMoved) -> None:
    """The requester is asked to confirm the solution, unless it was the requester who resolved the ticket."""
    if event.after_category != "resolved" or event.before_category == "resolved" or notifications.is_silent():
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    key = str(ticket.version)
    occasion = Occasion("resolved", ticket, threads.thread_of(ticket.id), key=key, body=ticket.resolution)
    _send(occasion, _requester(ticket, event.actor_id))


@contextmanager
def telling_of_many(ticket_ids: Collection[int]) -> Iterator[None]:
    """Mails about many tickets: what they need is read once for all, and they are queued together at the end."""
    token = _members_read.set({})
    try:
        with threads.read_together(ticket_ids), notifications.sent_together():
            yield
    finally:
        _members_read.reset(token)


def tell_of_assignment(event: TicketAssigned) -> None:
    """Whoever shall work the ticket now: the person, else the group's address, else its members."""
    if notifications.is_silent():
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    workers = _workers(ticket, event.actor_id, set()) or _members(ticket, event.actor_id)
    if workers:
        _send(Occasion("assigned", ticket, threads.thread_of(ticket.id), key=str(ticket.version)), workers)


def tell_of_mention(event: PeopleMentioned) -> None:
    """Staff whom a note addresses are led to it; the note itself does not leave."""
    if notifications.is_silent():
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    entry = session.get_one(JournalEntry, event.journal_id)
    people = [_of_person(session.get_one(Person, each), is_staff=True) for each in event.person_ids]
    thread = threads.thread_of(ticket.id)
    occasion = Occasion("mentioned", ticket, thread, key=str(entry.id), author=entry.actor_name)
    _send(occasion, [each for each in people if each])


def tell_of_merge(event: TicketMerged) -> None:
    """The requester of a merged ticket learns where it goes on, as far as they may read that one. Rule: I13.

    The mail says what they wrote about, never what the other ticket is called: that may be somebody else's.
    """
    if not event.acknowledge or notifications.is_silent():
        return
    ticket, target = session.get_one(Ticket, event.ticket_id), session.get_one(Ticket, event.target_id)
    if ticket.requester_id is None or not _may_read(ticket.requester_id, target):
        return
    occasion = _of_merge("merged", ticket, target)
    _send(occasion, _requester(ticket, event.actor_id))


def tell_of_unmerging(event: TicketUnmerged) -> None:
    """Who was told of a merge is told that the own ticket goes on by itself again; who was not, hears nothing."""
    if not event.told or notifications.is_silent():
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    _send(_of_merge("unmerged", ticket, ticket), _requester(ticket))


def _of_merge(name: str, ticket: Ticket, living: Ticket) -> Occasion:
    """A mail in the thread of the requester's own ticket, so that answers reach whichever ticket it goes on in."""
    thread = threads.thread_of(ticket.id)
    return Occasion(name, ticket, thread, key=str(ticket.version), living=living)


def _may_read(person_id: int, ticket: Ticket) -> bool:
    reader = actor_of(session.get_one(Person, person_id), channel="mail")
    return session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, policy.visible(reader))) is not None


def warn_of_closing(ticket: Ticket) -> None:
    """The last mail to the requester before a resolved ticket closes by itself. Rule: Q6."""
    if notifications.is_silent() or ticket.resolved_at is None:
        return
    key = f"{ticket.resolved_at:%Y%m%d%H%M%S}"
    occasion = Occasion("closing", ticket, threads.thread_of(ticket.id), key=key, body=ticket.resolution)
    _send(occasion, _requester(ticket))


def _requester(ticket: Ticket, author_id: int | None = None) -> list[Recipient]:
    if ticket.requester_id is None or ticket.requester_id == author_id:
        return []
    found = _of_person(session.get_one(Person, ticket.requester_id))
    return [found] if found else []


def _workers(ticket: Ticket, author_id: int | None, told: set[str]) -> list[Recipient]:
    """The assignee, else the group's shared address."""
    if ticket.assignee_id is not None:
        found = _of_person(session.get_one(Person, ticket.assignee_id), is_staff=True)
        is_author = ticket.assignee_id == author_id
    else:
        found, is_author = _of_group(ticket), False
    return [found] if found and not is_author and found.address not in told else []


def _members(ticket: Ticket, author_id: int | None) -> list[Recipient]:
    if ticket.group_id is None or ticket.assignee_id is not None:
        return []
    people = [person for person in _members_of(ticket.group_id) if person.id != author_id]
    found = [_of_person(person, is_staff=True) for person in people[:GROUP_MEMBERS_TOLD]]
    return [each for each in found if each]


def _members_of(group_id: int) -> Sequence[Person]:
    known = _members_read.get()
    if known is None:
        return identity.list_members(group_id)
    if group_id not in known:
        known[group_id] = identity.list_members(group_id)
    return known[group_id]


def _of_person(person: Person, *, is_staff: bool = False) -> Recipient | None:
    if not person.email or not person.active:
        return None
    configured = settings()
    reader = Reader(person.language or configured.language, person.timezone or configured.timezone)
    return Recipient(person.email, person.name, reader, is_staff, person.mail_failed_at is not None)


def _of_group(ticket: Ticket) -> Recipient | None:
    group = session.get(Group, ticket.group_id) if ticket.group_id else None
    if group is None or not group.email:
        return None
    return Recipient(group.email.lower(), group.name, Reader(settings().language, settings().timezone), is_staff=True)


def _send(occasion: Occasion, recipients: Iterable[Recipient]) -> set[str]:
    """One mail to each; answers the addresses."""
    told = set()
    for recipient in recipients:
        notifications.send_notice(_notice(occasion, recipient))
        told.add(recipient.address)
    return told


def _notice(occasion: Occasion, recipient: Recipient) -> Notice:
    ticket, name = occasion.ticket, _sender_name(occasion.ticket)
    event_key = f"{occasion.name}:{ticket.id}:{occasion.key}:{recipient.address}"
    with language(recipient.reader.language):
        text = render_text(occasion.name, _values(occasion, recipient, name))
    message_id = threads.issue_message_id(ticket.kind, ticket.number, _id_key(occasion, recipient))
    return Notice(
        to=recipient.address,
        subject=f"[{occasion.number}] {ticket.title}",
        text=text,
        event_key=event_key,
        ticket_id=ticket.id,
        headers=occasion.thread.headers | dict(occasion.headers) | {"Message-ID": message_id},
        sender_name=name,
        sender_address=occasion.thread.received_by or settings().mail_from,
        attachments=occasion.files,
        is_answer=occasion.is_answer,
        address_failed=recipient.failed,
    )


def _id_key(occasion: Occasion, recipient: Recipient) -> str:
    """Distinguishes the mails of one occasion; a digest, so that no address stands in it."""
    return f"{occasion.name}-{occasion.key}-{threads.short_digest(recipient.address)}"


def _values(occasion: Occasion, recipient: Recipient, sender_name: str) -> dict[str, Any]:
    ticket = occasion.ticket
    page = f"{ticket.path}/{occasion.number}" if recipient.is_staff else f"portal/tickets/{occasion.number}"
    days = closing.period_of(ticket.category_id).days
    return {
        "name": recipient.name,
        "number": occasion.number,
        "own_number": ticket.number,
        "title": ticket.title,
        "description": ticket.description,
        "opened": recipient.reader.instant(ticket.created_at),
        "body": occasion.body,
        "author": occasion.author,
        "link": f"{settings().public_url}/{page}",
        "sender": sender_name,
        "closes_by_itself": days > 0,
        "closes_after_days": recipient.reader.number(days),
    }


def _sender_name(ticket: Ticket) -> str:
    group = session.get(Group, ticket.group_id) if ticket.group_id else None
    site = settings().organisation_name
    return f"{group.name}, {site}" if group else site


def _files_of(entry_id: int) -> list[dict[str, str]]:
    """Public files of an entry, as far as they fit into one mail."""
    statement = select(Attachment).where(Attachment.journal_id == entry_id, Attachment.public).order_by(Attachment.id)
    files, left = [], ATTACHMENT_BYTES
    for row in session.scalars(statement):
        if row.size_bytes <= left:
            left -= row.size_bytes
            files.append({"name": row.name, "sha256": row.sha256, "media_type": row.media_type})
    return files


SUBSCRIPTIONS = (
    Subscription(TicketOpened, tell_of_opening),
    Subscription(TicketAnswered, tell_of_answer),
    Subscription(TicketMoved, tell_of_resolution),
    Subscription(TicketAssigned, tell_of_assignment),
    Subscription(PeopleMentioned, tell_of_mention),
    Subscription(TicketMerged, tell_of_merge),
    Subscription(TicketUnmerged, tell_of_unmerging),
)
