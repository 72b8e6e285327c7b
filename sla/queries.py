"""Every read of clocks, agreements and calendars."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import selectin_polymorphic

from itsm.identity.models import Group, Organisation
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import made_once, session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import JournalEntry, Ticket
from sla.models import Agreement, FiredStep, SlaClock
from sla.standing import ClockKey

AT_RISK_SHOWN = 20
MOST_SERVICES = 500
SHOWN_VERSIONS = 50
AT_RISK_WITHIN = timedelta(hours=8)
READ_KINDS = ("created", "change", "public")


def rows_of(ticket_ids: Collection[int]) -> dict[int, list[SlaClock]]:
    """Stored clocks by ticket, each clock's generations in order; one statement. For services and jobs."""
    rows: dict[int, list[SlaClock]] = defaultdict(list)
    if ticket_ids:
        statement = select(SlaClock).where(SlaClock.ticket_id.in_(ticket_ids))
        for row in session.scalars(statement.order_by(SlaClock.ticket_id, SlaClock.generation, SlaClock.id)):
            rows[row.ticket_id].append(row)
    return rows


def journals_of(ticket_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """What clocks read of the journals of some tickets, in order, without the texts; one statement."""
    entries: dict[int, list[Row[Any]]] = defaultdict(list)
    if ticket_ids:
        columns = (JournalEntry.ticket_id, JournalEntry.at, JournalEntry.kind, JournalEntry.changes)
        statement = (
            select(*columns, JournalEntry.by_requester, JournalEntry.automatic, JournalEntry.retracted)
            .where(JournalEntry.ticket_id.in_(ticket_ids), JournalEntry.kind.in_(READ_KINDS), ~JournalEntry.retracted)
            .order_by(JournalEntry.ticket_id, JournalEntry.id)
        )
        for row in session.execute(statement):
            entries[row.ticket_id].append(row)
    return entries


def fired_of(ticket_ids: Collection[int]) -> dict[int, dict[tuple[ClockKey, int], frozenset[str]]]:
    """Places of the steps that have fired, by ticket and (clock, generation); one statement."""
    fired: dict[int, dict[tuple[ClockKey, int], frozenset[str]]] = defaultdict(dict)
    if ticket_ids:
        columns = (FiredStep.ticket_id, FiredStep.kind, FiredStep.owner_id, FiredStep.metric, FiredStep.generation)
        statement = select(*columns, FiredStep.place).where(FiredStep.ticket_id.in_(ticket_ids))
        for row in session.execute(statement):
            key = (ClockKey(row.kind, row.owner_id, row.metric), row.generation)
            fired[row.ticket_id][key] = fired[row.ticket_id].get(key, frozenset()) | {row.place}
    return fired


def locked_tickets(ticket_ids: Collection[int], *, skip_locked: bool = False) -> Sequence[Ticket]:
    """Tickets by id, locked until the end of the transaction; with `skip_locked` without those that another holds.

    The columns of their kinds are read along, one statement a kind: a write to the ticket asks for them one by one.
    """
    kinds = [mapper.class_ for mapper in Ticket.__mapper__.self_and_descendants if mapper.class_ is not Ticket]
    statement = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)
    statement = statement.options(selectin_polymorphic(Ticket, kinds))
    return session.scalars(statement.with_for_update(of=Ticket, skip_locked=skip_locked)).all()


def tickets_by_id(ticket_ids: Collection[int]) -> Sequence[Ticket]:
    """Tickets by id, for computing their clocks without writing."""
    return session.scalars(select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)).all()


def list_tickets_with_clocks(*, after_id: int, limit: int) -> Sequence[int]:
    """Ids of tickets that have clocks, in order, from beyond an id on."""
    statement = select(SlaClock.ticket_id).where(SlaClock.ticket_id > after_id).distinct()
    return session.scalars(statement.order_by(SlaClock.ticket_id).limit(limit)).all()


def count_tickets_with_clocks() -> int:
    """Number of tickets that have clocks."""
    return int(session.scalar(select(func.count(SlaClock.ticket_id.distinct()))) or 0)


def list_open_tickets(
    agreement_ids: Collection[int], *, after_id: int = 0, limit: int, readable: ColumnElement[bool] | None = None
) -> Sequence[int]:
    """Ids of tickets with an open clock under one of these agreements, in order, from beyond an id on.

    `readable` is what a reader may see of tickets, where somebody is shown them.
    """
    statement = select(SlaClock.ticket_id).where(
        SlaClock.agreement_id.in_(agreement_ids), SlaClock.ended_at.is_(None), SlaClock.ticket_id > after_id
    )
    if readable is not None:
        statement = statement.join(Ticket, Ticket.id == SlaClock.ticket_id).where(readable)
    return session.scalars(statement.distinct().order_by(SlaClock.ticket_id).limit(limit)).all()


def count_open_tickets(agreement_ids: Collection[int]) -> int:
    """Number of tickets with an open clock under one of these agreements."""
    statement = select(func.count(SlaClock.ticket_id.distinct())).where(
        SlaClock.agreement_id.in_(agreement_ids), SlaClock.ended_at.is_(None)
    )
    return int(session.scalar(statement) or 0)


def terms_in_force(agreement_ids: Collection[int]) -> dict[int, str]:
    """Agreement id → id of its terms in force."""
    statement = select(Agreement.id, Agreement.terms_id).where(Agreement.id.in_(agreement_ids))
    return {row.id: row.terms_id for row in session.execute(statement)}


