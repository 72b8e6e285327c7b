"""What every set of fields needs: the condition that a person's filter text stands for, and fields that are columns."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType
from itsm.query.parser import parse
from itsm.query.sql import compile_condition
from itsm.query.values import Context

MOST_SUGGESTED = 12


def conditions_of(actor: Actor, text: str, fields: FieldSet) -> list[ColumnElement[bool]]:
    """What a filter text asks; raises `Invalid` for the field `q` that points at the place.

    Rights are added by the query that joins the condition.
    """
    if not text.strip():
        return []
    try:
        return [compile_condition(parse(text), fields, context_of(actor))]
    except QueryError as error:
        raise Invalid.field(
            "q", _("%(message)s (at character %(place)s)", message=error, place=error.position + 1)
        ) from error


def context_of(actor: Actor) -> Context:
    """Who asks, when, and in which zone."""
    return Context(
        actor_id=actor.person_id, group_ids=tuple(actor.group_ids), now=clock.now(), zone=ZoneInfo(actor.timezone)
    )


def column_field(name: str, kind: FieldType, title: Message, column: Any, **rest: Any) -> Field:
    """A field that is one column of the record's own table."""
    return Field(
        name=name, type=kind, title=title, expression=column, get=lambda record: getattr(record, column.key), **rest
    )


def ids_below(column: Any) -> Callable[[str], list[int]]:
    """Looks up the ids of the tree nodes whose `column` is exactly what the filter names, and of all nodes below them."""
    table = column.class_

    def lookup(name: str) -> list[int]:
        paths = session.scalars(select(table.path).where(column == name)).all()
        if not paths:
            return []
        return list(session.scalars(select(table.id).where(or_(*(table.path.startswith(path) for path in paths)))))

    return lookup


def names_like(column: Any) -> Callable[[str], Sequence[tuple[str, str]]]:
    """Offers the names in `column` that hold what was typed, those that begin so first."""

    def suggest(typed: str) -> list[tuple[str, str]]:
        found = select(column).where(column.icontains(typed, autoescape=True)).distinct()
        names = session.scalars(found.order_by(column).limit(MOST_SUGGESTED * 4)).all()
        begun = sorted(names, key=lambda name: not name.lower().startswith(typed.lower()))
        return [(name, name) for name in begun[:MOST_SUGGESTED]]

    return suggest


def ids_where(column: Any) -> Callable[[str], list[int]]:
    """Looks up the ids of the records whose `column` is exactly what the filter names."""
    table = column.class_
    return lambda name: list(session.scalars(select(table.id).where(column == name)))


def key_of(text: str) -> int:
    """The id that is written behind `#`; raises ValueError for what no database holds."""
    key = int(text)
    if not 0 < key < 2**63:
        raise ValueError(text)
    return key


def names_by_id(column: Any) -> Callable[[Collection[int]], dict[int, tuple[str, str]]]:
    """Tells ids by the name in `column`, and as they are written in a query: by name, or `#id` where several share it."""
    table = column.class_

    def named(ids: Collection[int]) -> dict[int, tuple[str, str]]:
        other = aliased(table)
        alike = select(func.count()).select_from(other).where(getattr(other, column.key) == column).scalar_subquery()
        rows = session.execute(select(table.id, column, alike).where(table.id.in_(ids)))
        return {key: (name, name if shared == 1 and name else f"#{key}") for key, name, shared in rows}

    return named
