"""Finding records by words. Rights are applied by the caller, which joins the ids with its own `visible` condition."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, SQLColumnExpression, TextClause, select, text

from itsm.kernel.db import dialect_name, session
from itsm.search.models import SearchDocument
from itsm.search.text import words_of

SHORTEST_MYSQL_WORD = 3
POSTGRESQL_NEWEST = (
    "SELECT record_id FROM search_document WHERE vector @@ to_tsquery('simple', :match) AND kind = :kind "
    "ORDER BY id DESC LIMIT :limit"
)
POSTGRESQL_BEST = (
    "SELECT record_id FROM search_document WHERE vector @@ to_tsquery('simple', :match) AND kind = :kind "
    "ORDER BY ts_rank(vector, to_tsquery('simple', :match)) DESC LIMIT :limit"
)


def find_ids(kind: str, question: str, *, any_word: bool = False, limit: int = 200) -> Sequence[int]:
    """Ids of records of a kind that hold all words of a question (or any of them), best first; the last word as a prefix."""
    words = words_of(question)
    if not words:
        return []
    name = dialect_name()
    if name == "sqlite":
        return _find_sqlite(kind, words, any_word=any_word, limit=limit)
    if name == "postgresql":
        return _find_postgresql(kind, words, any_word=any_word, limit=limit)
    return _find_mysql(kind, words, any_word=any_word, limit=limit)


def matching(
    kind: str, question: str, record_id: SQLColumnExpression[int], *, limit: int = 1000
) -> ColumnElement[bool]:
    """The condition that a record of a kind holds all words of a question, for lists; the best `limit` hits count."""
    return record_id.in_(find_ids(kind, question, limit=limit))


def _find_sqlite(kind: str, words: list[str], *, any_word: bool, limit: int) -> Sequence[int]:
    quoted = [f'"{word}"' for word in words]
    quoted[-1] += "*"
    statement = text(
        "SELECT d.record_id FROM search_index s JOIN search_document d ON d.id = s.rowid "
        "WHERE s.words MATCH :match AND d.kind = :kind ORDER BY s.rank LIMIT :limit"
    )
    return _ids(statement, match=(" OR " if any_word else " AND ").join(quoted), kind=kind, limit=limit)


def _find_postgresql(kind: str, words: list[str], *, any_word: bool, limit: int) -> Sequence[int]:
    # Ranking reads every hit's vector; the newest hits are as useful and come from the index alone.
    joined = (" | " if any_word else " & ").join([f"{word}:*" if word == words[-1] else word for word in words])
    statement = text(POSTGRESQL_BEST if any_word else POSTGRESQL_NEWEST)
    return _ids(statement, match=joined, kind=kind, limit=limit)


def _find_mysql(kind: str, words: list[str], *, any_word: bool, limit: int) -> Sequence[int]:
    usable = [word for word in words if len(word) >= SHORTEST_MYSQL_WORD] or words
    sign = "" if any_word else "+"
    match = " ".join(f"{sign}{word}*" for word in usable)
    statement = text(
        "SELECT record_id FROM search_document WHERE MATCH(words) AGAINST (:match IN BOOLEAN MODE) AND kind = :kind "
        "ORDER BY MATCH(words) AGAINST (:match IN BOOLEAN MODE) DESC LIMIT :limit"
    )
    return _ids(statement, match=match, kind=kind, limit=limit)


def _ids(statement: TextClause, **values: str | int) -> Sequence[int]:
    return session.scalars(statement, values).all()


def get_document(kind: str, record_id: int) -> SearchDocument | None:
    """The stored words of a record."""
    return session.scalars(
        select(SearchDocument).where(SearchDocument.kind == kind, SearchDocument.record_id == record_id)
    ).first()
