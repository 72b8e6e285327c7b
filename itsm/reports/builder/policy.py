"""Who may see and change kept questions: they belong to a person, a group or everyone."""

from sqlalchemy import ColumnElement, and_, or_

from itsm.kernel.actor import Actor
from itsm.reports.builder.models import SavedQuestion, Subscription

READ = "reports.read"
GROUP_REPORTS = "reports.group"
ALL_REPORTS = "reports.all"
SEND = "reports.send"


def visible(actor: Actor) -> ColumnElement[bool]:
    """Kept questions that the actor may open. What they show is narrowed by the actor's rights each time."""
    own = and_(SavedQuestion.scope == "own", SavedQuestion.owner_id == actor.person_id)
    group = and_(SavedQuestion.scope == "group", SavedQuestion.group_id.in_(actor.group_ids))
    return and_(SavedQuestion.deleted_at.is_(None), or_(own, group, SavedQuestion.scope == "all"))


def may_share(actor: Actor, scope: str, group_id: int | None) -> bool:
    """Whether the actor may keep a question of this scope: the own ones, those of the own groups, everyone's."""
    if scope == "own":
        return actor.person_id is not None
    if scope == "group":
        return actor.has(GROUP_REPORTS) and (actor.grants_all or group_id in actor.group_ids)
    return actor.has(ALL_REPORTS)


def may_keep(actor: Actor, row: SavedQuestion) -> bool:
    """Whether the actor may change or delete a kept question."""
    return may_share(actor, row.scope, row.group_id) and (row.scope != "own" or row.owner_id == actor.person_id)


def may_manage(actor: Actor, row: Subscription) -> bool:
    """Whether the actor may change a subscription: its owner, and who may send reports to others."""
    return (actor.person_id is not None and row.owner_id == actor.person_id) or actor.has(SEND)
