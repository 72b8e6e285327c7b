"""The fields that the query language knows of tickets, and the condition that a filter text stands for."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement

from itsm.identity.filters import lookup_person
from itsm.identity.models import Group, Organisation
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.lifecycle import Category as StateCategory
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.query.fields import FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of, ids_where
from itsm.search import queries as search
from itsm.tickets import policy
from itsm.tickets.models import Category, Ticket

SHOWN_TO_REQUESTERS = frozenset(
    [
        "kind",
        "title",
        "state",
        "state.category",
        "priority",
        "impact",
        "urgency",
        "channel",
        "category",
        "hold.reason",
        "created",
        "updated",
        "resolved",
        "due",
    ]
)


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of tickets; raises `Invalid` that points at the place. Rights are added by the query."""
    fields = ticket_fields() if policy.is_staff(actor) else requester_fields()
    return conditions_of(actor, text, fields)


@cache
def requester_fields() -> FieldSet:
    """Of the fields of tickets, those whose values the requester's side is shown; they find no people and no groups."""
    fields = ticket_fields()
    shown = [field for field in fields if field.name in SHOWN_TO_REQUESTERS]
    return FieldSet(shown, full_text=fields.full_text)


@cache
def ticket_fields() -> FieldSet:
    """The fields of tickets of any kind."""
    return FieldSet(
        [
            column_field("kind", FieldType.CHOICE, "Kind", Ticket.kind, choices=_kinds()),
            column_field("title", FieldType.TEXT, "Title", Ticket.title),
            column_field("state", FieldType.CHOICE, "State", Ticket.state, choices=_states()),
            column_field(
                "state.category",
                FieldType.CHOICE,
                "State category",
                Ticket.state_category,
                choices={each.value: each.value for each in StateCategory},
            ),
            column_field("priority", FieldType.NUMBER, "Priority", Ticket.priority),
            column_field("impact", FieldType.NUMBER, "Impact", Ticket.impact),
            column_field("urgency", FieldType.NUMBER, "Urgency", Ticket.urgency),
            column_field("level", FieldType.NUMBER, "Support level", Ticket.level),
            column_field("channel", FieldType.TEXT, "Channel", Ticket.channel),
            column_field("group", FieldType.GROUP, "Group", Ticket.group_id, lookup=ids_where(Group.name)),
            column_field("assignee", FieldType.PERSON, "Assignee", Ticket.assignee_id, lookup=lookup_person),
            column_field("requester", FieldType.PERSON, "Requester", Ticket.requester_id, lookup=lookup_person),
            column_field(
                "organisation",
                FieldType.REFERENCE,
                "Organisation",
                Ticket.organisation_id,
                lookup=ids_where(Organisation.name),
            ),
            column_field(
                "category", FieldType.REFERENCE, "Category", Ticket.category_id, lookup=ids_where(Category.name)
            ),
            column_field("hold.reason", FieldType.TEXT, "On hold because", Ticket.hold_reason),
            column_field("created", FieldType.INSTANT, "Created", Ticket.created_at),
            column_field("updated", FieldType.INSTANT, "Updated", Ticket.updated_at),
            column_field("resolved", FieldType.INSTANT, "Resolved", Ticket.resolved_at),
            column_field("due", FieldType.INSTANT, "Due", Ticket.due_at),
            column_field("reopenings", FieldType.NUMBER, "Reopenings", Ticket.reopenings),
            column_field("reassignments", FieldType.NUMBER, "Reassignments", Ticket.reassignments),
        ],
        full_text=FullText(condition=_holds_words, predicate=_record_holds_words),
    )


def _kinds() -> dict[str, str]:
    return {kind: kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket"}


def _states() -> dict[str, str]:
    return {name: str(name) for cycle in registry().lifecycles.values() for name in cycle.states}


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
