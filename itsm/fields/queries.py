"""Every read of definitions for administration, and of names that values stand for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from itsm.fields.definition import Definition
from itsm.fields.models import FieldDefinition, FieldValue
from itsm.identity import queries as identity
from itsm.kernel.db import session


def list_definitions(kind: str | None = None) -> Sequence[FieldDefinition]:
    """All definitions, switched off or not, in the order of forms."""
    statement = select(FieldDefinition)
    if kind is not None:
        statement = statement.where(FieldDefinition.kind == kind)
    order = (FieldDefinition.kind, FieldDefinition.position, FieldDefinition.id)
    return session.scalars(statement.order_by(*order)).all()


def count_records(definition: FieldDefinition) -> int:
    """How many records have a value of a field that can be searched."""
    counted = select(func.count(FieldValue.record_id.distinct())).where(FieldValue.field_id == definition.id)
    return int(session.scalar(counted) or 0)


def same_key(key: str) -> Sequence[FieldDefinition]:
    """Definitions of that key, of any kind."""
    return session.scalars(select(FieldDefinition).where(FieldDefinition.key == key)).all()


def people_in(definitions: Iterable[Definition], many_values: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Names of the people that fields of these records name; one statement, none where no field names a person."""
    keys = [one.key for one in definitions if one.type == "person"]
    ids = {int(values[key]) for values in many_values for key in keys if values.get(key)} if keys else set()
    return identity.person_names(ids) if ids else {}
