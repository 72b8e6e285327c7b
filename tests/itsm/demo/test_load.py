"""The demo organisation has life on its desk whatever hour it is loaded."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from incident.models import Incident
from itsm.demo import history
from itsm.demo.company import LOGINS
from itsm.demo.load import load
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.db import session
from sla.models import SlaClock


@pytest.mark.one_database
@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 22, 1, 0, tzinfo=UTC),  # in the night to Sunday
        datetime(2026, 11, 18, 9, 0, tzinfo=UTC),  # Wednesday in office hours
    ],
)
def test_the_desk_has_life_at_any_hour(separate_app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "INCIDENTS", 12)
    with separate_app.app_context(), clock.frozen(now):
        load(lambda _text: None)
        found = session.scalars(select(Incident).where(Incident.unfinished == 1)).all()
        agents = dict(session.execute(select(Person.id, Person.name).where(Person.name.in_(LOGINS))).tuples().all())
        near = select(SlaClock.ticket_id).where(SlaClock.metric == "resolution", SlaClock.state == "running")
        soon = session.scalars(near.where(SlaClock.elapsed_seconds >= SlaClock.target_seconds * 0.8)).all()
        assert len(found) >= sum(each.number for each in history.STANDINGS)
        assert sum(each.assignee_id is None for each in found) >= 8
        assert sum(each.assignee_id in agents for each in found) >= 6
        assert sum(each.state_category == "waiting" for each in found) >= 7
        assert sum(each.due_state == "breached" for each in found) >= 5
        assert len(soon) >= 5
        assert all(each.created_at <= now for each in found)
