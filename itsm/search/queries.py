"""Finding records by words. What somebody may read is a condition of the same statement, so that it never cuts the best hits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    union,
)
from sqlalchemy.sql.elements import True_

from itsm.kernel.db import dialect_name, fixed, session
from itsm.search.models import SearchDocument, SearchPart
from itsm.search.text import LONGEST_QUESTION, MARK, mark_of, normalised, words_of

SHORTEST_MYSQL_WORD = 3
# What InnoDB leaves out of its index, of three letters and more; asked for, nothing would hold it.
MYSQL_STOP_WORDS = frozenset(
    {"about", "are", "com", "for", "from", "how", "that", "the", "this", "und", "was", "what", "when", "where", "who"}
    | {"will", "with", "www"}
)
SHORTEST_PIECE = 3
LOOKED_AT = 1000
RANKED = 2000
SQLITE_INDEXES = {
    model: table(name, column("rowid"), column("words"), column("rank"))
    for model, name in ((SearchDocument, "search_index"), (SearchPart, "search_index_part"))
}
# The vectors hold each word as it is and, by the language of the row, its stem: a question asks for all of these.
POSTGRESQL_DICTIONARIES: tuple[ColumnElement[str], ...] = (
    literal_column("'simple'"),
    literal_column("'english'"),
    literal_column("'swedish'"),
    literal_column("'spanish'"),
    literal_column("'greek'"),
)
POSTGRESQL_VECTORS: dict[Any, ColumnElement[Any]] = {
    SearchDocument: literal_column("search_document.vector"),
    SearchPart: literal_column("search_part.vector"),
}

Indexed = type[SearchDocument] | type[SearchPart]


@dataclass(frozen=True)
class Readable:
    """The records of a kind that somebody may read: the column of their ids, and the condition."""

    record_id: SQLColumnExpression[int]
    condition: ColumnElement[bool]


@dataclass(frozen=True)
class _Holding:
    """What finds the rows that hold words, and what orders them by how well they do, or newest first."""

    conditions: Sequence[ColumnElement[bool]]
    best: Any
    newest: Any


def find_ids(
    kind: str, question: str, *, readable: Readable | None = None, any_word: bool = False, limit: int = 200
) -> Sequence[int]:
    """Ids of records of a kind that hold all words of a question, newest first, or any of them, best first.

    The last word may be a beginning. Hits of any word are ranked among the newest 2,000: common words hit a tenth of all
    records, and ranking costs for each.
    """
    words = words_of(question)
    if not words:
        return []
    found = _holding(SearchDocument, words if any_word else _marked(kind, words), any_word=any_word)
    columns: Sequence[Any] = (SearchDocument.record_id, *([found.best.label("standing")] if any_word else []))
    statement = _limited(select(*columns), SearchDocument, kind, found.conditions, readable).order_by(found.newest)
    if not any_word:
        return session.scalars(statement.limit(fixed(limit))).all()
    hits = statement.limit(fixed(RANKED)).subquery()
    return session.scalars(select(hits.c.record_id).order_by(hits.c.standing).limit(fixed(limit))).all()


def find_parts(
    kind: str, question: str, *, readable: Readable, inside: bool, limit: int = LOOKED_AT
) -> Sequence[Row[Any]]:
    """Replies, notes and files that hold all words of a question, newest first: `record_id`, `part`, `part_id`.

    `inside` tells whether the reader also reads what is not public.
    """
    words = words_of(question)
    if not words:
        return []
    found = _holding(SearchPart, words, any_word=False)
    columns: Sequence[Any] = (SearchPart.record_id, SearchPart.part, SearchPart.part_id)
    statement = _limited(select(*columns), SearchPart, kind, found.conditions, readable)
    if not inside:
        statement = statement.where(SearchPart.public)
    return session.execute(statement.order_by(found.newest).limit(fixed(limit))).all()


def find_named(kind: str, question: str, *, readable: Readable | None = None, limit: int = LOOKED_AT) -> Sequence[int]:
    """Ids of records that hold all words of a question, or what was typed within a name or number."""
    words, piece = words_of(question), normalised(question[:LONGEST_QUESTION]).strip()
    if not words:
        return []
    found = _holding(SearchDocument, _marked(kind, words), any_word=False)
    by_words = _limited(select(SearchDocument.record_id), SearchDocument, kind, found.conditions, readable)
    by_words = by_words.order_by(found.newest).limit(fixed(limit))
    names = SearchDocument.names
    held = names.contains(piece, autoescape=True)
    if len(piece) < SHORTEST_PIECE:  # within names too much would hold so little: only what begins with it
        held = or_(names.startswith(piece, autoescape=True), names.contains(f" {piece}", autoescape=True))
    named = (names != literal_column("''"), held)
    by_name = _limited(select(SearchDocument.record_id), SearchDocument, kind, named, readable).limit(fixed(limit))
    return session.scalars(union(*(select(each.subquery().c.record_id) for each in (by_words, by_name)))).all()


def matching(
    kind: str,
    question: str,
    record_id: SQLColumnExpression[int],
    *,
    readable: ColumnElement[bool] | None = None,
    limit: int = LOOKED_AT,
) -> ColumnElement[bool]:
    """The condition that a record of a kind holds all words of a question, for lists; the newest `limit` hits count."""
    given = Readable(record_id, readable) if readable is not None else None
    return record_id.in_(find_ids(kind, question, readable=given, limit=limit))


def list_texts(part: str, part_ids: Sequence[int]) -> dict[int, str]:
    """What some parts say, by their ids."""
    statement = select(SearchPart.part_id, SearchPart.text).where(
        SearchPart.part == part, SearchPart.part_id.in_(part_ids)
    )
    return {row.part_id: row.text for row in session.execute(statement)} if part_ids else {}


def get_document(kind: str, record_id: int) -> SearchDocument | None:
    """The stored words of a record."""
    return session.scalars(
        select(SearchDocument).where(SearchDocument.kind == kind, SearchDocument.record_id == record_id)
    ).first()


def _marked(kind: str, words: list[str]) -> list[str]:
    mark = mark_of(kind)
    return [mark, *words] if mark else words


def _limited(
    statement: Select[Any],
    model: Indexed,
    kind: str,
    conditions: Sequence[ColumnElement[bool]],
    readable: Readable | None,
) -> Select[Any]:
    statement = statement.where(model.kind == kind, *conditions)
    if readable is None or isinstance(readable.condition, True_):
        return statement
    return statement.where(readable.record_id == model.record_id, readable.condition)


def _holding(model: Indexed, words: list[str], *, any_word: bool) -> _Holding:
    match dialect_name():
        case "sqlite":
            index = SQLITE_INDEXES[model]
            asked = _sqlite_question(words, any_word=any_word)
            holds = (index.c.rowid == model.id, index.c.words.op("MATCH")(asked))
            return _Holding(holds, index.c.rank, index.c.rowid.desc())
        case "postgresql":
            vector: ColumnElement[Any] = POSTGRESQL_VECTORS[model]
            stems = _postgresql_question(words, any_word=any_word)
            return _Holding((vector.op("@@")(stems),), -func.ts_rank(vector, stems), model.id.desc())
        case _:
            holds_words = model.words.match(_mysql_question(words, any_word=any_word))
            return _Holding((holds_words,), -holds_words, model.id.desc())


def _sqlite_question(words: list[str], *, any_word: bool) -> str:
    quoted = [f'"{word}"' for word in words]
    return (" OR " if any_word else " AND ").join(quoted) + "*"


def _postgresql_question(words: list[str], *, any_word: bool) -> ColumnElement[Any]:
    """All dictionaries' readings of a question; a subquery, so that it is made once and not for each row."""
    asked = (" | " if any_word else " & ").join(words) + ":*"
    readings: Iterable[ColumnElement[Any]] = (func.to_tsquery(name, asked) for name in POSTGRESQL_DICTIONARIES)
    return select(reduce(lambda one, other: one.op("||")(other), readings)).scalar_subquery()


def _mysql_question(words: list[str], *, any_word: bool) -> str:
    indexed = [word for word in words if len(word) >= SHORTEST_MYSQL_WORD and word not in MYSQL_STOP_WORDS]
    # The mark of a kind alone would find all of that kind.
    usable = indexed if any(not word.startswith(MARK) for word in indexed) else words
    return " ".join(f"{'' if any_word else '+'}{word}*" for word in usable)
