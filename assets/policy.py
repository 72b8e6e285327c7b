"""Who may see and change assets."""

from sqlalchemy import ColumnElement, false, true

from assets.models import Asset
from itsm.kernel.actor import Actor


def visible(actor: Actor) -> ColumnElement[bool]:
    """Assets that the actor may read: all for staff, one's own for everyone else. Rule: A5."""
    if actor.has("assets.read"):
        return true()
    return Asset.owner_id == actor.person_id if actor.person_id is not None else false()


def can_edit(actor: Actor) -> bool:
    """Whether the actor may record assets and change them."""
    return actor.has("assets.edit")
