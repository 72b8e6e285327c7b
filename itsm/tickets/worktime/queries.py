"""Every read of activity types, work done and timers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, bindparam, func, select

from itsm.kernel.db import session
from itsm.tickets.kept import Kept
from itsm.tickets.worktime.models import ActivityType, WorkRecord


@dataclass(frozen=True)
class LiveActivity:
    """An activity type that forms offer."""

    id: int
    name: str
    hour_minor: int
    currency: str


@dataclass(frozen=True)
class Spent:
    """Minutes worked on a ticket, and what they cost in one currency (minor units)."""

    currency: str
    minutes: int
    cost_minor: int


def _read_activities() -> list[LiveActivity]:
    rows = session.scalars(
        select(ActivityType).where(ActivityType.active).order_by(ActivityType.order, ActivityType.name)
    )
    return [LiveActivity(row.id, row.name, row.hour_minor, row.currency) for row in rows]


activities: Kept[LiveActivity] = Kept("worktime.activities", _read_activities)


def list_activities() -> Sequence[ActivityType]:
    """All activity types in order, for those who keep them."""
    return session.scalars(select(ActivityType).order_by(ActivityType.order, ActivityType.name)).all()


def spent_on(ticket_id: int) -> list[Spent]:
    """Work recorded on a ticket by currency; one statement. The caller may read the inside of the ticket."""
    rows = session.execute(_sums_of(), {"ticket_id": ticket_id}).all()
    return sorted((Spent(row[0], int(row[1]), int(row[2])) for row in rows), key=lambda each: each.currency)


@cache
def _sums_of() -> Select[str, int, int]:
    sums = select(WorkRecord.currency, func.sum(WorkRecord.minutes), func.sum(WorkRecord.cost_minor))
    return sums.where(WorkRecord.ticket_id == bindparam("ticket_id")).group_by(WorkRecord.currency)
