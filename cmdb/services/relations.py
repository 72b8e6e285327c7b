"""Relating configuration items."""

from typing import Any

from sqlalchemy import select

from cmdb.models import Ci, Relation, RelationType
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import require
from itsm.kernel.text import _


def relate(actor: Actor, *, source_id: int, target_id: int, type_key: str, origin: str = "hand") -> Relation:
    """Say that `source` stands in a relation to `target`; an existing one is only seen again."""
    require(actor, "cmdb.edit")
    if session.get(RelationType, type_key) is None:
        raise Invalid.field("type", _("There is no relation “%(name)s”.", name=type_key[:60]))
    if source_id == target_id:
        raise Invalid.field("target", _("A CI cannot be related to itself."))
    known = _find(source_id, target_id, type_key)
    if known is not None:
        known.last_seen_at = clock.now()
        session.flush()
        return known
    source, target = _end("source", source_id), _end("target", target_id)
    now = clock.now()
    row = Relation(
        source_id=source_id, target_id=target_id, type_key=type_key, origin=origin, first_seen_at=now, last_seen_at=now
    )
    session.add(row)
    session.flush()
    _record(actor, source, target, type_key, gone=False)
    return row


def _find(source_id: int, target_id: int, type_key: str) -> Relation | None:
    return session.scalars(
        select(Relation).where(
            Relation.source_id == source_id, Relation.target_id == target_id, Relation.type_key == type_key
        )
    ).first()


def _end(field: str, ci_id: int) -> Ci:
    ci = session.get(Ci, ci_id)
    if ci is None:
        raise Invalid.field(field, _("There is no such CI."))
    return ci


def unrelate(actor: Actor, relation: Relation) -> None:
    """Remove a relation."""
    require(actor, "cmdb.edit")
    source, target = _end("source", relation.source_id), _end("target", relation.target_id)
    session.delete(relation)
    session.flush()
    _record(actor, source, target, relation.type_key, gone=True)


def _record(actor: Actor, source: Ci, target: Ci, type_key: str, *, gone: bool) -> None:
    action = "ci.unrelated" if gone else "ci.related"
    entries: list[tuple[str, str, int | None, dict[str, Any]]] = []
    for ci, word, other in ((source, "relation", target), (target, "related", source)):
        pair = [other.name, None] if gone else [None, other.name]
        entries.append((action, "ci", ci.id, {f"{word}.{type_key}": pair}))
    audit.record_many(actor, entries)
