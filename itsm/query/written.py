"""A tree as the text that reads back as itself."""

import re

from itsm.query.tree import And, Call, Comparison, Literal, Node, Not, Operator, Or, Shifted, Text, Value

_BARE = re.compile(r"[^\s()\"',=!<>~+\-][^\s()\",=!<>~]*")
_RESERVED = frozenset({"and", "or", "not", "in", "is"})
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))
_LISTS = (Operator.IN, Operator.NOT_IN)


def write(node: Node) -> str:
    """The text of a tree: as few parentheses and quotes as it can do with."""
    match node:
        case Text(terms):
            return " ".join(write_word(term) for term in terms)
        case Comparison():
            return _comparison(node)
        case Not(part):
            return f"not {_within(part, (And, Or, Not))}"
        case And(parts):
            return " and ".join(_within(part, (And, Or)) for part in parts)
        case Or(parts):
            return " or ".join(_within(part, (Or,)) for part in parts)


def write_value(value: Value) -> str:
    """A value as it is written behind an operator."""
    match value:
        case Literal(text):
            return text if text[:1] == "-" and _is_bare(text[1:]) else write_word(text)
        case Call(name, arguments):
            return f"{name}({', '.join(write_word(argument.text) for argument in arguments)})"
        case Shifted(base, seconds):
            return f"{write_value(base)} {'-' if seconds < 0 else '+'} {write_duration(abs(seconds))}"


def write_word(text: str) -> str:
    """A word as it is, anything else in quotes."""
    if _is_bare(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write_duration(seconds: int) -> str:
    """Whole minutes as a number of the largest unit that fits: 5400 is `90m`, 7200 is `2h`."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}" if seconds else "0m"


def _is_bare(text: str) -> bool:
    return _BARE.fullmatch(text) is not None and text.lower() not in _RESERVED


def _comparison(node: Comparison) -> str:
    values = [write_value(value) for value in node.values]
    if node.operator in _LISTS:
        alone = len(values) == 1 and isinstance(node.values[0], Call)
        listed = values[0] if alone else f"({', '.join(values)})"
        return f"{node.field_name} {node.operator} {listed}"
    return " ".join([node.field_name, node.operator, *values])


def _within(part: Node, looser: tuple[type, ...]) -> str:
    return f"({write(part)})" if isinstance(part, looser) else write(part)
