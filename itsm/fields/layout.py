"""Which fields a form asks for as it stands: by scope, by who fills it in, and by conditions on the rest of the form.

The page and the service that keeps values ask the same function, so that they cannot differ. Rule: F2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from itsm.fields.definition import Definition
from itsm.fields.filters import fields_of, holds
from itsm.fields.held import definitions
from itsm.fields.kinds import Draft, FieldedKind
from itsm.fields.models import FieldValue
from itsm.kernel.actor import Actor
from itsm.kernel.module import registry
from itsm.query.errors import QueryError
from itsm.query.fields import FieldSet
from itsm.query.filters import context_of

log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """A field that the form asks for now, and whether an answer is needed."""

    definition: Definition
    required: bool


def kind_of(name: str) -> FieldedKind | None:
    """What a kind of record says of its form; None for kinds that have no fields of the site's own."""
    found: FieldedKind | None = registry().fielded.get(name)
    return found


def is_staff(actor: Actor, kind: FieldedKind) -> bool:
    """Whether the actor sees and fills in fields for staff."""
    return actor.has(kind.staff)


def in_scope(known: Iterable[Definition], scope_ids: Sequence[int]) -> list[Definition]:
    """The fields that apply to a record that lies in these scopes."""
    return [one for one in known if not one.scope_ids or one.scope_ids & set(scope_ids)]


def has_scopes(kind: str) -> bool:
    """Whether some field of a kind is limited, so that a record's scopes are worth reading."""
    return any(one.scope_ids for one in definitions(kind))


def condition_fields(kind: FieldedKind, known: Sequence[Definition]) -> FieldSet:
    """What conditions of a form may ask about: its facts, and the kind's own fields."""
    return FieldSet([*kind.facts(), *fields_of(known, FieldValue.record_id)])


def asked(actor: Actor, kind: FieldedKind, draft: Draft, *, known: Sequence[Definition] | None = None) -> list[Asked]:
    """The fields that the actor is asked for, in order. A field that is not shown counts as empty for those after it.

    `known` are other definitions than those in force, as a preview needs them.
    """
    every = definitions(kind.name) if known is None else known
    staff, custom, found = is_staff(actor, kind), dict(draft.custom), []
    judge = _Judge(actor, condition_fields(kind, every))
    for one in in_scope(every, draft.scope_ids):
        now = replace(draft, custom=custom)
        if one.show_if and not judge.holds(one, one.show_if, now, otherwise=True):
            custom.pop(one.key, None)
        elif one.filled_by(staff=staff):
            required = one.required or (bool(one.require_if) and judge.holds(one, one.require_if, now, otherwise=False))
            found.append(Asked(one, required))
    return found


class _Judge:
    """Decides conditions; one that cannot be read any more hides nothing and requires nothing."""

    def __init__(self, actor: Actor, fields: FieldSet) -> None:
        self._fields, self._context = fields, context_of(actor)

    def holds(self, definition: Definition, text: str, draft: Draft, *, otherwise: bool) -> bool:
        try:
            return holds(text, self._fields, draft, self._context)
        except QueryError as error:
            log.warning("condition of a field cannot be read", field=definition.name, error=str(error))
            return otherwise


def sections(found: Sequence[Asked]) -> Mapping[str, list[Asked]]:
    """Fields by the name of their section, sections in the order of their first field; those without one come first."""
    by_name: dict[str, list[Asked]] = {"": []}
    for one in found:
        by_name.setdefault(one.definition.section_name, []).append(one)
    return {name: members for name, members in by_name.items() if members}


def with_values(draft: Draft, values: Mapping[str, Any]) -> Draft:
    """The draft with other own values."""
    return replace(draft, custom=dict(values))
