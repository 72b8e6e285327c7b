"""Work that waits in each group's queue against the hours that its people have in the coming five working days.

Work: for each open ticket the mean work written down on the group's solved ones of the last 90 days, less what is written
down on it already. Where fewer than ten of those have work written down: the open tickets ÷ those solved in a week × the
hours of a week. Hours: each person's working hours less absences, shared evenly among the person's groups.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, case, func, select

from itsm.identity.models import GroupMember, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.records import require
from itsm.kernel.runtime import settings
from itsm.staffing import queries as staffing
from itsm.staffing.deputies import Leave
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from itsm.tickets.worktime.models import WorkRecord
from sla.calendars.calendar import BusinessCalendar, parse_calendar
from sla.calendars.working_hours import WorkingHours, read_hours
from sla.forecast import queries as forecast_queries

WORKING_DAYS = 5
LOOKED_AT_DAYS = 31  # so far ahead five working days are looked for
SOLVED_DAYS = 90
LEAST_WITH_WORK = 10
TIGHT, OVER = 0.85, 1.0  # shares of the hours from which work is tight, and too much
SOLVED = ("resolved", "closed")


@dataclass(frozen=True)
class Load:
    """One group: open tickets, hours of work in them and how that is known, people and their hours until before `until`.

    `basis` is `recorded` (`mean_seconds` a ticket), `pace` (`per_week` solved) or empty: then `work_seconds` is None.
    """

    group_id: int
    name: str
    open: int
    work_seconds: int | None
    basis: str
    mean_seconds: int | None
    per_week: float
    people: int
    have_seconds: int
    until: date

    @property
    def share(self) -> float | None:
        """Work ÷ hours; None without either, and for work nobody has hours for."""
        return self.work_seconds / self.have_seconds if self.work_seconds is not None and self.have_seconds else None

    @property
    def standing(self) -> str:
        """`fine`, `tight`, `over` (more work than hours) or empty."""
        if self.work_seconds is None or not (self.work_seconds or self.have_seconds):
            return ""
        if self.share is None or self.share > OVER:
            return "over"
        return "tight" if self.share > TIGHT else "fine"


def loads(actor: Actor) -> list[Load]:
    """Every group that the actor may know of with open tickets or people, the fullest first; eight statements."""
    require(actor, "sla.read")
    now = clock.now()
    groups = forecast_queries.list_groups(actor)
    members = _members()
    hours = read_hours({row.person_id for row in members}, {row.id for row in groups})
    leaves = _leaves(now)
    solved, waiting = _solved(actor, now), _waiting(actor, now)
    team = _Team(now, Counter(row.person_id for row in members), hours, leaves)
    found = []
    for group in groups:
        people = [row.person_id for row in members if row.group_id == group.id]
        if people or waiting.get(group.id):
            have, until = team.hours_for(group.id, people)
            work = _work(solved.get(group.id), waiting.get(group.id), have)
            found.append(Load(group.id, group.name, people=len(people), have_seconds=have, until=until, **vars(work)))
    return sorted(found, key=lambda each: (-(each.share if each.share is not None else -1.0), each.name))


@dataclass(frozen=True)
class _Work:
    """The part of a `Load` that tells of work."""

    open: int
    work_seconds: int | None
    basis: str
    mean_seconds: int | None
    per_week: float


def _work(solved: Row[Any] | None, waiting: Row[Any] | None, have_seconds: int) -> _Work:
    per_week = round(solved.number * 7 / SOLVED_DAYS, 1) if solved is not None else 0.0
    mean = _mean(solved)
    if waiting is None:
        return _Work(0, 0, "", mean, per_week)
    if mean is not None:
        return _Work(waiting.number, round(float(waiting.minutes or 0) * 60), "recorded", mean, per_week)
    if per_week and have_seconds:
        return _Work(waiting.number, round(waiting.number / per_week * have_seconds), "pace", mean, per_week)
    return _Work(waiting.number, None, "", mean, per_week)


def _mean(solved: Row[Any] | None) -> int | None:
    """Mean seconds of work written down on a solved ticket; None where too few have any."""
    if solved is None or solved.with_work < LEAST_WITH_WORK:
        return None
    minutes, number = float(solved.minutes), int(solved.with_work)
    return round(minutes * 60 / number)


def _members() -> Sequence[Row[int, int]]:
    statement = select(GroupMember.group_id, GroupMember.person_id).join(Person, Person.id == GroupMember.person_id)
    return session.execute(statement.where(Person.active).order_by(GroupMember.group_id, GroupMember.person_id)).all()


def _leaves(now: datetime) -> dict[int, list[Leave]]:
    found: dict[int, list[Leave]] = {}
    for leave in staffing.leaves_between(now, now + timedelta(days=LOOKED_AT_DAYS + 1)):
        found.setdefault(leave.person_id, []).append(leave)
    return found


def _work_of_solved(now: datetime) -> Any:
    """Work written down on each ticket that was solved lately: ticket, group, minutes (null without any)."""
    since = now - timedelta(days=SOLVED_DAYS)
    return (
        select(Ticket.id, Ticket.group_id, func.sum(WorkRecord.minutes).label("minutes"))
        .outerjoin(WorkRecord, WorkRecord.ticket_id == Ticket.id)
        .where(Ticket.state_category.in_(SOLVED), Ticket.resolved_at >= since)
        .group_by(Ticket.id, Ticket.group_id)
        .subquery()
    )


def _solved(actor: Actor, now: datetime) -> dict[int, Row[Any]]:
    """By group: tickets solved in the last 90 days, how many of them have work written down, and the sum of its minutes."""
    del actor  # sums of groups, of which those the actor may not know of are left out later
    each = _work_of_solved(now)
    with_work = func.sum(case((each.c.minutes > 0, 1), else_=0)).label("with_work")
    minutes = func.coalesce(func.sum(each.c.minutes), 0).label("minutes")
    statement = select(each.c.group_id, func.count().label("number"), with_work, minutes).group_by(each.c.group_id)
    return {row.group_id: row for row in session.execute(statement) if row.group_id is not None}


def _waiting(actor: Actor, now: datetime) -> dict[int, Row[Any]]:
    """By group: open tickets that the actor may read, and the minutes of work that are expected in them still."""
    solved = _work_of_solved(now)
    means = (
        select(solved.c.group_id, func.avg(solved.c.minutes).label("mean"))
        .where(solved.c.minutes > 0)
        .group_by(solved.c.group_id)
        .subquery()
    )
    spent = (
        select(WorkRecord.ticket_id, func.sum(WorkRecord.minutes).label("minutes"))
        .join(Ticket, Ticket.id == WorkRecord.ticket_id)
        .where(Ticket.unfinished == 1)
        .group_by(WorkRecord.ticket_id)
        .subquery()
    )
    left = means.c.mean - func.coalesce(spent.c.minutes, 0)
    statement = (
        select(
            Ticket.group_id, func.count().label("number"), func.sum(case((left > 0, left), else_=0)).label("minutes")
        )
        .outerjoin(means, means.c.group_id == Ticket.group_id)
        .outerjoin(spent, spent.c.ticket_id == Ticket.id)
        .where(and_(Ticket.unfinished == 1, policy.visible(actor)))
        .group_by(Ticket.group_id)
    )
    return {row.group_id: row for row in session.execute(statement) if row.group_id is not None}


@dataclass(frozen=True)
class _Team:
    """People with their hours, their absences and in how many groups each works."""

    now: datetime
    groups_of: Mapping[int, int]
    hours: WorkingHours
    leaves: Mapping[int, Sequence[Leave]]

    def hours_for(self, group_id: int, people: Iterable[int]) -> tuple[int, date]:
        """Seconds that people have for a group in its coming five working days, and the day before which these end."""
        own = self.hours.groups.get(group_id) or usual_hours(settings().timezone)
        start, end, until = coming_days(own, self.now)
        seconds = 0
        for person_id in people:
            calendar = self.hours.people.get(person_id) or own
            away = [(max(each.from_at, start), min(each.until_at, end)) for each in self.leaves.get(person_id, ())]
            present = calendar.between(start, end, [span for span in away if span[0] < span[1]])
            seconds += present // self.groups_of[person_id]
        return seconds, until


def coming_days(calendar: BusinessCalendar, now: datetime) -> tuple[datetime, datetime, date]:
    """From the next midnight on the five next days on which a calendar opens: first and last instant, day after the last.

    A calendar that seldom opens is looked at for 31 days.
    """
    first = now.astimezone(calendar.zone).date() + timedelta(days=1)
    day, working = first, 0
    while working < WORKING_DAYS and (day - first).days < LOOKED_AT_DAYS:
        working += int(calendar.between(_midnight(day, calendar), _midnight(day + timedelta(days=1), calendar)) > 0)
        day += timedelta(days=1)
    return _midnight(first, calendar), _midnight(day, calendar), day


def _midnight(day: date, calendar: BusinessCalendar) -> datetime:
    return datetime.combine(day, time(), calendar.zone).astimezone(UTC)


@cache
def usual_hours(timezone: str) -> BusinessCalendar:
    """Eight hours from Monday to Friday: the hours of groups and people that have none on record."""
    weekly = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return parse_calendar({"tz": timezone, "weekly": weekly})
