"""Tables of where a calendar's holidays come from, and what these sources propose."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, Timestamps

SOURCE_KINDS = ("country", "feed", "file")
PROPOSAL_ACTIONS = ("add", "remove", "rename")
PROPOSAL_STATES = ("open", "accepted", "refused")


class CalendarSource(Base, Timestamps):
    """Where a calendar's holidays come from: a country or region, an iCal feed, or a file that was brought once.

    `code` is what tells it from others of the calendar: `SE`, `DE-BY`, the feed's address, the file's name.
    `proposed_to` is the last year that a country was asked for. `read_at` is when a feed was last read without a fault,
    `tried_at` when it was last tried;
    `fault` says what was wrong then, as data of a translatable text; `left_out` counts the events that are no whole days.
    """

    __tablename__ = "sla_calendar_source"
    __table_args__ = (UniqueConstraint("calendar_id", "kind", "code"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    calendar_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_calendar.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(500))
    name: Mapped[str]
    proposed_to: Mapped[int | None]
    read_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(LongText, default="")
    found: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)


class HolidayProposal(Base):
    """A day that a source would add to a calendar's holidays (`action` is `add`), take off again (`remove`) or call
    otherwise (`rename`).

    `state` is one of `PROPOSAL_STATES`; a refused one is kept, so that its source does not propose it again.
    """

    __tablename__ = "sla_holiday_proposal"
    __table_args__ = (
        UniqueConstraint("source_id", "falls_on", "action"),
        Index("ix_sla_holiday_proposal_calendar", "calendar_id", "state", "falls_on"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    calendar_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_calendar.id", ondelete="CASCADE"))
    source_id: Mapped[int] = mapped_column(BigId, ForeignKey("sla_calendar_source.id", ondelete="CASCADE"))
    falls_on: Mapped[date]
    name: Mapped[str]
    action: Mapped[str] = mapped_column(String(10), default="add")
    state: Mapped[str] = mapped_column(String(10), default="open")
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(BigId)
