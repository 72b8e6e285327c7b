"""Why a clock stands where it stands."""

import pytest
from flask import Flask

from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.tickets import services
from sla.explanation import explain, reason_words, rule_words
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, after, at, clock_row


@pytest.fixture
def agent(make: Factory) -> Actor:
    return make.actor()


def test_the_counted_lines_add_up_to_what_is_spent(
    app: Flask, make: Factory, agent: Actor, agreements: Agreements
) -> None:
    hours = agreements.calendar("Half days", weekly={"wed": [["08:00", "12:00"]], "thu": [["08:00", "24:00"]]})
    agreements.make(calendar=hours)
    incident = make.incident(agent, impact=4, urgency=3)
    with at(2):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "supplier"})
    with at(24):
        services.take_step(agent, incident, "resume")
    with at(25):
        services.override_priority(agent, incident, priority=3, reason="More people are hit")
    with at(26):
        explanation = explain(agent, incident, "resolution")
    kinds = [(line.segment.counted, line.is_note, line.segment.seconds) for line in explanation.lines]
    assert kinds == [
        (True, False, 2 * HOUR),
        (False, False, 2 * HOUR),  # the rest of Wednesday morning and the first hour of Thursday
        (True, False, HOUR),
        (True, True, 0),
        (True, False, HOUR),
    ]
    assert explanation.sum_seconds == explanation.clock.elapsed_seconds == 4 * HOUR
    assert str(explanation.lines[1].reason) == "Paused: waits for the supplier"
    assert [str(rule) for rule in explanation.lines[0].rules] == ["Wednesday 08:00-12:00"]
    assert explanation.clock.due_at == clock_row(incident).due_at


def test_the_drawing_is_to_scale(app: Flask, make: Factory, agent: Actor, agreements: Agreements) -> None:
    agreements.make()
    incident = make.incident(agent, impact=4, urgency=3)
    with at(6):
        services.take_step(agent, incident, "hold", fields={"hold_reason": "customer"})
    with at(12):
        explanation = explain(agent, incident, "resolution")
    drawn = [(bar.kind, bar.x, bar.width) for bar in explanation.bars]
    assert drawn == [("running", 0.0, 500.0), ("open", 0.0, 500.0), ("paused", 500.0, 500.0)]
    assert explanation.due_x is None
    with at(12):
        services.take_step(agent, incident, "resume")
        assert (explain(agent, incident, "resolution").due_x, clock_row(incident).due_at) == (1000.0, after(30))


def test_who_may_not_read_the_ticket_gets_no_explanation(
    app: Flask, make: Factory, agent: Actor, agreements: Agreements
) -> None:
    agreements.make()
    incident = make.incident(agent)
    with pytest.raises(NotFound):
        explain(make.actor("end_user"), incident, "resolution")
    with pytest.raises(NotFound):
        explain(agent, incident, "acceptance")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("weekly mon 09:00-17:00", "Monday 09:00-17:00"),
        ("closed", "closed"),
        ("weekly hours", "weekly hours"),
        ("holiday 2026-12-25", "holiday 2026-12-25"),
        ("date hours 2026-12-24 09:00-12:00", "special hours 2026-12-24 09:00-12:00"),
        ("date hours 2026-12-24 closed", "2026-12-24 closed"),
    ],
)
def test_calendar_rules_in_words(app: Flask, rule: str, words: str) -> None:
    assert str(rule_words(rule)) == words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("target now 9000 seconds, measured from the start", "The target became 2:30 hours, measured from the start"),
        (
            "target now 9000 seconds, measured from the change",
            "The target became 2:30 hours, measured from this change",
        ),
        ("no target, measured from the start", "No target applies any more"),
        ("resolved until reopened", "From resolved until reopened"),
        ("paused: on_site", "Paused: on_site"),
    ],
)
def test_reasons_in_words(app: Flask, reason: str, words: str) -> None:
    assert str(reason_words(reason)) == words
