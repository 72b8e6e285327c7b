"""Where steps fall, for whom, and what becomes of them when the time of day or the worker fails. Rules: E1 to E3, E6."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from incident import services as incidents
from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import pages, services
from itsm.tickets.models import Ticket
from sla import jobs
from sla.agreements import services as agreement_services
from sla.agreements.queries import show_agreement
from sla.agreements.services import StepInput
from sla.agreements.terms import read_content
from sla.jobs import StepJob, fire_steps
from sla.models import FiredStep, SlaClock
from sla.waking import next_waking
from tests.factories import Factory
from tests.journal import whole_journal
from tests.sla.conftest import HOUR, Agreements, after, at, clock_row

FOUR_HOURS = {("resolution", priority): 4 * HOUR for priority in range(1, 6)}
TELL = ("notify_group",)


def minutes(number: int, **facts: int) -> StepInput:
    return StepInput("resolution", None, TELL, minutes=number, **facts)  # type: ignore[arg-type]


def fired(incident: Ticket, kind: str = "sla") -> list[str]:
    statement = select(FiredStep.place).where(FiredStep.ticket_id == incident.id, FiredStep.kind == kind)
    return list(session.scalars(statement.order_by(FiredStep.id)))


def mails() -> list[OutboxMessage]:
    statement = select(OutboxMessage).where(OutboxMessage.event_key.startswith("sla:")).order_by(OutboxMessage.id)
    return list(session.scalars(statement))


def opened(make: Factory, agreements: Agreements, steps: Sequence[StepInput], **facts: object) -> Incident:
    """An incident of a group that has an address, due four hours from now."""
    agreements.make(targets=FOUR_HOURS, steps=steps)
    group = make.group("Desk", email="desk@example.org")
    return incidents.open_incident(SYSTEM, title="Down", group_id=group.id, **facts)  # type: ignore[arg-type]


def fresh(incident: Ticket) -> Incident:
    return session.get_one(Incident, incident.id, populate_existing=True)


def test_minutes_and_shares_fall_side_by_side(app: Flask, make: Factory, agreements: Agreements) -> None:
    due = StepInput("resolution", 100, TELL)
    incident = opened(make, agreements, (minutes(-30), due, minutes(0), minutes(15)))
    assert clock_row(incident).next_step_at == after(3.5)
    for hours, places in ((3.5, ["-30m"]), (4, ["-30m", "100%", "+0m"]), (4.25, ["-30m", "100%", "+0m", "+15m"])):
        with at(hours):
            fire_steps()
            assert fire_steps().done == 0
        assert fired(incident) == places
    assert [mail.payload["subject"] for mail in mails()] == [
        f"[{incident.number}] 30 minutes before due (resolution): Down",
        f"[{incident.number}] due now (resolution): Down",
        f"[{incident.number}] 15 minutes after due (resolution): Down",
    ]


def test_the_tickets_page_tells_of_every_kind_of_step(app: Flask, make: Factory, agreements: Agreements) -> None:
    incident = opened(make, agreements, (StepInput("resolution", 50, TELL), minutes(-30), minutes(0), minutes(15)))
    for hours in (2, 3.5, 4, 4.25):
        with at(hours):
            fire_steps()
    with app.test_request_context():
        told = [
            line
            for entry in whole_journal(incident.id)
            for line in pages.summary("incident", entry, {"group": {}, "person": {}})
            if "resolution" in line
        ]
    assert told == [
        "50 % of the resolution target is spent",
        "30 minutes before due (resolution)",
        "due now (resolution)",
        "15 minutes after due (resolution)",
    ]


def test_a_step_after_due_fires_on_a_missed_clock_and_waits_while_it_is_paused(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agent = make.actor()
    incident = opened(make, agreements, (minutes(60),))
    with at(4.5):
        fire_steps()
        services.take_step(agent, fresh(incident), "hold", fields={"hold_reason": "customer"})
    row = clock_row(incident)
    assert (row.state, row.next_step_at) == ("breached", None)
    with at(10):
        assert fire_steps().done == 0
        services.take_step(agent, fresh(incident), "resume")
    assert clock_row(incident).next_step_at is not None
    with at(11):
        fire_steps()
        assert fire_steps().done == 0
    assert fired(incident) == ["+60m"]


def test_steps_of_a_groups_clock_name_the_group_and_fire_late_once_in_order(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agreements.make("Customer", targets=FOUR_HOURS)
    agreements.make("Network", kind="ola", targets=FOUR_HOURS, steps=(minutes(-60), minutes(30)))
    group = make.group("Network", email="net@example.org")
    incident = incidents.open_incident(SYSTEM, title="Down", group_id=group.id)
    with at(24):  # the worker was stopped for a day
        fire_steps()
        assert fire_steps().done == 0
    assert (fired(incident), fired(incident, "ola")) == ([], ["-60m", "+30m"])
    (mail,) = mails()
    assert mail.payload["subject"] == f"[{incident.number}] 30 minutes after due (resolution) – Network: Down"
    assert "60 minutes before due (resolution) – Network" in mail.payload["text"]
    rows = session.scalars(select(FiredStep).where(FiredStep.ticket_id == incident.id).order_by(FiredStep.id))
    assert [(row.fell_at, row.fired_at) for row in rows] == [(after(3), after(24)), (after(4.5), after(24))]


def test_a_time_of_day_that_is_set_back_and_forward_fires_each_step_once(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agent = make.actor()
    incident = opened(make, agreements, (StepInput("resolution", 25, TELL), StepInput("resolution", 50, TELL)))
    with at(1):
        fire_steps()
    with at(-0.5):  # an hour and a half back, to before the ticket was recorded
        assert fire_steps().done == 0
        services.change_facts(agent, fresh(incident), version=None, changes={"title": "Still down"})
    assert (clock_row(incident).state, clock_row(incident).next_step_at) == ("running", after(2))
    with at(2.5):
        fire_steps()
    with at(1.5):
        assert fire_steps().done == 0
    with at(2):
        assert fire_steps().done == 0
    assert fired(incident) == ["25%", "50%"]
    assert len(mails()) == 2


def test_what_happens_while_the_time_of_day_is_set_back_still_counts(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    incident = opened(make, agreements, (StepInput("resolution", 50, TELL),))
    with at(-1):
        taken = {"resolution_code": "fixed", "resolution": "done"}
        services.take_step(make.actor(), fresh(incident), "resolve", fields=taken)
    with at(9):
        assert fire_steps().done == 0
    assert (clock_row(incident).state, fired(incident)) == ("met", [])


def test_a_group_with_steps_of_its_own_has_those_instead(app: Flask, make: Factory, agreements: Agreements) -> None:
    own = make.group("Network", email="net@example.org")
    general = (StepInput("resolution", 50, TELL), StepInput("response", 50, TELL))
    steps = (*general, minutes(-30, group_id=own.id))
    incident = opened(make, agreements, steps)
    assert clock_row(incident).next_step_at == after(2)
    with at(1):
        services.assign(make.actor(), fresh(incident), group_id=own.id)
    assert clock_row(incident).next_step_at == after(3.5)
    with at(3.5):
        fire_steps()
    assert fired(incident) == ["-30m"]
    assert [mail.recipient for mail in mails()] == ["net@example.org"]


def test_terms_of_before_steps_had_groups_still_read() -> None:
    content = {
        "name": "Old",
        "calendar": {"name": "Always", "tz": "UTC", "weekly": {}},
        "targets": {"resolution": {"1": 60}},
        "steps": [[7, "resolution", 50, ["notify_group"]], {"id": 8, "metric": "resolution", "percent": None}],
        "pause_response": False,
        "reopen_counts": False,
        "target_change": "retroactive",
    }
    content["steps"][1] |= {"minutes": -5, "actions": ["raise_level"], "urgent": True}  # type: ignore[index]
    steps = read_content("x", 1, content).steps_of("resolution", 99)
    assert [(step.place, step.group_id) for step in steps] == [("50%", None), ("-5m", None)]


def test_a_step_keeps_its_row_while_group_and_place_stay(app: Flask, make: Factory, agreements: Agreements) -> None:
    group_id = make.group("Network").id
    agreement = agreements.make(targets=FOUR_HOURS, steps=(minutes(-30), minutes(-30, group_id=group_id)))
    before = {row.group_id: row.id for row in show_agreement(agreement.id).steps}
    wanted = StepInput("resolution", None, ("raise_level",), minutes=-30, group_id=group_id)
    agreement_services.change_agreement(SYSTEM, agreement, facts={}, steps=(wanted,))
    (row,) = show_agreement(agreement.id).steps
    assert (row.id, row.actions) == (before[group_id], ["raise_level"])


@pytest.mark.parametrize(
    "steps",
    [
        (minutes(-30), minutes(-30)),
        (StepInput("resolution", 50, ("notify_group", "notify_group")),),
        (StepInput("resolution", 50, ({"do": "assign"},)),),
        (StepInput("resolution", 50, ({"do": "delete"},)),),
        (StepInput("resolution", 50, ({"do": "assign", "group_id": 10**9},)),),
        (minutes(-30, group_id=10**9),),
        tuple(minutes(-number) for number in range(1, 22)),
    ],
)
def test_steps_that_make_no_sense_are_refused(app: Flask, agreements: Agreements, steps: tuple[StepInput, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        agreements.make(targets=FOUR_HOURS, steps=steps)
    assert set(refused.value.errors) == {"steps"}


def test_what_a_transaction_took_back_fires_again_with_all_its_effects(
    app: Flask, make: Factory, agreements: Agreements, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a worker dies between acting and recording: nothing of it holds, so nothing is lost or doubled."""
    incident = opened(make, agreements, (StepInput("resolution", 50, ("notify_group", "raise_level")),))
    second = make.group("Second", level=2)

    def dies(*_arguments: object) -> None:
        raise LookupError("the power went out")

    with at(2), monkeypatch.context() as patched:
        patched.setattr("sla.escalations.firing._tell", dies)
        assert fire_steps().failed == 1
    assert (fired(incident), mails(), fresh(incident).level) == ([], [], 1)
    with at(2.1):
        assert fire_steps().done == 1
    assert (fired(incident), len(mails()), fresh(incident).group_id) == (["50%"], 1, second.id)


