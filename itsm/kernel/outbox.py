"""The outbox: whatever leaves the process is a row written in the transaction of its cause, and delivered by a job.

Delivery is at least once. `event_key` is unique, so that one event never queues the same message twice.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, insert
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, dialect_name, session


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
    payload: dict[str, Any] = {"subject": subject, "text": text, "headers": headers or {}}
    optional = (("html", html), ("sender", sender), ("attachments", attachments), ("by_person", by_person))
    payload |= {name: value for name, value in optional if value}
    queue("mail", recipient=to, event_key=event_key, payload=payload, held_because=held_because)


def queue(channel: str, *, recipient: str, event_key: str, payload: dict[str, Any], held_because: str = "") -> None:
    """Queue one message on a channel (`mail`, `webhook`)."""
    now = clock.now()
    row = {
        "channel": channel,
        "recipient": recipient[:255],
        "event_key": event_key[:255],
        "payload": payload,
        "state": "held" if held_because else "waiting",
        "attempts": 0,
        "next_at": now,
        "created_at": now,
        "last_error": held_because,
    }
    session.execute(_insert_once(), [row])


def _insert_once() -> Any:
    name = dialect_name()
    if name == "postgresql":
        return postgresql.insert(OutboxMessage).on_conflict_do_nothing(index_elements=["event_key"])
    if name == "sqlite":
        return sqlite.insert(OutboxMessage).on_conflict_do_nothing(index_elements=["event_key"])
    if name == "mysql":
        return mysql.insert(OutboxMessage).prefix_with("IGNORE")
    return insert(OutboxMessage)
