"""Keeping the searchable words of records."""

from sqlalchemy import insert

from itsm.kernel.db import session
from itsm.search import queries
from itsm.search.models import SearchDocument
from itsm.search.text import WORD, normalised


def index_new(kind: str, record_id: int, *texts: str) -> None:
    """Store the words of a record that was just made; one statement."""
    session.execute(insert(SearchDocument), [{"kind": kind, "record_id": record_id, "words": _joined(texts)}])


def index(kind: str, record_id: int, *texts: str) -> None:
    """Store or replace the words of a record."""
    document = queries.get_document(kind, record_id)
    if document is None:
        index_new(kind, record_id, *texts)
    else:
        document.words = _joined(texts)
        session.flush()


def _joined(texts: tuple[str, ...]) -> str:
    # Words only: a database's own parser would drop what looks like a tag, and keep host names in one piece.
    return " ".join(WORD.findall(normalised(" ".join(text for text in texts if text))))
