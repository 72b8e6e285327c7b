"""Who may allow ranges, keep credentials and start scans."""

from itsm.kernel.actor import Actor
from itsm.kernel.records import require

MANAGE = "discovery.manage"


def require_manage(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may manage discovery."""
    require(actor, MANAGE)
