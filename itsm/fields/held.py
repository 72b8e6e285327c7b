"""Definitions that the process holds, so that no request reads them; a version in the settings says when they are old."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import select

from itsm.fields.definition import Definition, definition_of
from itsm.fields.models import FieldDefinition
from itsm.kernel import preferences
from itsm.kernel.actor import Actor
from itsm.kernel.db import session

VERSION = "fields.version"
NONE_YET = ""


@dataclass(frozen=True)
class Held:
    """All definitions in the order of forms, as of a version."""

    version: str = NONE_YET
    all: Sequence[Definition] = field(default=())

    @cached_property
    def active(self) -> Mapping[str, Sequence[Definition]]:
        """The definitions in use by kind."""
        kinds = sorted({one.kind for one in self.all})
        return {kind: [one for one in self.all if one.kind == kind and one.active] for kind in kinds}


_held = Held()


def held() -> Held:
    """The definitions in force; read anew when another version is in force."""
    global _held  # noqa: PLW0603 (one set of definitions a process, replaced as a whole)
    if _held.version != preferences.get(VERSION, NONE_YET):
        _held = _read()
    return _held


def _read() -> Held:
    """The version is read beside the rows: a version whose rows are not committed yet is not taken for them."""
    version = session.scalar(select(preferences.Preference.value).where(preferences.Preference.key == VERSION))
    order = (FieldDefinition.kind, FieldDefinition.position, FieldDefinition.id)
    rows = session.scalars(select(FieldDefinition).order_by(*order)).all()
    return Held(version or NONE_YET, tuple(definition_of(row) for row in rows))


def definitions(kind: str) -> Sequence[Definition]:
    """The fields in use of a kind of record, in the order of its form."""
    return held().active.get(kind, ())


def renew(actor: Actor) -> None:
    """Say that definitions changed: every process reads them again within seconds, this one at once."""
    preferences.put(actor, VERSION, secrets.token_hex(8))
