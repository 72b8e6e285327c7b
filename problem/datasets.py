"""What problems offer to reports: the problems, and the incidents that they caused."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from itsm.identity.models import Group
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import Category, JournalEntry, Ticket, TicketLink
from problem.models import Problem
from problem.queries import CAUSED_BY

FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("kind", _("Kind")),
    DataField("title", _("Title")),
    DataField("state", _("State"), counted=True),
    DataField("priority", _("Priority"), "priority", counted=True),
    DataField("group_id", _("Group"), "count"),
    DataField("group", _("Group"), counted=True),
    DataField("category", _("Category"), counted=True),
    DataField("known_error", _("Known error"), "yes_no", counted=True),
    DataField("created_at", _("Opened"), "instant"),
    DataField("resolved_at", _("Resolved"), "instant"),
)
LATER_FIELDS = (
    DataField("ticket_id", _("Ticket"), "count"),
    DataField("changes", _("Changes")),
)
EFFECT_FIELDS = (
    DataField("problem_id", _("Problem"), "count"),
    DataField("ticket_id", _("Incident"), "count"),
    DataField("title", _("Title")),
    DataField("created_at", _("Opened"), "instant"),
    DataField("minutes", _("Minutes"), "count"),
)
COLUMNS: dict[str, Any] = {
    "ticket_id": Ticket.id,
    "kind": Ticket.kind,
    "title": Ticket.title,
    "state": Ticket.state,
    "priority": Ticket.priority,
    "group_id": Ticket.group_id,
    "group": func.coalesce(Group.name, ""),
    "category": func.coalesce(Category.name, ""),
    "known_error": Problem.__table__.c.known_error,
    "created_at": Ticket.created_at,
    "resolved_at": Ticket.resolved_at,
}


def _conditions(actor: Actor, selection: Selection) -> list[Any]:
    """Problems recorded before the end of the period; a solved one may go on to cause incidents."""
    conditions = [policy.visible(actor), Ticket.kind == "problem", Ticket.created_at < selection.to_at]
    if selection.organisation_ids is not None:
        conditions.append(or_(Ticket.organisation_id.in_(selection.organisation_ids), Ticket.organisation_id.is_(None)))
    for name, value in selection.filters:
        conditions.append(COLUMNS[name].is_(None) if value is None else COLUMNS[name] == value)
    return conditions


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Problems recorded before the end of the period; one statement."""
    statement = (
        select(*(COLUMNS[name] for name in columns))
        .select_from(Ticket.__table__)
        .join(Problem.__table__, Problem.__table__.c.ticket_id == Ticket.id)
        .outerjoin(Group, Group.id == Ticket.group_id)
        .outerjoin(Category, Category.id == Ticket.category_id)
        .where(*_conditions(actor, selection))
    )
    found = session.execute(statement.order_by(Ticket.id).limit(selection.limit))
    return [tuple(row) for row in found]


def _later(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Every change of problems from the end of the period on, oldest first; one statement."""
    known = {"ticket_id": JournalEntry.ticket_id, "changes": JournalEntry.changes}
    statement = (
        select(*(known[name] for name in columns))
        .join(Ticket.__table__, Ticket.id == JournalEntry.ticket_id)
        .where(
            Ticket.kind == "problem",
            policy.visible(actor),
            JournalEntry.kind == "change",
            ~JournalEntry.retracted,
            JournalEntry.at >= selection.to_at,
        )
    )
    return [tuple(row) for row in session.execute(statement.order_by(JournalEntry.id))]


def _effects(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Incidents opened before the end of the period and laid to a problem by then, with the minutes worked; one statement."""
    problem = aliased(Ticket.__table__)
    minutes = (
        select(func.coalesce(func.sum(JournalEntry.minutes), 0))
        .where(JournalEntry.ticket_id == Ticket.id, JournalEntry.at < selection.to_at, ~JournalEntry.retracted)
        .correlate(Ticket.__table__)
        .scalar_subquery()
    )
    known: dict[str, Any] = {
        "problem_id": TicketLink.target_id,
        "ticket_id": Ticket.id,
        "title": Ticket.title,
        "created_at": Ticket.created_at,
        "minutes": minutes,
    }
    statement = (
        select(*(known[name] for name in columns))
        .select_from(TicketLink)
        .join(Ticket.__table__, Ticket.id == TicketLink.source_id)
        .join(problem, problem.c.id == TicketLink.target_id)
        .where(
            TicketLink.relation == CAUSED_BY,
            TicketLink.created_at < selection.to_at,
            Ticket.created_at < selection.to_at,
            problem.c.kind == "problem",
            policy.visible(actor),
        )
    )
    if selection.organisation_ids is not None:
        statement = statement.where(Ticket.organisation_id.in_(selection.organisation_ids))
    return [tuple(row) for row in session.execute(statement.order_by(TicketLink.id))]


DATA_SETS = (
    DataSet("problems", _("Problems"), "tickets.read", FIELDS, _rows),
    DataSet("problem_later", _("Changes"), "tickets.read", LATER_FIELDS, _later),
    DataSet("problem_effects", _("Incidents caused"), "tickets.read", EFFECT_FIELDS, _effects),
)
