"""Tables of drafts and of who has a ticket open."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText


class Draft(Base):
    """What a person has typed into the reply box of a ticket and not sent; `kind` is its tab (public, internal, work)."""

    __tablename__ = "ticket_draft"

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(default="public")
    body: Mapped[str] = mapped_column(LongText, default="")
    minutes: Mapped[int] = mapped_column(default=0)
    activity_id: Mapped[int | None] = mapped_column(BigId)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class Presence(Base):
    """A person has a ticket's page open, and `typing` tells what for; rows older than 40 seconds say nothing any more."""

    __tablename__ = "ticket_presence"
    __table_args__ = (Index("ix_ticket_presence_seen_at", "seen_at"), Base.__table_args__)

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True)
    typing: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
