"""What to tell a person whose query cannot be read."""

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError, alternatives

_NAMES = {
    "_AND": "“and”",
    "_OR": "“or”",
    "NOT": "“not”",
    "_IN": "“in”",
    "_IS": "“is”",
    "LPAR": "“(”",
    "RPAR": "“)”",
    "COMMA": _("a comma"),
    "OPERATOR": _("an operator such as ="),
    "WORD": _("a word"),
    "STRING": _("a quoted text"),
    "$END": _("the end"),
}
_RESERVED = ("_AND", "_OR", "NOT", "_IN", "_IS")
_FOREIGN_OPERATORS = {"==": "=", "<>": "!=", "~=": "~", "=~": "~", "=>": ">=", "=<": "<="}


def explain(error: UnexpectedInput, text: str) -> QueryError:
    """Turn the parser's complaint about ``text`` into one that points at the place and suggests."""
    if isinstance(error, UnexpectedToken):
        return _unexpected_token(error, text)
    position = error.pos_in_stream or 0
    if isinstance(error, UnexpectedCharacters) and text[position] in "\"'":
        hint = _("Add %(quote)s where the text ends.", quote=text[position])
        return QueryError(_("This quote is not closed."), position, hint)
    return QueryError(
        _("“%(found)s” does not belong here.", found=text[position]),
        position,
        _("Put quotes around it to search for it, or use != or not."),
    )


def _unexpected_token(error: UnexpectedToken, text: str) -> QueryError:
    token = error.token
    expected = _expected(error)
    if token.type == "$END":
        return QueryError(_("The query ends too early."), len(text.rstrip()), expected)
    position = token.start_pos or 0
    found = _("“%(found)s” is not expected here.", found=str(token))
    return QueryError(found, position, _hint(token, text[:position]) or expected)


def _expected(error: UnexpectedToken) -> Message:
    if error.accepts == {"LPAR"}:
        return _("A list is written as (a, b). Put quotes around words that are meant as text.")
    names = [name for terminal, name in _NAMES.items() if terminal in error.accepts]
    return _("Expected %(name)s.", name=alternatives(names))


def _hint(token: Token, before: str) -> Message:
    words = before.split()
    if token.type == "OPERATOR":
        return _operator_hint(before[-1:] + token, words)
    if token.type in _RESERVED:
        return _("Put quotes around words that are meant as text.")
    if token.type in ("WORD", "STRING", "LPAR") and words:
        return _("Join conditions with “and” or “or”; put quotes around a value of several words.")
    return _("To leave something out, write “not”.") if token.type == "MINUS" else ""


def _operator_hint(pair: str, words: list[str]) -> Message:
    if pair in _FOREIGN_OPERATORS:
        return _("Write “%(right)s” instead of “%(wrong)s”.", right=_FOREIGN_OPERATORS[pair], wrong=pair)
    return _("Put “and” or “or” before “%(word)s”.", word=words[-1]) if len(words) > 1 else ""
