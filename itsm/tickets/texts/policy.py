"""Who may use and change texts kept ready: they belong to a person, a group or everyone."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, or_

from itsm.identity.models import Group
from itsm.identity.sharing import SCOPES
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import get, require
from itsm.kernel.text import _


class Shared(Protocol):
    """Whose a text is."""

    @property
    def scope(self) -> str: ...

    @property
    def owner_id(self) -> int | None: ...

    @property
    def group_id(self) -> int | None: ...


def visible(actor: Actor, table: Any) -> ColumnElement[bool]:
    """Rows of `table` (`CannedReply`, `TicketTemplate`) that the actor may use, and all shared ones for those who keep them."""
    own = and_(table.scope == "own", table.owner_id == actor.person_id)
    if actor.has("texts.share"):
        return or_(own, table.scope != "own")
    return or_(own, and_(table.scope == "group", table.group_id.in_(actor.group_ids)), table.scope == "all")


def may_use(actor: Actor, text: Shared) -> bool:
    """Whether a text is offered to the actor."""
    if text.scope == "own":
        return text.owner_id == actor.person_id
    return text.scope == "all" or text.group_id in actor.group_ids


def may_keep(actor: Actor, text: Shared) -> bool:
    """Whether the actor may change a text: the own ones, and shared ones with the right to."""
    return text.owner_id == actor.person_id if text.scope == "own" else actor.has("texts.share")


def require_keep(actor: Actor, text: Shared) -> None:
    """Raise `Forbidden` unless the actor may change a text."""
    if not may_keep(actor, text):
        raise Forbidden(_("This text is not yours to change."))


def checked_scope(actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    """Scope and group as they are kept; shared ones need the right to share."""
    scope = values.get("scope") or "own"
    if scope not in SCOPES:
        raise Invalid.field("scope", _("Choose one of: %(names)s.", names=", ".join(SCOPES)))
    if scope != "own":
        require(actor, "texts.share")
    group_id = values.get("group_id") if scope == "group" else None
    if scope == "group":
        if group_id is None:
            raise Invalid.field("group_id", _("Choose the group."))
        get(Group, group_id)
    return {"scope": scope, "group_id": group_id}
