"""Work in the queue against the hours that people have."""

from datetime import UTC, date, datetime, timedelta

from flask import Flask

from itsm.identity.models import Group
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.staffing import services as staffing
from itsm.tickets import services
from itsm.tickets.models import Ticket
from itsm.tickets.worktime.models import WorkRecord
from sla.calendars.calendar import parse_calendar
from sla.calendars.working_hours import set_workers
from sla.forecast import capacity as forecast_capacity
from sla.forecast.capacity import Load, coming_days, loads
from tests.conftest import NOW
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements
from tests.sla.forecast.conftest import solved


def load_of(actor: Actor, group: Group) -> Load:
    return next(each for each in loads(actor) if each.group_id == group.id)


def work(ticket: Ticket, agent: Actor, minutes: int) -> None:
    """Work written down, as the work log does."""
    entry = services.write_journal(agent, ticket, "work", minutes=minutes)
    session.add(WorkRecord(entry_id=entry.id, ticket_id=ticket.id, person_id=agent.person_id, minutes=minutes))
    session.flush()


def test_hours_are_those_of_people_less_absences(app: Flask, make: Factory, agreements: Agreements) -> None:
    """From Thursday on: five working days of eight hours; half a day away; half of the person in two groups."""
    group, other = make.group("Field"), make.group("Desk")
    days = ("mon", "tue", "wed", "thu", "fri")
    hours = agreements.calendar("Field hours", weekly={day: [["08:00", "16:00"]] for day in days})
    short = agreements.calendar("Short", weekly={day: [["08:00", "12:00"]] for day in days})
    whole, part, both = (
        make.person("Ann", groups=(group,)),
        make.person("Bo", groups=(group,)),
        make.person("Cy", groups=(group, other)),
    )
    set_workers(SYSTEM, hours, group_ids=[group.id])
    set_workers(SYSTEM, short, person_ids=[part.id])
    tomorrow = datetime.combine(NOW.date() + timedelta(days=1), datetime.min.time(), UTC)
    staffing.enter_absence(
        SYSTEM, person_id=whole.id, from_at=tomorrow + timedelta(hours=12), until_at=tomorrow + timedelta(hours=30)
    )
    found = load_of(make.actor(), group)
    # Ann 40 less 4 on Thursday, none on the night; Bo 20; Cy 40 shared by two groups. The absence ends before Friday's work.
    assert found.have_seconds == (36 + 20 + 20) * HOUR
    assert (found.people, found.open, found.work_seconds) == (3, 0, 0)
    assert found.until == NOW.date() + timedelta(days=8)  # a weekend lies between
    assert load_of(make.actor(), other).people == 1
    assert both.id


def test_work_is_what_solved_tickets_took_less_what_is_done(app: Flask, make: Factory) -> None:
    agent = make.actor()
    group = make.group()
    make.person(groups=(group,))
    for number in range(forecast_capacity.LEAST_WITH_WORK):
        work(solved(make, agent, 1, began=24 * 20 + number, group_id=group.id), agent, 60 if number % 2 else 120)
    for minutes in (0, 30, 500):
        ticket = make.incident(agent, group_id=group.id)
        if minutes:
            work(ticket, agent, minutes)
    found = load_of(agent, group)
    assert (found.basis, found.mean_seconds, found.open) == ("recorded", 90 * 60, 3)
    assert found.work_seconds == (90 + 60) * 60  # the third has had more than the mean already
    assert found.standing == "fine"


def test_without_work_written_down_the_pace_counts(app: Flask, make: Factory) -> None:
    agent, group = make.actor(), make.group()
    make.person(groups=(group,))
    for number in range(13):
        solved(make, agent, 1, began=24 * 20 + number, group_id=group.id)
    for _each in range(4):
        make.incident(agent, group_id=group.id)
    found = load_of(agent, group)
    assert (found.basis, found.per_week) == ("pace", 1.0)  # 13 in 90 days
    assert found.have_seconds == 40 * HOUR
    assert found.work_seconds == 4 * 40 * HOUR
    assert (found.standing, found.share) == ("over", 4.0)
    idle = make.group()
    make.incident(agent, group_id=idle.id)
    unknown = load_of(agent, idle)
    assert (unknown.basis, unknown.work_seconds, unknown.share, unknown.standing) == ("", None, None, "")


def test_the_coming_five_working_days_leave_out_holidays() -> None:
    days = {day: [["08:00", "16:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    office = parse_calendar({"tz": "UTC", "weekly": days, "holidays": ["2026-11-20"]})
    now = datetime(2026, 11, 18, 9, tzinfo=UTC)  # a Wednesday
    start, end, until = coming_days(office, now)
    assert (start, until) == (datetime(2026, 11, 19, tzinfo=UTC), date(2026, 11, 27))
    assert office.between(start, end) == 5 * 8 * HOUR
    never = parse_calendar({"tz": "UTC", "weekly": {}})
    assert coming_days(never, now)[2] == date(2026, 12, 20)
