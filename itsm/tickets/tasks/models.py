"""Tables of tasks, what they wait for, and templates of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps
from itsm.tickets.models import NO_DUE


class Task(Base, Timestamps):
    """One thing to do for a ticket, by a person or a group.

    `checklist` is the title under which tasks of one list stand, or empty. A `required` one stops resolving while it is
    open. `due_at` is a far instant when nobody set one; `minutes` is how long it is thought to take.
    """

    __tablename__ = "ticket_task"
    __table_args__ = (
        Index("ix_ticket_task_ticket_position", "ticket_id", "position", "id"),
        Index("ix_ticket_task_owner_due", "owner_id", "done", "due_at", "id"),
        Index("ix_ticket_task_group_due", "group_id", "done", "due_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket.id"))
    title: Mapped[str]
    note: Mapped[str] = mapped_column(LongText, default="")
    checklist: Mapped[str] = mapped_column(default="")
    order: Mapped[int] = mapped_column("position", default=0)
    required: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    due_at: Mapped[datetime] = mapped_column(default=NO_DUE)
    minutes: Mapped[int | None]
    done: Mapped[bool] = mapped_column(default=False)
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(BigId)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def has_due(self) -> bool:
        """Whether somebody said until when."""
        return self.due_at < NO_DUE


class TaskNeed(Base):
    """A task waits for another one of the same ticket."""

    __tablename__ = "ticket_task_need"

    task_id: Mapped[int] = mapped_column(BigId, ForeignKey("ticket_task.id", ondelete="CASCADE"), primary_key=True)
    needs_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket_task.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class TaskTemplate(Base, Timestamps):
    """Tasks that are made together: by one click, or by itself when a ticket of the category (or below it) is opened.

    `items` are [{title, required, group_id, due_hours, minutes, after}]; `after` is the number of an earlier item, from 1.
    """

    __tablename__ = "task_template"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    category_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ticket_category.id"))
    kinds: Mapped[list[str]] = mapped_column(default=list)
    automatic: Mapped[bool] = mapped_column(default=False)
    items: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
