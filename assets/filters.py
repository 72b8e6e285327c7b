"""The fields that the query language knows of assets, and the condition that a filter text stands for."""

from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement

from assets import policy, queries
from assets.kinds import KINDS
from assets.lifecycle import LIFECYCLE
from assets.models import Asset
from itsm.identity.filters import organisation_field, person_field, site_field
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.text import _
from itsm.query.fields import FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of

KEPT_SETS = 128  # sets of fields held for as many actors


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of assets; raises `Invalid` that points at the place. Rights are added by the query."""
    return conditions_of(actor, text, fields_for(actor))


def fields_for(actor: Actor) -> FieldSet:
    """The fields of assets that an actor may ask for; who reads only the own ones looks up no people and no places."""
    return asset_fields(actor) if actor.has("assets.read") else _own_fields(actor)


@lru_cache(maxsize=KEPT_SETS)
def _own_fields(actor: Actor) -> FieldSet:
    return FieldSet([field for field in asset_fields() if field.lookup is None], full_text=_full_text(actor))


@lru_cache(maxsize=KEPT_SETS)
def asset_fields(actor: Actor = SYSTEM) -> FieldSet:
    """The fields of assets; people are offered as far as the actor may know them."""
    states = {name: state.title for name, state in LIFECYCLE.states.items()}
    return FieldSet(
        [
            column_field("tag", FieldType.TEXT, _("Tag"), Asset.tag),
            column_field("name", FieldType.TEXT, _("Name"), Asset.name),
            column_field("kind", FieldType.CHOICE, _("Kind"), Asset.kind, choices=KINDS),
            column_field("state", FieldType.CHOICE, _("State"), Asset.state, choices=states),
            column_field("stock", FieldType.TEXT, _("Stock"), Asset.stock_state),
            column_field("model", FieldType.TEXT, _("Model"), Asset.model),
            column_field("manufacturer", FieldType.TEXT, _("Manufacturer"), Asset.manufacturer),
            column_field("serial", FieldType.TEXT, _("Serial number"), Asset.serial),
            column_field("supplier", FieldType.TEXT, _("Supplier"), Asset.supplier),
            column_field("order", FieldType.TEXT, _("Order number"), Asset.order_number),
            person_field("owner", _("User"), Asset.owner_id, actor),
            site_field(Asset.site_id),
            organisation_field(Asset.organisation_id),
            column_field("purchased", FieldType.DAY, _("Purchased"), Asset.purchased_on),
            column_field("warranty", FieldType.DAY, _("Warranty until"), Asset.warranty_until),
            column_field("price", FieldType.NUMBER, _("Price"), Asset.price_minor),
            column_field("currency", FieldType.TEXT, _("Currency"), Asset.currency),
            column_field("created", FieldType.INSTANT, _("Created"), Asset.created_at),
            column_field("updated", FieldType.INSTANT, _("Updated"), Asset.updated_at),
        ],
        full_text=_full_text(actor),
    )  # fmt: skip


def _full_text(actor: Actor) -> FullText:
    return FullText(condition=partial(_holds_words, actor), predicate=_record_holds_words)


def _holds_words(actor: Actor, terms: tuple[str, ...]) -> ColumnElement[bool]:
    return queries.matching(" ".join(terms), readable=policy.visible(actor))


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.tag} {record.name} {record.model} {record.serial} {record.notes}".lower()
    return all(term.lower() in words for term in terms)
