"""What tests of kept clocks share: agreements, time that moves, statements that are counted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session
from itsm.tickets.models import Ticket
from sla.agreements import services as agreement_services
from sla.agreements.services import StepInput
from sla.calendars import services as calendar_services
from sla.models import Agreement, BusinessHours, SlaClock
from tests.conftest import NOW

HOUR = 3600
ALL_DAY = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def after(hours: float) -> datetime:
    """An instant so many hours after the tests' beginning."""
    return NOW + timedelta(hours=hours)


def at(hours: float) -> AbstractContextManager[None]:
    """Let it be so many hours after the tests' beginning."""
    return clock.frozen(after(hours))


def clock_row(ticket: Ticket, metric: str = "resolution") -> SlaClock:
    """The stored clock as the database has it."""
    session.flush()
    statement = select(SlaClock).where(SlaClock.ticket_id == ticket.id, SlaClock.metric == metric)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


class Agreements:
    """Makes agreements that win over the seeded one, counted around the clock unless told otherwise."""

    def make(
        self,
        name: str = "Night and day",
        *,
        targets: dict[tuple[str, int], int] | None = None,
        steps: Sequence[StepInput] = (),
        calendar: BusinessHours | None = None,
        **facts: Any,
    ) -> Agreement:
        hours = calendar or session.scalars(select(BusinessHours).where(BusinessHours.name == "Around the clock")).one()
        given = {"name": name, "order": 1, "condition": "kind = incident", "calendar_id": hours.id} | facts
        return agreement_services.create_agreement(
            SYSTEM, facts=given, targets=targets or standard_targets(), steps=steps
        )

    def calendar(self, name: str, timezone: str = "UTC", **definition: Any) -> BusinessHours:
        return calendar_services.create_calendar(
            SYSTEM, name=name, timezone=timezone, definition=definition or {"weekly": ALL_DAY}
        )


def standard_targets() -> dict[tuple[str, int], int]:
    """Priority 4: 24 hours, priority 2: 4 hours, priority 1: a quarter of an hour; an hour to respond."""
    resolution = {1: HOUR // 4, 2: 4 * HOUR, 3: 8 * HOUR, 4: 24 * HOUR, 5: 48 * HOUR}
    return {("resolution", priority): seconds for priority, seconds in resolution.items()} | {
        ("response", priority): HOUR for priority in resolution
    }


@pytest.fixture
def agreements(app: Flask) -> Agreements:
    """Makes agreements."""
    del app
    return Agreements()


@contextmanager
def _counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def counted(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """Collects the statements that are run inside a block."""
    del app
    return _counted
