"""The fields that the query language knows of assets, and the condition that a filter text stands for."""

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from assets.kinds import KINDS
from assets.lifecycle import LIFECYCLE
from assets.models import Asset
from itsm.identity.models import Organisation, Person, Site
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
from itsm.search import queries as search


def query_conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of assets; raises `Invalid` that points at the place. Rights are added by the query."""
    if not text.strip():
        return []
    context = Context(
        actor_id=actor.person_id, group_ids=tuple(actor.group_ids), now=clock.now(), zone=ZoneInfo(actor.timezone)
    )
    try:
        return [compile_condition(parse(text), asset_fields(), context)]
    except QueryError as error:
        raise Invalid.field(
            "q", _("%(message)s (at character %(place)s)", message=str(error), place=error.position + 1)
        ) from error


@cache
def asset_fields() -> FieldSet:
    """The fields of assets."""
    return FieldSet(
        [
            _field("tag", FieldType.TEXT, "Tag", Asset.tag),
            _field("name", FieldType.TEXT, "Name", Asset.name),
            _field("kind", FieldType.CHOICE, "Kind", Asset.kind, choices={name: name for name in KINDS}),
            _field("state", FieldType.CHOICE, "State", Asset.state, choices={name: name for name in LIFECYCLE.states}),
            _field("stock", FieldType.TEXT, "Stock", Asset.stock_state),
            _field("model", FieldType.TEXT, "Model", Asset.model),
            _field("manufacturer", FieldType.TEXT, "Manufacturer", Asset.manufacturer),
            _field("serial", FieldType.TEXT, "Serial number", Asset.serial),
            _field("supplier", FieldType.TEXT, "Supplier", Asset.supplier),
            _field("order", FieldType.TEXT, "Order number", Asset.order_number),
            _field("owner", FieldType.PERSON, "User", Asset.owner_id, lookup=_lookup_person),
            _field("site", FieldType.REFERENCE, "Site", Asset.site_id, lookup=_lookup_site),
            _field("organisation", FieldType.REFERENCE, "Organisation", Asset.organisation_id, lookup=_lookup_organisation),
            _field("purchased", FieldType.DAY, "Purchased", Asset.purchased_on),
            _field("warranty", FieldType.DAY, "Warranty until", Asset.warranty_until),
            _field("created", FieldType.INSTANT, "Created", Asset.created_at),
            _field("updated", FieldType.INSTANT, "Updated", Asset.updated_at),
        ],
        full_text=FullText(condition=_holds_words, predicate=_record_holds_words),
    )  # fmt: skip


def _field(name: str, kind: FieldType, title: str, column: Any, **rest: Any) -> Field:
    return Field(name=name, type=kind, title=title, expression=column, get=_getter(column.key), **rest)


def _getter(attribute: str) -> Callable[[Any], object]:
    return lambda record: getattr(record, attribute)


def _lookup_site(name: str) -> list[int]:
    return list(session.scalars(select(Site.id).where(Site.name == name)))


def _lookup_organisation(name: str) -> list[int]:
    return list(session.scalars(select(Organisation.id).where(Organisation.name == name)))


def _lookup_person(name: str) -> list[int]:
    text = name.strip().lower()
    return list(session.scalars(select(Person.id).where((Person.email == text) | (Person.name_key == text)).limit(50)))


def _holds_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return search.matching("asset", " ".join(terms), Asset.id)


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.tag} {record.name} {record.model} {record.serial} {record.notes}".lower()
    return all(term.lower() in words for term in terms)
