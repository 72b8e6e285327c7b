"""The fields that the query language knows of people."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from itsm.identity.models import Organisation, Person, Site
from itsm.identity.queries import matches
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.query.fields import FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of, ids_where


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of people; raises `Invalid` that points at the place. Rights are added by the query."""
    return conditions_of(actor, text, person_fields())


@cache
def person_fields() -> FieldSet:
    """The fields of people."""
    return FieldSet(
        [
            column_field("name", FieldType.TEXT, "Name", Person.name),
            column_field("email", FieldType.TEXT, "E-mail address", Person.email),
            column_field("phone", FieldType.TEXT, "Phone", Person.phone),
            column_field("title", FieldType.TEXT, "Job title", Person.title),
            column_field("active", FieldType.BOOLEAN, "Active", Person.active),
            column_field("vip", FieldType.BOOLEAN, "VIP", Person.vip),
            column_field(
                "organisation",
                FieldType.REFERENCE,
                "Organisation",
                Person.organisation_id,
                lookup=ids_where(Organisation.name),
            ),
            column_field("site", FieldType.REFERENCE, "Site", Person.site_id, lookup=ids_where(Site.name)),
            column_field("created", FieldType.INSTANT, "Created", Person.created_at),
            column_field("updated", FieldType.INSTANT, "Updated", Person.updated_at),
        ],
        full_text=FullText(condition=_hold_words, predicate=_record_holds_words),
    )


def lookup_person(name: str) -> list[int]:
    """Ids of the people with this address or name, for fields that hold a person; at most 50."""
    text = name.strip().lower()
    return list(session.scalars(select(Person.id).where((Person.email == text) | (Person.name_key == text)).limit(50)))


def _hold_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return and_(*(matches(term) for term in terms))


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    name, email, phone = record.name_key, record.email or "", record.phone
    return all(term in name or email.startswith(term) or term in phone for term in (each.lower() for each in terms))
