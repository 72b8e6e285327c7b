"""Checking the values of a record and keeping their index; the record's own service sets the column `custom`.

Rule: F1, F3.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from itsm.fields.definition import PREFIX, Definition
from itsm.fields.held import definitions
from itsm.fields.kinds import Draft
from itsm.fields.layout import asked, in_scope, is_staff, kind_of, with_values
from itsm.fields.models import FieldValue
from itsm.fields.types import TYPES, Unfit, checked, is_blank
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _


class ValueField(fields.Field[Any]):
    """One user-defined field in a schema."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(allow_none=True, metadata={"description": str(definition.title)})
        self.definition = definition

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Any:
        del attr, data, rest
        try:
            return checked(self.definition, value)
        except Unfit as error:
            raise ValidationError(str(error.message)) from error


def schema_of(known: Iterable[Definition]) -> Schema:
    """The schema of these fields' values; an unknown key is refused."""
    schema: type[Schema] = type("CustomValues", (Schema,), {one.key: ValueField(one) for one in known})
    return schema(unknown=RAISE)


def checked_values(
    actor: Actor, kind_name: str, draft: Draft, given: Mapping[str, Any], *, whole: bool
) -> dict[str, Any]:
    """All values of a record after `given` was filled in over those of the draft.

    `whole` says that the form was given as a whole, so that everything it requires must be there; otherwise only what is
    given is checked. Raises `Invalid` that names every faulty field as `custom.<key>`. None and blank texts clear a field.
    """
    kind = kind_of(kind_name)
    if kind is None:
        _refuse({name: _("There is no such field.") for name in given})
        return dict(draft.custom)
    staff = is_staff(actor, kind)
    known = [one for one in in_scope(definitions(kind_name), draft.scope_ids) if one.filled_by(staff=staff)]
    values = {**draft.custom, **_loaded(known, given)}
    values = {key: value for key, value in values.items() if value is not None}
    found = {one.definition.key: one.required for one in asked(actor, kind, with_values(draft, values))}
    _refuse({key: _("This field is not asked for here.") for key in given if key not in found and key in values})
    wanted = found if whole else {key: found[key] for key in given if key in found}
    _refuse({key: _("This is needed.") for key, required in wanted.items() if required and key not in values})
    return values


def _loaded(known: Iterable[Definition], given: Mapping[str, Any]) -> dict[str, Any]:
    by_key = {one.key: one for one in known}
    _refuse({key: _("There is no field “%(name)s” here.", name=str(key)[:60]) for key in given if key not in by_key})
    try:
        loaded: dict[str, Any] = schema_of(by_key[key] for key in given).load(dict(given))
    except ValidationError as error:
        messages: Any = error.messages
        _refuse({key: texts[0] for key, texts in messages.items()})
        raise
    return loaded


def _refuse(faults: Mapping[str, Message]) -> None:
    if faults:
        raise Invalid(
            next(iter(faults.values())), errors={f"{PREFIX}{str(key)[:60]}": [text] for key, text in faults.items()}
        )


def keep(kind: str, record_id: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Bring the index of a record's values from `before` to `after`; raises `Invalid` for a value that must be unique.

    One statement to remove and one to add, and none where nothing is indexed.
    """
    known = [one for one in definitions(kind) if before.get(one.key) != after.get(one.key)]
    gone = [one.id for one in known if not is_blank(before.get(one.key))]
    if gone:
        session.execute(delete(FieldValue).where(FieldValue.record_id == record_id, FieldValue.field_id.in_(gone)))
    rows = [row for one in known if one.key in after for row in index_rows(one, record_id, after[one.key])]
    if rows:
        _refuse_taken([one for one in known if one.unique], rows)
        _insert(known, rows)


def index_anew(kind: str, record_id: int, values: Mapping[str, Any]) -> None:
    """Write the index of a record whose values were set back as they were."""
    ids = [one.id for one in definitions(kind)]
    if ids:
        session.execute(delete(FieldValue).where(FieldValue.record_id == record_id, FieldValue.field_id.in_(ids)))
        keep(kind, record_id, {}, values)


def index_rows(definition: Definition, record_id: int, value: Any) -> list[dict[str, Any]]:
    """The index rows of one value."""
    rows = []
    for column, found in TYPES[definition.type].index(value):
        row = {"field_id": definition.id, "record_id": record_id, "text": None, "number": None, "at": None}
        rows.append(row | {column: found, "unique_key": _unique_key(definition, found)})
    return rows


def _unique_key(definition: Definition, value: Any) -> str | None:
    if not definition.unique:
        return None
    return hashlib.sha256(f"{definition.id}|{value}".encode()).hexdigest()


def _refuse_taken(unique: Iterable[Definition], rows: list[dict[str, Any]]) -> None:
    keys = [row["unique_key"] for row in rows if row["unique_key"]]
    if not keys:
        return
    taken = set(session.scalars(select(FieldValue.field_id).where(FieldValue.unique_key.in_(keys))))
    _refuse({one.key: _("Another record has this value already.") for one in unique if one.id in taken})


def _insert(known: Iterable[Definition], rows: list[dict[str, Any]]) -> None:
    if not any(row["unique_key"] for row in rows):
        session.execute(insert(FieldValue), rows)
        return
    try:
        with session.begin_nested():
            session.execute(insert(FieldValue), rows)
    except IntegrityError:  # somebody wrote the same value at the same moment
        _refuse({one.key: _("Another record has this value already.") for one in known if one.unique})
        raise


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What changed, as journals hold it: `custom.<key>` → [before, after]."""
    keys = sorted(before.keys() | after.keys())
    return {f"{PREFIX}{key}": [before.get(key), after.get(key)] for key in keys if before.get(key) != after.get(key)}
