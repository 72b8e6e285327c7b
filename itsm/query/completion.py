"""What may be written next: fields, operators and values for a place in a query."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token, UnexpectedInput

from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.query.parser import MAXIMUM_LENGTH, grammar
from itsm.query.stored import functions_for
from itsm.query.tree import Operator
from itsm.query.values import STARTS, Context
from itsm.query.written import write_word

MOST = 40
_WORD = re.compile(r"[^\s()\"',=!<>~+\-][^\s()\",=!<>~]*$")
_REST = re.compile(r"[^\s()\",=!<>~]*")
_STRING = re.compile(r"\"(?:[^\"\\]|\\[\s\S])*\"|'(?:[^'\\]|\\[\s\S])*'")
_JOINTS = {"_AND": "and", "_OR": "or", "RPAR": ")", "COMMA": ",", "PLUS": "+", "MINUS": "-"}
_DURATIONS = ("15m", "1h", "4h", "1d", "7d", "30d")
_TRUTH = {"true": _("yes"), "false": _("no")}
_OPERATORS: dict[Operator, Message] = {
    Operator.EQUAL: _("is"),
    Operator.NOT_EQUAL: _("is not"),
    Operator.LESS: _("is less than"),
    Operator.LESS_EQUAL: _("is at most"),
    Operator.GREATER: _("is more than"),
    Operator.GREATER_EQUAL: _("is at least"),
    Operator.CONTAINS: _("contains"),
    Operator.IN: _("is one of"),
    Operator.NOT_IN: _("is none of"),
    Operator.EMPTY: _("is empty"),
    Operator.NOT_EMPTY: _("is not empty"),
}
_IN_TIME: dict[Operator, Message] = {
    Operator.LESS: _("is before"),
    Operator.LESS_EQUAL: _("is not after"),
    Operator.GREATER: _("is after"),
    Operator.GREATER_EQUAL: _("is not before"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One way to go on: `text` replaces the characters from `start` up to `end`; `kind` is field, operator, value or word."""

    text: str
    title: Message
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Place:
    """What is being written: the characters from `start` to `end`, of which `typed` stands before the caret."""

    typed: str
    start: int
    end: int


Offer = tuple[str, Message, str]


def complete(text: str, position: int, fields: FieldSet, context: Context) -> list[Option]:
    """What may stand at `position` of `text`, the likeliest first; nothing where what stands before cannot be read."""
    del context
    if len(text) > MAXIMUM_LENGTH:
        return []
    place = _place(text, min(max(position, 0), len(text)))
    try:
        tokens = list(grammar().lex(text[: place.start]))
        offers = _offers(tokens, _accepted(tokens), fields, place.typed)
    except (UnexpectedInput, QueryError):
        return []
    return [Option(offer, title, kind, place.start, place.end) for offer, title, kind in _first(offers)]


def operators_of(field: Field) -> dict[Operator, Message]:
    """The operators of a field with their words, in the order in which they are offered."""
    words = _OPERATORS | _IN_TIME if field.type in (FieldType.INSTANT, FieldType.DAY) else _OPERATORS
    return {operator: told for operator, told in words.items() if operator in field.operators}


def values_of(field: Field, typed: str) -> Iterator[tuple[str, Message]]:
    """Values and functions for a field, as they are written, with their titles."""
    for key, title in field.choices.items():
        if _fits(typed, str(key), title):
            yield write_word(str(key)), title
    if field.type is FieldType.BOOLEAN:
        yield from ((key, title) for key, title in _TRUTH.items() if _fits(typed, key, title))
    for example in functions_for(field):
        if _fits(typed, example, ""):
            yield example, ""
    if field.suggest is not None:
        yield from ((write_word(value), title) for value, title in field.suggest(typed))


def _first(offers: Iterator[Offer]) -> list[Offer]:
    return [offer for offer, _number in zip(dict.fromkeys(offers), range(MOST), strict=False)]


def _place(text: str, position: int) -> _Place:
    before = text[:position]
    blanked = _STRING.sub(lambda found: " " * len(found[0]), before)
    opened = re.search(r"(?<![^\s(,=!<>~])[\"']", blanked)
    if opened is not None:
        return _quoted_place(text, opened.start(), position)
    word = _WORD.search(blanked)
    start = word.start() if word else position
    rest = _REST.match(text, position)
    return _Place(before[start:], start, rest.end() if rest and word else position)


def _quoted_place(text: str, start: int, position: int) -> _Place:
    closed = text.find(text[start], position)
    return _Place(text[start + 1 : position], start, closed + 1 if closed >= 0 else position)


