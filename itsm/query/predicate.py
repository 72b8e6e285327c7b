"""A query as a question to one record in memory, with the same answer as the SQL condition gives for its row."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from itsm.query.fields import Field, FieldSet, FieldType, FullText, Match
from itsm.query.target import compile_query
from itsm.query.text import fold
from itsm.query.tree import Node
from itsm.query.values import Context

Predicate = Callable[[Any], bool]

_ORDERINGS: dict[Match, Callable[[Any, Any], bool]] = {
    Match.LESS: operator.lt,
    Match.LESS_EQUAL: operator.le,
    Match.GREATER: operator.gt,
    Match.GREATER_EQUAL: operator.ge,
}


def compile_predicate(tree: Node, fields: FieldSet, context: Context) -> Predicate:
    """Return the function that answers for a record; raises ``QueryError`` where the two do not fit."""
    return compile_query(tree, fields, context, _PredicateTarget())


def present_values(field: Field, record: Any) -> list[Any]:
    """Return the values that the record has for the field; none when it is empty."""
    found = field.get(record)
    values = found if isinstance(found, list | tuple | set | frozenset) else (found,)
    return [
        _comparable(value) for value in values if not (value is None or (field.type is FieldType.TEXT and value == ""))
    ]


def _comparable(value: Any) -> Any:
    """A decimal is compared as databases compare it with a floating number."""
    return float(value) if isinstance(value, Decimal) else value


def _value_check(kind: FieldType, match: Match, values: tuple[Any, ...]) -> Predicate:
    if match is Match.ANY_OF:
        return _any_of(kind, values)
    if match is Match.CONTAINS:
        part = fold(values[0])
        return lambda value: part in fold(value)
    if match is Match.WITHIN:
        first, end = values
        return lambda value: bool(first <= value < end)
    compare, limit = _ORDERINGS[match], values[0]
    return lambda value: compare(value, limit)


def _any_of(kind: FieldType, values: tuple[Any, ...]) -> Predicate:
    if kind is FieldType.TEXT:
        folded = frozenset(fold(value) for value in values)
        return lambda value: fold(value) in folded
    wanted = frozenset(values)
    return lambda value: value in wanted


class _PredicateTarget:
    def every(self, parts: list[Predicate]) -> Predicate:
        return lambda record: all(part(record) for part in parts)

    def some(self, parts: list[Predicate]) -> Predicate:
        return lambda record: any(part(record) for part in parts)

    def negate(self, part: Predicate) -> Predicate:
        return lambda record: not part(record)

    def text(self, search: FullText, terms: tuple[str, ...]) -> Predicate:
        return lambda record: search.predicate(record, terms)

    def match(self, field: Field, match: Match, values: tuple[Any, ...]) -> Predicate:
        if match is Match.EMPTY:
            return lambda record: not present_values(field, record)
        check = _value_check(field.type, match, values)
        return lambda record: any(check(value) for value in present_values(field, record))
