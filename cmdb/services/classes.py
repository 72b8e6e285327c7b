"""Writing classes and relation types."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from cmdb.attributes import NAME, checked_definitions
from cmdb.classes import load
from cmdb.data.classes import CLASSES
from cmdb.data.relation_types import RELATION_TYPES
from cmdb.models import CiClass, RelationType
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, require
from itsm.kernel.text import _

CHANGEABLE = frozenset({"title", "icon", "attributes", "abstract", "active", "shown_to_requesters"})


def seed() -> None:
    """Write the classes and relation types that are missing; idempotent, changes nothing that exists."""
    known = {row.key: row for row in session.scalars(select(CiClass))}
    for one in CLASSES:
        if one.key not in known:
            parent = known[one.parent] if one.parent else None
            row = CiClass(
                key=one.key,
                title=one.title,
                parent_id=parent.id if parent else None,
                icon=one.icon,
                attributes=list(one.attributes),
                abstract=one.abstract,
                shown_to_requesters=one.shown_to_requesters,
            )
            session.add(row)
            session.flush()
            known[one.key] = row
    types = set(session.scalars(select(RelationType.key)))
    session.add_all(RelationType(**each._asdict()) for each in RELATION_TYPES if each.key not in types)
    session.flush()


def create_class(actor: Actor, *, key: str, title: str, parent: str, **facts: Any) -> CiClass:
    """Add a class below another; `facts` are `icon`, `attributes`, `abstract` and `shown_to_requesters`."""
    require(actor, "cmdb.edit")
    tree = load()
    if not NAME.fullmatch(key):
        raise Invalid.field("key", _("Use small letters, digits and _ only, and begin with a letter."))
    if key in tree.by_key:
        raise Invalid.field("key", _("“%(name)s” exists already.", name=key))
    if parent not in tree.by_key:
        raise Invalid.field("parent", _("There is no class “%(name)s”.", name=parent[:100]))
    facts["attributes"] = checked_definitions(facts.get("attributes", ()))
    row = CiClass(key=key, title=_checked_title(title), parent_id=tree.by_key[parent].id, **facts)
    session.add(row)
    session.flush()
    audit.record(actor, "ci_class.created", subject_kind="ci_class", subject_id=row.id, changes={"key": [None, key]})
    return row


def edit_class(actor: Actor, row: CiClass, *, version: int | None, changes: Mapping[str, Any]) -> None:
    """Change title, icon, attributes, or whether the class is abstract, active or shown to requesters."""
    require(actor, "cmdb.edit")
    check_version(row, version)
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This field cannot be changed here."))
    values = dict(changes)
    if "attributes" in values:
        values["attributes"] = checked_definitions(values["attributes"])
    if "title" in values:
        values["title"] = _checked_title(values["title"])
    apply_changes(actor, row, values, kind="ci_class")


def _checked_title(title: str) -> str:
    if not title.strip():
        raise Invalid.field("title", _("Give it a title."))
    return title.strip()[:255]
