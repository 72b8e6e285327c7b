"""The fields that the query language knows of configuration items."""

from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement

from cmdb import classes, policy, queries
from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci
from itsm.identity.filters import group_field, organisation_field, person_field, site_field
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of
from itsm.query.text import fold

KEPT_SETS = 128  # sets of fields held for as many actors


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of CIs; raises `Invalid` for the field `q` that points at the place."""
    return conditions_of(actor, text, fields_for(actor))


def fields_for(actor: Actor) -> FieldSet:
    """The fields of CIs that an actor may ask for; those of others look up no people, groups or places."""
    return ci_fields(actor) if policy.can_read_all(actor) else requester_fields(actor)


@lru_cache(maxsize=KEPT_SETS)
def requester_fields(actor: Actor) -> FieldSet:
    """The fields of CIs that look up no people, groups or places, so that they tell nobody which there are."""
    fields = ci_fields()
    told = [field for field in fields if field.lookup in (None, lookup_class)]
    return FieldSet(told, full_text=_full_text(actor))


@lru_cache(maxsize=KEPT_SETS)
def ci_fields(actor: Actor = SYSTEM) -> FieldSet:
    """The fields of configuration items; people are offered as far as the actor may know them."""
    states = {name: state.title for name, state in LIFECYCLE.states.items()}
    return FieldSet(
        [
            column_field("name", FieldType.TEXT, _("Name"), Ci.name),
            class_field(),
            column_field("state", FieldType.CHOICE, _("State"), Ci.state, choices=states),
            column_field("serial", FieldType.TEXT, _("Serial number"), Ci.serial),
            column_field("criticality", FieldType.NUMBER, _("Criticality"), Ci.criticality),
            column_field("origin", FieldType.TEXT, _("Origin"), Ci.origin),
            person_field("owner", _("Owner"), Ci.owner_id, actor),
            group_field(Ci.group_id, _("Managed by")),
            site_field(Ci.site_id),
            organisation_field(Ci.organisation_id),
            column_field("created", FieldType.INSTANT, _("Created"), Ci.created_at),
            column_field("updated", FieldType.INSTANT, _("Updated"), Ci.updated_at),
            column_field("seen", FieldType.INSTANT, _("Last seen"), Ci.last_seen_at),
        ],
        full_text=_full_text(actor),
    )


def class_field() -> Field:
    """The class of a CI, by key or title; a class means those below it, too."""
    named = {"lookup": lookup_class, "below": lookup_class, "suggest": suggest_classes}
    told = {"named": classes_by_key, "exact": str}
    return column_field("class", FieldType.REFERENCE, _("Class"), Ci.class_key, **named, **told)


def classes_by_key(keys: Collection[str]) -> dict[str, tuple[Message, str]]:
    """Classes by key: title, and how a query asks for this class alone, without those below it."""
    tree = classes.load()
    return {key: (tree.title(key), f"#{key}") for key in keys}


def suggest_classes(typed: str) -> Sequence[tuple[str, Message]]:
    """Offers classes by the beginning of their key or title."""
    wanted = fold(typed)
    rows = classes.load().by_id.values()
    return [
        (row.key, _(row.title))
        for row in rows
        if any(fold(str(name)).startswith(wanted) for name in (row.key, _(row.title)))
    ]


def lookup_class(name: str) -> list[str]:
    """Keys of the class that is called so, by key or title, and of all classes below it."""
    tree = classes.load()
    wanted = fold(name.strip())
    named = [
        row for row in tree.by_id.values() if wanted in (fold(row.key), fold(row.title), fold(str(tree.title(row.key))))
    ]
    return [key for row in named for key in tree.keys_below(row.key)]


def _full_text(actor: Actor) -> FullText:
    return FullText(condition=partial(_holds_words, actor), predicate=_record_holds_words)


def _holds_words(actor: Actor, terms: tuple[str, ...]) -> ColumnElement[bool]:
    return queries.matching(actor, " ".join(terms))


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.name} {record.serial}".lower()
    return all(term.lower() in words for term in terms)
