"""What incidents offer to reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, null, or_, select

from incident.models import Incident
from itsm.identity.models import Group, Organisation
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Category, JournalEntry, Ticket

FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("kind", _("Kind")),
    DataField("title", _("Title")),
    DataField("state", _("State"), counted=True),
    DataField("priority", _("Priority"), "priority", counted=True),
    DataField("channel", _("Channel"), counted=True),
    DataField("group_id", _("Group"), "count"),
    DataField("group", _("Group"), counted=True),
    DataField("category", _("Category"), counted=True),
    DataField("organisation", _("Organisation")),
    DataField("reassignments", _("Passed on"), "count"),
    DataField("reopenings", _("Reopened"), "count"),
    DataField("first_contact", _("Solved by who took the call"), "yes_no"),
    DataField("created_at", _("Opened"), "instant"),
    DataField("resolved_at", _("Resolved"), "instant"),
)
COLUMNS: Mapping[str, SQLColumnExpression[Any]] = {
    "ticket_id": Ticket.id,
    "kind": Ticket.kind,
    "title": Ticket.title,
    "state": Ticket.state,
    "priority": Ticket.priority,
    "channel": Ticket.channel,
    "group_id": Ticket.group_id,
    "group": func.coalesce(Group.name, ""),
    "category": func.coalesce(Category.name, ""),
    "organisation": func.coalesce(Organisation.name, ""),
    "reassignments": Ticket.reassignments,
    "reopenings": Ticket.reopenings,
    "first_contact": Incident.__table__.c.first_contact,
    "created_at": Ticket.created_at,
    "resolved_at": Ticket.resolved_at,
}


def conditions_of(actor: Actor, selection: Selection) -> list[ColumnElement[bool]]:
    """Incidents that had some part in the period, as far as the actor may see them."""
    # A reopened incident may have been resolved in the period and be open or resolved again later: history decides.
    conditions = [
        policy.visible(actor),
        Ticket.kind == "incident",
        Ticket.created_at < selection.to_at,
        or_(Ticket.resolved_at.is_(None), Ticket.resolved_at >= selection.from_at, Ticket.reopenings > 0),
    ]
    if selection.organisation_ids is not None:
        conditions.append(Ticket.organisation_id.in_(selection.organisation_ids))
    for name, value in selection.filters:
        column = COLUMNS[name]
        conditions.append(column.is_(null()) if value is None else column == value)
    return conditions


def _joined(statement: Select[Any], names: frozenset[str]) -> Select[Any]:
    statement = statement.select_from(Ticket.__table__)
    if "first_contact" in names:
        statement = statement.join(Incident.__table__, Incident.__table__.c.ticket_id == Ticket.id)
    if "group" in names:
        statement = statement.outerjoin(Group, Group.id == Ticket.group_id)
    if "category" in names:
        statement = statement.outerjoin(Category, Category.id == Ticket.category_id)
    if "organisation" in names:
        statement = statement.outerjoin(Organisation, Organisation.id == Ticket.organisation_id)
    return statement


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Incidents that were open at some time of the period, and all that were ever reopened."""
    names = frozenset(columns) | {name for name, _value in selection.filters}
    statement = _joined(select(*(COLUMNS[name] for name in columns)), names)
    statement = statement.where(*conditions_of(actor, selection)).order_by(Ticket.id).limit(selection.limit)
    return [tuple(row) for row in session.execute(statement)]


MOVE_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("at", _("Instant"), "instant"),
    DataField("category", _("State category")),
)


def _moves(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Every change of state category of reopened incidents before the end of the period; one statement."""
    category = JournalEntry.changes["state_category"][1].as_string()
    known = {"ticket_id": JournalEntry.ticket_id, "at": JournalEntry.at, "category": category}
    statement = (
        select(*(known[name] for name in columns))
        .join(Ticket.__table__, Ticket.id == JournalEntry.ticket_id)
        .where(
            and_(*conditions_of(actor, selection)),
            Ticket.reopenings > 0,
            JournalEntry.kind == "change",
            ~JournalEntry.retracted,
            JournalEntry.at < selection.to_at,
            category.is_not(None),
        )
    )
    return [tuple(row) for row in session.execute(statement.order_by(JournalEntry.id))]


def _replies(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Incidents on which the requester's side wrote anything after the opening message; one statement."""
    del columns
    statement = (
        select(JournalEntry.ticket_id)
        .join(Ticket.__table__, Ticket.id == JournalEntry.ticket_id)
        .where(
            and_(*conditions_of(actor, selection)),
            JournalEntry.kind == "public",
            JournalEntry.by_requester,
            JournalEntry.automatic.is_(False),
            JournalEntry.at < selection.to_at,
        )
        .distinct()
    )
    return [tuple(row) for row in session.execute(statement.order_by(JournalEntry.ticket_id))]


INCIDENTS = DataSet("incidents", _("Incidents"), "tickets.read", FIELDS, _rows)
INCIDENT_MOVES = DataSet(
    "incident_moves", _("State changes of reopened incidents"), "tickets.read", MOVE_FIELDS, _moves
)
INCIDENT_REPLIES = DataSet(
    "incident_replies", _("Incidents with further messages"), "tickets.read", MOVE_FIELDS[:1], _replies
)
DATA_SETS = (INCIDENTS, INCIDENT_MOVES, INCIDENT_REPLIES)
