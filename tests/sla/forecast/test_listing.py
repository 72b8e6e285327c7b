"""What is listed to whom, and what is learned from ended clocks."""

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden
from itsm.tickets import services
from sla.forecast import jobs as forecast_jobs
from sla.forecast import listing as forecast_list
from sla.forecast.capacity import loads
from sla.forecast.estimate import LEAST
from sla.forecast.models import SlaDuration
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, at
from tests.sla.forecast.conftest import solved


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
