"""Who may change which fields a site has."""

from itsm.kernel.actor import Actor
from itsm.kernel.records import require

EDIT = "fields.edit"


def require_edit(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may change definitions."""
    require(actor, EDIT)
