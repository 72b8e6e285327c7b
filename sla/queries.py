"""Every read of clocks, agreements and calendars."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, or_, select
from sqlalchemy.orm import selectin_polymorphic

from itsm.identity.models import Organisation
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.models import JournalEntry, Ticket
from sla.models import Agreement, AgreementTarget, BusinessHours, EscalationStep, FiredStep, SlaClock

AT_RISK_SHOWN = 20
AT_RISK_WITHIN = timedelta(hours=8)
READ_KINDS = ("created", "change", "public")


def rows_of(ticket_ids: Collection[int]) -> dict[int, list[SlaClock]]:
    """Stored clocks by ticket, response first; one statement. For services and jobs."""
    rows: dict[int, list[SlaClock]] = defaultdict(list)
    if ticket_ids:
        statement = select(SlaClock).where(SlaClock.ticket_id.in_(ticket_ids))
        for row in session.scalars(statement.order_by(SlaClock.ticket_id, SlaClock.metric.desc(), SlaClock.generation)):
            rows[row.ticket_id].append(row)
    return rows


def journals_of(ticket_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """What clocks read of the journals of some tickets, in order, without the texts; one statement."""
    entries: dict[int, list[Row[Any]]] = defaultdict(list)
    if ticket_ids:
        columns = (JournalEntry.ticket_id, JournalEntry.at, JournalEntry.kind, JournalEntry.changes)
        statement = (
            select(*columns, JournalEntry.by_requester, JournalEntry.automatic)
            .where(JournalEntry.ticket_id.in_(ticket_ids), JournalEntry.kind.in_(READ_KINDS), ~JournalEntry.retracted)
            .order_by(JournalEntry.ticket_id, JournalEntry.id)
        )
        for row in session.execute(statement):
            entries[row.ticket_id].append(row)
    return entries


def fired_of(ticket_ids: Collection[int]) -> dict[int, dict[tuple[str, int], frozenset[int]]]:
    """Shares whose steps have fired, by ticket and (metric, generation); one statement."""
    fired: dict[int, dict[tuple[str, int], frozenset[int]]] = defaultdict(dict)
    if ticket_ids:
        statement = select(FiredStep.ticket_id, FiredStep.metric, FiredStep.generation, FiredStep.percent)
        for row in session.execute(statement.where(FiredStep.ticket_id.in_(ticket_ids))):
            key = (row.metric, row.generation)
            fired[row.ticket_id][key] = fired[row.ticket_id].get(key, frozenset()) | {row.percent}
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


def list_waking(now: datetime, *, limit: int) -> Sequence[int]:
    """Ids of tickets with a clock that is to be looked at now, the longest waiting first."""
    statement = select(SlaClock.ticket_id).where(SlaClock.next_step_at <= now)
    statement = statement.group_by(SlaClock.ticket_id).order_by(func.min(SlaClock.next_step_at), SlaClock.ticket_id)
    return session.scalars(statement.limit(limit)).all()


def list_tickets_with_clocks(*, after_id: int, limit: int) -> Sequence[int]:
    """Ids of tickets that have clocks, in order, from beyond an id on."""
    statement = select(SlaClock.ticket_id).where(SlaClock.ticket_id > after_id).distinct()
    return session.scalars(statement.order_by(SlaClock.ticket_id).limit(limit)).all()


def count_tickets_with_clocks() -> int:
    """Number of tickets that have clocks."""
    return int(session.scalar(select(func.count(SlaClock.ticket_id.distinct()))) or 0)


def list_open_tickets(agreement_ids: Collection[int], *, after_id: int = 0, limit: int) -> Sequence[int]:
    """Ids of tickets with an open clock under one of these agreements, in order, from beyond an id on."""
    statement = select(SlaClock.ticket_id).where(
        SlaClock.agreement_id.in_(agreement_ids), SlaClock.ended_at.is_(None), SlaClock.ticket_id > after_id
    )
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
    """A stored clock with its agreement's name, for pages and the API."""

    row: SlaClock
    agreement: str

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


def clocks_of(actor: Actor, ticket_ids: Collection[int]) -> dict[int, list[ShownClock]]:
    """Clocks that promise something, of tickets that the actor may read, response first; one statement."""
    found: dict[int, list[ShownClock]] = defaultdict(list)
    if ticket_ids:
        statement = (
            select(SlaClock, Agreement.name)
            .join(Agreement, Agreement.id == SlaClock.agreement_id)
            .join(Ticket, Ticket.id == SlaClock.ticket_id)
            .where(SlaClock.ticket_id.in_(ticket_ids), SlaClock.target_seconds.is_not(None), policy.visible(actor))
            .order_by(SlaClock.ticket_id, SlaClock.metric.desc(), SlaClock.generation)
        )
        for row, name in session.execute(statement):
            found[row.ticket_id].append(ShownClock(row, name))
    return found


