"""Conditions on tickets that are asked again and again, each kept ready."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from itsm.kernel import clock
from itsm.kernel.runtime import settings
from itsm.query.errors import QueryError
from itsm.query.fields import FieldSet
from itsm.query.parser import parse
from itsm.query.predicate import Predicate, compile_predicate
from itsm.query.tree import Call, Comparison, Node, Shifted, walk
from itsm.query.values import Context
from itsm.tickets import filters


def context_at(instant: datetime) -> Context:
    """They are asked by the system: `me()` is nobody, and days are those of the site."""
    return Context(actor_id=None, group_ids=(), now=instant, zone=ZoneInfo(settings().timezone))


def tells_time(tree: Node) -> bool:
    """Whether the answer depends on when it is asked (`now()`, `today()`)."""
    values = [value for node, _depth in walk(tree) if isinstance(node, Comparison) for value in node.values]
    return any(isinstance(value, Call | Shifted) for value in values)


def remembering(fields: FieldSet) -> FieldSet:
    """The same fields, of which each name that they are asked for is looked up once."""
    return FieldSet(
        (
            replace(each, lookup=each.lookup and cache(each.lookup), below=each.below and cache(each.below))
            for each in fields
        ),
        full_text=fields.full_text,
    )


class Asking:
    """A condition kept ready: names are looked up once a minute, times each time they are asked for."""

    KEPT_SECONDS = 60

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree: Node | None = None
        self._tells_time = False
        self._fields: tuple[datetime, FieldSet] | None = None  # since when, and with the names known since
        self._made: tuple[datetime, Predicate] | None = None  # for which instant, and what asks it

    def holds(self, ticket: Any, at: datetime | None = None) -> bool:
        """Whether the condition holds for a ticket; one that became wrong (a group was renamed) never does."""
        if not self.text.strip():
            return True
        try:
            return self._asked(self._parsed(), at or clock.now())(ticket)
        except QueryError:
            return False

    def _parsed(self) -> Node:
        if self._tree is None:
            self._tree = parse(self.text)
            self._tells_time = tells_time(self._tree)
        return self._tree

    def _asked(self, tree: Node, at: datetime) -> Predicate:
        now = clock.now()
        if self._fields is None or abs((now - self._fields[0]).total_seconds()) > self.KEPT_SECONDS:
            self._fields, self._made = (now, remembering(filters.ticket_fields())), None
        made = self._made
        if made is None or (self._tells_time and made[0] != at):
            made = self._made = (at, compile_predicate(tree, self._fields[1], context_at(at)))
        return made[1]
