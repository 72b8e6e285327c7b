"""Desk page, incident page, search and impact as the data grows."""

import random

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from cmdb.models import Ci, Relation
from itsm import seeding
from itsm.identity import services as identity
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.tickets.models import Ticket
from tests.bench.measure import Figure, measure
from tests.factories import Factory

BUDGETS = {  # work -> CPU ms, statements
    "desk page": (25, 8),
    "incident page": (20, 14),
    "search page": (20, 8),
    "impact of a hub": (150, 60),
}


def run_pages(app: Flask, sizes: list[int]) -> list[Figure]:
    """Grow the data step by step and measure at each size."""
    figures, have_tickets, have_cis = [], 0, 0
    client = _agent(app)
    for size in sizes:
        with app.app_context():
            _grow(size - have_tickets, size - have_cis)
        have_tickets = have_cis = size
        figures += _measure_size(app, client, size)
    _judge_growth(figures)
    return figures


def _agent(app: Flask) -> FlaskClient:
    with app.app_context(), unit_of_work():
        person = identity.create_person(SYSTEM, name="Bench Agent", email="bench@bench.example", roles=["agent"])
        Factory().sign_in(client := app.test_client(), person)
    return client


def _grow(tickets: int, cis: int) -> None:
    dice = random.Random(1)
    with unit_of_work():
        seeding.add_people(200)
    seeding.add_tickets(dice, tickets)
    seeding.add_cis(dice, cis)
    with unit_of_work():
        if session.get_bind().dialect.name == "postgresql":
            session.connection().exec_driver_sql("ANALYZE")


def _measure_size(app: Flask, client: FlaskClient, size: int) -> list[Figure]:
    with app.app_context(), unit_of_work():
        number = f"INC{session.scalar(select(func.max(Ticket.id))):07d}"
        hub = session.scalar(
            select(Relation.target_id)
            .join(Ci, Ci.id == Relation.target_id)
            .where(Ci.class_key == "switch")
            .group_by(Relation.target_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        with_token = Factory().token(session.scalars(select(Person).where(Person.email == "bench@bench.example")).one())
    pages = {
        "desk page": "/desk?view=all",
        "incident page": f"/incidents/{number}",
        "search page": "/desk?view=everything&q=zx0q",
    }
    figures = []
    for name, address in pages.items():
        figures.append(_judged(measure(app, name, size, lambda address=address: _size_of(client, address))))
    headers = {"Authorization": f"Bearer {with_token}"}
    impact = f"/api/v1/cis/{hub}/impact?direction=down&depth=20"
    figure = measure(app, "impact of a hub", size, lambda: _size_of(client, impact, headers), runs=10, warm=2)
    figures.append(_judged(figure))
    return figures


def _size_of(client: FlaskClient, address: str, headers: dict[str, str] | None = None) -> int:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code, response.text[:400])
    return len(response.data)


def _judged(figure: Figure) -> Figure:
    cpu, statements = BUDGETS[figure.name]
    figure.budget = f"≤ {cpu} ms, ≤ {statements} sql"
    figure.met = figure.cpu_ms <= cpu and figure.statements <= statements
    return figure


def _judge_growth(figures: list[Figure]) -> None:
    desks = {figure.size: figure.cpu_ms for figure in figures if figure.name == "desk page"}
    if {10_000, 100_000} <= desks.keys():
        ratio = round(desks[100_000] / desks[10_000], 2)
        for figure in figures:
            if figure.name == "desk page" and figure.size == 100_000:
                figure.extra["100k/10k"] = f"{ratio} (≤ 1.3)"
