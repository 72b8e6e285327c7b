"""The table of reminders."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId

WAITING, TOLD, DONE = "waiting", "told", "done"


class Reminder(Base):
    """A person wants to hear of a ticket at `at`. States: waiting, told (mailed, and shown until done), done."""

    __tablename__ = "ticket_reminder"
    __table_args__ = (
        Index("ix_ticket_reminder_state_at", "state", "at"),
        Index("ix_ticket_reminder_person", "person_id", "state", "at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=WAITING)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    told_at: Mapped[datetime | None]
