"""What a query is to its writer: its fault with its place, or what it asks in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.module import Question, registry
from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError
from itsm.query.fields import FieldSet
from itsm.query.filters import context_of
from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from itsm.query.sentence import tell

KEPT_SENTENCES = 256
_END = frozenset(" \t\n()\",'=<>!~")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a query: the text `before` the place, what stands `at` it and what comes `after`; one says why."""

    message: Message
    suggestion: Message
    position: int
    before: str
    at: str
    after: str


def question(kind: str) -> Question:
    """A kind of record that may be asked for; raises `NotFound`."""
    found = registry().questions.get(kind)
    if found is None:
        raise NotFound(_("There is nothing of that kind to filter."))
    return found


def fields_of(actor: Actor, kind: str) -> FieldSet:
    """The fields of a kind that an actor may ask for."""
    fields: FieldSet = question(kind).fields(actor)
    return fields


def fault_of(actor: Actor, fields: FieldSet, text: str) -> Fault | None:
    """Why an actor's query cannot be used, if so."""
    try:
        compile_predicate(parse(text), fields, context_of(actor))
    except QueryError as error:
        end = _end_of_word(text, error.position)
        before, at, after = text[: error.position], text[error.position : end], text[end:]
        return Fault(error.message, error.suggestion, error.position, before, at, after)
    return None


@lru_cache(maxsize=KEPT_SENTENCES)
def sentence_of(fields: FieldSet, text: str) -> Message:
    """What a query asks, in words; empty for none and for one that cannot be read."""
    try:
        return tell(parse(text), fields) if text.strip() else ""
    except QueryError:
        return ""


def _end_of_word(text: str, start: int) -> int:
    rest: Iterable[int] = range(start + 1, len(text))
    return next((place for place in rest if text[place] in _END), len(text))
