"""Who may see and change licences: those who may see and change assets."""

from sqlalchemy import ColumnElement, false, true

from itsm.kernel.actor import Actor

READ = "assets.read"
EDIT = "assets.edit"


def visible(actor: Actor) -> ColumnElement[bool]:
    """Licences that the actor may read: all for staff, none for everyone else."""
    return true() if actor.has(READ) else false()


def can_edit(actor: Actor) -> bool:
    """Whether the actor may record licences, change them and say who holds them."""
    return actor.has(EDIT)
