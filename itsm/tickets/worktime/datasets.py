"""What recorded work offers to reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import SQLColumnExpression, func, null, select

from itsm.identity.models import Group, Organisation, Person
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Category, Ticket
from itsm.tickets.worktime.models import ActivityType, WorkRecord

FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("kind", _("Kind"), counted=True),
    DataField("title", _("Title")),
    DataField("person_id", _("Person"), "count"),
    DataField("person", _("Person"), counted=True),
    DataField("activity", _("Kind of work"), counted=True),
    DataField("group", _("Group"), counted=True),
    DataField("category", _("Category"), counted=True),
    DataField("organisation", _("Organisation"), counted=True),
    DataField("minutes", _("Minutes"), "count"),
    DataField("cost_minor", _("Cost in minor units"), "count"),
    DataField("currency", _("Currency"), counted=True),
    DataField("at", _("Instant"), "instant"),
)
COLUMNS: Mapping[str, SQLColumnExpression[Any]] = {
    "ticket_id": WorkRecord.ticket_id,
    "kind": Ticket.kind,
    "title": Ticket.title,
    "person_id": WorkRecord.person_id,
    "person": func.coalesce(Person.name, ""),
    "activity": func.coalesce(ActivityType.name, ""),
    "group": func.coalesce(Group.name, ""),
    "category": func.coalesce(Category.name, ""),
    "organisation": func.coalesce(Organisation.name, ""),
    "minutes": WorkRecord.minutes,
    "cost_minor": WorkRecord.cost_minor,
    "currency": WorkRecord.currency,
    "at": WorkRecord.at,
}


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Work of the period on tickets that the actor may read; one statement."""
    statement = (
        select(*(COLUMNS[name] for name in columns))
        .select_from(WorkRecord)
        .join(Ticket.__table__, Ticket.id == WorkRecord.ticket_id)
        .outerjoin(Person, Person.id == WorkRecord.person_id)
        .outerjoin(ActivityType, ActivityType.id == WorkRecord.activity_id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .outerjoin(Category, Category.id == Ticket.category_id)
        .outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
        .where(policy.visible(actor), WorkRecord.at >= selection.from_at, WorkRecord.at < selection.to_at)
    )
    if selection.organisation_ids is not None:
        statement = statement.where(Ticket.organisation_id.in_(selection.organisation_ids))
    for name, value in selection.filters:
        statement = statement.where(COLUMNS[name].is_(null()) if value is None else COLUMNS[name] == value)
    found = session.execute(statement.order_by(WorkRecord.entry_id).limit(selection.limit))
    return [tuple(row) for row in found]


WORK = DataSet("work", _("Work recorded"), "tickets.read", FIELDS, _rows)
