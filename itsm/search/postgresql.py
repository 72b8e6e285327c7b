"""Full text on PostgreSQL, asked of the newest records first.

Its index knows no order: of a word that every tenth record holds it would fetch them all to keep the newest. So each vector
holds, beside its words, the number of its bucket of 16,384 records (`#61`), and a question is asked in steps: of one bucket
after the other until enough is found, and only when the newest buckets do not hold it, of more. Rule: docs/adr/0012.

What is the same in every question is written as text: composing it of expressions took longer than asking the database.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    FromClause,
    Select,
    Text,
    func,
    literal,
    literal_column,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from itsm.kernel.db import fixed
from itsm.search.models import SearchDocument, SearchPart

BUCKET = 16_384  # as the migration writes it into the vectors
# The vectors hold each word as it is and, by the language of the row, its stem: a question asks for all of these.
DICTIONARIES = ("simple", "english", "swedish", "spanish", "greek")
VECTORS: dict[Any, ColumnElement[Any]] = {
    SearchDocument: literal_column("search_document.vector"),
    SearchPart: literal_column("search_part.vector"),
}
NEAR = 16  # so many of the newest buckets are asked one after the other
Question = tuple[str, str]  # all words, and the same with the last one as a beginning if it may be one


class Questions(FunctionElement[Any]):
    """Rows of questions: `number` from 1, `whole` and `beginning` as queries, from an array of each.

    A query is what the dictionaries read in the words, each reading once.
    """

    inherit_cache = True


@compiles(Questions)
def _questions(element: Questions, compiler: Any, **options: Any) -> str:
    whole, beginning = (f"CAST({compiler.process(each, **options)} AS text[])" for each in element.clauses)
    given = f"unnest({whole}, {beginning}) WITH ORDINALITY AS given (whole, beginning, number)"
    # By an offset, or the planner would write the readings into each place that asks for them.
    return f"(SELECT number, {_read('whole')} AS whole, {_read('beginning')} AS beginning FROM {given} OFFSET 0)"  # noqa: S608


def _read(words: str) -> str:
    readings = " UNION ALL ".join(f"SELECT to_tsquery('{name}', {words})::text AS it" for name in DICTIONARIES)
    joined = "string_agg(DISTINCT '(' || it || ')', ' | ')::tsquery"
    return f"(SELECT {joined} FROM ({readings}) AS readings WHERE it <> '')"  # noqa: S608 (our own names)


def newest_first(
    statement: Select[Any], model: Any, kind: str, questions: Sequence[Question], *, limit: int
) -> Select[Any]:
    """The newest rows of a statement that hold all words of a question, for each of the questions; `word` is its number."""
    order, few = _order(model), fixed(limit)
    rows = statement.add_columns(order.label("newest")).order_by(order.desc()).limit(few)
    # Bucket and words are two conditions: the index then leaps to what holds both. As one query it reads all words of
    # each record in the bucket, which takes it three times as long.
    whole, beginning = _holding(model, "asked.whole"), _holding(model, "asked.beginning")
    bucket = rows.where(_holding(model, "('''#' || bucket || '''')::tsquery"), whole).lateral()
    steps = [select(bucket).select_from(_newest_buckets(model, kind).join(bucket, true())).limit(few).cte()]
    wanting: list[ColumnElement[bool]] = []
    for near in ((_holding(model, _any_bucket(model, kind)),), ()):
        wanting.append(select(func.count()).select_from(steps[-1]).scalar_subquery() < few)
        steps.append(rows.where(*near, beginning, *wanting).cte())
    every = union(*(select(step) for step in steps)).subquery()
    found = select(every).add_cte(*steps, nest_here=True).order_by(every.c.newest.desc()).limit(few).lateral()
    shown: list[ColumnElement[Any]] = [found.c[column.name] for column in statement.selected_columns]
    shown.append(literal_column("asked.number").label("word"))
    return select(*shown).select_from(_asked(questions).join(found, true())).order_by(found.c.newest.desc())


def some(statement: Select[Any], question: Question, otherwise: Select[Any] | None, *, limit: int) -> Executable:
    """Some records that hold all words, the last of which may be a beginning; where these are few, also `otherwise`."""
    asked = select(literal_column("asked.beginning")).select_from(_asked([question])).scalar_subquery()
    held = statement.where(VECTORS[SearchDocument].op("@@")(asked)).limit(fixed(limit)).cte()
    if otherwise is None:
        return select(held)
    few = select(func.count()).select_from(held).scalar_subquery() < fixed(limit)
    return union(select(held), select(otherwise.where(few).subquery()))


def question(words: Sequence[str], *, begins: bool) -> Question:
    """What to ask for all of these words; `begins` tells whether the last one may be a beginning."""
    whole = " & ".join(words)
    return whole, f"{whole}:*" if begins else whole


def _asked(questions: Sequence[Question]) -> FromClause:
    given = (literal(list(each), ARRAY(Text)) for each in zip(*questions, strict=True))
    return Questions(*given).alias("asked")


@cache
def _order(model: Any) -> ColumnElement[int]:
    number = model.record_id if model is SearchDocument else model.id
    order: ColumnElement[int] = number + fixed(0)  # the sum hides indexes by that order
    return order


@cache
def _holding(model: Any, query: str) -> ColumnElement[bool]:
    return VECTORS[model].op("@@", is_comparison=True)(literal_column(query, TSQUERY()))


@cache
def _newest_buckets(model: Any, kind: str) -> FromClause:
    """The numbers of the newest buckets as rows, the newest first."""
    last = _last_bucket(model, kind)
    bounds: list[ColumnElement[int]] = [literal_column(each) for each in (last, f"{last} - {NEAR - 1}", "-1")]
    return func.generate_series(*bounds).alias("bucket")


def _any_bucket(model: Any, kind: str) -> str:
    """A query for what is in any of the newest two buckets."""
    last = _last_bucket(model, kind)
    newest = f"generate_series({last} - 1, {last}) AS number"
    return f"(SELECT string_agg('''#' || number || '''', ' | ')::tsquery FROM {newest})"  # noqa: S608 (as above)


def _last_bucket(model: Any, kind: str) -> str:
    newest = "SELECT max(id) FROM search_part"
    if not kind.isidentifier():
        raise ValueError(f"{kind} is no kind of record")
    if model is SearchDocument:
        newest = f"SELECT max(record_id) FROM search_document WHERE kind = '{kind}'"  # noqa: S608 (our own kinds)
    return f"({newest}) / {BUCKET}"
