"""A tree checked against its fields and handed, piece by piece, to the target it compiles to."""

from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from itsm.kernel.text import _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType, FullText, Match
from itsm.query.stored import stored_moment, stored_text, stored_values
from itsm.query.tree import And, Comparison, Node, Not, Operator, Or, Text, Value
from itsm.query.values import Context, day_span

Result = TypeVar("Result")

_OPPOSITES = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_EMPTY: Operator.EMPTY,
}
_ORDERINGS = {
    Operator.LESS: Match.LESS,
    Operator.LESS_EQUAL: Match.LESS_EQUAL,
    Operator.GREATER: Match.GREATER,
    Operator.GREATER_EQUAL: Match.GREATER_EQUAL,
}


class Target(Protocol[Result]):
    """What a query can be compiled to; every method returns one piece of the result."""

    def every(self, parts: list[Result]) -> Result:
        """All parts; everything when there are none."""

    def some(self, parts: list[Result]) -> Result:
        """Any part; nothing when there are none."""

    def negate(self, part: Result) -> Result:
        """The opposite of ``part``."""

    def match(self, field: Field, match: Match, values: tuple[Any, ...]) -> Result:
        """One match of a field with values of its type: days as dates, instants in UTC, texts as they were written."""

    def text(self, search: FullText, terms: tuple[str, ...]) -> Result:
        """A full-text search for all of the terms."""


def compile_query(tree: Node, fields: FieldSet, context: Context, target: Target[Result]) -> Result:
    """Check ``tree`` against ``fields`` and compile it; raises ``QueryError`` where the two do not fit."""
    return _Compiler(fields, context, target).node(tree)


class _Compiler(Generic[Result]):
    def __init__(self, fields: FieldSet, context: Context, target: Target[Result]) -> None:
        self._fields = fields
        self._context = context
        self._target = target

    def node(self, node: Node) -> Result:
        match node:
            case And(parts):
                return self._target.every([self.node(part) for part in parts])
            case Or(parts):
                return self._target.some([self.node(part) for part in parts])
            case Not(part):
                return self._target.negate(self.node(part))
            case Text():
                return self._text(node)
            case Comparison():
                return self._comparison(node)

    def _text(self, node: Text) -> Result:
        if self._fields.full_text is None:
            texts = [field.name for field in self._fields if field.type is FieldType.TEXT]
            hint = _("Name a field, as in %(query)s.", query=f"{texts[0]} ~ {node.terms[0]}") if texts else ""
            raise QueryError(_("Plain words cannot be searched for here."), node.position, hint)
        return self._target.text(self._fields.full_text, node.terms)

    def _comparison(self, node: Comparison) -> Result:
        field = self._fields.get(node.field_name, node.position)
        if node.operator not in field.operators:
            raise _wrong_operator(field, node)
        if node.operator in _OPPOSITES:
            return self._target.negate(self._positive(field, _OPPOSITES[node.operator], node.values))
        return self._positive(field, node.operator, node.values)

    def _positive(self, field: Field, operator: Operator, values: tuple[Value, ...]) -> Result:
        if operator is Operator.EMPTY:
            return self._target.match(field, Match.EMPTY, ())
        if operator is Operator.CONTAINS:
            return self._target.match(field, Match.CONTAINS, (stored_text(field, values[0]),))
        if operator in _ORDERINGS:
            return self._ordering(field, _ORDERINGS[operator], values[0])
        return self._any_of(field, values)

    def _any_of(self, field: Field, values: tuple[Value, ...]) -> Result:
        if field.type is FieldType.INSTANT:
            return self._target.some([self._at(field, value) for value in values])
        stored = [item for value in values for item in stored_values(field, value, self._context)]
        return self._target.match(field, Match.ANY_OF, tuple(stored))

    def _at(self, field: Field, value: Value) -> Result:
        when = stored_moment(field, value, self._context)
        if isinstance(when, datetime):
            return self._target.match(field, Match.ANY_OF, (when,))
        return self._target.match(field, Match.WITHIN, self._span(when, value))

    def _ordering(self, field: Field, match: Match, value: Value) -> Result:
        if field.type is not FieldType.INSTANT:
            return self._target.match(field, match, stored_values(field, value, self._context))
        when = stored_moment(field, value, self._context)
        if not isinstance(when, datetime):
            match, when = _against_day(match, *self._span(when, value))
        return self._target.match(field, match, (when,))

    def _span(self, day: date, value: Value) -> tuple[datetime, datetime]:
        try:
            return day_span(day, self._context.zone)
        except OverflowError:
            raise QueryError(_("This day is out of range."), value.position) from None


def _wrong_operator(field: Field, node: Comparison) -> QueryError:
    text = _("%(field)s cannot be asked with %(operator)s.", field=field.name, operator=str(node.operator))
    known = ", ".join(sorted(field.operators))
    return QueryError(text, node.position, _("Expected one of %(names)s.", names=known))


def _against_day(match: Match, beginning: datetime, end: datetime) -> tuple[Match, datetime]:
    """Return what being before, within or after a whole day asks of an instant."""
    if match is Match.LESS_EQUAL:
        return Match.LESS, end
    if match is Match.GREATER:
        return Match.GREATER_EQUAL, end
    return match, beginning
