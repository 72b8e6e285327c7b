"""Who may edit life cycles."""

from itsm.kernel.actor import Actor
from itsm.kernel.records import require

EDIT = "lifecycles.edit"


def require_edit(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may edit life cycles."""
    require(actor, EDIT)
