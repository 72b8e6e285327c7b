"""Every write to the outbox that is more than a plain row: limits, answers, retries. Rules: R9, R12, R16, R18."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from itsm.kernel import audit, clock, outbox
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.records import get, require
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, noop
from itsm.notifications import compose, queries
from itsm.notifications.delivery import ADDRESS_FAILED
from itsm.notifications.queries import CONFIRMATION, Recent

TOO_MANY_CONFIRMATIONS = noop("This address had too many confirmations within an hour.")
TOO_MANY_NOTICES = noop("This address had too many notifications about this ticket within an hour.")

_silent: ContextVar[bool] = ContextVar("silent", default=False)


@dataclass(frozen=True)
class Notice:
    """One mail about a ticket to one address.

    `event_key` is `<event>:<ticket id>:<entry id>:<recipient>`; the event `opened` marks confirmations. `is_answer` says that
    a person wrote it; `address_failed` that automatic mail to the address is held.
    """

    to: str
    subject: str
    text: str
    event_key: str
    ticket_id: int
    headers: Mapping[str, str]
    sender_name: str
    sender_address: str
    attachments: Sequence[dict[str, str]] = field(default_factory=tuple)
    is_answer: bool = False
    address_failed: bool = False


_together: ContextVar[list[Notice] | None] = ContextVar("together", default=None)


@contextmanager
def silenced() -> Iterator[None]:
    """Queue no notices inside the block: imported and demonstration history tells nobody anything."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def is_silent() -> bool:
    """Whether notices are switched off in this context."""
    return _silent.get()


def send_notice(notice: Notice) -> None:
    """Queue a notice, or hold it back with the reason when the address failed or had too many."""
    if is_silent():
        return
    together = _together.get()
    # What a savepoint may take back again is queued inside it.
    if together is None or session().in_nested_transaction():
        _queue([notice])
    else:
        together.append(notice)


@contextmanager
def sent_together() -> Iterator[None]:
    """Queue the notices that are sent inside the block at its end: two statements, whatever their number."""
    notices: list[Notice] = []
    token = _together.set(notices)
    try:
        yield
    finally:
        _together.reset(token)
    if notices:
        _queue(notices)


def _queue(notices: Sequence[Notice]) -> None:
    recent = queries.recent_mails({notice.to for notice in notices if not notice.is_answer})
    messages = []
    for notice in notices:
        held_because = _reason_to_hold(notice, recent.get(notice.to, Recent()))
        if not held_because:
            recent.setdefault(notice.to, Recent()).note(notice.event_key)
        payload = _payload(notice)
        messages.append(outbox.Outgoing(notice.to, notice.event_key, payload, held_because))
    outbox.queue_many("mail", messages)


def _payload(notice: Notice) -> dict[str, Any]:
    return outbox.mail_payload(
        subject=notice.subject,
        text=notice.text,
        headers=dict(notice.headers) | {"Reply-To": notice.sender_address},
        sender=compose.sender_header(notice.sender_name, notice.sender_address),
        attachments=list(notice.attachments),
        by_person=notice.is_answer,
    )


def _reason_to_hold(notice: Notice, recent: Recent) -> str:
    if notice.is_answer:
        return ""
    if notice.address_failed:
        return ADDRESS_FAILED
    if notice.event_key.startswith(CONFIRMATION) and recent.confirmations >= settings().mail_answers_per_hour:
        return TOO_MANY_CONFIRMATIONS
    return TOO_MANY_NOTICES if recent.about(notice.ticket_id) >= settings().mail_notices_per_hour else ""


def retry(actor: Actor, message_id: int) -> None:
    """Send a dead or held message after all; raises `Conflict` for any other."""
    require(actor, "admin.open")
    row = get(OutboxMessage, message_id)
    if row.state not in {"dead", "held"}:
        raise Conflict(_("This message is not waiting for a decision; look at its present state."))
    before, row.state, row.attempts, row.next_at = row.state, "waiting", 0, clock.now()
    session.flush()
    audit.record(
        actor, "outbox.retried", subject_kind="outbox", subject_id=row.id, changes={"state": [before, "waiting"]}
    )


def retry_all_dead(actor: Actor) -> int:
    """Send every dead message after all; answers how many."""
    require(actor, "admin.open")
    ids = queries.list_dead_ids()
    if ids:
        values = {"state": "waiting", "attempts": 0, "next_at": clock.now()}
        session.execute(update(OutboxMessage).where(OutboxMessage.state == "dead").values(values))
        audit.record(actor, "outbox.retried", subject_kind="outbox", subject_id=None, changes={"count": [0, len(ids)]})
    return len(ids)
