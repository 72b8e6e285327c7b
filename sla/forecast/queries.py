"""Reads of the forecast: running clocks, ended ones, what was learned of them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from itsm.identity.models import Group
from itsm.kernel.actor import Actor
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.jobs import BackgroundTask
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from sla.forecast.estimate import METRICS, Case
from sla.forecast.models import SlaBacktest, SlaDuration
from sla.models import SlaClock

BATCH = 5000


def running_clocks(actor: Actor, now: datetime, *, group_id: int | None = None, limit: int) -> Sequence[Row[Any]]:
    """Running clocks promised to customers that are not missed, of tickets the actor may read, due first; one statement."""
    columns = (SlaClock.id, SlaClock.ticket_id, SlaClock.metric, SlaClock.priority, SlaClock.group_id)
    statement = (
        select(*columns, SlaClock.due_at, SlaClock.target_seconds, SlaClock.started_at, SlaClock.terms)
        .add_columns(Ticket.kind, Ticket.title, Ticket.category_id)
        .join(Ticket, Ticket.id == SlaClock.ticket_id)
        .where(SlaClock.ended_at.is_(None), SlaClock.due_at > now, SlaClock.breached_at.is_(None))
        .where(SlaClock.kind == "sla", SlaClock.metric.in_(METRICS), policy.visible(actor))
    )
    if group_id is not None:
        statement = statement.where(SlaClock.group_id == group_id)
    return session.execute(statement.order_by(SlaClock.due_at, SlaClock.id).limit(limit)).all()


def kept_seconds(keys: Collection[str]) -> dict[str, list[int]]:
    """What was learned, by key; one statement."""
    statement = select(SlaDuration.key, SlaDuration.seconds).where(SlaDuration.key.in_(sorted(keys)))
    return {row.key: row.seconds for row in session.execute(statement)} if keys else {}


def learned_at() -> datetime | None:
    """When durations were learned last; None before the first time or without any."""
    return session.scalar(select(func.max(SlaDuration.learned_at)).where(SlaDuration.key.in_(METRICS)))


def last_backtest() -> SlaBacktest | None:
    """The latest back-test, or None."""
    return session.scalars(select(SlaBacktest).order_by(SlaBacktest.id.desc()).limit(1)).first()


def waiting_task(kind: str) -> BackgroundTask | None:
    """The oldest background task of a kind that has not ended, or None."""
    statement = select(BackgroundTask).where(
        BackgroundTask.state.in_(("queued", "running")), BackgroundTask.kind == kind
    )
    return session.scalars(statement.order_by(BackgroundTask.id).limit(1)).first()


def list_groups(actor: Actor) -> Sequence[Row[int, str]]:
    """Active groups whose tickets the actor may read: id and name, by name."""
    statement = select(Group.id, Group.name).where(Group.active)
    if actor.hidden_group_ids and not actor.grants_all:
        statement = statement.where(Group.id.not_in(actor.hidden_group_ids))
    return session.execute(statement.order_by(Group.name)).all()


@dataclass(frozen=True)
class Ended:
    """A clock that was met or missed: what makes it like others, when it ended, the open seconds it took."""

    case: Case
    ended_at: datetime
    seconds: int


def ended_clocks(from_at: datetime, to_at: datetime) -> Iterator[Ended]:
    """Clocks promised to customers that ended in [from, to), in the order of their ends; each batch in a transaction."""
    after = (from_at, 0)
    while True:
        with reading(), unit_of_work():
            rows = session.execute(_ended_after(after, to_at)).all()
        for row in rows:
            case = Case(row.metric, row.category_id, row.priority, row.group_id)
            yield Ended(case, row.ended_at, row.elapsed_seconds)
        if len(rows) < BATCH:
            return
        after = (rows[-1].ended_at, rows[-1].id)


def _ended_after(after: tuple[datetime, int], to_at: datetime) -> Select[Any]:
    at, last_id = after
    columns: tuple[Any, ...] = (SlaClock.id, SlaClock.metric, SlaClock.priority, SlaClock.group_id, SlaClock.ended_at)
    statement = select(*columns, SlaClock.elapsed_seconds, Ticket.category_id)
    return (
        statement.join(Ticket, Ticket.id == SlaClock.ticket_id)
        .where(SlaClock.ended_at >= at, SlaClock.ended_at < to_at)
        .where(or_(SlaClock.ended_at > at, SlaClock.id > last_id))
        .where(SlaClock.kind == "sla", SlaClock.metric.in_(METRICS), SlaClock.state.in_(("met", "breached")))
        .order_by(SlaClock.ended_at, SlaClock.id)
        .limit(BATCH)
    )


def clocks_open_at(at: datetime, *, limit: int) -> Sequence[SlaClock]:
    """Some of the clocks promised to customers that were open at an instant, the same ones each time they are asked for."""
    was_open = and_(SlaClock.started_at <= at, or_(SlaClock.ended_at.is_(None), SlaClock.ended_at > at))
    statement = select(SlaClock).where(was_open, SlaClock.kind == "sla", SlaClock.metric.in_(METRICS))
    # Multiplied and divided, ids lose their order: the sample is spread over old and new clocks.
    spread = (SlaClock.id * 7919) % 10_007
    return session.scalars(statement.order_by(spread, SlaClock.id).limit(limit)).all()
