"""Full text on PostgreSQL, asked of the newest records first.

Its index knows no order: of a word that every tenth record holds it would fetch them all to keep the newest. So each vector
holds, beside its words, the number of its bucket of 16,384 records (`#61`), and a question is asked in steps: of the newest
buckets, and only when these do not hold enough, of more. Rule: docs/adr/0012.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from itsm.kernel.db import fixed
from itsm.search.models import SearchDocument, SearchPart

BUCKET = 16_384  # as the migration writes it into the vectors
# The vectors hold each word as it is and, by the language of the row, its stem: a question asks for all of these.
DICTIONARIES: tuple[ColumnElement[str], ...] = (
    literal_column("'simple'"),
    literal_column("'english'"),
    literal_column("'swedish'"),
    literal_column("'spanish'"),
    literal_column("'greek'"),
)
VECTORS: dict[Any, ColumnElement[Any]] = {
    SearchDocument: literal_column("search_document.vector"),
    SearchPart: literal_column("search_part.vector"),
}
# Whether the last word may be a beginning, and of how many of the newest buckets (0: all). What begins with a word costs
# for all that does, so a word that the newest records hold often enough as it stands is taken for a whole one.
STEPS = ((False, 2), (False, 16), (True, 2), (True, 0))
STEPS_OF_WHOLE_WORDS = ((False, 2), (False, 0))


def newest_first(
    statement: Select[Any], model: Any, kind: str, words: Sequence[str], *, begins: bool, limit: int
) -> Select[Any]:
    """The newest rows of a statement that hold all words; `begins` tells whether the last one may be a beginning."""
    order = (model.record_id if model is SearchDocument else model.id) + fixed(0)  # the sum hides indexes by that order
    columns = list(statement.selected_columns)
    found: list[Any] = []
    for beginning, buckets in STEPS if begins else STEPS_OF_WHOLE_WORDS:
        asked = _question(words, begins=beginning)
        if buckets:
            asked = asked.op("&&")(_newest_buckets(model, kind, buckets))
        enough = [select(func.count()).select_from(step).scalar_subquery() >= fixed(limit) for step in found]
        step = statement.add_columns(order.label("newest")).where(VECTORS[model].op("@@")(asked))
        found.append(step.where(*(~each for each in enough)).order_by(order.desc()).limit(fixed(limit)).cte())
    every = union(*(select(step) for step in found)).subquery()
    shown = [every.c[column.name] for column in columns]
    return select(*shown).order_by(every.c.newest.desc()).limit(fixed(limit))


def some(statement: Select[Any], model: Any, words: Sequence[str], *, limit: int) -> Select[Any]:
    """Some rows of a statement that hold all words, the last of which may be a beginning."""
    return statement.where(VECTORS[model].op("@@")(_question(words, begins=True))).limit(fixed(limit))


def _question(words: Sequence[str], *, begins: bool) -> ColumnElement[Any]:
    """What the dictionaries read in a question, each reading once; a subquery, so that it is made once and not for each row."""
    asked = literal(" & ".join(words) + (":*" if begins else ""))
    readings = union_all(*(select(func.to_tsquery(name, asked).label("it")) for name in DICTIONARIES))
    reading = cast(readings.subquery().c.it, Text)
    joined = func.string_agg(distinct(literal_column("'('") + reading + literal_column("')'")), literal_column("' | '"))
    return select(cast(joined, TSQUERY)).where(reading != literal_column("''")).scalar_subquery()


def _newest_buckets(model: Any, kind: str, number: int) -> ColumnElement[Any]:
    newest = select(func.max(model.id))
    if model is SearchDocument:
        newest = select(func.max(model.record_id)).where(model.kind == fixed(kind))
    last = newest.scalar_subquery().op("/")(fixed(BUCKET))
    buckets = func.generate_series(last - fixed(number - 1), last).column_valued("bucket")
    marks: ColumnElement[str] = literal_column("'''#'") + cast(buckets, Text) + literal_column("''''")
    return select(cast(func.string_agg(marks, literal_column("' | '")), TSQUERY)).scalar_subquery()
