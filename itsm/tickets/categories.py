"""Writes to the tree of categories."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Group
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, get, require
from itsm.kernel.text import _
from itsm.tickets.models import Category


def create_category(
    actor: Actor, *, name: str, parent_id: int | None = None, group_id: int | None = None, active: bool = True
) -> Category:
    """Record a category below `parent_id` (or on top); two of the same name cannot stand side by side."""
    require(actor, "categories.edit")
    _check_references({"parent_id": parent_id, "group_id": group_id})
    _check_free_name(name.strip(), parent_id, ignore_id=0)
    row = Category(name=name.strip(), parent_id=parent_id, group_id=group_id, active=active)
    session.add(row)
    session.flush()
    row.path = f"{_path_of(parent_id)}{row.id}/"
    session.flush()
    audit.record(
        actor,
        "category.created",
        subject_kind="category",
        subject_id=row.id,
        changes={"name": [None, row.name], "parent_id": [None, parent_id], "group_id": [None, group_id]},
    )
    return row


def edit_category(actor: Actor, category_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Category:
    """Rename, move, route or withdraw a category; everything below it moves along."""
    require(actor, "categories.edit")
    row = get(Category, category_id)
    check_version(row, version)
    _check_references(changes)
    parent_id = changes.get("parent_id", row.parent_id)
    _check_free_name(str(changes.get("name", row.name)).strip(), parent_id, ignore_id=row.id)
    if parent_id != row.parent_id:
        _move(row, parent_id)
    apply_changes(actor, row, changes, kind="category")
    return row


def _move(row: Category, parent_id: int | None) -> None:
    above = _path_of(parent_id)
    if above.startswith(row.path):
        raise Invalid.field("parent_id", _("A category cannot lie below itself."))
    old, new = row.path, f"{above}{row.id}/"
    for below in session.scalars(select(Category).where(Category.path.startswith(old))):
        below.path = new + below.path[len(old) :]


def _path_of(category_id: int | None) -> str:
    return get(Category, category_id).path if category_id else "/"


def _check_references(facts: Mapping[str, Any]) -> None:
    for name, table in (("parent_id", Category), ("group_id", Group)):
        if facts.get(name) and session.get(table, facts[name]) is None:
            raise Invalid.field(name, _("There is no such record. Choose one of the list."))


def _check_free_name(name: str, parent_id: int | None, *, ignore_id: int) -> None:
    beside = Category.parent_id.is_(None) if parent_id is None else Category.parent_id == parent_id
    if session.scalar(select(Category.id).where(Category.name == name, beside, Category.id != ignore_id)):
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name))
