"""Text to tree, with limits, and with errors that point at the place and suggest."""

import re
import unicodedata
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from itsm.kernel.text import _
from itsm.query.errors import QueryError
from itsm.query.syntax_errors import explain
from itsm.query.tree import And, Call, Comparison, Literal, Node, Not, Operator, Or, Shifted, Text, Value, walk
from itsm.query.values import parse_duration

MAXIMUM_LENGTH = 2000
MAXIMUM_DEPTH = 20
MAXIMUM_CONDITIONS = 100
MAXIMUM_VALUES = 200


def parse(text: str) -> Node:
    """Read a query; a blank one is everything.

    Raises ``QueryError`` for a syntax error or when a limit (length, depth, conditions, values) is passed.
    """
    _check_characters(text)
    if not text.strip():
        return And(())
    try:
        tree: Any = grammar().parse(text)
    except UnexpectedInput as error:
        raise explain(error, text) from None
    return _within_limits(tree)


def _check_characters(text: str) -> None:
    if len(text) > MAXIMUM_LENGTH:
        text = _("The query is longer than %(number)s characters.", number=MAXIMUM_LENGTH)
        raise QueryError(text, MAXIMUM_LENGTH)
    for position, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cs") and not character.isspace():
            raise QueryError(_("The query contains a character that cannot be searched for."), position)


def _within_limits(tree: Node) -> Node:
    conditions = 0
    for node, depth in walk(tree):
        conditions += _condition_count(node)
        if depth > MAXIMUM_DEPTH:
            raise QueryError(
                _("The query is nested deeper than %(number)s levels.", number=MAXIMUM_DEPTH), node.position
            )
        if conditions > MAXIMUM_CONDITIONS:
            raise QueryError(
                _("The query has more than %(number)s conditions.", number=MAXIMUM_CONDITIONS), node.position
            )
        if isinstance(node, Comparison) and len(node.values) > MAXIMUM_VALUES:
            raise _too_many_values(node)
    return tree


def _too_many_values(node: Comparison) -> QueryError:
    text = _("A list may hold at most %(number)s values.", number=MAXIMUM_VALUES)
    return QueryError(text, node.values[MAXIMUM_VALUES].position)


def _condition_count(node: Node) -> int:
    return len(node.terms) if isinstance(node, Text) else int(isinstance(node, Comparison))


def _position(token: Token) -> int:
    return token.start_pos or 0


def _unquoted(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL) if token.type == "STRING" else str(token)


@v_args(inline=True)
class _TreeBuilder(Transformer[Token, Node]):
    """Builds nodes while the text is read; lark calls one method for each rule of the grammar."""

    def start(self, node: Node) -> Node:
        return node

    def either(self, *parts: Node) -> Node:
        return Or(parts, parts[0].position)

    def both(self, *parts: Node) -> Node:
        return And(parts, parts[0].position)

    def negated(self, word: Token, part: Node) -> Node:
        return Not(part, _position(word))

    def text(self, *terms: Token) -> Node:
        return Text(tuple(_unquoted(term) for term in terms), _position(terms[0]))

    def compared(self, name: Token, operator: Token, value: Value) -> Node:
        return Comparison(str(name), Operator(operator), (value,), _position(name))

    def included(self, name: Token, values: tuple[Value, ...]) -> Node:
        return Comparison(str(name), Operator.IN, values, _position(name))

    def excluded(self, name: Token, _word: Token, values: tuple[Value, ...]) -> Node:
        return Comparison(str(name), Operator.NOT_IN, values, _position(name))

    def empty(self, name: Token, word: Token) -> Node:
        return _emptiness(name, Operator.EMPTY, word)

    def not_empty(self, name: Token, _word: Token, word: Token) -> Node:
        return _emptiness(name, Operator.NOT_EMPTY, word)

    def members(self, *values: Value) -> tuple[Value, ...]:
        return values

    def value(self, operand: Value, *shifts: tuple[int, int]) -> Value:
        value = operand
        for seconds, position in shifts:
            value = Shifted(value, seconds, position)
        return value

    def shift(self, sign: Token, word: Token) -> tuple[int, int]:
        seconds = parse_duration(word)
        if seconds is None:
            hint = _("Write a duration such as 15m, 2h, 3d or 1w.")
            raise QueryError(_("“%(value)s” is not a duration.", value=str(word)), _position(word), hint)
        return (-seconds if sign == "-" else seconds), _position(word)

    def literal(self, token: Token) -> Value:
        return Literal(_unquoted(token), _position(token))

    def negative(self, sign: Token, word: Token) -> Value:
        return Literal(f"{sign}{word}", _position(sign))

    def call(self, name: Token, *arguments: Literal) -> Value:
        return Call(name.lower(), arguments, _position(name))


def _emptiness(name: Token, operator: Operator, word: Token) -> Node:
    if word.lower() != "empty":
        sign = "=" if operator is Operator.EMPTY else "!="
        hint = _("Write %(query)s.", query=f"{name} {sign} {word}")
        raise QueryError(_("After is only empty or not empty can follow."), _position(word), hint)
    return Comparison(str(name), operator, (), _position(name))


@cache
def grammar() -> Lark:
    """The grammar of the language, which builds the tree while it reads."""
    return Lark.open("grammar.lark", rel_to=__file__, parser="lalr", lexer="basic", transformer=_TreeBuilder())
