"""What a person wrote, checked against the type of the field and turned into the value that records hold."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldType, did_you_mean
from itsm.query.tree import Call, Literal, Shifted, Value
from itsm.query.values import Context, Moment, moment, parse_duration, parse_number

_TEMPORAL = frozenset({FieldType.INSTANT, FieldType.DAY})
_EXACT = re.compile(r"#[0-9A-Za-z_.-]{1,60}")
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class _Function:
    example: str
    types: frozenset[FieldType]
    argument_count: int = 0


_FUNCTIONS = {
    "me": _Function("me()", frozenset({FieldType.PERSON})),
    "mygroups": _Function("mygroups()", frozenset({FieldType.GROUP})),
    "now": _Function("now()", _TEMPORAL),
    "today": _Function("today()", _TEMPORAL),
    "startof": _Function("startof(month)", _TEMPORAL, 1),
    "subtree": _Function('subtree("…")', frozenset({FieldType.REFERENCE}), 1),
}


def stored_values(field: Field, value: Value, context: Context) -> tuple[Any, ...]:
    """Return the stored values that one written value stands for: several for ``mygroups()`` or an ambiguous name.

    Raises ``QueryError`` when the value does not fit the field.
    """
    if field.type is FieldType.DAY:
        when = stored_moment(field, value, context)
        return (when.astimezone(context.zone).date() if isinstance(when, datetime) else when,)
    _check_functions(field, value)
    match value:
        case Call():
            return tuple(item for item in _called(field, value, context) if item is not None)
        case Shifted():
            text = _("%(field)s is not a point in time, so nothing can be added to it.", field=field.name)
            raise QueryError(text, value.position)
        case Literal():
            return _READERS[field.type](field, _filled(field, value))


def _called(field: Field, call: Call, context: Context) -> Sequence[Any]:
    match call.name:
        case "me":
            return (context.actor_id,)
        case "mygroups":
            return context.group_ids
        case _:
            return _subtree(field, call.arguments[0])


def _subtree(field: Field, name: Literal) -> Sequence[Any]:
    if field.below is None:
        raise QueryError(_("%(field)s is not a tree.", field=field.name), name.position)
    found = field.below(_filled(field, name).text)
    if not found:
        raise _unreadable(field, name, _("Nothing of that name was found."))
    return found


def functions_for(field: Field) -> list[str]:
    """The functions that fit a field, as they are written up to what the writer must add."""
    fitting = [known for known in _FUNCTIONS.values() if field.type in known.types]
    if field.below is None:
        fitting = [known for known in fitting if known is not _FUNCTIONS["subtree"]]
    return [known.example if known.argument_count == 0 else f"{known.example.split('(')[0]}(" for known in fitting]


def stored_moment(field: Field, value: Value, context: Context) -> Moment:
    """Return the day or the instant (UTC) that is compared with a field of that kind."""
    _check_functions(field, value)
    return moment(value, context)


def stored_text(field: Field, value: Value) -> str:
    """Return the text to look for inside a field, as it was written."""
    if isinstance(value, Literal):
        return _filled(field, value).text
    raise QueryError(_("Only a text can be looked for with ~."), value.position, _("Put quotes around it."))


def _filled(field: Field, literal: Literal) -> Literal:
    if not literal.text:
        hint = _("Write %(query)s.", query=f"{field.name} is empty")
        raise QueryError(_("An empty text cannot be compared."), literal.position, hint)
    return literal


def _check_functions(field: Field, value: Value) -> None:
    while isinstance(value, Shifted):
        value = value.base
    if isinstance(value, Call):
        _check_call(field, value)


def _check_call(field: Field, call: Call) -> None:
    function = _FUNCTIONS.get(call.name)
    if function is None:
        text = _("There is no function “%(name)s”.", name=call.name)
        raise QueryError(text, call.position, did_you_mean(call.name, [*_FUNCTIONS]))
    if field.type not in function.types:
        fitting = [known.example for known in _FUNCTIONS.values() if field.type in known.types]
        raise QueryError(
            _("%(function)s cannot be compared with %(field)s.", function=function.example, field=field.name),
            call.position,
            _("Expected one of %(names)s.", names=", ".join(fitting)) if fitting else "",
        )
    if len(call.arguments) != function.argument_count:
        raise QueryError(_("The function is written %(example)s.", example=function.example), call.position)


def _unreadable(field: Field, literal: Literal, suggestion: Message) -> QueryError:
    text = _("“%(value)s” does not fit %(field)s.", value=literal.text, field=field.name)
    return QueryError(text, literal.position, suggestion)


def _read_text(_field: Field, literal: Literal) -> tuple[Any, ...]:
    return (literal.text,)


def _read_number(field: Field, literal: Literal) -> tuple[Any, ...]:
    number = parse_number(literal.text)
    if number is None:
        raise _unreadable(field, literal, _("Write a number such as 3 or -1.5."))
    return (number,)


def _read_duration(field: Field, literal: Literal) -> tuple[Any, ...]:
    seconds = parse_duration(literal.text)
    if seconds is None:
        raise _unreadable(field, literal, _("Write a duration such as 15m, 2h, 3d or 1w."))
    return (seconds,)


def _read_truth(field: Field, literal: Literal) -> tuple[Any, ...]:
    if literal.text.lower() not in _TRUTH:
        raise _unreadable(field, literal, _("Expected true or false."))
    return (_TRUTH[literal.text.lower()],)


def _read_choice(field: Field, literal: Literal) -> tuple[Any, ...]:
    """Both the key and the title of a choice may be written, in any letter case."""
    wanted = literal.text.lower()
    found = tuple(key for key, title in field.choices.items() if wanted in (str(key).lower(), str(title).lower()))
    if not found:
        raise _unreadable(field, literal, did_you_mean(literal.text, [str(key) for key in field.choices]))
    return found


def _read_reference(field: Field, literal: Literal) -> tuple[Any, ...]:
    if field.lookup is None:
        return (literal.text,)
    found = tuple(field.lookup(literal.text)) or _read_exact(field, literal.text)
    if not found:
        raise _unreadable(field, literal, _("Nothing of that name was found."))
    return found


def _read_exact(field: Field, text: str) -> tuple[Any, ...]:
    """The key itself, written behind `#` where no name means it alone."""
    if field.exact is None or not _EXACT.fullmatch(text):
        return ()
    try:
        return (field.exact(text[1:]),)
    except ValueError:
        return ()


def _read_identity(field: Field, literal: Literal) -> tuple[Any, ...]:
    if field.lookup is None:
        function = "me()" if field.type is FieldType.PERSON else "mygroups()"
        raise _unreadable(field, literal, _("Expected %(name)s.", name=function))
    return _read_reference(field, literal)


_READERS: dict[FieldType, Callable[[Field, Literal], tuple[Any, ...]]] = {
    FieldType.TEXT: _read_text,
    FieldType.NUMBER: _read_number,
    FieldType.DURATION: _read_duration,
    FieldType.BOOLEAN: _read_truth,
    FieldType.CHOICE: _read_choice,
    FieldType.PERSON: _read_identity,
    FieldType.GROUP: _read_identity,
    FieldType.REFERENCE: _read_reference,
}
