"""What people count and measure of tickets of any kind, and the cube that each kind makes of it."""

from typing import Any
from urllib.parse import urlencode

from itsm.kernel.datasets import Cube
from itsm.kernel.text import Message, _
from itsm.tickets import policy
from itsm.tickets.models import Ticket

INSTANTS = ("created", "responded", "resolved", "closed", "updated", "due")
OFFERED = (
    "kind", "state", "state.category", "priority", "group", "assignee", "category", "organisation", "requester",
    "requester.site", "requester.organisation", "requester.vip", "channel", "impact", "urgency", "level", "hold.reason",
    "created.hour", "created.weekday", "resolved.hour", "resolved.weekday", "response.time", "resolution.time", "reopenings",
    "reassignments",
)  # fmt: skip


def listing(text: str) -> str:
    """The desk with all tickets that a filter asks for."""
    return "/desk?" + urlencode({"view": "everything", "q": text})


def cube_of(name: str, title: Message, condition: str = "", **facts: Any) -> Cube:
    """A cube over the tickets that a filter holds."""
    return Cube(
        **{
            "name": name,
            "title": title,
            "permission": "tickets.read",
            "kind": "ticket",
            "source": Ticket.__table__,
            "key": Ticket.id,
            "readable": policy.visible,
            "instants": INSTANTS,
            "listing": listing,
            "condition": condition,
            "offered": OFFERED,
        }
        | facts
    )


CUBES = (cube_of("tickets", _("Tickets of any kind")),)
