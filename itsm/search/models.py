"""Rows of searchable text: one for each record, one for each text that hangs on it; migrations make the indexes over them."""

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText

NAMED = text("names <> ''")


class SearchDocument(Base):
    """The words of one record: `words` is normalised text (title, number, description, solution, names).

    `names` are those of its names and numbers that are found by any piece of them, between blanks (empty for tickets).
    """

    __tablename__ = "search_document"
    __table_args__ = (
        Index("uq_search_document_record", "kind", "record_id", unique=True),
        Index("ix_search_document_names", "kind", "names", sqlite_where=NAMED, postgresql_where=NAMED),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    record_id: Mapped[int] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(LongText)
    language: Mapped[str] = mapped_column(String(2), default="", server_default="")
    names: Mapped[str] = mapped_column(String(500), default="", server_default="")


class SearchPart(Base):
    """The words of one text that hangs on a record: a reply or note (`entry`), a file (`file`); `part_id` is its own id.

    What is not `public` is found by staff only. `text` is what a file says, to cut snippets from; an entry has its own.
    """

    __tablename__ = "search_part"
    __table_args__ = (
        Index("uq_search_part", "part", "part_id", unique=True),
        Index("ix_search_part_record", "kind", "record_id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(50))
    record_id: Mapped[int] = mapped_column(BigId)
    part: Mapped[str] = mapped_column(String(10))
    part_id: Mapped[int] = mapped_column(BigId)
    public: Mapped[bool]
    words: Mapped[str] = mapped_column(LongText)
    text: Mapped[str] = mapped_column(LongText, default="")
    language: Mapped[str] = mapped_column(String(2), default="")
