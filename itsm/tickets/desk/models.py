"""Saved views, and what each person chose for a queue."""

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps


class SavedView(Base, Timestamps):
    """A queue that people made. `scope` is `own`, `group` (of `group_id`) or `all`; `owner_id` made it.

    `query` is joined with the reader's rights whenever it is read; with `open_only` finished tickets stay out.
    `colours` are `{"query": …, "tone": …}`; the first that fits a ticket colours its row.
    """

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_scope_group_id", "scope", "group_id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(default="own")
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    query: Mapped[str] = mapped_column(LongText, default="")
    open_only: Mapped[bool] = mapped_column(default=True)
    columns: Mapped[list[str]] = mapped_column(default=list)  # none: the columns that everyone has
    sort: Mapped[str] = mapped_column(default="due")
    grouping: Mapped[str] = mapped_column(default="")
    colours: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)


class DeskChoice(Base):
    """What one person chose for one queue, which is named as in its address; `favourite` is its place among favourites."""

    __tablename__ = "desk_choice"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[list[str]] = mapped_column(default=list)
    favourite: Mapped[int | None]