def read_for_api(actor: Actor, ticket_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The member `sla` of tickets in the API."""
    return {
        ticket_id: [
            {
                "target": shown.row.metric,
                "due_at": shown.row.due_at.isoformat() if shown.row.due_at else None,
                "state": shown.row.state,
                "target_seconds": shown.row.target_seconds,
                "elapsed_seconds": shown.row.elapsed_seconds,
                "agreement": shown.agreement,
            }
            for shown in clocks
        ]
        for ticket_id, clocks in clocks_of(actor, ticket_ids).items()
    }


def get_clock(actor: Actor, ticket: Ticket, metric: str) -> SlaClock:
    """The present clock of one metric of a ticket; raises `NotFound`."""
    shown = [each for each in clocks_of(actor, [ticket.id]).get(ticket.id, []) if each.row.metric == metric]
    if not shown:
        raise NotFound(_("%(number)s has no such clock.", number=ticket.number))
    return shown[-1].row


@dataclass(frozen=True)
class AtRisk:
    """An open clock that is due soon or was missed, with what a list shows of its ticket."""

    row: SlaClock
    kind: str
    title: str
    priority: int


def list_at_risk(actor: Actor, *, limit: int = AT_RISK_SHOWN) -> list[AtRisk]:
    """Running clocks due within eight hours or overdue, most pressing first; one statement."""
    statement = (
        select(SlaClock, Ticket.kind, Ticket.title, Ticket.priority)
        .join(Ticket, Ticket.id == SlaClock.ticket_id)
        .where(SlaClock.ended_at.is_(None), SlaClock.due_at <= clock.now() + AT_RISK_WITHIN, policy.visible(actor))
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


def page_calendars(*, limit: int | None = None, cursor: str | None = None) -> Page[BusinessHours]:
    """One page of calendars, oldest first."""
    size, keys = checked_limit(limit), (SortKey("id", BusinessHours.id),)
    rows = session.scalars(keyset(select(BusinessHours), keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [row.id])


def page_agreements(*, limit: int | None = None, cursor: str | None = None) -> Page["ShownAgreement"]:
    """One page of agreements, oldest first; four statements."""
    size, keys = checked_limit(limit), (SortKey("id", Agreement.id),)
    ids = session.scalars(keyset(select(Agreement.id), keys, limit=size, cursor=cursor)).all()
    page = page_of(ids, limit=size, cursor_values=lambda row_id: [row_id])
    shown = {each.row.id: each for each in _shown(page.items)}
    return page.map(lambda row_id: shown[row_id])


def calendar_id_by_name(name: str) -> int | None:
    """The calendar with this name, or None."""
    return session.scalar(select(BusinessHours.id).where(BusinessHours.name == name))


def organisation_id_by_name(name: str) -> int | None:
    """The organisation with this name, or None."""
    return session.scalar(select(Organisation.id).where(Organisation.name == name))


def list_calendars() -> Sequence[BusinessHours]:
    """All calendars by name."""
    return session.scalars(select(BusinessHours).order_by(BusinessHours.name)).all()


def get_calendar(calendar_id: int) -> BusinessHours:
    """A calendar; raises `NotFound`."""
    return get(BusinessHours, calendar_id)


def get_agreement(agreement_id: int) -> Agreement:
    """An agreement; raises `NotFound`."""
    return get(Agreement, agreement_id)


def agreements_using(calendar_id: int) -> Sequence[Agreement]:
    """Agreements that count in a calendar."""
    return session.scalars(select(Agreement).where(Agreement.calendar_id == calendar_id).order_by(Agreement.id)).all()


@dataclass(frozen=True)
class ShownAgreement:
    """An agreement with its targets, steps and the names it refers to."""

    row: Agreement
    calendar: str
    organisation: str | None
    targets: Sequence[AgreementTarget]
    steps: Sequence[EscalationStep]

    def seconds(self, metric: str, priority: int) -> int | None:
        """The target of a metric at a priority."""
        found = (each.seconds for each in self.targets if (each.metric, each.priority) == (metric, priority))
        return next(found, None)


def list_agreements() -> list[ShownAgreement]:
    """All agreements in the order in which they are tried; three statements."""
    return _shown(select(Agreement.id))


def show_agreement(agreement_id: int) -> ShownAgreement:
    """One agreement with everything that belongs to it; raises `NotFound`."""
    shown = _shown(select(Agreement.id).where(Agreement.id == agreement_id))
    if not shown:
        raise NotFound(_("There is no such agreement."))
    return shown[0]


def _shown(ids: Any) -> list[ShownAgreement]:
    statement = (
        select(Agreement, BusinessHours.name, Organisation.name)
        .join(BusinessHours, BusinessHours.id == Agreement.calendar_id)
        .outerjoin(Organisation, Organisation.id == Agreement.organisation_id)
        .where(Agreement.id.in_(ids))
        .order_by(Agreement.active.desc(), Agreement.order, Agreement.id)
    )
    rows = session.execute(statement).all()
    targets, steps = targets_of(ids), steps_of(ids)
    return [
        ShownAgreement(row, calendar, organisation, targets.get(row.id, []), steps.get(row.id, []))
        for row, calendar, organisation in rows
    ]


def targets_of(ids: Any) -> dict[int, list[AgreementTarget]]:
    """Targets by agreement, by metric and priority."""
    found: dict[int, list[AgreementTarget]] = defaultdict(list)
    statement = select(AgreementTarget).where(AgreementTarget.agreement_id.in_(ids))
    for row in session.scalars(statement.order_by(AgreementTarget.metric.desc(), AgreementTarget.priority)):
        found[row.agreement_id].append(row)
    return found


def steps_of(ids: Any) -> dict[int, list[EscalationStep]]:
    """Escalation steps by agreement, by metric and share."""
    found: dict[int, list[EscalationStep]] = defaultdict(list)
    statement = select(EscalationStep).where(EscalationStep.agreement_id.in_(ids))
    for row in session.scalars(statement.order_by(EscalationStep.metric.desc(), EscalationStep.percent)):
        found[row.agreement_id].append(row)
    return found
