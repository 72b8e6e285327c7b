"""What the benchmarks measure on: load data that grows to a size, and people who are signed in."""

import random
import re
from collections.abc import Sequence

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from cmdb.models import Ci
from itsm import seeding
from itsm.identity import services as identity
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from itsm.tickets.models import Ticket
from tests.factories import Factory

PEOPLE = 200
FORM_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def grow_to(app: Flask, size: int) -> None:
    """Load data until there are `size` tickets and as many CIs."""
    dice = random.Random(size)
    with app.app_context():
        with unit_of_work():
            seeding.add_people(PEOPLE)
            tickets = size - (session.scalar(select(func.count(Ticket.id))) or 0)
            cis = size - (session.scalar(select(func.count(Ci.id))) or 0)
        seeding.add_tickets(dice, max(0, tickets))
        seeding.add_cis(dice, max(0, cis))
        _settle()


def within_days(app: Flask, size: int, days: int) -> None:
    """Load data of tickets of the last `days`, into a database without any."""
    with app.app_context():
        with unit_of_work():
            seeding.add_people(PEOPLE)
        seeding.add_tickets(random.Random(size), size, days=days)
        _settle()


def _settle() -> None:
    """What a database's own housekeeping does on a server that runs for a while."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def agent(app: Flask, name: str) -> tuple[FlaskClient, str]:
    """A new agent's signed-in browser, and a token of theirs."""
    with app.app_context(), unit_of_work():
        person = _agent(name)
        Factory().sign_in(client := app.test_client(), person)
        return client, Factory().token(person)


def session_cookies(app: Flask, number: int) -> list[str]:
    """The session cookies (`name=value`) of as many new agents who are signed in."""
    with app.app_context(), unit_of_work():
        return [_cookie(app, _agent(f"Crowd {each}")) for each in range(number)]


def _agent(name: str) -> Person:
    email = f"{name.lower().replace(' ', '-')}@bench.example"
    return identity.create_person(SYSTEM, name=name, email=email, roles=["agent"])


def _cookie(app: Flask, person: Person) -> str:
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = Factory().sign_in(app.test_client(), person).get_cookie(name)
    assert cookie is not None
    return f"{name}={cookie.value}"


def newest_tickets(app: Flask, number: int) -> Sequence[Ticket]:
    """The newest tickets, newest first."""
    with app.app_context(), unit_of_work():
        return session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(number)).all()


def form_token(page: str) -> str:
    """The token that a page sends along with its forms."""
    found = FORM_TOKEN.search(page)
    assert found is not None, page[:400]
    return found[1]
