"""What people keep for themselves, for a group or for everyone: views of the desk, reports, dashboards.

A row that is kept so has `scope` (`own`, `group`, `all`), `owner_id` and, for a group's, `group_id`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from itsm.identity import queries
from itsm.identity.models import Group
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import get
from itsm.kernel.text import Message, _

SCOPES: dict[str, Message] = {"own": _("Only me"), "group": _("A group"), "all": _("Everyone")}


def kept_for(table: Any, actor: Actor) -> ColumnElement[bool]:
    """Rows that the actor may open: the own ones, those of the own groups, everyone's."""
    own = and_(table.scope == "own", table.owner_id == actor.person_id)
    group = and_(table.scope == "group", table.group_id.in_(actor.group_ids))
    return or_(own, group, table.scope == "all")


@dataclass(frozen=True)
class Sharing:
    """Which rights let people keep something for a group or for everyone; `refusal` is told to who has none."""

    for_group: str
    for_all: str
    refusal: Message

    def may_share(self, actor: Actor, scope: str, group_id: int | None) -> bool:
        """Whether the actor may keep something of this scope: own, of the own groups, everyone's."""
        if scope == "own":
            return actor.person_id is not None
        if scope == "group":
            return actor.has(self.for_group) and (actor.person_id is None or group_id in actor.group_ids)
        return actor.has(self.for_all)

    def may_keep(self, actor: Actor, row: Any) -> bool:
        """Whether the actor may change or delete a row."""
        return self.may_share(actor, row.scope, row.group_id) and (
            row.scope != "own" or row.owner_id == actor.person_id
        )

    def choices(self, actor: Actor) -> tuple[dict[str, Message], list[Group]]:
        """The scopes that a form offers the actor, and the groups for which something may be kept."""
        groups = [each for each in queries.list_groups() if self.may_share(actor, "group", each.id)]
        offered = {
            name: title
            for name, title in SCOPES.items()
            if (groups if name == "group" else self.may_share(actor, name, None))
        }
        return offered, groups

    def checked(self, actor: Actor, values: Mapping[str, Any], row: Any = None) -> dict[str, Any]:
        """`values` with a scope, a group and, where given, a name that may be kept; raises `Invalid` or `Forbidden`.

        A `row` that is kept already becomes somebody's own only by the hand of its owner: all others would lose it.
        """
        if row is not None and values["scope"] == "own" != row.scope and row.owner_id != actor.person_id:
            raise Invalid.field("scope", _("Only the one who made it can keep it for themselves. Copy it instead."))
        facts = {**values, "group_id": values["group_id"] if values["scope"] == "group" else None}
        if facts["scope"] not in SCOPES:
            raise Invalid.field("scope", _("Choose one of the list."))
        if facts["scope"] == "group":
            if not facts["group_id"]:
                raise Invalid.field("group_id", _("Choose the group."))
            get(Group, facts["group_id"])
        if not self.may_share(actor, facts["scope"], facts["group_id"]):
            raise Forbidden(self.refusal)
        if "name" in facts:
            facts["name"] = facts["name"].strip()
            if not facts["name"]:
                raise Invalid.field("name", _("Give it a name."))
        return facts
