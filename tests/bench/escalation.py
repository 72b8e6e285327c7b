"""Escalation steps a CPU second, when many tickets fall due at once."""

import time
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from incident import services as incidents
from itsm.identity import services as identity
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from sla.jobs import fire_steps
from sla.models import FiredStep
from tests.bench.measure import Figure, database_cpu_seconds, own_cpu_seconds

TICKETS = 600
A_UNIT = 100
DAYS = (2, 4, 30)  # after which the first, the next and the last steps have fallen
LEAST = 1000


def run_escalation(app: Flask) -> list[Figure]:
    """Steps fired in one go: for half the tickets a person is to be told, for the others the group's head."""
    with app.app_context():
        _open_tickets(*_desk())
        start, steps, cpu, wall = clock.now(), 0, 0.0, 0.0
        for days in DAYS:
            before = own_cpu_seconds() + database_cpu_seconds(app), time.perf_counter(), _fired()
            with clock.frozen(start + timedelta(days=days)):
                while fire_steps().more:
                    pass
            cpu += own_cpu_seconds() + database_cpu_seconds(app) - before[0]
            wall += time.perf_counter() - before[1]
            steps += _fired() - before[2]
    return [_figure(app, steps, cpu, wall)]


def _desk() -> tuple[int, int]:
    with unit_of_work():
        head, person = (
            identity.create_person(SYSTEM, name=name, email=f"{name.lower()}@bench.example", roles=["agent"])
            for name in ("Head", "Ann")
        )
        second = identity.create_group(SYSTEM, name="Second level", level=2)
        group = identity.create_group(
            SYSTEM, name="First level", manager_id=head.id, member_ids=[person.id], escalates_to_id=second.id
        )
        return group.id, person.id


def _open_tickets(group_id: int, person_id: int) -> None:
    for start in range(0, TICKETS, A_UNIT):
        with unit_of_work():
            for number in range(start, start + A_UNIT):
                assignee_id = person_id if number % 2 else None
                incidents.open_incident(SYSTEM, title=f"Bench {number}", group_id=group_id, assignee_id=assignee_id)


def _fired() -> int:
    with unit_of_work():
        return session.scalar(select(func.count(FiredStep.id))) or 0


def _figure(app: Flask, steps: int, cpu: float, wall: float) -> Figure:
    kind = app.config["SQLALCHEMY_DATABASE_URI"].split(":")[0].split("+")[0]
    figure = Figure("escalation steps", steps, kind, round(cpu * 1000 / steps, 2), 0, round(wall * 1000 / steps, 2), 0)
    rate = round(steps / cpu)
    figure.extra["a CPU second"] = rate
    figure.budget, figure.met = f"≥ {LEAST} a CPU second", rate >= LEAST
    return figure
