"""The fields that the query language knows of people."""

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select

from itsm.identity.models import Organisation, Person, Site
from itsm.identity.queries import matches
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType, FullText
from itsm.query.parser import parse
from itsm.query.sql import compile_condition
from itsm.query.values import Context


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of people; raises `Invalid` that points at the place. Rights are added by the query."""
    if not text.strip():
        return []
    context = Context(
        actor_id=actor.person_id, group_ids=tuple(actor.group_ids), now=clock.now(), zone=ZoneInfo(actor.timezone)
    )
    try:
        return [compile_condition(parse(text), person_fields(), context)]
    except QueryError as error:
        raise Invalid.field(
            "q", _("%(message)s (at character %(place)s)", message=str(error), place=error.position + 1)
        ) from error


@cache
def person_fields() -> FieldSet:
    """The fields of people."""
    return FieldSet(
        [
            _field("name", FieldType.TEXT, "Name", Person.name),
            _field("email", FieldType.TEXT, "E-mail address", Person.email),
            _field("phone", FieldType.TEXT, "Phone", Person.phone),
            _field("title", FieldType.TEXT, "Job title", Person.title),
            _field("active", FieldType.BOOLEAN, "Active", Person.active),
            _field("vip", FieldType.BOOLEAN, "VIP", Person.vip),
            _field(
                "organisation", FieldType.REFERENCE, "Organisation", Person.organisation_id, lookup=_ids(Organisation)
            ),
            _field("site", FieldType.REFERENCE, "Site", Person.site_id, lookup=_ids(Site)),
            _field("created", FieldType.INSTANT, "Created", Person.created_at),
            _field("updated", FieldType.INSTANT, "Updated", Person.updated_at),
        ],
        full_text=FullText(condition=_hold_words, predicate=_record_holds_words),
    )


def _field(name: str, kind: FieldType, title: str, column: Any, **rest: Any) -> Field:
    return Field(
        name=name, type=kind, title=title, expression=column, get=lambda record: getattr(record, column.key), **rest
    )


def _ids(table: type[Any]) -> Callable[[str], list[int]]:
    return lambda name: list(session.scalars(select(table.id).where(table.name == name)))


def _hold_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return and_(*(matches(term) for term in terms))


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    name, email, phone = record.name_key, record.email or "", record.phone
    return all(term in name or email.startswith(term) or term in phone for term in (each.lower() for each in terms))
