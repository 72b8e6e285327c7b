"""User-defined fields in the query language: as SQL over the index of values, and as values of a record or a draft."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Double,
    FromClause,
    SQLColumnExpression,
    TypeDecorator,
    case,
    cast,
    false,
    select,
    type_coerce,
)

from itsm.fields.definition import Definition
from itsm.fields.models import FieldValue
from itsm.fields.types import TYPES
from itsm.identity.filters import lookup_person, people_by_id
from itsm.query.fields import Condition, Field, FieldSet, FieldType, Getter, Match
from itsm.query.filters import key_of
from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from itsm.query.sql import column_condition
from itsm.query.text import fold
from itsm.query.values import Context

NUMBERS = frozenset({"number", "yes_no", "day", "person"})


def fields_of(definitions: Iterable[Definition], record_id: SQLColumnExpression[Any]) -> list[Field]:
    """One field of the query language for every key; definitions of several kinds that share a key are asked together."""
    by_key: dict[str, list[Definition]] = {}
    for one in definitions:
        if TYPES[one.type].asked is not None:
            by_key.setdefault(one.key, []).append(one)
    return [_field(known, record_id) for known in by_key.values()]


def _field(known: Sequence[Definition], record_id: SQLColumnExpression[Any]) -> Field:
    first = known[0]
    kind = TYPES[first.type].asked
    assert kind is not None  # noqa: S101 (the caller left out types that cannot be asked)
    is_person = kind is FieldType.PERSON
    return Field(
        name=first.name,
        type=kind,
        title=first.title,
        get=_getter(first),
        condition=_condition(known, record_id),
        choices={choice.key: choice.title for one in known for choice in one.choices},
        lookup=lookup_person if is_person else None,
        named=people_by_id if is_person else None,
        exact=key_of if is_person else None,
        value=_value(known, record_id),
        spread=_spread(known) if first.type == "choices" else None,
    )


class _Ordinal(TypeDecorator[date]):
    """A day that is stored as its number."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> float | None:
        """The number of a day."""
        del dialect
        return None if value is None else float(value.toordinal())

    def process_result_value(self, value: float | None, dialect: Dialect) -> date | None:
        """The day of a number."""
        del dialect
        return None if value is None else date.fromordinal(int(value))


def _value(known: Sequence[Definition], record_id: SQLColumnExpression[Any]) -> SQLColumnExpression[Any] | None:
    """The one value of a record, so that records are counted by it; None where there may be several."""
    kind, table = known[0].type, getattr(record_id, "class_", None)
    if kind == "choices" or table is None or not hasattr(table, "custom"):
        return None
    if kind not in NUMBERS and kind != "instant":  # as it was written; the index holds it folded
        kept = select(FieldValue.id).where(
            FieldValue.field_id.in_([one.id for one in known]), FieldValue.record_id == record_id
        )
        written = table.custom[known[0].key].as_string()
        present: SQLColumnExpression[Any] = case((kept.correlate(table.__table__).exists(), written), else_=None)
        return present
    column: Any = FieldValue.at if kind == "instant" else FieldValue.number
    if kind == "day":
        column = type_coerce(column, _Ordinal())
    elif kind == "person":
        column = cast(column, BigInteger)
    rows = select(column).where(FieldValue.field_id.in_([one.id for one in known]), FieldValue.record_id == record_id)
    return rows.correlate(table.__table__).scalar_subquery()


def _spread(known: Sequence[Definition]) -> FromClause:
    rows = select(FieldValue.record_id.label("near"), FieldValue.text.label("value"))
    return rows.where(FieldValue.field_id.in_([one.id for one in known])).subquery()


def _getter(definition: Definition) -> Getter:
    read, key = TYPES[definition.type].read, definition.key

    def get(record: Any) -> Any:
        value = (record.custom or {}).get(key)
        return None if value is None else read(value)

    return get


def _condition(known: Sequence[Definition], record_id: SQLColumnExpression[Any]) -> Condition:
    ids, kind = [one.id for one in known], known[0].type
    column: Any = FieldValue.number if kind in NUMBERS else FieldValue.at if kind == "instant" else FieldValue.text
    stored = Field(name="value", type=_stored_type(kind), title="", get=lambda row: row, expression=column)

    def condition(match: Match, values: tuple[Any, ...]) -> ColumnElement[bool]:
        rows = select(FieldValue.id).where(FieldValue.field_id.in_(ids), FieldValue.record_id == record_id)
        if match is Match.EMPTY:
            return ~rows.correlate_except(FieldValue).exists()
        asked = _stored(kind, match, values)
        if not asked:
            return false()
        return rows.where(column_condition(stored, match, asked)).correlate_except(FieldValue).exists()

    return condition


def _stored_type(kind: str) -> FieldType:
    """Texts are folded already when they are stored, so that the index is used; only looking inside folds again."""
    return FieldType.NUMBER if kind in NUMBERS else FieldType.INSTANT if kind == "instant" else FieldType.REFERENCE


def _stored(kind: str, match: Match, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is asked for, as the index holds it."""
    if kind == "day":
        return tuple(float(value.toordinal()) for value in values)
    if kind in NUMBERS or kind == "instant":
        return tuple(float(value) if isinstance(value, bool) else value for value in values)
    if match is Match.CONTAINS:
        return values
    # A stored text has no blanks around it; MariaDB would not see those of the question.
    return tuple(fold(value) for value in values if value == value.strip())


def holds(text: str, fields: FieldSet, record: Any, context: Context) -> bool:
    """Whether a condition is true for a record or a draft; raises `QueryError` where it does not fit the fields."""
    return compile_predicate(parse(text), fields, context)(record)
