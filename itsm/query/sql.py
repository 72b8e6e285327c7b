"""A query as an SQL condition: values travel as bind parameters only, and the condition is never NULL."""

import operator
import re
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Engine,
    SQLColumnExpression,
    String,
    and_,
    event,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from itsm.query.fields import Field, FieldSet, FieldType, FullText, Match
from itsm.query.target import compile_query
from itsm.query.text import fold
from itsm.query.tree import Node
from itsm.query.values import Context

_SQLITE_FOLD = "itsm_fold"
_ESCAPE = "/"
_ORDERINGS: dict[Match, Callable[[Any, Any], ColumnElement[bool]]] = {
    Match.LESS: operator.lt,
    Match.LESS_EQUAL: operator.le,
    Match.GREATER: operator.gt,
    Match.GREATER_EQUAL: operator.ge,
}


def compile_condition(tree: Node, fields: FieldSet, context: Context) -> ColumnElement[bool]:
    """Return the condition for a WHERE clause; raises ``QueryError`` where the query does not fit ``fields``."""
    return compile_query(tree, fields, context, _SqlTarget())


def install_sqlite_functions(connection: sqlite3.Connection) -> None:
    """Give a new SQLite connection the function that text comparison needs, for SQLite's ``lower`` knows only ASCII."""
    connection.create_function(
        _SQLITE_FOLD, 1, lambda text: None if text is None else fold(str(text)), deterministic=True
    )


class folded(FunctionElement[str]):  # noqa: N801 - SQLAlchemy's own name style for SQL functions
    """A text expression in the form of ``text.fold``, computed by the database."""

    type = String()
    inherit_cache = True


@compiles(folded)
def _folded(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"replace(lower({compiler.process(element.clauses, **options)}), 'ς', 'σ')"


@compiles(folded, "sqlite")
def _folded_sqlite(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_SQLITE_FOLD}({compiler.process(element.clauses, **options)})"


@compiles(folded, "mysql")
@compiles(folded, "mariadb")
def _folded_mysql(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    """Compares bytes, because the usual collations there ignore accents and trailing blanks."""
    return f"CAST({_folded(element, compiler, **options)} AS BINARY)"


def column_condition(field: Field, match: Match, values: tuple[Any, ...]) -> ColumnElement[bool]:
    """Return what ``match`` asks of the field's expression, true or false even where the expression is NULL."""
    if field.expression is None:
        raise ValueError(f"field {field.name} has no expression")
    column = field.expression
    if match is Match.EMPTY:
        return _is_empty(column, field.type)
    return and_(column.is_not(None), _comparison(column, field.type, match, values))


def _is_empty(column: SQLColumnExpression[Any], kind: FieldType) -> ColumnElement[bool]:
    if kind is FieldType.TEXT:
        return or_(column.is_(None), func.length(column) == 0)
    return column.is_(None)


def _comparison(
    column: SQLColumnExpression[Any], kind: FieldType, match: Match, values: tuple[Any, ...]
) -> ColumnElement[bool]:
    if match is Match.ANY_OF:
        return _any_of(column, kind, values)
    if match is Match.CONTAINS:
        return folded(column).like(f"%{_escaped(fold(values[0]))}%", escape=_ESCAPE)
    if match is Match.WITHIN:
        return and_(column >= values[0], column < values[1])
    return _ORDERINGS[match](column, _bound(values[0]))


def _any_of(column: SQLColumnExpression[Any], kind: FieldType, values: tuple[Any, ...]) -> ColumnElement[bool]:
    if kind is FieldType.TEXT:
        return folded(column).in_([fold(value) for value in values])
    return column.in_([_bound(value) for value in values])


def _escaped(text: str) -> str:
    return re.sub(r"([%_/])", rf"{_ESCAPE}\1", text)


def _bound(value: Any) -> Any:
    """A whole number is bound as 64 bits, for it may be larger than the column can hold."""
    return literal(value, BigInteger()) if type(value) is int else value


class _SqlTarget:
    def every(self, parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
        return and_(true(), *parts)

    def some(self, parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
        return or_(false(), *parts)

    def negate(self, part: ColumnElement[bool]) -> ColumnElement[bool]:
        return not_(part)

    def text(self, search: FullText, terms: tuple[str, ...]) -> ColumnElement[bool]:
        return search.condition(terms)

    def match(self, field: Field, match: Match, values: tuple[Any, ...]) -> ColumnElement[bool]:
        if match is Match.ANY_OF and not values:
            return false()
        if field.condition is not None:
            return field.condition(match, values)
        return column_condition(field, match, values)


@event.listens_for(Engine, "connect")
def _install(connection: Any, record: Any) -> None:
    del record
    if type(connection).__module__.startswith("sqlite3"):
        install_sqlite_functions(connection)
