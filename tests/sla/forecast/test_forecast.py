"""The forecast: shares of similar tickets, what is listed to whom, back-tests, and work against hours."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Group
from itsm.kernel import jobs
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.module import registry
from itsm.staffing import services as staffing
from itsm.tickets import services
from itsm.tickets.models import Ticket
from itsm.tickets.worktime.models import WorkRecord
from sla.calendars.calendar import parse_calendar
from sla.calendars.working_hours import set_workers
from sla.commands import sla
from sla.forecast import backtest as forecast_backtest
from sla.forecast import capacity as forecast_capacity
from sla.forecast import jobs as forecast_jobs
from sla.forecast import listing as forecast_list
from sla.forecast.capacity import Load, coming_days, loads
from sla.forecast.estimate import LEAST, NEWEST, Case, Chance, Durations, chance
from sla.forecast.models import SlaBacktest, SlaDuration
from tests.conftest import NOW
from tests.factories import Factory
from tests.properties import examples
from tests.sla.conftest import HOUR, Agreements, at
from tests.statements import counted, statements_of

RESOLVE = {"resolution_code": "fixed", "resolution": "x"}
CASE = Case("resolution", 7, 2, 3)


def solved(make: Factory, agent: Actor, hours: float, *, began: float, **facts: Any) -> Incident:
    """An incident that took so many hours, recorded so many hours before the tests' beginning."""
    with at(-began):
        incident = make.incident(agent, **{"impact": 4, "urgency": 3} | facts)
    with at(-began + hours):
        services.take_step(agent, incident, "resolve", fields=RESOLVE)
    return incident


def test_the_share_is_of_those_that_took_as_long() -> None:
    kept = {CASE.sorts()[0]: sorted([*range(10), *range(100, 134)])}
    # 34 took at least 50 seconds; of them those from 122 on, 12, took longer than 121.
    assert chance(kept, CASE, elapsed=50, target=121) == Chance(12, 34, "category_priority_group")


def test_at_exactly_the_target_it_is_met() -> None:
    kept = {CASE.sorts()[0]: [100] * 10 + [101] * 10}
    found = chance(kept, CASE, elapsed=100, target=100)
    assert found is not None
    assert (found.late, found.of) == (10, 20)


def test_fewer_criteria_are_asked_for_until_twenty_remain() -> None:
    sorts = CASE.sorts()
    kept = {sorts[0]: [60] * 19 + [5] * 50, sorts[1]: [60] * 19, sorts[2]: [5] * 99, sorts[3]: [60] * LEAST}
    found = chance(kept, CASE, elapsed=10, target=30)
    assert found == Chance(LEAST, LEAST, "priority")
    assert chance(kept, CASE, elapsed=61, target=90) is None
    assert chance({}, CASE, elapsed=0, target=90) is None


@pytest.mark.parametrize("seed", range(examples(20)))
def test_shares_agree_with_counting_one_by_one(seed: int) -> None:
    pick = random.Random(seed)
    history = [
        (Case(pick.choice(["resolution", "response"]), pick.choice([None, 1, 2]), pick.randint(1, 3), pick.randint(1, 2)),
         NOW + timedelta(hours=number), pick.randint(0, 500))
        for number in range(pick.randint(0, 900))
    ]  # fmt: skip
    known = Durations()
    for case, ended_at, seconds in history:
        known.add(case, ended_at, seconds)
    since = NOW + timedelta(hours=pick.randint(0, 300))
    known.forget_before(since)
    for _each in range(20):
        case = Case(pick.choice(["resolution", "response"]), pick.choice([None, 1, 2]), pick.randint(1, 3), 1)
        elapsed = pick.randint(0, 500)
        target = elapsed + pick.randint(0, 200)
        assert chance(known, case, elapsed=elapsed, target=target) == _counted(history, since, case, elapsed, target)


