"""A query as a sentence for people, in the language of the moment it is shown in."""

from functools import reduce

from itsm.kernel.text import Message, _, plural
from itsm.query.errors import alternatives
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.query.tree import And, Call, Comparison, Literal, Node, Not, Operator, Or, Shifted, Text, Value

_UNITS = (86_400, 3600, 60)
_ONE_OF_THEM = frozenset({Operator.EQUAL, Operator.IN})
_NONE_OF_THEM = frozenset({Operator.NOT_EQUAL, Operator.NOT_IN})
_SPANS: dict[str, Message] = {
    "day": _("the start of the day"),
    "week": _("the start of the week"),
    "month": _("the start of the month"),
    "quarter": _("the start of the quarter"),
    "year": _("the start of the year"),
}


def tell(tree: Node, fields: FieldSet) -> Message:
    """What a query asks, in words; a field that is gone is told by its name."""
    match tree:
        case And(parts):
            return _joined([_part(part, fields) for part in parts], all_of=True) if parts else _("everything")
        case Or(parts):
            return _joined([_part(part, fields) for part in parts], all_of=False)
        case Not(part):
            return _("not: %(condition)s", condition=_part(part, fields))
        case Text(terms):
            return _("the text holds “%(words)s”", words="”, “".join(terms))
        case Comparison():
            return _comparison(tree, fields.find(tree.field_name))


def _part(part: Node, fields: FieldSet) -> Message:
    told = tell(part, fields)
    return _("(%(condition)s)", condition=told) if isinstance(part, And | Or) else told


def _joined(parts: list[Message], *, all_of: bool) -> Message:
    if all_of:
        return reduce(lambda before, part: _("%(before)s and %(condition)s", before=before, condition=part), parts)
    return reduce(lambda before, part: _("%(before)s or %(condition)s", before=before, condition=part), parts)


def _comparison(node: Comparison, field: Field | None) -> Message:
    title: Message = field.title if field is not None else node.field_name
    values = [_value(value, field) for value in node.values]
    if node.operator in _ONE_OF_THEM:
        return _("%(field)s is %(value)s", field=title, value=alternatives(values))
    if node.operator in _NONE_OF_THEM:
        return _("%(field)s is not %(value)s", field=title, value=alternatives(values))
    return _single(node.operator, title, values[0] if values else "", field)


def _single(operator: Operator, title: Message, value: Message, field: Field | None) -> Message:
    in_time = field is not None and field.type in (FieldType.INSTANT, FieldType.DAY)
    match operator:
        case Operator.LESS if in_time:
            return _("%(field)s is before %(value)s", field=title, value=value)
        case Operator.GREATER if in_time:
            return _("%(field)s is after %(value)s", field=title, value=value)
        case Operator.LESS_EQUAL if in_time:
            return _("%(field)s is not after %(value)s", field=title, value=value)
        case Operator.GREATER_EQUAL if in_time:
            return _("%(field)s is not before %(value)s", field=title, value=value)
        case _:
            return _plain(operator, title, value)


def _plain(operator: Operator, title: Message, value: Message) -> Message:
    told: dict[Operator, Message] = {
        Operator.LESS: _("%(field)s is less than %(value)s", field=title, value=value),
        Operator.LESS_EQUAL: _("%(field)s is at most %(value)s", field=title, value=value),
        Operator.GREATER: _("%(field)s is more than %(value)s", field=title, value=value),
        Operator.GREATER_EQUAL: _("%(field)s is at least %(value)s", field=title, value=value),
        Operator.CONTAINS: _("%(field)s contains “%(value)s”", field=title, value=value),
        Operator.EMPTY: _("%(field)s is empty", field=title),
        Operator.NOT_EMPTY: _("%(field)s is not empty", field=title),
    }
    return told[operator]


def _value(value: Value, field: Field | None) -> Message:
    match value:
        case Literal(text):
            return _literal(text, field)
        case Call():
            return _call(value)
        case Shifted(base, seconds):
            moment, span = _value(base, field), _span(abs(seconds))
            if seconds < 0:
                return _("%(span)s before %(moment)s", span=span, moment=moment)
            return _("%(span)s after %(moment)s", span=span, moment=moment)


def _literal(text: str, field: Field | None) -> Message:
    if field is not None and field.type is FieldType.BOOLEAN:
        return _("yes") if text.lower() in ("true", "yes") else _("no")
    titles = {str(key).lower(): title for key, title in field.choices.items()} if field is not None else {}
    return titles.get(text.lower(), text)


def _call(call: Call) -> Message:
    argument = call.arguments[0].text if call.arguments else ""
    match call.name:
        case "me":
            return _("me")
        case "mygroups":
            return _("one of my groups")
        case "now":
            return _("now")
        case "today":
            return _("today")
        case "subtree":
            return _("“%(name)s” or anything below it", name=argument)
        case _:
            return _SPANS.get(argument.lower(), argument)


def _span(seconds: int) -> Message:
    size = next(size for size in _UNITS if seconds % size == 0)
    number = seconds // size
    if size == _UNITS[0]:
        return plural("%(num)s day", "%(num)s days", number)
    if size == _UNITS[1]:
        return plural("%(num)s hour", "%(num)s hours", number)
    return plural("%(num)s minute", "%(num)s minutes", number)
