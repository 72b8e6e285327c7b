"""Who may see and change kept questions: they belong to a person, a group or everyone."""

from sqlalchemy import ColumnElement, and_

from itsm.identity.sharing import Sharing, kept_for
from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.reports.builder.models import SavedQuestion, Subscription

READ = "reports.read"
GROUP_REPORTS = "reports.group"
ALL_REPORTS = "reports.all"
SEND = "reports.send"
SHARING = Sharing(GROUP_REPORTS, ALL_REPORTS, _("You may not make reports for others than yourself."))


def visible(actor: Actor) -> ColumnElement[bool]:
    """Kept questions that the actor may open. What they show is narrowed by the actor's rights each time."""
    return and_(SavedQuestion.deleted_at.is_(None), kept_for(SavedQuestion, actor))


def may_manage(actor: Actor, row: Subscription) -> bool:
    """Whether the actor may change a subscription: its owner, and who may send reports to others."""
    return (actor.person_id is not None and row.owner_id == actor.person_id) or actor.has(SEND)
