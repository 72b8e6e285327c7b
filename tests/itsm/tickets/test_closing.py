"""When resolved incidents close by themselves, by category, and the last mail before that."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.jobs import close_resolved
from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import closing, services
from itsm.tickets.closing import Period
from tests.factories import Factory
from tests.itsm.web.browser import post

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
RESOLVED = {"resolution_code": "fixed", "resolution": "Done."}


def resolved(make: Factory, category_id: int | None = None) -> Incident:
    incident = make.incident(category_id=category_id, requester_id=make.person().id)
    services.take_step(SYSTEM, incident, "resolve", fields=RESOLVED)
    session.commit()
    return incident


def state_after(incident: Incident, days: float) -> str:
    with clock.frozen(NOW + timedelta(days=days)):
        close_resolved()
    return session.get_one(Incident, incident.id).state


def warnings(incident: Incident) -> int:
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith(f"closing:{incident.id}:")))
    return len(rows.all())


def test_without_a_period_of_its_own_the_sites_days_count(app: Flask, make: Factory) -> None:
    incident = resolved(make)
    assert state_after(incident, 6.9) == "resolved"
    assert state_after(incident, 7.1) == "closed"
    assert warnings(incident) == 0


def test_a_category_and_those_below_it_have_their_own_days(app: Flask, make: Factory) -> None:
    above = make.category("Hardware")
    below, never = make.category("Printer", parent=above), make.category("Safe", parent=above)
    closing.set_period(SYSTEM, above.id, Period(2))
    closing.set_period(SYSTEM, never.id, Period(0))
    fast, kept, other = resolved(make, below.id), resolved(make, never.id), resolved(make)
    assert (state_after(fast, 1.9), state_after(fast, 2.1)) == ("resolved", "closed")
    assert (state_after(other, 6), state_after(other, 8)) == ("resolved", "closed")
    assert state_after(kept, 400) == "resolved"
    assert closing.period_of(below.id) == Period(2)
    closing.set_period(SYSTEM, above.id, None)
    assert closing.period_of(below.id) == Period(7)


def test_the_requester_is_warned_once_for_each_resolution(app: Flask, make: Factory) -> None:
    closing.set_period(SYSTEM, None, Period(5, warn_days=2))
    incident = resolved(make)
    assert (state_after(incident, 2), warnings(incident)) == ("resolved", 0)
    assert (state_after(incident, 3.1), warnings(incident)) == ("resolved", 1)
    assert (state_after(incident, 3.5), warnings(incident)) == ("resolved", 1)
    row = session.get_one(Incident, incident.id)
    with clock.frozen(NOW + timedelta(days=4)):
        services.take_step(SYSTEM, row, "reopen", fields={"note": "No"})
        services.take_step(SYSTEM, row, "resolve", fields=RESOLVED)
        session.commit()
    assert (state_after(incident, 6), warnings(incident)) == ("resolved", 1)
    assert (state_after(incident, 7.1), warnings(incident)) == ("resolved", 2)
    assert state_after(incident, 9.1) == "closed"


def test_what_is_no_period_is_refused(app: Flask, make: Factory) -> None:
    for period in (Period(-1), Period(400), Period(3, 3)):
        with pytest.raises(Invalid):
            closing.set_period(SYSTEM, None, period)
    with pytest.raises(Forbidden):
        closing.set_period(make.actor("agent"), None, Period(3))


def test_the_page_sets_and_removes(client: FlaskClient, make: Factory) -> None:
    category = make.category("Hardware")
    make.sign_in(client, make.person(roles=("admin",)))
    assert post(client, "/admin/closing", category_id=str(category.id), days="3", warn_days="1").status_code == 302
    assert "after 3 days" in client.get("/admin/closing").text
    assert post(client, "/admin/closing", days="3", warn_days="9").status_code == 422
    assert post(client, f"/admin/closing/{category.id}/remove").status_code == 302
    assert "after 3 days" not in client.get("/admin/closing").text
