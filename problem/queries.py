"""Every read of problems."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select

from itsm.kernel.actor import Actor
from itsm.kernel.db import made_once, session
from itsm.kernel.paging import Page
from itsm.kernel.text import _
from itsm.tickets import policy, queries
from itsm.tickets.models import Ticket, TicketLink
from itsm.tickets.queries import View
from problem.models import Problem

CAUSED_BY = "caused_by"
INCIDENT = "incident"
INCIDENTS_SHOWN = 50


@dataclass(frozen=True)
class Impact:
    """How many incidents a problem caused, and how many of them are still open."""

    total: int = 0
    open: int = 0


def get_problem(actor: Actor, number: str, *, lock: bool = False) -> Problem:
    """The problem with this number (`PRB0000123`)."""
    return queries.get_ticket(actor, Problem, number, lock=lock)


def views(actor: Actor) -> list[View]:
    """The ready-made lists of problems."""
    problem = Ticket.kind == "problem"
    unfinished = problem & (Ticket.unfinished == 1)
    known = Ticket.id.in_(select(Problem.ticket_id).where(Problem.known_error))
    return [
        View("open", _("Open problems"), unfinished),
        View("mine", _("Assigned to me"), unfinished & (Ticket.assignee_id == actor.person_id)),
        View("known_errors", _("Known errors"), problem & known),
        View("finished", _("Resolved and closed"), problem & (Ticket.unfinished == 0)),
        View("everything", _("All problems"), problem),
    ]


def list_rows(
    actor: Actor, *, conditions: Sequence[ColumnElement[bool]], order: str, cursor: str | None = None
) -> tuple[Page[Row[Any]], dict[int, Any], dict[int, Impact]]:
    """One page of problems: rows with names, then by id what is particular to problems, and their impact; 3 statements."""
    page = queries.list_rows(actor, conditions=conditions, order=order, cursor=cursor)
    ids = [row.id for row in page.items]
    return page, _own_columns(ids), impact_of(actor, ids)


def _own_columns(ids: Collection[int]) -> dict[int, Any]:
    if not ids:
        return {}
    columns = Problem.__table__.c
    statement = select(columns.ticket_id, columns.known_error, (columns.workaround != "").label("has_workaround"))
    rows = session.execute(statement.where(columns.ticket_id.in_(ids))).all()
    return {row.ticket_id: row for row in rows}


def impact_of(actor: Actor, problem_ids: Collection[int]) -> dict[int, Impact]:
    """Problem id → number of incidents that the actor may see; one statement."""
    if not problem_ids:
        return {}
    statement = (
        select(TicketLink.target_id, func.count(), func.sum(Ticket.unfinished))
        .join(Ticket, Ticket.id == TicketLink.source_id)
        .where(TicketLink.relation == CAUSED_BY, TicketLink.target_id.in_(problem_ids), policy.visible(actor))
        .group_by(TicketLink.target_id)
    )
    return {row[0]: Impact(total=int(row[1]), open=int(row[2] or 0)) for row in session.execute(statement).all()}


def list_incidents(actor: Actor, problem_id: int, *, limit: int = INCIDENTS_SHOWN) -> Sequence[Ticket]:
    """Incidents that a problem caused, open ones first, then newest."""
    statement = (
        select(Ticket)
        .join(TicketLink, TicketLink.source_id == Ticket.id)
        .where(TicketLink.relation == CAUSED_BY, TicketLink.target_id == problem_id, policy.visible(actor))
    )
    return session.scalars(statement.order_by(Ticket.unfinished.desc(), Ticket.id.desc()).limit(limit)).all()


def list_of_incident(actor: Actor, incident_id: int) -> Sequence[Problem]:
    """Problems that caused an incident, as far as the actor may see them."""
    return session.scalars(_causing(policy.visible(actor)), {"incident_id": incident_id}).all()


@made_once
def _causing(readable: ColumnElement[bool]) -> Select[Problem]:
    return (
        select(Problem)
        .join(TicketLink, TicketLink.target_id == Problem.ticket_id)
        .where(TicketLink.relation == CAUSED_BY, TicketLink.source_id == bindparam("incident_id"), readable)
        .order_by(Problem.ticket_id)
    )


def incident_values(incident: Ticket) -> Mapping[str, Any]:
    """What the form of a new problem takes over from an incident."""
    return {
        "incident": incident.number,
        "title": incident.title,
        "description": incident.description,
        "impact": incident.impact,
        "urgency": incident.urgency,
        "category": incident.category_id or "",
    }