def _counted(
    history: Sequence[tuple[Case, datetime, int]], since: datetime, case: Case, elapsed: int, target: int
) -> Chance | None:
    """The same by hand: the newest of each sort, those that took as long, those beyond the target."""
    wanted = {
        "category_priority_group": ("category_id", "priority", "group_id"),
        "category_priority": ("category_id", "priority"),
        "priority_group": ("priority", "group_id"),
        "priority": ("priority",),
        "all": (),
    }
    for level, facts in wanted.items():
        alike = [
            (ended_at, seconds)
            for one, ended_at, seconds in history
            if one.metric == case.metric and all(getattr(one, name) == getattr(case, name) for name in facts)
        ][-NEWEST:]
        as_long = [seconds for ended_at, seconds in alike if ended_at >= since and seconds >= elapsed]
        if len(as_long) >= LEAST:
            return Chance(sum(seconds > target for seconds in as_long), len(as_long), level)
    return None


def test_running_tickets_are_listed_by_chance_with_why(app: Flask, make: Factory, agreements: Agreements) -> None:
    """At priority 4: 24 hours to resolve. Of 30 that took ten hours or more, ten took longer than that."""
    agreements.make()
    agent, printers = make.actor(), make.category("Printers")
    for number in range(40):
        hours = 2 if number < 10 else 20 if number < 30 else 30
        solved(make, agent, hours, began=300 - number, category_id=printers.id)
    with at(-10):
        old = make.incident(agent, title="Old", impact=4, urgency=3, category_id=printers.id)
    new = make.incident(agent, title="New", impact=4, urgency=3, category_id=printers.id)
    for each in (old, new):
        services.write_entry(agent, each, kind="public", body="We look at it")
    assert forecast_jobs.learn() > 0
    session.expire_all()
    with at(1):
        found = forecast_list.forecast(agent)
    assert [(each.row.ticket_id, each.chance.late, each.chance.of) for each in found.likely] == [
        (old.id, 10, 30),
        (new.id, 10, 40),
    ]
    first = found.likely[0]
    assert (first.elapsed, first.left, first.percent) == (11 * HOUR, 13 * HOUR, 33)
    assert str(first.why) == (
        "10 of 30 similar tickets (same category, priority and group) that had taken as long as this one"
        " took longer than its target."
    )
    assert (found.looked_at, found.unknown, found.more) == (2, 0, False)


def test_paused_and_missed_ones_are_left_out(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets={("resolution", 4): 24 * HOUR})
    agent = make.actor()
    waiting = make.incident(agent, impact=4, urgency=3)
    services.take_step(agent, waiting, "hold", fields={"hold_reason": "customer"})
    with at(-30):
        make.incident(agent, impact=4, urgency=3)
    running = make.incident(agent, impact=4, urgency=3)
    assert forecast_list.forecast(agent).looked_at == 1
    assert forecast_list.forecast(agent, group_id=running.group_id).looked_at == 1
    assert forecast_list.forecast(agent, group_id=make.group().id).looked_at == 0


