"""What changes offer to reports."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Subquery, func, or_, select

from change.models import Change
from itsm.identity.models import Group, Organisation
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Category, Ticket, TicketLink

CAUSED_BY = "caused_by_change"
FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("kind", _("Kind")),
    DataField("title", _("Title")),
    DataField("state", _("State"), counted=True),
    DataField("change_type", _("Type"), counted=True),
    DataField("risk_level", _("Risk"), counted=True),
    DataField("outcome", _("Result"), counted=True),
    DataField("priority", _("Priority"), "priority", counted=True),
    DataField("group_id", _("Group"), "count"),
    DataField("group", _("Group"), counted=True),
    DataField("category", _("Category"), counted=True),
    DataField("organisation", _("Organisation")),
    DataField("incidents", _("Incidents caused"), "count"),
    DataField("created_at", _("Opened"), "instant"),
    DataField("planned_start_at", _("Planned start"), "instant"),
    DataField("planned_end_at", _("Planned end"), "instant"),
    DataField("resolved_at", _("Finished"), "instant"),
    DataField("closed_at", _("Closed"), "instant"),
)
OWN = Change.__table__.c
COLUMNS: dict[str, Any] = {
    "ticket_id": Ticket.id,
    "kind": Ticket.kind,
    "title": Ticket.title,
    "state": Ticket.state,
    "change_type": OWN.change_type,
    "risk_level": OWN.risk_level,
    "outcome": OWN.review_outcome,
    "priority": Ticket.priority,
    "group_id": Ticket.group_id,
    "group": func.coalesce(Group.name, ""),
    "category": func.coalesce(Category.name, ""),
    "organisation": func.coalesce(Organisation.name, ""),
    "created_at": Ticket.created_at,
    "planned_start_at": OWN.planned_start_at,
    "planned_end_at": OWN.planned_end_at,
    "resolved_at": Ticket.resolved_at,
    "closed_at": Ticket.closed_at,
}


def _incidents(actor: Actor, selection: Selection) -> Subquery:
    """How many incidents that the actor may see each change was found to have caused, as known at the end of the period."""
    return (
        select(TicketLink.target_id, func.count(TicketLink.id).label("number"))
        .join(Ticket.__table__, Ticket.id == TicketLink.source_id)
        .where(
            policy.visible(actor),
            TicketLink.relation == CAUSED_BY,
            TicketLink.created_at < selection.to_at,
        )
        .group_by(TicketLink.target_id)
        .subquery("caused")
    )


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Changes that were not closed before the period began; one statement."""
    caused = _incidents(actor, selection)
    known = {**COLUMNS, "incidents": func.coalesce(caused.c.number, 0)}
    statement = (
        select(*(known[name] for name in columns))
        .select_from(Ticket.__table__)
        .join(Change.__table__, OWN.ticket_id == Ticket.id)
        .outerjoin(caused, caused.c.target_id == Ticket.id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .outerjoin(Category, Category.id == Ticket.category_id)
        .outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
        .where(
            policy.visible(actor),
            Ticket.created_at < selection.to_at,
            or_(Ticket.closed_at.is_(None), Ticket.closed_at >= selection.from_at),
        )
    )
    if selection.organisation_ids is not None:
        statement = statement.where(Ticket.organisation_id.in_(selection.organisation_ids))
    for name, value in selection.filters:
        statement = statement.where(known[name].is_(None) if value is None else known[name] == value)
    found = session.execute(statement.order_by(Ticket.id).limit(selection.limit))
    return [tuple(row) for row in found]


DATA_SETS = (DataSet("changes", _("Changes"), "tickets.read", FIELDS, _rows),)
