"""One row of searchable text for each record; the full-text index over it is made by the migration."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel.db import Base, BigId, LongText


class SearchDocument(Base):
    """The words of one record: `words` is normalised text (title, number, description, solution, names)."""

    __tablename__ = "search_document"
    __table_args__ = (
        Index("uq_search_document_record", "kind", "record_id", unique=True),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    record_id: Mapped[int] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(LongText)
