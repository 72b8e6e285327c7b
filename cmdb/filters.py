"""The fields that the query language knows of configuration items."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement

from cmdb import policy
from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci
from itsm.identity.filters import lookup_person
from itsm.identity.models import Group, Organisation, Site
from itsm.kernel.actor import Actor
from itsm.query.fields import FieldSet, FieldType, FullText
from itsm.query.filters import column_field, conditions_of, ids_where
from itsm.search import queries as search


def conditions(actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """What a filter text asks of CIs; raises `Invalid` for the field `q` that points at the place."""
    return conditions_of(actor, text, ci_fields() if policy.can_read_all(actor) else requester_fields())


@cache
def requester_fields() -> FieldSet:
    """The fields of CIs that look up no people, groups or places, so that they tell nobody which there are."""
    fields = ci_fields()
    return FieldSet([field for field in fields if field.lookup is None], full_text=fields.full_text)


@cache
def ci_fields() -> FieldSet:
    """The fields of configuration items."""
    states = {name: str(name) for name in LIFECYCLE.states}
    return FieldSet(
        [
            column_field("name", FieldType.TEXT, "Name", Ci.name),
            column_field("class", FieldType.TEXT, "Class", Ci.class_key),
            column_field("state", FieldType.CHOICE, "State", Ci.state, choices=states),
            column_field("serial", FieldType.TEXT, "Serial number", Ci.serial),
            column_field("criticality", FieldType.NUMBER, "Criticality", Ci.criticality),
            column_field("origin", FieldType.TEXT, "Origin", Ci.origin),
            column_field("owner", FieldType.PERSON, "Owner", Ci.owner_id, lookup=lookup_person),
            column_field("group", FieldType.GROUP, "Managed by", Ci.group_id, lookup=ids_where(Group.name)),
            column_field("site", FieldType.REFERENCE, "Site", Ci.site_id, lookup=ids_where(Site.name)),
            column_field(
                "organisation",
                FieldType.REFERENCE,
                "Organisation",
                Ci.organisation_id,
                lookup=ids_where(Organisation.name),
            ),
            column_field("created", FieldType.INSTANT, "Created", Ci.created_at),
            column_field("updated", FieldType.INSTANT, "Updated", Ci.updated_at),
            column_field("seen", FieldType.INSTANT, "Last seen", Ci.last_seen_at),
        ],
        full_text=FullText(condition=_holds_words, predicate=_record_holds_words),
    )


def _holds_words(terms: tuple[str, ...]) -> ColumnElement[bool]:
    return search.matching("ci", " ".join(terms), Ci.id)


def _record_holds_words(record: Any, terms: tuple[str, ...]) -> bool:
    words = f"{record.name} {record.serial}".lower()
    return all(term.lower() in words for term in terms)
