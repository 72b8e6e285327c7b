"""The fields that the query language knows of configuration items."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, select

from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci
from itsm.identity.models import Group, Organisation, Person, Site
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.query.errors import QueryError
from itsm.query.fields import Field, FieldSet, FieldType, FullText
from itsm.query.parser import parse
from itsm.query.sql import compile_condition
from itsm.search import queries as search
from itsm.tickets.filters import context_of


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of CIs; raises `Invalid` for the field `q` that points at the place."""
    if not text.strip():
        return []
    try:
        return [compile_condition(parse(text), ci_fields(), context_of(actor))]
    except QueryError as error:
        raise Invalid.field(
            "q", _("%(message)s (at character %(place)s)", message=str(error), place=error.position + 1)
        ) from error


@cache
def ci_fields() -> FieldSet:
    """The fields of configuration items."""
    states = {name: str(name) for name in LIFECYCLE.states}
    return FieldSet(
        [
            _field("name", FieldType.TEXT, "Name", Ci.name),
            _field("class", FieldType.TEXT, "Class", Ci.class_key),
            _field("state", FieldType.CHOICE, "State", Ci.state, choices=states),
            _field("serial", FieldType.TEXT, "Serial number", Ci.serial),
            _field("criticality", FieldType.NUMBER, "Criticality", Ci.criticality),
            _field("origin", FieldType.TEXT, "Origin", Ci.origin),
            _field("owner", FieldType.PERSON, "Owner", Ci.owner_id, lookup=_lookup_person),
            _field("group", FieldType.GROUP, "Managed by", Ci.group_id, lookup=_lookup(Group, Group.name)),
            _field("site", FieldType.REFERENCE, "Site", Ci.site_id, lookup=_lookup(Site, Site.name)),
            _field(
                "organisation",
                FieldType.REFERENCE,
                "Organisation",
                Ci.organisation_id,
                lookup=_lookup(Organisation, Organisation.name),
            ),
            _field("created", FieldType.INSTANT, "Created", Ci.created_at),
            _field("updated", FieldType.INSTANT, "Updated", Ci.updated_at),
            _field("seen", FieldType.INSTANT, "Last seen", Ci.last_seen_at),
        ],
        full_text=FullText(condition=_holds_words, predicate=_record_holds_words),
    )


def _field(name: str, kind: FieldType, title: str, column: Any, **rest: Any) -> Field:
    return Field(name=name, type=kind, title=title, expression=column, get=_getter(column.key), **rest)


def _getter(attribute: str) -> Callable[[Any], object]:
    return lambda record: getattr(record, attribute)


def _lookup(table: Any, column: Any) -> Callable[[str], list[int]]:
    return lambda name: list(session.scalars(select(table.id).where(column == name)))


def _lookup_person(name: str) -> list[int]:
    text = name.strip().lower()
    return list(session.scalars(select(Person.id).where((Person.email == text) | (Person.name_key == text)).limit(50)))


def _holds_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return search.matching("ci", " ".join(terms), Ci.id)


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.name} {record.serial}".lower()
    return all(term.lower() in words for term in terms)
