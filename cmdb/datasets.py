"""What the CMDB offers to reports: the CIs that tickets name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from cmdb.models import Ci, TicketCi
from cmdb.policy import visible
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Ticket

SERVICES = ("service", "business_service", "technical_service")
FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("kind", _("Kind"), counted=True),
    DataField("title", _("Title")),
    DataField("ci_id", _("CI"), "count"),
    DataField("name", _("CI"), counted=True),
    DataField("class_key", _("Class"), counted=True),
    DataField("is_service", _("Service"), "yes_no", counted=True),
    DataField("criticality", _("Criticality"), "count"),
)


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """The CIs of tickets that had some part in the period, as far as the actor may see both; one statement."""
    known: dict[str, Any] = {
        "ticket_id": TicketCi.ticket_id,
        "kind": Ticket.kind,
        "title": Ticket.title,
        "ci_id": Ci.id,
        "name": Ci.name,
        "class_key": Ci.class_key,
        "is_service": Ci.class_key.in_(SERVICES),
        "criticality": Ci.criticality,
    }
    statement = (
        select(*(known[name] for name in columns))
        .select_from(TicketCi)
        .join(Ticket.__table__, Ticket.id == TicketCi.ticket_id)
        .join(Ci.__table__, Ci.id == TicketCi.ci_id)
        .where(
            policy.visible(actor),
            visible(actor),
            Ticket.created_at < selection.to_at,
            TicketCi.created_at < selection.to_at,
            or_(Ticket.resolved_at.is_(None), Ticket.resolved_at >= selection.from_at, Ticket.reopenings > 0),
        )
    )
    if selection.organisation_ids is not None:
        statement = statement.where(Ticket.organisation_id.in_(selection.organisation_ids))
    for name, value in selection.filters:
        statement = statement.where(known[name].is_(None) if value is None else known[name] == value)
    found = session.execute(statement.order_by(TicketCi.ticket_id, Ci.id).limit(selection.limit))
    return [tuple(row) for row in found]


TICKET_CIS = DataSet("ticket_cis", _("Configuration items"), "cmdb.read", FIELDS, _rows)
DATA_SETS = (TICKET_CIS,)
