"""Every write to the outbox that is more than a plain row: limits, answers, retries. Rules: R9, R12, R16, R18."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

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
    headers = dict(notice.headers) | {"Reply-To": notice.sender_address}
    outbox.queue_mail(
        to=notice.to,
        subject=notice.subject,
        text=notice.text,
        event_key=notice.event_key,
        headers=headers,
        sender=compose.sender_header(notice.sender_name, notice.sender_address),
        attachments=list(notice.attachments),
        by_person=notice.is_answer,
        held_because=_reason_to_hold(notice),
    )


def _reason_to_hold(notice: Notice) -> str:
    if notice.is_answer:
        return ""
    if notice.address_failed:
        return ADDRESS_FAILED
    confirmations, notices = queries.count_recent(notice.to, notice.ticket_id)
    if notice.event_key.startswith("opened:") and confirmations >= settings().mail_answers_per_hour:
        return TOO_MANY_CONFIRMATIONS
    return TOO_MANY_NOTICES if notices >= settings().mail_notices_per_hour else ""


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
