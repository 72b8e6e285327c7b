"""Questions that people kept, and who is mailed which report when."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps


class SavedQuestion(Base, Timestamps):
    """A question that somebody kept. `scope` is `own`, `group` (of `group_id`) or `all`; `owner_id` made it.

    `question` is what `question.as_json` writes; it is answered with the rights of whoever reads it, each time. A
    `deleted_at` one is gone for everybody and can be brought back for a day.
    """

    __tablename__ = "saved_question"
    __table_args__ = (Index("ix_saved_question_scope_group_id", "scope", "group_id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(String(10), default="own")
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    question: Mapped[dict[str, Any]]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Subscription(Base, Timestamps):
    """A report that goes out by mail on a schedule: a saved question, or the ready report `report` with `arguments`.

    `rhythm` is `daily`, `weekly` (on `day` 1 Monday to 7) or `monthly` (on `day` 1 to 28, 31 the last), at `minute` after
    midnight on each recipient's own clocks. `failed_at` and `fault` tell of the last failure until something is sent again.
    """

    __tablename__ = "report_subscription"
    __table_args__ = (
        CheckConstraint("minute BETWEEN 0 AND 1439", name="minute"),
        CheckConstraint("day BETWEEN 1 AND 31", name="day"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    saved_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("saved_question.id", ondelete="CASCADE"), index=True)
    report: Mapped[str] = mapped_column(String(60), default="")
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rhythm: Mapped[str] = mapped_column(String(10), default="monthly")
    day: Mapped[int] = mapped_column(default=1)
    minute: Mapped[int] = mapped_column(default=420)
    file_format: Mapped[str] = mapped_column(String(10), default="pdf")
    active: Mapped[bool] = mapped_column(default=True)
    failed_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(LongText, default="")
    version: Mapped[int] = mapped_column(default=1)


class Recipient(Base):
    """Somebody who is mailed a report: `next_at` is when it is due next (None: never again), on the own clocks.

    `secret` is the word in the link that ends it. `sent_for_at` is the due instant that was mailed last.
    """

    __tablename__ = "report_recipient"
    __table_args__ = (
        UniqueConstraint("subscription_id", "person_id"),
        Index("ix_report_recipient_due", "active", "next_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigId, ForeignKey("report_subscription.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret: Mapped[str] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None]
    sent_for_at: Mapped[datetime | None]
