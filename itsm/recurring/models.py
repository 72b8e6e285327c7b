"""Tables of recurring tickets and of what came of each time they were due."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, Timestamps


class Recurrence(Base, Timestamps):
    """A ticket that comes back: what it says, and when. `rule`, `starts_on`, `minute`, `timezone` as in `rule.Schedule`.

    `off_days` is empty, `skip` or `move`, and means the days on which the calendar is closed. `next_at` is when it is due
    next (None: never again); `last_ticket_id` is the ticket that it opened last.
    """

    __tablename__ = "recurrence"
    __table_args__ = (
        CheckConstraint("minute BETWEEN 0 AND 1439", name="minute"),
        CheckConstraint("impact BETWEEN 1 AND 4", name="impact"),
        CheckConstraint("urgency BETWEEN 1 AND 4", name="urgency"),
        Index("ix_recurrence_due", "active", "next_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default="incident")
    title: Mapped[str]
    description: Mapped[str] = mapped_column(LongText, default="")
    requester_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    category_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket_category.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    impact: Mapped[int] = mapped_column(SmallInteger, default=4)
    urgency: Mapped[int] = mapped_column(SmallInteger, default=3)
    ci_ids: Mapped[list[int]] = mapped_column(default=list)
    rule: Mapped[str] = mapped_column(LongText)
    starts_on: Mapped[date]
    minute: Mapped[int]
    timezone: Mapped[str]
    calendar_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sla_calendar.id"))
    off_days: Mapped[str] = mapped_column(default="")
    skip_if_open: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None]
    last_ticket_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket.id"))
    version: Mapped[int] = mapped_column(default=1)


class RecurrenceRun(Base):
    """What came of one time: `outcome` is `opened`, `still_open` (the last ticket was) or `failed` (`reason` says why).

    `passed_over` counts earlier times that nobody was there for; they got no ticket of their own. The key lets each
    instant open one ticket only, whoever else is at work. Rule: Q3.
    """

    __tablename__ = "recurrence_run"
    __table_args__ = (UniqueConstraint("recurrence_id", "due_at"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    recurrence_id: Mapped[int] = mapped_column(BigId, ForeignKey("recurrence.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    outcome: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket.id"))
    passed_over: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(LongText, default="")