def test_a_ticket_that_fails_holds_up_no_other_and_is_tried_again(
    app: Flask, make: Factory, agreements: Agreements, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = opened(make, agreements, (StepInput("resolution", 50, TELL),))
    job, real = StepJob(), jobs.wake

    def failing(ticket_ids: Sequence[int]) -> int:
        if incident.id in ticket_ids:
            raise ValueError("broken")
        return real(ticket_ids)

    monkeypatch.setattr(jobs, "wake", failing)
    with at(2):
        assert job.next_at() == after(2)
        assert job.run().failed == 1
        assert (job.run().failed, job.next_at()) == (0, None)
        assert StepJob().run().failed == 1  # another worker does not know


def test_the_next_instant_is_that_of_the_earliest_clock(app: Flask, make: Factory, agreements: Agreements) -> None:
    assert next_waking() is None
    first = opened(make, agreements, (StepInput("resolution", 50, TELL),))
    with at(-1):
        second = incidents.open_incident(SYSTEM, title="Earlier", group_id=first.group_id)
    assert next_waking() == after(1)
    assert next_waking(without=[second.id]) == after(2)
    session.execute(SlaClock.__table__.update().values(next_step_at=clock.now() + timedelta(days=9)))
    assert next_waking() == clock.now() + timedelta(days=9)
