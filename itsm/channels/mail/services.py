"""Every write to incoming mail: receive one message, keep what cannot be handled, release it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import structlog
from sqlalchemy.exc import IntegrityError

from itsm.channels.mail import handling, queries
from itsm.channels.mail.handling import Letter
from itsm.channels.mail.message import ParsedMail
from itsm.channels.mail.models import IncomingMail, Mailbox
from itsm.channels.mail.parse import MailLimits, MailRefused, parse_mail
from itsm.channels.mail.reasons import STATES, Outcome, Verdict
from itsm.kernel import audit, files
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.records import require
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.notifications import threads
from itsm.tickets.models import Ticket

log = structlog.get_logger()

BEGINNING_BYTES = 256 * 1024
COLUMN_CHARACTERS = 250


def receive(raw: bytes, mailbox: Mailbox | None = None) -> Outcome:
    """Take in one message as it was delivered, in the present transaction; a repeat changes nothing.

    Rules: R1–R8, R13–R36 (`docs/rules.md`). Anything but an `Outcome` means that nothing was stored.
    """
    letter, refusal = _read(raw, mailbox)
    entry = _register(raw, letter, mailbox)
    if entry is None:
        return _duplicate(raw, letter, mailbox)
    return _settle(entry, _handled(letter, refusal, handling.handle))


def limits() -> MailLimits:
    """What one message may cost here."""
    return MailLimits(attachments_bytes=settings().mail_limit_bytes)


def _read(raw: bytes, mailbox: Mailbox | None) -> tuple[Letter | None, MailRefused | None]:
    """The message as read; of one that is too large, its headers and its beginning. Rule: R29."""
    try:
        is_too_large = len(raw) > limits().raw_bytes
        parsed = parse_mail(raw[:BEGINNING_BYTES] if is_too_large else raw, limits())
    except MailRefused as refusal:
        return None, refusal
    if is_too_large:
        parsed = replace(parsed, attachments=(), left_out=())
    return Letter(parsed, mailbox, queries.own_addresses(), len(raw) if is_too_large else 0), None


def _register(raw: bytes, letter: Letter | None, mailbox: Mailbox | None) -> IncomingMail | None:
    """The row of a message that was not delivered before, else None; two at once meet at the unique key. Rule: R26."""
    parsed = letter.parsed if letter else None
    entry = IncomingMail(
        mailbox_id=mailbox.id if mailbox else None,
        unique_key=_unique_key(raw, letter, mailbox),
        message_id=parsed.message_id if parsed else "",
        sha256=files.store(raw),
        size_bytes=len(raw),
        sender=(parsed.sender.address if parsed and parsed.sender else "")[:COLUMN_CHARACTERS],
        subject=(parsed.subject if parsed else "")[:COLUMN_CHARACTERS],
    )
    try:
        with session.begin_nested():
            session.add(entry)
            session.flush()
    except IntegrityError:
        return None
    return entry


def _unique_key(raw: bytes, letter: Letter | None, mailbox: Mailbox | None) -> str:
    message_id = letter.parsed.message_id.encode("utf-8", "surrogateescape") if letter else raw
    return f"{mailbox.id if mailbox else 0}:{hashlib.sha256(message_id).hexdigest()}"


def _duplicate(raw: bytes, letter: Letter | None, mailbox: Mailbox | None) -> Outcome:
    before = queries.find_by_key(_unique_key(raw, letter, mailbox))
    ticket = session.get(Ticket, before.ticket_id) if before and before.ticket_id else None
    return Verdict("duplicate", "duplicate", ticket).outcome


def _handled(letter: Letter | None, refusal: MailRefused | None, handle: Callable[[Letter], Verdict]) -> Verdict:
    if letter is None:
        return Verdict("rejected", refusal.reason if refusal else "empty")
    with threads.answering(letter.parsed.message_id, received_by=letter.received_by):
        return handle(letter)


def _settle(entry: IncomingMail, verdict: Verdict) -> Outcome:
    entry.state = STATES[verdict.action]
    entry.reason, entry.detail = verdict.code, verdict.detail
    entry.ticket_id = verdict.ticket.id if verdict.ticket else None
    session.flush()
    log.info("mail received", action=verdict.action, reason=verdict.code, mail=entry.id)
    return verdict.outcome


def quarantine(raw: bytes, mailbox: Mailbox | None, *, detail: str) -> Outcome:
    """Keep a message whose handling failed, with its raw bytes and the reason. Rule: R27."""
    letter, _refusal = _read(raw, mailbox)
    entry = _register(raw, letter, mailbox)
    if entry is None:
        return _duplicate(raw, letter, mailbox)
    return _settle(entry, Verdict("rejected", "error", detail=detail))


def retry(actor: Actor, entry: IncomingMail) -> Outcome:
    """Handle a quarantined message again by the rules."""
    return _again(actor, entry, handling.handle, action="mail.retried")


def release(actor: Actor, entry: IncomingMail) -> Outcome:
    """Open a ticket from a quarantined or ignored message, whatever the rules say; nobody is answered."""
    return _again(actor, entry, handling.open_anyway, action="mail.released")


def _again(actor: Actor, entry: IncomingMail, handle: Callable[[Letter], Verdict], *, action: str) -> Outcome:
    require(actor, "mail.edit")
    if entry.state not in {"quarantined", "ignored"}:
        raise Conflict(_("This mail is on a ticket already."))
    mailbox = session.get(Mailbox, entry.mailbox_id) if entry.mailbox_id else None
    letter, refusal = _read(files.read(entry.sha256), mailbox)
    if letter is None and handle is handling.open_anyway:
        letter = Letter(_unreadable(entry), mailbox, queries.own_addresses())
    verdict = _handled(letter, refusal, handle)
    audit.record(
        actor, action, subject_kind="mail", subject_id=entry.id, changes={"reason": [entry.reason, verdict.code]}
    )
    return _settle(entry, verdict)


def _unreadable(entry: IncomingMail) -> ParsedMail:
    """What stands for a message that cannot be read: its name in our store."""
    text = f"Subject: {_('Mail that could not be read')}\n\n{entry.sha256}"
    return parse_mail(text.encode())
