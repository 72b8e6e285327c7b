"""The fields that the query language knows of tickets, and the condition that a filter text stands for."""

from collections.abc import Collection, Hashable
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement

from itsm.fields.definition import Definition
from itsm.fields.filters import fields_of
from itsm.fields.held import definitions, held
from itsm.identity.filters import group_field, organisation_field, person_field
from itsm.kernel import lifecycles, preferences
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.lifecycle import Category as StateCategory
from itsm.kernel.module import registry
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of, ids_below, ids_where, key_of, names_by_id, names_like
from itsm.query.moments import duration_field, parts_of
from itsm.search import queries as search
from itsm.tickets import policy, related
from itsm.tickets.models import Category, Ticket
from itsm.tickets.queries.categories import category_titles

FIELDS_STAMP = "tickets.fields"  # the setting that a module renews when its `ticket_fields` become others
KEPT_SETS = 128  # sets of fields held for as many actors
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
    return conditions_of(actor, text, fields_for(actor))


def fields_for(actor: Actor) -> FieldSet:
    """The fields that an actor may ask for."""
    return ticket_fields(actor) if policy.is_staff(actor) else requester_fields(actor)


def requester_fields(actor: Actor) -> FieldSet:
    """Of the fields of tickets, those whose values the requester's side is shown; they find no people and no groups."""
    return _requester_fields(_version(), actor)


def ticket_fields(actor: Actor = SYSTEM) -> FieldSet:
    """The fields of tickets of any kind, of what they are related with, of other modules and of the site's own."""
    return _ticket_fields(_version(), actor)


def _version() -> Hashable:
    """What changes when an administrator changes fields, life cycles or what fields of other modules are made of."""
    return held(), lifecycles.in_force(), preferences.get(FIELDS_STAMP, "")


def _own_definitions() -> list[Definition]:
    return [one for kind in _kinds() for one in definitions(kind)]


@lru_cache(maxsize=KEPT_SETS)
def _requester_fields(version: Hashable, actor: Actor) -> FieldSet:
    del version
    told = [one for one in _own_definitions() if one.shown_to(staff=False) and one.type != "person"]
    own = [field for field in _columns(actor) if field.name in SHOWN_TO_REQUESTERS]
    return FieldSet([*own, related.journal_field(actor), *fields_of(told, Ticket.id)], full_text=_full_text(actor))


@lru_cache(maxsize=KEPT_SETS)
def _ticket_fields(version: Hashable, actor: Actor) -> FieldSet:
    del version
    columns = _columns(actor)
    modules = [field for fields in registry().ticket_fields for field in fields(actor)]
    custom = fields_of(_own_definitions(), Ticket.id)
    return FieldSet([*columns, *related.fields_for(actor, columns), *modules, *custom], full_text=_full_text(actor))


def _columns(actor: Actor) -> list[Field]:
    categories = {stage.value: stage.value for stage in StateCategory}
    tree: dict[str, Any] = {
        "lookup": ids_where(Category.name),
        "below": ids_below(Category.name),
        "suggest": names_like(Category.name),
    }
    tree |= {"named": _full_names, "exact": key_of}
    created = column_field("created", FieldType.INSTANT, _("Created"), Ticket.created_at)
    resolved = column_field("resolved", FieldType.INSTANT, _("Resolved"), Ticket.resolved_at)
    return [
        column_field("kind", FieldType.CHOICE, _("Kind"), Ticket.kind, choices=_kinds()),
        column_field("title", FieldType.TEXT, _("Title"), Ticket.title),
        column_field("state", FieldType.CHOICE, _("State"), Ticket.state, choices=state_titles()),
        column_field("state.category", FieldType.CHOICE, _("State category"), Ticket.state_category, choices=categories),
        column_field("priority", FieldType.NUMBER, _("Priority"), Ticket.priority),
        column_field("impact", FieldType.NUMBER, _("Impact"), Ticket.impact),
        column_field("urgency", FieldType.NUMBER, _("Urgency"), Ticket.urgency),
        column_field("level", FieldType.NUMBER, _("Support level"), Ticket.level),
        column_field("channel", FieldType.TEXT, _("Channel"), Ticket.channel),
        group_field(Ticket.group_id),
        person_field("assignee", _("Assignee"), Ticket.assignee_id, actor),
        person_field("requester", _("Requester"), Ticket.requester_id, actor),
        organisation_field(Ticket.organisation_id),
        column_field("category", FieldType.REFERENCE, _("Category"), Ticket.category_id, **tree),
        column_field("hold.reason", FieldType.TEXT, _("On hold because"), Ticket.hold_reason),
        created,
        column_field("updated", FieldType.INSTANT, _("Updated"), Ticket.updated_at),
        column_field("responded", FieldType.INSTANT, _("First response"), Ticket.responded_at),
        resolved,
        column_field("closed", FieldType.INSTANT, _("Closed"), Ticket.closed_at),
        column_field("due", FieldType.INSTANT, _("Due"), Ticket.due_at),
        column_field("reopenings", FieldType.NUMBER, _("Reopenings"), Ticket.reopenings),
        column_field("reassignments", FieldType.NUMBER, _("Reassignments"), Ticket.reassignments),
        duration_field("response.time", _("Time to first response"), Ticket.created_at, Ticket.responded_at),
        duration_field("resolution.time", _("Time to resolution"), Ticket.created_at, Ticket.resolved_at),
        *parts_of(created, actor.timezone),
        *parts_of(resolved, actor.timezone),
    ]  # fmt: skip


def _full_names(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Categories by their full names, for those of one name may lie below different ones; queries write them as ever."""
    titles = category_titles()
    return {key: (titles.get(key, name), asked) for key, (name, asked) in names_by_id(Category.name)(ids).items()}


def _kinds() -> dict[str, Message]:
    known = Ticket.__mapper__.polymorphic_map.items()
    return {kind: mapper.class_.title_of_kind or kind for kind, mapper in known if kind != "ticket"}


def state_titles() -> dict[str, Message]:
    """What the states of all kinds of tickets are called."""
    return {name: state.title for cycle in lifecycles.in_force() for name, state in cycle.states.items()}


def _full_text(actor: Actor) -> FullText:
    return FullText(condition=partial(_holds_words, actor), predicate=_record_holds_words)


def _holds_words(actor: Actor, terms: tuple[str, ...]) -> ColumnElement[bool]:
    return search.matching("ticket", " ".join(terms), Ticket.id, readable=policy.visible(actor))


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
