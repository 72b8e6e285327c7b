"""Dashboards that people arranged."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, Timestamps


class Dashboard(Base, Timestamps):
    """A dashboard. `scope` is `own`, `group` (of `group_id`) or `all`; `owner_id` made it.

    `tiles` are what `tiles.as_json` writes, in the order in which they stand. A `deleted_at` one is gone for everybody and can
    be brought back for a day.
    """

    __tablename__ = "dashboard"
    __table_args__ = (Index("ix_dashboard_scope_group_id", "scope", "group_id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(String(10), default="own")
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("support_group.id"))
    tiles: Mapped[list[Any]] = mapped_column(default=list)
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
