"""What every service does with rows: get one, check its version, change it and write what changed to the audit log."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select

from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, held, session
from itsm.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from itsm.kernel.text import _

Row = TypeVar("Row", bound=Base)


def require(actor: Actor, permission: str) -> None:
    """Raise `Forbidden` when the actor lacks a permission."""
    if not actor.has(permission):
        raise Forbidden(_("You do not have the right to do this (%(permission)s).", permission=permission))


def get(table: type[Row], row_id: int | None) -> Row:
    """The row with this id; raises `NotFound`."""
    row = session.get(table, row_id) if row_id is not None else None
    if row is None:
        raise NotFound(_("There is no such record, or you may not see it."))
    held(row)
    return row


def locked(table: type[Row], row_id: int | None) -> Row:
    """The row with this id as it is now, held against others until the transaction ends; raises `NotFound`.

    What this transaction changed of it must be flushed before. An edit that checks a version begins with this: of two at
    once the second then sees what the first saved.
    """
    row = session.get(table, row_id, with_for_update=True, populate_existing=True) if row_id is not None else None
    if row is None:
        raise NotFound(_("There is no such record, or you may not see it."))
    return row


def create(actor: Actor, row: Row, *, kind: str) -> Row:
    """Add a row whose name must be free, and record it."""
    name = getattr(row, "name", "")
    if session.scalar(select(type(row)).where(getattr(type(row), "name") == name)):  # noqa: B009 (each has a name)
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name))
    session.add(row)
    session.flush()
    audit.record(
        actor, f"{kind}.created", subject_kind=kind, subject_id=getattr(row, "id", None), changes={"name": [None, name]}
    )
    return row


def check_version(row: Any, version: int | None, *, current: Mapping[str, Any] | None = None) -> None:
    """Raise `Conflict` when a row changed since the version that an edit was based on (None: not checked)."""
    if version is not None and row.version != version:
        raise Conflict(
            _("This was changed meanwhile. Look at the present values and save again."),
            current={"version": row.version, **(current or {})},
        )


def set_changes(row: Any, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the columns that differ and raise the version; answers field → [before, after]. Does not flush."""
    changed = {}
    for name, value in changes.items():
        before = getattr(row, name)
        if before != value:
            changed[name] = [before, value]
            setattr(row, name, value)
    if changed:
        if hasattr(row, "version"):
            row.version += 1
        if hasattr(row, "updated_at"):
            row.updated_at = clock.now()
    return changed


def apply_changes(actor: Actor, row: Any, changes: Mapping[str, Any], *, kind: str) -> dict[str, list[Any]]:
    """Set the columns that differ, and record what changed; answers field → [before, after]."""
    changed = set_changes(row, changes)
    if changed:
        session.flush()
        audit.record(actor, f"{kind}.changed", subject_kind=kind, subject_id=row.id, changes=changed)
    return changed
