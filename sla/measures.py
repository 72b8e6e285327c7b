"""What people count and measure of targets: tickets by the clock of a metric that counts now."""

from itsm.kernel.datasets import Cube
from itsm.kernel.text import Message, _
from itsm.tickets.measures import OFFERED, cube_of

OF_CLOCK = ("state", "agreement", "target", "elapsed")
INSTANTS = ("created", "resolved", "closed")


def _cube(metric: str, title: Message) -> Cube:
    own = tuple(f"sla.{metric}.{name}" for name in OF_CLOCK)
    return cube_of(
        f"sla_{metric}",
        title,
        f"sla.{metric}.state is not empty",
        permission="sla.read",
        instants=(*INSTANTS, *(f"sla.{metric}.{name}" for name in ("due", "ended", "breached"))),
        offered=(*own, *OFFERED),
    )


CUBES = (
    _cube("resolution", _("Targets: resolution")),
    _cube("response", _("Targets: first response")),
)
