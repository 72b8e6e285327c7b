"""The tree of a query: frozen values that compare equal wherever in the text they stood."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Operator(StrEnum):
    """What a comparison asks, written as in the query."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    CONTAINS = "~"
    IN = "in"
    NOT_IN = "not in"
    EMPTY = "is empty"
    NOT_EMPTY = "is not empty"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written; the field it is compared with decides whether that is a number, a day or a text."""

    text: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function such as ``me()`` or ``startof(month)``."""

    name: str
    arguments: tuple[Literal, ...] = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Shifted:
    """A point in time moved by a number of seconds, negative for earlier."""

    base: "Value"
    seconds: int
    position: int = field(default=0, compare=False)


Value = Literal | Call | Shifted


@dataclass(frozen=True, slots=True)
class Text:
    """Full-text terms that must all occur; a quoted term is a phrase."""

    terms: tuple[str, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, an operator and as many values as the operator takes: none, one, or a list."""

    field_name: str
    operator: Operator
    values: tuple[Value, ...] = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part."""

    part: "Node"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts; with none, everything."""

    parts: tuple["Node", ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of its parts; with none, nothing."""

    parts: tuple["Node", ...]
    position: int = field(default=0, compare=False)


Node = Text | Comparison | Not | And | Or


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below ``node``."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part):
            return (part,)
        case _:
            return ()


def walk(root: Node) -> Iterator[tuple[Node, int]]:
    """Yield every node with its depth (the root's is 1), without recursion, so that depth itself can be checked."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(children(node)))
