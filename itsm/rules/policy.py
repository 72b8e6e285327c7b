"""Who may see and change what: rules are the administrators', macros belong to a person, a group or everyone."""

from sqlalchemy import ColumnElement, and_, or_, true

from itsm.kernel.actor import Actor
from itsm.rules.live import LiveMacro
from itsm.rules.models import Macro


def visible_macros(actor: Actor) -> ColumnElement[bool]:
    """Macros that the actor may use, and all of them for those who keep them."""
    if actor.has("macros.share"):
        return or_(Macro.scope != "own", Macro.owner_id == actor.person_id) if not actor.grants_all else true()
    own = and_(Macro.scope == "own", Macro.owner_id == actor.person_id)
    group = and_(Macro.scope == "group", Macro.group_id.in_(actor.group_ids))
    return or_(own, group, Macro.scope == "all")


def may_use(actor: Actor, macro: LiveMacro | Macro) -> bool:
    """Whether a macro stands in the actor's menu."""
    if macro.scope == "own":
        return macro.owner_id == actor.person_id
    return macro.scope == "all" or macro.group_id in actor.group_ids


def may_keep(actor: Actor, macro: Macro) -> bool:
    """Whether the actor may change a macro: the own ones, and shared ones with the right to."""
    if macro.scope == "own":
        return macro.owner_id == actor.person_id
    return actor.has("macros.share")
