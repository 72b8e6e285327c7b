"""Reads of a what-if: which tickets it goes through, their stored clocks and journals, titles for its page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import selectin_polymorphic

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from sla import queries
from sla.agreements.terms import terms_by_id
from sla.models import Agreement, BusinessHours, SlaClock, Terms

RUNS_SHOWN = 10


@dataclass(frozen=True)
class Stored:
    """A ticket with its stored clocks and what clocks read of its journal."""

    ticket: Ticket
    rows: Sequence[SlaClock]
    journal: Sequence[Row[Any]]


def list_tickets(actor: Actor, from_at: datetime, to_at: datetime, *, limit: int) -> Sequence[int]:
    """Ids of tickets that the actor may read with a clock alive in [from, to), the newest first; one statement.

    Those whose clock ended or fell due in the period are among them, and those that could have fallen due under other terms.
    """
    alive = or_(SlaClock.ended_at.is_(None), SlaClock.ended_at >= from_at)
    statement = select(SlaClock.ticket_id).join(Ticket, Ticket.id == SlaClock.ticket_id)
    statement = statement.where(alive, SlaClock.started_at < to_at, policy.visible(actor)).distinct()
    return session.scalars(statement.order_by(SlaClock.ticket_id.desc()).limit(limit)).all()


def stored(ticket_ids: Sequence[int]) -> list[Stored]:
    """Tickets with all that their clocks are computed from; three statements and one for each kind with columns of its own."""
    kinds = [mapper.class_ for mapper in Ticket.__mapper__.self_and_descendants if mapper.class_ is not Ticket]
    statement = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)
    tickets = session.scalars(statement.options(selectin_polymorphic(Ticket, kinds))).all()
    rows, journals = queries.rows_of(ticket_ids), queries.journals_of(ticket_ids)
    return [Stored(ticket, rows.get(ticket.id, []), journals.get(ticket.id, [])) for ticket in tickets]


def calendar_names_in_terms(agreement_ids: Collection[int]) -> set[str]:
    """What the calendars of some agreements were called in all terms they ever had."""
    ids = session.scalars(select(Terms.id).where(Terms.agreement_id.in_(agreement_ids))).all()
    return {terms.calendar_name for terms in terms_by_id(ids).values()}


def titles_of(actor: Actor, ticket_ids: Collection[int]) -> dict[int, str]:
    """Titles of those of some tickets that the actor may read; one statement."""
    statement = select(Ticket.id, Ticket.title).where(Ticket.id.in_(ticket_ids), policy.visible(actor))
    return {row.id: row.title for row in session.execute(statement)} if ticket_ids else {}


def name_of(table: type[Agreement] | type[BusinessHours], row_id: int | None) -> str:
    """The name of an agreement or a calendar; a question mark for one that is gone."""
    return session.scalar(select(table.name).where(table.id == row_id)) or "?"


def list_runs(actor: Actor, kind: str) -> Sequence[BackgroundTask]:
    """The actor's latest background tasks of a kind, newest first."""
    statement = select(BackgroundTask).where(
        BackgroundTask.kind == kind, BackgroundTask.requested_by_id == actor.person_id
    )
    return session.scalars(statement.order_by(BackgroundTask.id.desc()).limit(RUNS_SHOWN)).all()