@dataclass(frozen=True)
class ShownClock:
    """A stored clock with the names of its agreement and of the group or supplier that answers for it."""

    row: SlaClock
    agreement: str
    owner: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.row.ended_at is None and self.row.state in ("running", "paused", "breached")

    @property
    def due_state(self) -> str:
        """The state as the shared badge reads it: a clock that was missed and is paused counts as missed."""
        return self.row.state

    @property
    def due_at(self) -> datetime | None:
        """The due instant, or the one that was missed."""
        return self.row.due_at or self.row.breached_at


@made_once
def _promising(readable: ColumnElement[bool]) -> Select[SlaClock, str, str]:
    return (
        select(SlaClock, Agreement.name, func.coalesce(Group.name, Organisation.name, "").label("owner"))
        .join(Agreement, Agreement.id == SlaClock.agreement_id)
        .outerjoin(Group, and_(SlaClock.kind == "ola", Group.id == SlaClock.owner_id))
        .outerjoin(Organisation, and_(SlaClock.kind == "uc", Organisation.id == SlaClock.owner_id))
        .join(Ticket, Ticket.id == SlaClock.ticket_id)
        .where(SlaClock.ticket_id.in_(bindparam("ticket_ids")), SlaClock.target_seconds.is_not(None), readable)
        .order_by(SlaClock.ticket_id, SlaClock.generation, SlaClock.id)
    )


def clocks_of(actor: Actor, ticket_ids: Collection[int]) -> dict[int, list[ShownClock]]:
    """Clocks that promise something, of tickets that the actor may read, the customer's first; one statement."""
    found: dict[int, list[ShownClock]] = defaultdict(list)
    if ticket_ids:
        given = {"ticket_ids": list(ticket_ids)}
        for row, name, owner in session.execute(_promising(policy.visible(actor)), given):
            found[row.ticket_id].append(ShownClock(row, name, owner))
    for clocks in found.values():
        clocks.sort(key=lambda shown: ClockKey(shown.row.kind, shown.row.owner_id, shown.row.metric).rank)
    return found


def read_for_api(actor: Actor, ticket_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The member `sla` of tickets in the API."""
    return {
        ticket_id: [
            {
                "target": shown.row.metric,
                "kind": shown.row.kind,
                "owner": shown.owner or None,
                "generation": shown.row.generation,
                "due_at": shown.row.due_at.isoformat() if shown.row.due_at else None,
                "state": shown.row.state,
                "target_seconds": shown.row.target_seconds,
                "elapsed_seconds": shown.row.elapsed_seconds,
                "customer_seconds": shown.row.customer_seconds,
                "supplier_seconds": shown.row.supplier_seconds,
                "agreement": shown.agreement,
            }
            for shown in clocks
        ]
        for ticket_id, clocks in clocks_of(actor, ticket_ids).items()
    }


def get_clock(actor: Actor, ticket: Ticket, metric: str, clock_id: int | None = None) -> ShownClock:
    """A clock of a ticket by its id, else the customer's present one of a metric; raises `NotFound`."""
    clocks = [shown for shown in clocks_of(actor, [ticket.id]).get(ticket.id, []) if shown.row.metric == metric]
    found = [
        shown for shown in clocks if (shown.row.id == clock_id if clock_id is not None else shown.row.kind == "sla")
    ]
    if not found:
        raise NotFound(_("%(number)s has no such clock.", number=ticket.number))
    return found[-1]


@dataclass(frozen=True)
class AtRisk:
    """An open clock that is due soon or was missed, with what a list shows of its ticket."""

    row: SlaClock
    kind: str
    title: str
    priority: int


def list_at_risk(actor: Actor, *, limit: int = AT_RISK_SHOWN) -> list[AtRisk]:
    """Customers' running clocks due within eight hours or overdue, most pressing first; one statement."""
    statement = (
        select(SlaClock, Ticket.kind, Ticket.title, Ticket.priority)
        .join(Ticket, Ticket.id == SlaClock.ticket_id)
        .where(
            SlaClock.ended_at.is_(None),
            SlaClock.kind == "sla",
            SlaClock.due_at <= clock.now() + AT_RISK_WITHIN,
            policy.visible(actor),
        )
        .order_by(SlaClock.due_at, SlaClock.id)
        .limit(limit)
    )
    return [AtRisk(*row) for row in session.execute(statement)]


@dataclass(frozen=True)
class Compliance:
    """Met and missed clocks of one agreement and metric in a period. Rule: R1."""

    met: int
    breached: int

    @property
    def percent(self) -> float | None:
        """Met ÷ (met + missed), cut to one decimal so that a miss never rounds up to 100; None without any."""
        total = self.met + self.breached
        return self.met * 1000 // total / 10 if total else None


def compliance(*, from_at: datetime, to_at: datetime) -> dict[tuple[int, str], Compliance]:
    """Compliance by (agreement id, metric): clocks that ended in [from, to), and open ones due in it, counted missed."""
    ended = and_(SlaClock.ended_at >= from_at, SlaClock.ended_at < to_at, SlaClock.state.in_(("met", "breached")))
    overdue = and_(SlaClock.ended_at.is_(None), SlaClock.breached_at >= from_at, SlaClock.breached_at < to_at)
    is_met = case((SlaClock.state == "met", 1), else_=0)
    statement = (
        select(SlaClock.agreement_id, SlaClock.metric, func.sum(is_met).label("met"), func.count().label("counted"))
        .where(or_(ended, overdue))
        .group_by(SlaClock.agreement_id, SlaClock.metric)
    )
    return {
        (row.agreement_id, row.metric): Compliance(int(row.met), int(row.counted) - int(row.met))
        for row in session.execute(statement)
    }
