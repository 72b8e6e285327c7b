"""Who may see and change saved views: they belong to a person, a group or everyone."""

from sqlalchemy import ColumnElement, and_, or_

from itsm.kernel.actor import Actor
from itsm.tickets.desk.models import SavedView

GROUP_VIEWS = "views.group"
ALL_VIEWS = "views.all"


def visible_views(actor: Actor) -> ColumnElement[bool]:
    """Saved views that stand on the actor's desk. What they show is narrowed by the actor's rights each time."""
    own = and_(SavedView.scope == "own", SavedView.owner_id == actor.person_id)
    group = and_(SavedView.scope == "group", SavedView.group_id.in_(actor.group_ids))
    return or_(own, group, SavedView.scope == "all")


def may_share(actor: Actor, scope: str, group_id: int | None) -> bool:
    """Whether the actor may keep a view of this scope: the own ones, those of the own groups, everyone's."""
    if scope == "own":
        return actor.person_id is not None
    if scope == "group":
        return actor.has(GROUP_VIEWS) and (actor.grants_all or group_id in actor.group_ids)
    return actor.has(ALL_VIEWS)


def may_keep(actor: Actor, view: SavedView) -> bool:
    """Whether the actor may change a saved view."""
    return may_share(actor, view.scope, view.group_id) and (view.scope != "own" or view.owner_id == actor.person_id)
