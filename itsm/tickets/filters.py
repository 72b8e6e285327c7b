"""The fields that the query language knows of tickets, and the condition that a filter text stands for."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from itsm.identity.models import Group, Organisation, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.lifecycle import Category as StateCategory
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType, FullText
from itsm.query.parser import parse
from itsm.query.sql import compile_condition
from itsm.query.values import Context
from itsm.search import queries as search
from itsm.tickets.models import Category, Ticket

QUERY_FIELD = "q"


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of tickets; raises `Invalid` that points at the place. Rights are added by the query."""
    if not text.strip():
        return []
    try:
        tree = parse(text)
        return [compile_condition(tree, ticket_fields(), context_of(actor))]
    except QueryError as error:
        raise Invalid.field(
            QUERY_FIELD, _("%(message)s (at character %(place)s)", message=str(error), place=error.position + 1)
        ) from error


def context_of(actor: Actor) -> Context:
    """Who asks, when, and in which zone."""
    return Context(
        actor_id=actor.person_id, group_ids=tuple(actor.group_ids), now=clock.now(), zone=ZoneInfo(actor.timezone)
    )


@cache
def ticket_fields() -> FieldSet:
    """The fields of tickets of any kind."""
    return FieldSet(
        [
            _field("kind", FieldType.CHOICE, "Kind", Ticket.kind, choices=_kinds()),
            _field("title", FieldType.TEXT, "Title", Ticket.title),
            _field("state", FieldType.CHOICE, "State", Ticket.state, choices=_states()),
            _field(
                "state.category",
                FieldType.CHOICE,
                "State category",
                Ticket.state_category,
                choices={each.value: each.value for each in StateCategory},
            ),
            _field("priority", FieldType.NUMBER, "Priority", Ticket.priority),
            _field("impact", FieldType.NUMBER, "Impact", Ticket.impact),
            _field("urgency", FieldType.NUMBER, "Urgency", Ticket.urgency),
            _field("level", FieldType.NUMBER, "Support level", Ticket.level),
            _field("channel", FieldType.TEXT, "Channel", Ticket.channel),
            _field("group", FieldType.GROUP, "Group", Ticket.group_id, lookup=_lookup(Group, Group.name)),
            _field("assignee", FieldType.PERSON, "Assignee", Ticket.assignee_id, lookup=_lookup_person),
            _field("requester", FieldType.PERSON, "Requester", Ticket.requester_id, lookup=_lookup_person),
            _field(
                "organisation",
                FieldType.REFERENCE,
                "Organisation",
                Ticket.organisation_id,
                lookup=_lookup(Organisation, Organisation.name),
            ),
            _field(
                "category", FieldType.REFERENCE, "Category", Ticket.category_id, lookup=_lookup(Category, Category.name)
            ),
            _field("hold.reason", FieldType.TEXT, "On hold because", Ticket.hold_reason),
            _field("created", FieldType.INSTANT, "Created", Ticket.created_at),
            _field("updated", FieldType.INSTANT, "Updated", Ticket.updated_at),
            _field("resolved", FieldType.INSTANT, "Resolved", Ticket.resolved_at),
            _field("due", FieldType.INSTANT, "Due", Ticket.due_at),
            _field("reopenings", FieldType.NUMBER, "Reopenings", Ticket.reopenings),
            _field("reassignments", FieldType.NUMBER, "Reassignments", Ticket.reassignments),
        ],
        full_text=FullText(condition=_holds_words, predicate=_record_holds_words),
    )


def _field(name: str, kind: FieldType, title: str, column: Any, **rest: Any) -> Field:
    return Field(name=name, type=kind, title=title, expression=column, get=_getter(column.key), **rest)


def _getter(attribute: str) -> Callable[[Any], object]:
    return lambda record: getattr(record, attribute)


def _kinds() -> dict[str, str]:
    return {kind: kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket"}


def _states() -> dict[str, str]:
    return {name: str(name) for cycle in registry().lifecycles.values() for name in cycle.states}


def _lookup(table: Any, column: Any) -> Callable[[str], list[int]]:
    return lambda name: list(session.scalars(select(table.id).where(column == name)))


def _lookup_person(name: str) -> list[int]:
    text = name.strip().lower()
    return list(session.scalars(select(Person.id).where((Person.email == text) | (Person.name_key == text)).limit(50)))


def _holds_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return search.matching("ticket", " ".join(terms), Ticket.id)


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.title} {record.description} {record.resolution}".lower()
    return all(term.lower() in words for term in terms)


def parse_instant(field: str, text: str) -> datetime:
    """An instant in RFC 3339 form; raises `Invalid` that names the field."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Invalid.field(field, _("Write day and time like 2026-11-21T14:00:00+01:00.")) from error
    if instant.tzinfo is None:
        raise Invalid.field(field, _("Day and time need a zone, like 2026-11-21T14:00:00+01:00."))
    return instant
