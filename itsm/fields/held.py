"""Definitions that the process holds, so that no request reads them; a version in the settings says when they are old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import select

from itsm.fields.definition import Definition, definition_of
from itsm.fields.models import FieldDefinition
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.kept import Kept


@dataclass(frozen=True, eq=False)
class Held:
    """All definitions in the order of forms; what is made of them is kept by this object, which no change touches."""

    all: Sequence[Definition] = field(default=())

    @cached_property
    def active(self) -> Mapping[str, Sequence[Definition]]:
        """The definitions in use by kind."""
        kinds = sorted({one.kind for one in self.all})
        return {kind: [one for one in self.all if one.kind == kind and one.active] for kind in kinds}


def _read() -> Held:
    order = (FieldDefinition.kind, FieldDefinition.position, FieldDefinition.id)
    rows = session.scalars(select(FieldDefinition).order_by(*order)).all()
    return Held(tuple(definition_of(row) for row in rows))


_kept = Kept("fields.version", _read, Held())


def held() -> Held:
    """The definitions in force."""
    return _kept.get()


def definitions(kind: str) -> Sequence[Definition]:
    """The fields in use of a kind of record, in the order of its form."""
    return held().active.get(kind, ())


def renew(actor: Actor) -> None:
    """Say that definitions changed: every process reads them again within seconds, this one at once."""
    _kept.renew(actor)
