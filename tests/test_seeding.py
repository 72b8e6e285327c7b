"""Load data: the same for the same seed, and a database that is whole again afterwards."""

import random
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from itsm import seeding
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.db import session, unit_of_work
from itsm.search import queries as search
from itsm.tickets.models import JournalEntry, Ticket
from sla.models import SlaClock

BESIDE = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') ORDER BY name",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY indexname",
    "mariadb": "SELECT DISTINCT table_name, index_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() ORDER BY table_name, index_name",
}
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def _written(number: int, *, seed: int = 1) -> list[tuple[Any, ...]]:
    """Write so many tickets; what distinguishes each of them, but for its id."""
    with clock.frozen(NOW):
        seeding.add_tickets(random.Random(seed), number)
    statement = select(Ticket.title, Ticket.state, Ticket.priority, Ticket.created_at, Ticket.due_at)
    rows = session.execute(statement.order_by(Ticket.id.desc()).limit(number)).all()
    session.remove()
    return [tuple(row) for row in rows]


def test_a_seed_gives_the_same_tickets_each_time(separate_app: Flask) -> None:
    with separate_app.app_context():
        with unit_of_work():
            seeding.add_people(20)
        first, again, other = _written(60), _written(60), _written(60, seed=2)
        assert first == again
        assert first != other


def test_indexes_and_triggers_are_there_again(separate_app: Flask, database: str) -> None:
    with separate_app.app_context():
        with unit_of_work():
            seeding.add_people(20)
            before = session.execute(text(BESIDE[database])).all()
        _written(1100)
        with unit_of_work():
            assert session.execute(text(BESIDE[database])).all() == before


def test_rows_are_those_that_services_write(separate_app: Flask) -> None:
    with separate_app.app_context():
        with unit_of_work():
            seeding.add_people(20)
        _written(1100)
        with unit_of_work():
            (found,) = search.find_ids("ticket", "zx1q")
            ticket = session.get_one(Ticket, found)
            entries = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == found)).all()
            clocks = session.scalars(select(SlaClock).where(SlaClock.ticket_id == found)).all()
            assert ticket.version == 1
            assert ticket.title.endswith("zx1q")
            assert [entry.kind for entry in entries] == ["created", "public", "change"]
            assert entries[0].changes["state"] == [None, "new"]
            assert entries[-1].changes["state"] == ["new", ticket.state]
            assert {each.metric for each in clocks} == {"response", "resolution"}
            assert session.get_one(Person, ticket.requester_id).fs_uniquifier


def test_what_is_written_afterwards_is_found_as_well(separate_app: Flask) -> None:
    with separate_app.app_context():
        with unit_of_work():
            seeding.add_people(20)
        _written(1100)
        _written(5)
        with unit_of_work():
            newest = session.scalars(select(Ticket.id).order_by(Ticket.id.desc())).first()
            assert newest in search.find_ids("ticket", f"INC{newest:07d}")
