"""What people count and measure of tickets of any kind, and the cube and the fields that each kind makes of it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import FromClause, select

from itsm.kernel.datasets import Cube
from itsm.kernel.text import Message, _
from itsm.query.fields import Field
from itsm.query.relations import Relation
from itsm.tickets import policy
from itsm.tickets.models import Ticket

INSTANTS = ("created", "responded", "resolved", "closed", "updated", "due")
OFFERED = (
    "kind", "state", "state.category", "priority", "group", "assignee", "category", "organisation", "requester",
    "requester.site", "requester.organisation", "requester.vip", "channel", "impact", "urgency", "level", "hold.reason", "ci",
    "ci.class", "created.hour", "created.weekday", "resolved.hour", "resolved.weekday", "response.time", "resolution.time",
    "reopenings", "reassignments",
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


def own_fields(kind: str, title: Message, table: FromClause, columns: Iterable[Field]) -> list[Field]:
    """A kind's own columns as fields of its tickets, `<kind>.<column>`; `table` holds one row a ticket, by `ticket_id`."""
    own = Relation(
        name=kind, title=title, near=Ticket.id, far=table.c.ticket_id, rows=select().select_from(table), single=True
    )
    return [own.field(column, title=column.title) for column in columns]


CUBES = (cube_of("tickets", _("Tickets of any kind")),)
