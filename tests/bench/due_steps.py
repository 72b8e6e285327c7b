"""A thousand due steps among a million open clocks, and how late steps fire when fifty fall each second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select, text

from incident import services as incidents
from itsm.identity import services as identity
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.waking import Waker
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla.agreements import services as agreement_services
from sla.agreements.services import StepInput
from sla.escalations.lateness import share_of
from sla.jobs import EVERY_SECONDS, StepJob
from sla.models import BusinessHours, FiredStep
from tests.bench.measure import Figure, database_cpu_seconds, own_cpu_seconds

DUE = 1000
OPEN_CLOCKS = 1_000_000
A_UNIT = 100
HOUR = 3600
MOST_SECONDS, MOST_LATE_SECONDS, MOST_GROWTH = 5.0, 2.0, 1.5
A_SECOND, SECONDS = 50, 10
LEAD_SECONDS = 150  # recording the tickets takes a while, then their steps fall
STEPS = (
    *(StepInput("resolution", percent, ("notify_assignee",)) for percent in (10, 20)),
    StepInput("resolution", 50, ("raise_level", "notify_manager")),
)
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :many) "
    "SELECT {} FROM numbers",
    "postgresql": "SELECT {} FROM generate_series(1, :many) AS n",
}


def run_due_steps(app: Flask) -> list[Figure]:
    """The same work with few and with a million open clocks, the dearest step, and lateness by a real clock."""
    with app.app_context():
        group_id, person_id = _desk()
        start = clock.now()
        _open(group_id, person_id, DUE, start)
        figures = [_fire(app, "due steps, tell", DUE, start + timedelta(hours=1))]
        _add_open_clocks(_parked(group_id, person_id, start), OPEN_CLOCKS)
        figures.append(_fire(app, "due steps, tell", OPEN_CLOCKS, start + timedelta(hours=2)))
        figures[1].met = bool(figures[1].met) and figures[1].p50_ms <= MOST_GROWTH * figures[0].p50_ms
        figures[1].budget += f", at most {MOST_GROWTH} times that of few"
        figures.append(_fire(app, "due steps, pass on", OPEN_CLOCKS, start + timedelta(hours=5)))
        return [*figures, _lateness(app, group_id, person_id)]


def _desk() -> tuple[int, int]:
    with unit_of_work():
        head, person, *others = (
            identity.create_person(SYSTEM, name=name, email=f"{name.lower()}@due.example", roles=["agent"])
            for name in ("Boss", "Ben", "Cleo", "Dan", "Eve")
        )
        next_ids = [each.id for each in others]  # each is told of what is passed on
        second = identity.create_group(SYSTEM, name="Due, second level", level=2, member_ids=next_ids)
        group = identity.create_group(
            SYSTEM, name="Due", manager_id=head.id, member_ids=[person.id], escalates_to_id=second.id
        )
        always = session.scalars(select(BusinessHours).where(BusinessHours.name == "Around the clock")).one()
        agreement_services.create_agreement(
            SYSTEM,
            facts={"name": "Due", "order": 1, "condition": "kind = incident", "calendar_id": always.id},
            targets={("resolution", priority): 10 * HOUR for priority in range(1, 6)},
            steps=STEPS,
        )
        return group.id, person.id


def _open(group_id: int, person_id: int, many: int, at: datetime) -> list[int]:
    ids = []
    for start in range(0, many, A_UNIT):
        with clock.frozen(at), unit_of_work():
            for number in range(start, min(start + A_UNIT, many)):
                title = f"Due {number}"
                found = incidents.open_incident(SYSTEM, title=title, group_id=group_id, assignee_id=person_id)
                ids.append(found.id)
    return ids


def _parked(group_id: int, person_id: int, at: datetime) -> int:
    """A ticket that is resolved, so that nothing of its own falls."""
    (ticket_id,) = _open(group_id, person_id, 1, at)
    with clock.frozen(at), unit_of_work():
        done = {"resolution_code": "fixed", "resolution": "done"}
        tickets.take_step(SYSTEM, session.get_one(Ticket, ticket_id), "resolve", fields=done)
    return ticket_id


def _add_open_clocks(ticket_id: int, many: int) -> None:
    """Rows as clocks that run for another year have them; they all hang on one ticket, under generations of their own."""
    columns = "ticket_id, agreement_id, kind, owner_id, metric, priority, state, started_at, due_at, elapsed_seconds, "
    columns += "customer_seconds, supplier_seconds, reason, terms"
    later = "next_step_at, generation"
    shifted = {
        "sqlite": "datetime('now', '+1 year', n || ' seconds')",
        "postgresql": "now() + '1 year'::interval + n * '1 second'::interval",
    }
    kind = db.engine.dialect.name
    values = f"{columns}, {shifted[kind]}, n + 1000".replace("state,", "'running',")
    source = f"(SELECT {columns} FROM sla_clock WHERE ticket_id = :ticket_id LIMIT 1) AS one"  # noqa: S608 (names of columns)
    rows = NUMBERS[kind].format("*").replace("SELECT *", f"SELECT {values}")
    statement = f"INSERT INTO sla_clock ({columns}, {later}) {rows}, {source}"
    with unit_of_work():
        session.execute(text(statement), {"many": many, "ticket_id": ticket_id})
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _fire(app: Flask, name: str, size: int, at: datetime) -> Figure:
    before = own_cpu_seconds() + database_cpu_seconds(app), time.perf_counter(), _fired()
    job = StepJob()
    with clock.frozen(at):
        while job.run().more:
            pass
    cpu = own_cpu_seconds() + database_cpu_seconds(app) - before[0]
    wall, steps = time.perf_counter() - before[1], _fired() - before[2]
    figure = Figure(name, size, _kind(app), round(cpu * 1000, 1), 0, round(wall * 1000, 1), 0)
    figure.extra["steps"] = steps
    figure.budget, figure.met = f"{DUE} steps under {MOST_SECONDS:g} s", steps == DUE and wall < MOST_SECONDS
    return figure


def _fired() -> int:
    with unit_of_work():
        return session.scalar(select(func.count(FiredStep.id))) or 0


def _lateness(app: Flask, group_id: int, person_id: int) -> Figure:
    """Steps that fall by the real clock, fired by the waker as the worker runs it; late is until the commit."""
    first = clock.now() + timedelta(seconds=LEAD_SECONDS)
    for second in range(SECONDS):
        _open(group_id, person_id, A_SECOND, first + timedelta(seconds=second) - timedelta(hours=1))
    late, before = list[float](), own_cpu_seconds() + database_cpu_seconds(app)
    with _woken(app, late):
        until = time.monotonic() + LEAD_SECONDS + SECONDS + 30
        while len(late) < A_SECOND * SECONDS and time.monotonic() < until:
            time.sleep(0.5)
    cpu = own_cpu_seconds() + database_cpu_seconds(app) - before
    late.sort()
    worst = share_of(late, 99)
    half = share_of(late, 50)
    figure = Figure(
        "steps by the clock", A_SECOND, _kind(app), round(cpu * 1000 / max(len(late), 1), 1), 0, half * 1000, 0
    )
    figure.extra |= {"fired": len(late), "p99 s": round(worst, 2), "longest s": round(share_of(late, 100), 2)}
    figure.budget = f"p99 under {MOST_LATE_SECONDS:g} s at {A_SECOND} a second"
    figure.met = len(late) == A_SECOND * SECONDS and worst < MOST_LATE_SECONDS
    return figure


@contextmanager
def _woken(app: Flask, late: list[float]) -> Iterator[None]:
    """The waker at work; `late` takes how many seconds after its instant each step was committed."""
    steps = StepJob()
    with unit_of_work():
        seen = [session.scalar(select(func.max(FiredStep.id))) or 0]

    def run() -> Outcome:
        outcome = steps.run()
        now = clock.now()
        with unit_of_work():
            rows = session.execute(select(FiredStep.id, FiredStep.fell_at).where(FiredStep.id > seen[0])).all()
        late.extend((now - row.fell_at).total_seconds() for row in rows if row.fell_at is not None)
        seen[0] = max((row.id for row in rows), default=seen[0])
        return outcome

    job = Job("bench", "Bench", run, EVERY_SECONDS, next_at=steps.next_at)
    waker = Waker(app.app_context, job, run, may_run=lambda: True)
    waker.start()
    try:
        yield
    finally:
        waker.stop()


def _kind(app: Flask) -> str:
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).split(":")[0].split("+")[0]
