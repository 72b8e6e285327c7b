"""The outbox: whatever leaves the process is a row written in the transaction of its cause, and delivered by a job.

Delivery is at least once. `event_key` is unique, so that one event never queues the same message twice.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, delete, insert, select
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, dialect_name, session

LEFT = frozenset({"sending", "sent"})

_noted: ContextVar[list[str] | None] = ContextVar("noted", default=None)


class OutboxMessage(Base):
    """One message on its way out.

    `payload` of a mail: subject, text, html, headers {name: value}, sender, attachments [{name, sha256, media_type}],
    by_person (written by somebody just now, so it carries no marks of automatic mail).
    States: waiting, sending (claimed; the attempt's end is unknown until it is written), sent, dead, held.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_state_next_at", "state", "next_at"),
        Index("ix_outbox_message_recipient_created_at", "recipient", "created_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str]
    recipient: Mapped[str]
    event_key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_error: Mapped[str] = mapped_column(LongText, default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]


def queue_mail(
    *,
    to: str,
    subject: str,
    text: str,
    event_key: str,
    html: str | None = None,
    headers: dict[str, str] | None = None,
    sender: str | None = None,
    attachments: list[dict[str, str]] | None = None,
    by_person: bool = False,
    held_because: str = "",
) -> None:
    """Queue one mail to one address; a second call with the same `event_key` changes nothing.

    `held_because` keeps it back, with the reason, until an administrator releases it.
    """
    optional: dict[str, Any] = {"html": html, "sender": sender, "attachments": attachments, "by_person": by_person}
    payload = mail_payload(subject=subject, text=text, headers=headers, **optional)
    queue("mail", recipient=to, event_key=event_key, payload=payload, held_because=held_because)


def mail_payload(*, subject: str, text: str, headers: dict[str, str] | None = None, **optional: Any) -> dict[str, Any]:
    """What a mail says, as `OutboxMessage.payload` holds it."""
    payload: dict[str, Any] = {"subject": subject, "text": text, "headers": headers or {}}
    return payload | {name: value for name, value in optional.items() if value}


def queue(channel: str, *, recipient: str, event_key: str, payload: dict[str, Any], held_because: str = "") -> None:
    """Queue one message on a channel (`mail`, `webhook`)."""
    queue_many(channel, [Outgoing(recipient, event_key, payload, held_because)])


@dataclass(frozen=True)
class Outgoing:
    """A message to be queued; it is not sent before `not_before` (None: at once)."""

    recipient: str
    event_key: str
    payload: dict[str, Any]
    held_because: str = ""
    not_before: datetime | None = None


def queue_many(channel: str, messages: Sequence[Outgoing]) -> None:
    """Queue messages on a channel in one statement; those whose `event_key` is known already change nothing."""
    if not messages:
        return
    now = clock.now()
    rows = [
        {
            "channel": channel,
            "recipient": each.recipient[:255],
            "event_key": each.event_key[:255],
            "payload": each.payload,
            "state": "held" if each.held_because else "waiting",
            "attempts": 0,
            "next_at": each.not_before or now,
            "created_at": now,
            "last_error": each.held_because,
        }
        for each in messages
    ]
    session.execute(_insert_once(), rows)
    noted = _noted.get()
    if noted is not None:
        noted += [each.event_key[:255] for each in messages]


@contextmanager
def noting() -> Iterator[list[str]]:
    """The keys of what is queued inside the block, so that it can be withdrawn; outer blocks note it as well."""
    outer, keys = _noted.get(), list[str]()
    token = _noted.set(keys)
    try:
        yield keys
    finally:
        _noted.reset(token)
        if outer is not None:
            outer += keys


def still_known(event_keys: Collection[str]) -> list[str]:
    """Of these keys, those under which something is queued; what a savepoint took back is not."""
    if not event_keys:
        return []
    known = select(OutboxMessage.event_key).where(OutboxMessage.event_key.in_(event_keys))
    return list(session.scalars(known.order_by(OutboxMessage.id)))


def those_that_left(event_keys: Collection[str]) -> list[OutboxMessage]:
    """Of these messages, those that are sent or just being sent; the others wait until this transaction ends."""
    statement = select(OutboxMessage).where(OutboxMessage.event_key.in_(event_keys)).order_by(OutboxMessage.id)
    found = session.scalars(statement.with_for_update().execution_options(populate_existing=True)) if event_keys else ()
    return [each for each in found if each.state in LEFT]


def withdraw(event_keys: Collection[str]) -> None:
    """Take back messages that have not left; the others stay as they are."""
    if event_keys:
        waiting = OutboxMessage.event_key.in_(event_keys) & OutboxMessage.state.not_in(LEFT)
        session.execute(delete(OutboxMessage).where(waiting))


def _insert_once() -> Any:
    name = dialect_name()
    if name == "postgresql":
        return postgresql.insert(OutboxMessage).on_conflict_do_nothing(index_elements=["event_key"])
    if name == "sqlite":
        return sqlite.insert(OutboxMessage).on_conflict_do_nothing(index_elements=["event_key"])
    if name == "mysql":
        return mysql.insert(OutboxMessage).prefix_with("IGNORE")
    return insert(OutboxMessage)
