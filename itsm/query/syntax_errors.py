"""What to tell a person whose query cannot be read."""

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from itsm.query.errors import QueryError

_NAMES = {
    "_AND": "“and”",
    "_OR": "“or”",
    "NOT": "“not”",
    "_IN": "“in”",
    "_IS": "“is”",
    "LPAR": "“(”",
    "RPAR": "“)”",
    "COMMA": "a comma",
    "OPERATOR": "an operator such as =",
    "WORD": "a word",
    "STRING": "a quoted text",
    "$END": "the end",
}
_RESERVED = ("_AND", "_OR", "NOT", "_IN", "_IS")
_FOREIGN_OPERATORS = {"==": "=", "<>": "!=", "~=": "~", "=~": "~", "=>": ">=", "=<": "<="}


def explain(error: UnexpectedInput, text: str) -> QueryError:
    """Turn the parser's complaint about ``text`` into one that points at the place and suggests."""
    if isinstance(error, UnexpectedToken):
        return _unexpected_token(error, text)
    position = error.pos_in_stream or 0
    if isinstance(error, UnexpectedCharacters) and text[position] in "\"'":
        return QueryError("This quote is not closed.", position, f"Add {text[position]} where the text ends.")
    return QueryError(
        f"“{text[position]}” does not belong here.",
        position,
        "Put quotes around it to search for it, or use != or not.",
    )


def _unexpected_token(error: UnexpectedToken, text: str) -> QueryError:
    token = error.token
    expected = _expected(error)
    if token.type == "$END":
        return QueryError("The query ends too early.", len(text.rstrip()), expected)
    position = token.start_pos or 0
    return QueryError(f"“{token}” is not expected here.", position, _hint(token, text[:position]) or expected)


def _expected(error: UnexpectedToken) -> str:
    if error.accepts == {"LPAR"}:
        return "A list is written as (a, b). Put quotes around words that are meant as text."
    names = [name for terminal, name in _NAMES.items() if terminal in error.accepts]
    return f"Expected {' or '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}."


def _hint(token: Token, before: str) -> str:
    words = before.split()
    if token.type == "OPERATOR":
        return _operator_hint(before[-1:] + token, words)
    if token.type in _RESERVED:
        return "Put quotes around words that are meant as text."
    if token.type in ("WORD", "STRING", "LPAR") and words:
        return "Join conditions with “and” or “or”; put quotes around a value of several words."
    return "To leave something out, write “not”." if token.type == "MINUS" else ""


def _operator_hint(pair: str, words: list[str]) -> str:
    if pair in _FOREIGN_OPERATORS:
        return f"Write “{_FOREIGN_OPERATORS[pair]}” instead of “{pair}”."
    return f"Put “and” or “or” before “{words[-1]}”." if len(words) > 1 else ""
