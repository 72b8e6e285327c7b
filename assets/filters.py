"""The fields that the query language knows of assets, and the condition that a filter text stands for."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement

from assets.kinds import KINDS
from assets.lifecycle import LIFECYCLE
from assets.models import Asset
from itsm.identity.filters import lookup_person
from itsm.identity.models import Organisation, Site
from itsm.kernel.actor import Actor
from itsm.query.fields import FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of, ids_where
from itsm.search import queries as search


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of assets; raises `Invalid` that points at the place. Rights are added by the query."""
    return conditions_of(actor, text, asset_fields())


@cache
def asset_fields() -> FieldSet:
    """The fields of assets."""
    return FieldSet(
        [
            column_field("tag", FieldType.TEXT, "Tag", Asset.tag),
            column_field("name", FieldType.TEXT, "Name", Asset.name),
            column_field("kind", FieldType.CHOICE, "Kind", Asset.kind, choices={name: name for name in KINDS}),
            column_field("state", FieldType.CHOICE, "State", Asset.state, choices={name: name for name in LIFECYCLE.states}),
            column_field("stock", FieldType.TEXT, "Stock", Asset.stock_state),
            column_field("model", FieldType.TEXT, "Model", Asset.model),
            column_field("manufacturer", FieldType.TEXT, "Manufacturer", Asset.manufacturer),
            column_field("serial", FieldType.TEXT, "Serial number", Asset.serial),
            column_field("supplier", FieldType.TEXT, "Supplier", Asset.supplier),
            column_field("order", FieldType.TEXT, "Order number", Asset.order_number),
            column_field("owner", FieldType.PERSON, "User", Asset.owner_id, lookup=lookup_person),
            column_field("site", FieldType.REFERENCE, "Site", Asset.site_id, lookup=ids_where(Site.name)),
            column_field(
                "organisation",
                FieldType.REFERENCE,
                "Organisation",
                Asset.organisation_id,
                lookup=ids_where(Organisation.name),
            ),
            column_field("purchased", FieldType.DAY, "Purchased", Asset.purchased_on),
            column_field("warranty", FieldType.DAY, "Warranty until", Asset.warranty_until),
            column_field("created", FieldType.INSTANT, "Created", Asset.created_at),
            column_field("updated", FieldType.INSTANT, "Updated", Asset.updated_at),
        ],
        full_text=FullText(condition=_holds_words, predicate=_record_holds_words),
    )  # fmt: skip


def _holds_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return search.matching("asset", " ".join(terms), Asset.id)


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.tag} {record.name} {record.model} {record.serial} {record.notes}".lower()
    return all(term.lower() in words for term in terms)
