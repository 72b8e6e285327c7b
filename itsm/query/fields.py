"""The fields that a kind of record offers to queries; the package of the record builds the set."""

import difflib
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, SQLColumnExpression

from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError, alternatives
from itsm.query.tree import Operator


class Match(Enum):
    """What a field is asked once a query has been checked; the negative operators are opposites of these."""

    ANY_OF = "any of the values"
    LESS = "less than the value"
    LESS_EQUAL = "at most the value"
    GREATER = "greater than the value"
    GREATER_EQUAL = "at least the value"
    WITHIN = "from the first value up to but not including the second"
    CONTAINS = "contains the value"
    EMPTY = "has no value"


class FieldType(StrEnum):
    """How values of a field are written and compared; a duration is a number of seconds."""

    TEXT = "text"
    NUMBER = "number"
    DURATION = "duration"
    INSTANT = "instant"
    DAY = "day"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    PERSON = "person"
    GROUP = "group"
    REFERENCE = "reference"


_EQUALITY = frozenset(
    {Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN, Operator.EMPTY, Operator.NOT_EMPTY}
)
_ORDERING = frozenset({Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL})
_ORDERED = frozenset({FieldType.NUMBER, FieldType.DURATION, FieldType.INSTANT, FieldType.DAY})

Getter = Callable[[Any], object]
Condition = Callable[[Match, tuple[Any, ...]], ColumnElement[bool]]
Lookup = Callable[[str], Sequence[Hashable]]
Suggest = Callable[[str], Sequence[tuple[str, Message]]]
Named = Callable[[Collection[Any]], Mapping[Any, tuple[Message, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its dotted name, its type and how to read it in SQL and from a record.

    ``get`` returns the record's value, None, or a collection of values. SQL reads either ``expression`` or, for
    relations, ``condition``, which answers a match with values as they are stored; it must be true or false and never
    NULL, as an EXISTS is. ``choices`` maps the stored key of each choice to its title. ``lookup`` turns what a person
    writes into stored keys (several where a name is ambiguous, none where nothing bears it); without it people and
    groups can only be asked for with ``me()`` and ``mygroups()``. ``below`` does so for ``subtree(…)``: with everything
    below. ``suggest`` offers what may be written, with titles, for the beginning of a value. A column that is compared
    exactly (choice, reference) must have a binary collation on a database whose default ignores case.

    ``value`` is how SQL reads the one value of a field that is asked with a condition, so that records can be counted by
    it; ``spread`` are rows of a record (``near``) and each of its values (``value``) of a field that may have several, by
    which records are grouped, one with several under each. ``named`` gives stored keys their titles and how each is
    written so that it means this key alone; ``exact`` reads what is written behind ``#``, the key itself.
    """

    name: str
    type: FieldType
    title: Message
    get: Getter
    expression: SQLColumnExpression[Any] | None = None
    condition: Condition | None = None
    choices: Mapping[Any, Message] = field(default_factory=dict)
    lookup: Lookup | None = None
    below: Lookup | None = None
    suggest: Suggest | None = None
    value: SQLColumnExpression[Any] | None = None
    spread: FromClause | None = None
    named: Named | None = None
    exact: Callable[[str], Hashable] | None = None

    def __post_init__(self) -> None:
        if (self.expression is None) == (self.condition is None):
            raise ValueError(f"field {self.name} needs either an expression or a condition")

    @property
    def single(self) -> SQLColumnExpression[Any] | None:
        """How SQL reads the field's one value; None for a field that may have several."""
        return self.expression if self.expression is not None else self.value

    @property
    def groups(self) -> bool:
        """Whether records can be grouped by the field."""
        return self.single is not None or self.spread is not None

    @property
    def operators(self) -> frozenset[Operator]:
        """The operators that make sense for this field; a looked-up key has no text to look inside."""
        if self.type in _ORDERED:
            return _EQUALITY | _ORDERING
        if self.type is FieldType.TEXT or (self.type is FieldType.REFERENCE and self.lookup is None):
            return _EQUALITY | {Operator.CONTAINS}
        return _EQUALITY


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """How plain words are searched for: both must answer whether a record contains all of the given terms."""

    condition: Callable[[tuple[str, ...]], ColumnElement[bool]]
    predicate: Callable[[Any, tuple[str, ...]], bool]


class FieldSet:
    """The fields of one kind of record by name (letter case does not matter), and its full-text search."""

    def __init__(self, fields: Iterable[Field], *, full_text: FullText | None = None) -> None:
        self._fields: dict[str, Field] = {}
        self.full_text = full_text
        for item in fields:
            if self.find(item.name) is not None:
                raise ValueError(f"field {item.name} is defined twice")
            self._fields[item.name.lower()] = item

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields.values())

    def find(self, name: str) -> Field | None:
        """Return the field of that name, if there is one."""
        return self._fields.get(name.lower())

    def get(self, name: str, position: int) -> Field:
        """Return the field; raises ``QueryError`` at ``position`` with the closest names when there is none."""
        found = self.find(name)
        if found is None:
            names = [item.name for item in self]
            raise QueryError(_("There is no field “%(name)s”.", name=name), position, did_you_mean(name, names))
        return found


def did_you_mean(word: str, known: Sequence[str]) -> Message:
    """Return a sentence with the known words closest to ``word``, or the first few when none is close."""
    by_lower = {item.lower(): item for item in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=3, cutoff=0.6)
    if close:
        return _("Did you mean %(names)s?", names=alternatives([by_lower[item] for item in close]))
    names = [*known[:8], *(["…"] if len(known) > 8 else [])]
    return _("Expected one of %(names)s.", names=", ".join(names)) if known else ""
