"""Tables of activity types, work done, and running timers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, Timestamps


class ActivityType(Base, Timestamps):
    """A kind of work and what an hour of it costs, in minor units (cents) of a currency (ISO 4217)."""

    __tablename__ = "activity_type"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    hour_minor: Mapped[int] = mapped_column(BigId, default=0)
    currency: Mapped[str] = mapped_column(default="EUR")
    order: Mapped[int] = mapped_column("position", default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class WorkRecord(Base):
    """The work that a journal entry tells of; its cost is as of the day it was written, whatever an hour costs later."""

    __tablename__ = "ticket_work"
    __table_args__ = (Index("ix_ticket_work_at", "at"), Base.__table_args__)

    entry_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket_journal.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    activity_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("activity_type.id"))
    minutes: Mapped[int]
    cost_minor: Mapped[int] = mapped_column(BigId, default=0)
    currency: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Timer(Base):
    """The one ticket whose work a person's timer measures now."""

    __tablename__ = "ticket_timer"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    activity_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("activity_type.id"))
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
