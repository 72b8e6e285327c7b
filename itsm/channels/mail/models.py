"""Mailboxes that are read, and every mail that came in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, Timestamps


class Mailbox(Base, Timestamps):
    """An address of the service desk. With a `host` it is polled by IMAP; without, an MTA pipes its mail in.

    `password_encrypted` is kept with a key made of the installation's secret. `archive_folder` is where stored mail is
    moved; empty marks it as seen.
    """

    __tablename__ = "mailbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str] = mapped_column(index=True)  # lower case
    host: Mapped[str] = mapped_column(default="")
    port: Mapped[int] = mapped_column(default=993)
    security: Mapped[str] = mapped_column(default="ssl")  # ssl, starttls, none
    user: Mapped[str] = mapped_column(default="")
    password_encrypted: Mapped[str] = mapped_column(LongText, default="")
    folder: Mapped[str] = mapped_column(default="INBOX")
    archive_folder: Mapped[str] = mapped_column(default="")
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))  # who gets what comes in here
    accepts_unknown: Mapped[bool] = mapped_column(default=True)  # senders whom nobody knows yet
    active: Mapped[bool] = mapped_column(default=True)
    last_polled_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(LongText, default="")
    version: Mapped[int] = mapped_column(default=1)


class IncomingMail(Base):
    """One mail as it came in: where its raw bytes lie and what became of it.

    States: stored (being handled), done (on a ticket), ignored (on purpose), quarantined (waits for a decision).
    `unique_key` is mailbox and Message-ID, so that a second delivery changes nothing. Rule: R26.
    """

    __tablename__ = "incoming_mail"
    __table_args__ = (Index("ix_incoming_mail_state_id", "state", "id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mailbox_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("mailbox.id"))
    unique_key: Mapped[str] = mapped_column(unique=True)
    message_id: Mapped[str] = mapped_column(LongText, default="")
    sha256: Mapped[str]  # of the raw bytes, in the file store
    size_bytes: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(default="stored")
    reason: Mapped[str] = mapped_column(default="")  # a key of `reasons.REASONS`
    detail: Mapped[str] = mapped_column(LongText, default="")
    ticket_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    sender: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