def test_nobody_is_told_of_tickets_that_they_may_not_read(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make()
    agent, secret = make.actor(), make.group("Security", restricted=True)
    for number in range(LEAST):
        solved(make, agent, 30, began=300 - number)
    member = make.actor(groups=(secret,))
    hidden = make.incident(member, title="Break-in", impact=4, urgency=3, group_id=secret.id)
    forecast_jobs.learn()
    outsider = make.actor()
    assert hidden.id not in {each.row.ticket_id for each in forecast_list.forecast(outsider).likely}
    assert hidden.id in {each.row.ticket_id for each in forecast_list.forecast(member).likely}
    assert "Security" not in {each.name for each in loads(outsider)}
    assert "Security" in {each.name for each in loads(member)}
    with pytest.raises(Forbidden):
        forecast_list.forecast(make.actor("end_user"))


def test_what_is_learned_counts_for_a_day_and_then_anew(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make()
    agent = make.actor()
    solved(make, agent, 30, began=100)
    assert forecast_jobs.learn_daily().done > 0
    kept = session.scalars(select(SlaDuration.seconds).where(SlaDuration.key == "resolution")).one()
    assert kept == [30 * HOUR]
    solved(make, agent, 20, began=90)
    assert forecast_jobs.learn_daily().done == 0
    with at(21):
        assert forecast_jobs.learn_daily().done > 0
    statement = select(SlaDuration.seconds).where(SlaDuration.key == "resolution")
    assert session.scalars(statement).one() == [20 * HOUR, 30 * HOUR]
    with at(24 * 366):
        forecast_jobs.learn()
    assert session.scalars(statement).all() == []


def test_learning_reads_in_batches_and_misses_none(
    app: Flask, make: Factory, agreements: Agreements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla.forecast.queries.BATCH", 3)
    agreements.make()
    agent = make.actor()
    for number in range(7):
        solved(make, agent, 5 + number % 2, began=200)  # several end at one instant
    forecast_jobs.learn()
    kept = session.scalars(select(SlaDuration.seconds).where(SlaDuration.key == "resolution")).one()
    assert kept == [5 * HOUR] * 4 + [6 * HOUR] * 3


def test_a_backtest_knows_only_what_had_ended_before(app: Flask, make: Factory, agreements: Agreements) -> None:
    """Fifty quick tickets, then ones that are all missed: what is said beforehand is that nothing is."""
    agreements.make(targets={("resolution", 4): 24 * HOUR})
    agent = make.actor()
    for number in range(LEAST + 5):
        solved(make, agent, 20, began=24 * 40 + number)
    for number in range(4):
        solved(make, agent, 60, began=24 * 6 + 12 - 0.1 * number)
    task = forecast_backtest.ask(make.actor("supervisor"), weeks=1)
    session.commit()
    jobs.run_tasks({forecast_backtest.TASK: forecast_backtest.run_task})
    task = session.get_one(BackgroundTask, task.id, populate_existing=True)
    assert task.state == "done"
    score = session.scalars(select(SlaBacktest)).one().result["metrics"]["resolution"]
    # Looked at once a day: twelve hours after each began; a day later it is late already.
    assert (score["judged"], score["missed"]) == (4, 4)
    assert score["brier"] == 1.0
    assert score["base"] == 0.0
    assert score["steps"][0] == [4, 0.0, 4]


def test_a_backtest_is_right_where_the_past_repeats_itself(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets={("resolution", 4): 24 * HOUR})
    agent = make.actor()
    for number in range(60):
        solved(make, agent, 30 if number % 3 == 0 else 20, began=24 * 22 - 7 * number)
    test = forecast_backtest.Backtest(2)
    assert list(test.days()) == list(range(1, 15))
    score = test.scores["resolution"]
    assert score.judged > 10
    assert score.brier is not None
    assert score.base is not None
    assert score.brier == pytest.approx(score.base, abs=0.1)
    assert sum(each.said for each in score.steps) == score.judged
    assert sum(each.happened for each in score.steps) == score.missed


def test_a_score_is_the_mean_square(app: Flask) -> None:
    score = forecast_backtest.Score()
    for share, missed in ((1.0, True), (0.5, False), (0.25, True), (0.0, False)):
        score.add(share, missed=missed)
    assert score.brier == pytest.approx((0 + 0.25 + 0.5625 + 0) / 4)
    assert score.base == pytest.approx(0.25)
    assert [each.said for each in score.steps] == [1, 0, 1, 0, 0, 1, 0, 0, 0, 1]


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


@pytest.fixture
def supervisor(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sue", roles=("supervisor",)))


def test_the_page_has_empty_states_and_then_figures(
    app: Flask, supervisor: FlaskClient, make: Factory, agreements: Agreements
) -> None:
    page = supervisor.get("/sla/forecast").get_data(as_text=True)
    assert "Nothing runs" in page
    assert "Not tested yet" in page
    agreements.make()
    agent = make.actor()
    for number in range(LEAST + 2):
        solved(make, agent, 30, began=300 - number)
    incident = make.incident(agent, title="Late <soon>", impact=4, urgency=3)
    number = incident.number
    session.commit()
    assert "No forecast yet" in supervisor.get("/sla/forecast").get_data(as_text=True)
    forecast_jobs.learn()
    page = supervisor.get("/sla/forecast").get_data(as_text=True)
    assert number in page
    assert "Late &lt;soon&gt;" in page
    assert "22 of 22 similar tickets" in page
    assert "style=" not in page
    assert "cannot be missed while they wait" in page


def test_the_number_of_statements_does_not_follow_the_tickets(
    app: Flask, supervisor: FlaskClient, make: Factory, agreements: Agreements
) -> None:
    agreements.make()
    agent = make.actor()
    for number in range(LEAST):
        solved(make, agent, 30, began=300 - number)
    group = make.group()
    make.person(groups=(group,))
    make.incident(agent, impact=4, urgency=3, group_id=group.id)
    forecast_jobs.learn()
    few = statements_of(supervisor, "/sla/forecast")
    make.person(groups=(group, make.group()))
    for number in range(9):
        facts = {"impact": 1 + number % 4, "urgency": 3, "group_id": group.id}
        make.incident(agent, category_id=make.category().id, **facts)
    supervisor.get("/sla/forecast")  # what the shell keeps of people and groups is read anew once
    assert statements_of(supervisor, "/sla/forecast") == few
    session.commit()
    with counted() as seen:
        forecast_list.forecast(agent)
    assert len(seen) <= 4
    with counted() as seen:
        loads(agent)
    assert len(seen) <= 8


def test_a_test_is_asked_for_and_shown(app: Flask, supervisor: FlaskClient, make: Factory) -> None:
    agent = make.actor()
    for number in range(LEAST + 4):
        solved(make, agent, 10, began=24 * 9 + number)
    token = supervisor.get("/sla/forecast").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    refused = supervisor.post("/sla/forecast/backtest", data={"csrf_token": token, "weeks": "99"})
    assert refused.status_code == 422
    assert 'value="99"' in refused.get_data(as_text=True)
    for _twice in range(2):
        answer = supervisor.post("/sla/forecast/backtest", data={"csrf_token": token, "weeks": "2"})
        assert answer.status_code == 302
    tasks = session.scalars(select(BackgroundTask).where(BackgroundTask.kind == forecast_backtest.TASK)).all()
    assert len(tasks) == 1
    assert "Waiting for its turn" in supervisor.get("/sla/forecast").get_data(as_text=True)
    jobs.run_tasks(registry().tasks)
    page = supervisor.get("/sla/forecast").get_data(as_text=True)
    assert "once a day: what the forecast would have said" in page
    supervisor.post("/sla/forecast/backtest", data={"csrf_token": token, "weeks": "1"})
    supervisor.post("/sla/forecast/backtest/cancel", data={"csrf_token": token})
    states = session.scalars(select(BackgroundTask.state).where(BackgroundTask.kind == forecast_backtest.TASK)).all()
    assert sorted(states) == ["cancelled", "done"]


def test_staff_read_it_but_do_not_start_tests(app: Flask, client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("agent",)))
    page = client.get("/sla/forecast")
    assert page.status_code == 200
    assert "Test it on the past" not in page.get_data(as_text=True)
    make.sign_in(client, make.person())
    assert client.get("/sla/forecast").status_code == 403


def test_the_command_learns_and_tests(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make()
    agent = make.actor()
    for number in range(LEAST + 2):
        solved(make, agent, 10, began=24 * 3 + number)
    session.commit()
    learned = app.test_cli_runner().invoke(sla, ["forecast"])
    assert "sorts of tickets learned" in learned.output
    tested = app.test_cli_runner().invoke(sla, ["forecast", "--backtest", "--weeks", "1"])
    assert tested.exit_code == 0, tested.output
    assert "resolution:" in tested.output
    assert session.scalar(select(SlaBacktest.weeks)) == 1
