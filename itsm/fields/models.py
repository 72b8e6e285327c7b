"""Definitions of fields, and the index of their values."""

from datetime import datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText, Timestamps

KEY_LENGTH = 50
INDEXED_LENGTH = 500  # characters of a folded text that an index of every database holds


class FieldDefinition(Timestamps, Base):
    """One field of a kind of record.

    `titles`, `hints` and `section` map a language to a text. `options` belong to the type (pattern, unit, choices, …).
    `scope_ids` limit it to some scopes of the kind (empty: all). `audience` says what the requester's side may do with it:
    nothing (`staff`), `read`, or `edit`. `show_if` and `require_if` are conditions in the query language over the form.
    """

    __tablename__ = "field_definition"
    __table_args__ = (UniqueConstraint("kind", "key"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(50))
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    type: Mapped[str] = mapped_column(String(20))
    titles: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hints: Mapped[dict[str, Any]] = mapped_column(default=dict)
    section: Mapped[dict[str, Any]] = mapped_column(default=dict)
    position: Mapped[int] = mapped_column(default=100)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    scope_ids: Mapped[list[int]] = mapped_column(default=list)
    audience: Mapped[str] = mapped_column(String(10), default="staff")
    required: Mapped[bool] = mapped_column(default=False)
    show_if: Mapped[str] = mapped_column(LongText, default="")
    require_if: Mapped[str] = mapped_column(LongText, default="")
    unique: Mapped[bool] = mapped_column(default=False)
    in_lists: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class FieldValue(Base):
    """A value that can be searched, in the column of its type; a field with several choices has several rows.

    `text` is folded (`itsm.query.text.fold`); `number` also holds days (ordinals), yes/no (1, 0) and people (ids).
    `unique_key` is filled for fields whose values must differ.
    """

    __tablename__ = "field_value"
    __table_args__ = (
        Index("ix_field_value_text", "field_id", "text"),
        Index("ix_field_value_number", "field_id", "number"),
        Index("ix_field_value_at", "field_id", "at"),
        Index("ix_field_value_record", "record_id", "field_id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    field_id: Mapped[int] = mapped_column(BigId, ForeignKey("field_definition.id"))
    record_id: Mapped[int] = mapped_column(BigId)
    text: Mapped[str | None] = mapped_column(String(INDEXED_LENGTH))
    number: Mapped[float | None] = mapped_column(Double)
    at: Mapped[datetime | None]
    unique_key: Mapped[str | None] = mapped_column(String(64), unique=True)
