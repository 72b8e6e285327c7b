"""Finding records by words. What somebody may read is a condition of the same statement, so that it never cuts the best hits."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Select,
    column,
    literal_column,
    or_,
    select,
    table,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import TableClause
from sqlalchemy.sql.elements import True_

from itsm.kernel.db import dialect_name, fixed, one_of, session
from itsm.search import postgresql
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
LOOKED_AT_OF_A_WORD = 500
SQLITE_INDEXES = {
    model: table(name, column("rowid"), column("words"))
    for model, name in ((SearchDocument, "search_index"), (SearchPart, "search_index_part"))
}
SQLITE_NAMES = table("search_index_names", column("rowid"), column("search_index_names"))  # by trigrams
Indexed = type[SearchDocument] | type[SearchPart]


@dataclass(frozen=True)
class Readable:
    """The records of a kind that somebody may read: the column of their ids, and the condition."""

    record_id: InstrumentedAttribute[int]
    condition: ColumnElement[bool]


def find_ids(kind: str, question: str, *, readable: Readable | None = None, limit: int = 200) -> Sequence[int]:
    """Ids of records of a kind that hold all words of a question, newest first; the last word may be a beginning."""
    words = words_of(question)
    if not words:
        return []
    return session.scalars(_holders(kind, words, readable, limit=limit)).all()


def find_alike(kind: str, question: str, *, readable: Readable | None = None, limit: int = 50) -> Sequence[int]:
    """Ids of records of a kind that hold any words of a question, best first; the last word may be a beginning.

    A word counts for more the fewer records hold it. Of each word the newest 500 are looked at: a common word is held by
    a tenth of all records and tells little, a rare one has all of its records among them, however old they are.
    """
    words = list(dict.fromkeys(words_of(question)))
    words = [word for word in words if not _is_left_out(word)] or words[-1:]
    if not words:
        return []
    hits = session.execute(_holders_of_each(kind, words, readable, limit=LOOKED_AT_OF_A_WORD))
    return _best([(row.word, row.record_id) for row in hits])[:limit]


def _best(hits: Sequence[tuple[int, int]]) -> list[int]:
    """Record ids of hits (number of the word, record id), best first; of two alike the newer."""
    holders = Counter(word for word, _record_id in hits)
    standing: defaultdict[int, float] = defaultdict(float)
    for word, record_id in hits:
        standing[record_id] += math.log(1 + LOOKED_AT_OF_A_WORD / holders[word])
    return sorted(standing, key=lambda record_id: (-standing[record_id], -record_id))


def _holders(kind: str, words: list[str], readable: Readable | None, *, limit: int, begins: bool = True) -> Select[Any]:
    """Ids of the newest records of a kind that hold all words."""
    statement = _limited(select(SearchDocument.record_id), SearchDocument, kind, readable)
    return _newest_holders(statement, SearchDocument, kind, _marked(kind, words), begins=begins, limit=limit)


def _holders_of_each(kind: str, words: list[str], readable: Readable | None, *, limit: int) -> Executable:
    """Ids of the newest records of a kind that hold a word, for each `word` by its number; the last may be a beginning."""
    last = len(words) - 1
    if dialect_name() == "postgresql":
        statement = _limited(select(SearchDocument.record_id), SearchDocument, kind, readable)
        asked = [postgresql.question(_marked(kind, [word]), begins=place == last) for place, word in enumerate(words)]
        return postgresql.newest_first(statement, SearchDocument, kind, asked, limit=limit)
    found = [
        (place, _holders(kind, [word], readable, limit=limit, begins=place == last).subquery())
        for place, word in enumerate(words)
    ]
    return union_all(*(select(fixed(place).label("word"), newest.c.record_id) for place, newest in found))


def _newest_holders(
    statement: Select[Any], model: Indexed, kind: str, words: list[str], *, limit: int, begins: bool = True
) -> Select[Any]:
    """The newest rows that hold all words; `begins` tells whether the last one may be a beginning."""
    if dialect_name() == "postgresql":
        return postgresql.newest_first(statement, model, kind, [postgresql.question(words, begins=begins)], limit=limit)
    if dialect_name() == "sqlite":
        asked = " AND ".join(f'"{word}"' for word in words) + ("*" if begins else "")
        return _newest_by_index(statement, model, SQLITE_INDEXES[model], "words", asked, limit=limit)
    holding = statement.where(model.words.match(_mysql_question(words)))
    return holding.order_by(model.id.desc()).limit(fixed(limit))


def _newest_by_index(
    statement: Select[Any], model: Indexed, index: TableClause, asked_of: str, asked: str, *, limit: int
) -> Select[Any]:
    """What an index of SQLite finds, newest first; by its own order, or SQLite would begin with all records."""
    holding = statement.where(index.c.rowid == model.id, index.c[asked_of].op("MATCH")(asked))
    return holding.order_by(index.c.rowid.desc()).limit(fixed(limit))


def find_parts(
    kind: str, question: str, *, readable: Readable, inside: bool, limit: int = LOOKED_AT
) -> Sequence[Row[Any]]:
    """Replies, notes and files that hold all words of a question, newest first: `record_id`, `part`, `part_id`.

    `inside` tells whether the reader also reads what is not public.
    """
    words = words_of(question)
    if not words:
        return []
    columns: Sequence[Any] = (SearchPart.record_id, SearchPart.part, SearchPart.part_id)
    statement = _limited(select(*columns), SearchPart, kind, readable)
    if not inside:
        statement = statement.where(SearchPart.public)
    return session.execute(_newest_holders(statement, SearchPart, kind, words, limit=limit)).all()


def find_named(kind: str, question: str, *, readable: Readable | None = None, limit: int = LOOKED_AT) -> Sequence[int]:
    """Ids of records that hold all words of a question, or what was typed within a name or number; of very many, some."""
    words, piece = words_of(question), normalised(question[:LONGEST_QUESTION]).strip()
    if not words:
        return []
    every = _limited(select(SearchDocument.record_id), SearchDocument, kind, readable)
    named = _named(every, kind, piece, limit=limit)
    if dialect_name() == "postgresql":  # equipment of one class lies together: looking for the newest would read it all
        asked_for = postgresql.question(_marked(kind, words), begins=True)
        found: Sequence[int] = session.scalars(postgresql.some(every, asked_for, named, limit=limit)).all()
        return found
    asked = [_newest_holders(every, SearchDocument, kind, _marked(kind, words), limit=limit)]
    if named is not None:
        asked.append(named)
    return session.scalars(union(*(select(each.subquery().c.record_id) for each in asked))).all()


def _named(statement: Select[Any], kind: str, piece: str, *, limit: int) -> Select[Any] | None:
    """Rows with a piece in their names.

    Of less than three letters only what begins with it, as too much would hold it: words find that already, but for
    MariaDB, whose index has no words so short.
    """
    names = SearchDocument.names
    if len(piece) >= SHORTEST_PIECE and dialect_name() == "sqlite":
        piece = piece.replace('"', '""')
        asked = f'kind : "{mark_of(kind)}" AND names : "{piece}"'
        return _newest_by_index(statement, SearchDocument, SQLITE_NAMES, "search_index_names", asked, limit=limit)
    if len(piece) >= SHORTEST_PIECE:
        held = names.contains(piece, autoescape=True)
    elif dialect_name() == "mysql":
        held = or_(names.startswith(piece, autoescape=True), names.contains(f" {piece}", autoescape=True))
    else:
        return None
    return statement.where(names != literal_column("''"), held).limit(fixed(limit))


def matching(
    kind: str,
    question: str,
    record_id: InstrumentedAttribute[int],
    *,
    readable: ColumnElement[bool] | None = None,
    limit: int = LOOKED_AT,
) -> ColumnElement[bool]:
    """The condition that a record of a kind holds all words of a question, for lists; the newest `limit` hits count."""
    given = Readable(record_id, readable) if readable is not None else None
    return one_of(record_id, find_ids(kind, question, readable=given, limit=limit))


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


def _limited(statement: Select[Any], model: Indexed, kind: str, readable: Readable | None) -> Select[Any]:
    statement = statement.where(model.kind == fixed(kind))
    if readable is None or isinstance(readable.condition, True_):
        return statement
    joined = statement.join(readable.record_id.class_, readable.record_id == model.record_id)
    return joined.where(readable.condition)


def _mysql_question(words: list[str]) -> str:
    """Every word may be a beginning: InnoDB knows no stems, and most other forms are longer."""
    indexed = [word for word in words if not _is_left_out(word)]
    # The mark of a kind alone would find all of that kind.
    usable = indexed if any(not word.startswith(MARK) for word in indexed) else words
    return " ".join(f"+{word}*" for word in usable)


def _is_left_out(word: str) -> bool:
    """Whether MariaDB's index holds no such word."""
    return dialect_name() == "mysql" and (len(word) < SHORTEST_MYSQL_WORD or word in MYSQL_STOP_WORDS)
