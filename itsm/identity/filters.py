"""The fields that the query language knows of people, and fields of other records that hold people, groups and places."""

from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from itsm.identity.models import Group, Organisation, Person, Site
from itsm.identity.queries import find_people, matches
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of, ids_below, ids_where, key_of, names_by_id, names_like

GROUP = _("Group")


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of people; raises `Invalid` that points at the place. Rights are added by the query."""
    return conditions_of(actor, text, fields_for(actor))


def fields_for(actor: Actor) -> FieldSet:
    """The fields of people; who may not read all people looks up no organisations and no sites."""
    return person_fields() if actor.has("people.read") else _narrow_fields()


@lru_cache
def _narrow_fields() -> FieldSet:
    fields = person_fields()
    return FieldSet([field for field in fields if field.lookup is None], full_text=fields.full_text)


@lru_cache
def person_fields() -> FieldSet:
    """All fields of people."""
    return FieldSet(
        [
            column_field("name", FieldType.TEXT, _("Name"), Person.name),
            column_field("email", FieldType.TEXT, _("E-mail address"), Person.email),
            column_field("phone", FieldType.TEXT, _("Phone"), Person.phone),
            column_field("title", FieldType.TEXT, _("Job title"), Person.title),
            column_field("active", FieldType.BOOLEAN, _("Active"), Person.active),
            column_field("vip", FieldType.BOOLEAN, _("VIP"), Person.vip),
            organisation_field(Person.organisation_id),
            site_field(Person.site_id),
            column_field("created", FieldType.INSTANT, _("Created"), Person.created_at),
            column_field("updated", FieldType.INSTANT, _("Updated"), Person.updated_at),
        ],
        full_text=FullText(condition=_hold_words, predicate=_record_holds_words),
    )


def person_field(name: str, title: Message, column: Any, actor: Actor = SYSTEM) -> Field:
    """A column that holds a person: by address or by name."""
    told = {"named": people_by_id, "exact": key_of}
    return column_field(
        name, FieldType.PERSON, title, column, lookup=lookup_person, suggest=suggest_people(actor), **told
    )


def group_field(column: Any, title: Message = GROUP) -> Field:
    """The column `group` that holds a support group."""
    named = {"lookup": ids_where(Group.name), "suggest": names_like(Group.name), **_told(Group.name)}
    return column_field("group", FieldType.GROUP, title, column, **named)


def organisation_field(column: Any) -> Field:
    """The column `organisation` that holds an organisation of the tree."""
    named = {"lookup": ids_where(Organisation.name), "below": ids_below(Organisation.name), **_told(Organisation.name)}
    title, suggest = _("Organisation"), names_like(Organisation.name)
    return column_field("organisation", FieldType.REFERENCE, title, column, suggest=suggest, **named)


def site_field(column: Any) -> Field:
    """The column `site` that holds a site."""
    named = {"lookup": ids_where(Site.name), "suggest": names_like(Site.name), **_told(Site.name)}
    return column_field("site", FieldType.REFERENCE, _("Site"), column, **named)


def _told(column: Any) -> dict[str, Any]:
    return {"named": names_by_id(column), "exact": key_of}


def people_by_id(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """People by id: name, and how each is written in a query: by address, or `#id` for who has none."""
    rows = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(ids)))
    return {key: (name, email or f"#{key}") for key, name, email in rows}


def suggest_people(actor: Actor) -> Any:
    """Offers the people whom an actor may know, by address where they have one."""
    return partial(_people_like, actor)


def _people_like(actor: Actor, typed: str) -> Sequence[tuple[str, str]]:
    return [(person.email or person.name, person.name) for person in find_people(actor, typed)]


def lookup_person(name: str) -> list[int]:
    """Ids of the people with this address or name, for fields that hold a person; at most 50."""
    text = name.strip().lower()
    return list(session.scalars(select(Person.id).where((Person.email == text) | (Person.name_key == text)).limit(50)))


def _hold_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return and_(*(matches(term) for term in terms))


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    name, email, phone = record.name_key, record.email or "", record.phone
    return all(term in name or email.startswith(term) or term in phone for term in (each.lower() for each in terms))
