"""Fields of related records: what a filter asks across a relation, as far as the asker may read the far end."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, SQLColumnExpression, and_, func, not_
from sqlalchemy.orm import InstrumentedAttribute

from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldType, Match
from itsm.query.filters import column_field
from itsm.query.sql import column_condition, folded


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A way from a record to others: `near` is the record's column, `far` the column among `rows` that equals it.

    `rows` names its tables with `select_from` and holds the condition of what the actor may read: a comparison is made with
    those rows alone, so that a filter never answers for a record that its reader could not open. Neither column of `far` is
    ever NULL. A `single` relation leads to one record at most, so that records can be counted by what stands there; one that
    `groups` leads to several, and a record is grouped under what stands at each of them.
    """

    name: str
    title: Message
    near: InstrumentedAttribute[Any]
    far: Any
    rows: Select[Any]
    single: bool = False
    groups: bool = False

    def field(self, field: Field, *, name: str = "", title: Message = "") -> Field:
        """A field of the far records as a field of the near one: `<relation>.<field>`, or `name`."""
        return Field(
            name=name or f"{self.name}.{field.name}",
            type=field.type,
            title=title or _("%(relation)s: %(field)s", relation=self.title, field=field.title),
            get=lambda record: self._values(field, record),
            condition=lambda match, values: self._condition(field, match, values),
            choices=field.choices,
            lookup=field.lookup,
            below=field.below,
            suggest=field.suggest,
            value=self._value(field),
            spread=self._spread(field),
            named=field.named,
            exact=field.exact,
        )

    def column(self, kind: FieldType, column: Any, **rest: Any) -> Field:
        """A column of the far records as a field that bears the relation's own name."""
        return self.field(column_field(self.name, kind, self.title, column, **rest), name=self.name, title=self.title)

    def _condition(self, field: Field, match: Match, values: tuple[Any, ...]) -> ColumnElement[bool]:
        if match is Match.EMPTY:
            return not_(self._among(not_(column_condition(field, match, values))))
        return self._among(column_condition(field, match, values))

    def _among(self, asked: ColumnElement[bool]) -> ColumnElement[bool]:
        # Not correlated: the far records may be of the very table that is asked.
        found = self.rows.with_only_columns(self.far).where(asked).correlate(None)
        return and_(self.near.is_not(None), self.near.in_(found))

    def _value(self, field: Field) -> SQLColumnExpression[Any] | None:
        if not self.single or field.expression is None:
            return None
        found = self.rows.with_only_columns(field.expression).where(self.far == self.near)
        return found.correlate(self.near.class_.__table__).scalar_subquery()

    def _spread(self, field: Field) -> FromClause | None:
        if not self.groups or field.expression is None:
            return None
        if field.type is not FieldType.TEXT:
            return self.rows.with_only_columns(self.far.label("near"), field.expression.label("value")).subquery()
        # Texts that differ in letter case only are one value, as they are to a filter.
        shown = func.min(field.expression).label("value")
        return (
            self.rows.with_only_columns(self.far.label("near"), shown)
            .group_by(self.far, folded(field.expression))
            .subquery()
        )

    def _values(self, field: Field, record: Any) -> list[Any]:
        key, column = getattr(record, self.near.key), field.expression
        if key is None or column is None:
            return []
        return list(session.scalars(self.rows.with_only_columns(column).where(self.far == key)))
