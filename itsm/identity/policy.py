"""Who may read and change people, organisations and groups."""

from itsm.kernel.actor import Actor
from itsm.kernel.records import require


def require_own_or(actor: Actor, person_id: int, permission: str) -> None:
    """Raise `Forbidden` unless it is the actor's own record or the actor holds the permission."""
    if actor.person_id != person_id:
        require(actor, permission)