def _accepted(tokens: list[Token]) -> set[str]:
    reading = grammar().parse_interactive("")
    for token in tokens:
        reading.feed_token(token)
    return set(reading.accepts())  # type: ignore[no-untyped-call]


def _offers(tokens: list[Token], accepted: set[str], fields: FieldSet, typed: str) -> Iterator[Offer]:
    kinds = [token.type for token in tokens]
    asked = _asked_field(tokens, fields)
    if kinds[-1:] == ["OPERATOR"] or (asked is not None and kinds[-1] in ("LPAR", "COMMA")):
        yield from _values(asked, typed)
    elif kinds[-2:] == ["WORD", "LPAR"]:
        yield from _arguments(tokens[-2], _field_before(tokens[:-2], fields), typed)
    elif kinds[-1:] == ["_IS"] or kinds[-2:] == ["_IS", "NOT"]:
        yield from _words(["empty", *(["not empty"] if kinds[-1] == "_IS" else [])], typed)
    elif kinds[-1:] == ["_IN"]:
        yield from _members(_field_before(tokens, fields), typed)
    elif kinds[-1:] in (["PLUS"], ["MINUS"]):
        yield from _words(_DURATIONS, typed)
    elif "NOT" in accepted and "LPAR" in accepted:
        yield from _beginnings(fields, typed)
    else:
        yield from _operators(tokens, fields, typed)
        yield from _words([word for name, word in _JOINTS.items() if name in accepted], typed)


def _asked_field(tokens: list[Token], fields: FieldSet) -> Field | None:
    """The field whose value comes next: right behind its operator, or inside the list of its values."""
    kinds = [token.type for token in tokens]
    if kinds[-1:] == ["OPERATOR"]:
        return fields.find(str(tokens[-2]))
    opened = _last_open(kinds)
    if opened > 0 and kinds[opened - 1] == "_IN":
        return _field_before(tokens[:opened], fields)
    return None


def _last_open(kinds: list[str]) -> int:
    depth = 0
    for index in range(len(kinds) - 1, -1, -1):
        depth += (kinds[index] == "RPAR") - (kinds[index] == "LPAR")
        if depth < 0:
            return index
    return -1


def _field_before(tokens: list[Token], fields: FieldSet) -> Field | None:
    """The field of the comparison that ends here."""
    for index in range(len(tokens) - 1, 0, -1):
        if tokens[index].type in ("OPERATOR", "_IN"):
            name = tokens[index - 2 if tokens[index - 1].type == "NOT" else index - 1]
            return fields.find(str(name))
    return None


def _values(field: Field | None, typed: str) -> Iterator[Offer]:
    if field is not None:
        yield from ((text, title, "value") for text, title in values_of(field, typed))


def _members(field: Field | None, typed: str) -> Iterator[Offer]:
    yield from _words(["("], typed)
    if field is not None:
        yield from ((each, "", "value") for each in functions_for(field) if _fits(typed, each, ""))


def _arguments(name: Token, field: Field | None, typed: str) -> Iterator[Offer]:
    if name.lower() == "startof":
        yield from ((unit, "", "value") for unit in STARTS if _fits(typed, unit, ""))
    elif name.lower() == "subtree" and field is not None and field.suggest is not None:
        yield from ((write_word(value), title, "value") for value, title in field.suggest(typed))


def _operators(tokens: list[Token], fields: FieldSet, typed: str) -> Iterator[Offer]:
    begins = len(tokens) == 1 or (len(tokens) > 1 and tokens[-2].type in ("_AND", "_OR", "NOT", "LPAR"))
    field = fields.find(str(tokens[-1])) if tokens[-1].type == "WORD" and begins else None
    if field is not None:
        found = operators_of(field).items()
        yield from ((str(operator), words, "operator") for operator, words in found if _fits(typed, operator, words))


def _beginnings(fields: FieldSet, typed: str) -> Iterator[Offer]:
    found = [field for field in fields if _fits(typed, field.name, field.title)]
    found.sort(key=lambda field: (not field.name.startswith(typed.lower()), field.name.count(".")))
    yield from ((field.name, field.title, "field") for field in found)
    yield from _words(["not", "("], typed)


def _words(words: list[str] | tuple[str, ...], typed: str) -> Iterator[Offer]:
    yield from ((word, "", "word") for word in words if word.startswith(typed.lower()))


def _fits(typed: str, name: str, title: Message) -> bool:
    wanted = typed.lower()
    return not wanted or wanted in name.lower() or wanted in str(title).lower()
