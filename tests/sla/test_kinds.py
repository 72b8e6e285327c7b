"""Clocks of every kind of agreement and metric, stored beside one another. Rules: C2, C6, C7, C8."""

import random
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.identity.models import Group, Organisation
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.escalations.firing import wake
from sla.metrics import services as own_metric_services
from sla.models import SlaClock
from sla.services import rebuild
from tests.conftest import NOW
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, after, at

EIGHT_HOURS = {("resolution", priority): 8 * HOUR for priority in range(1, 6)}
HOLD = {"hold_reason": "supplier"}
RESOLVED = {"resolution_code": "fixed", "resolution": "New fan"}


def clocks(ticket: Ticket, kind: str, metric: str = "resolution") -> list[SlaClock]:
    """The stored clocks of a kind as the database has them, by owner and generation."""
    session.flush()
    statement = select(SlaClock).where(
        SlaClock.ticket_id == ticket.id, SlaClock.kind == kind, SlaClock.metric == metric
    )
    ordered = statement.order_by(SlaClock.owner_id, SlaClock.generation)
    return list(session.scalars(ordered.execution_options(populate_existing=True)))


def targets(*metrics: str, hours: int = 8) -> dict[tuple[str, int], int]:
    return {(metric, priority): hours * HOUR for metric in metrics for priority in range(1, 6)}


@pytest.fixture
def supplier(make: Factory) -> Organisation:
    return make.organisation("Nordic IT Supply")


def groups(make: Factory) -> tuple[Group, Group]:
    return make.group("Network"), make.group("Windows")


def test_each_group_has_its_own_clock_that_is_paused_while_another_has_the_ticket(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    network, windows = groups(make)
    agreements.make("Any group", kind="ola", targets=EIGHT_HOURS)
    special = agreements.make("Windows", kind="ola", targets=targets("acceptance", "resolution"), group_id=windows.id)
    incident = make.incident(group_id=network.id)
    with at(2):
        tickets.assign(SYSTEM, incident, group_id=windows.id)
    first, second = clocks(incident, "ola")
    assert (first.owner_id, first.state, first.elapsed_seconds, first.group_id) == (
        network.id,
        "paused",
        2 * HOUR,
        network.id,
    )
    assert (second.agreement_id, second.state, second.due_at) == (special.id, "running", after(10))
    with at(5):
        tickets.assign(SYSTEM, incident, group_id=network.id)
        tickets.take_step(SYSTEM, incident, "resolve", fields=RESOLVED)
    first, second = clocks(incident, "ola")
    assert [(row.state, row.elapsed_seconds) for row in (first, second)] == [("met", 2 * HOUR), ("met", 3 * HOUR)]
    assert [row.state for row in clocks(incident, "ola", "acceptance")] == ["met"]
    with at(100):
        wake([incident.id])
        assert rebuild([incident.id], dry_run=True) == []


def test_an_agreement_with_groups_says_nothing_about_what_had_ended(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    network, _windows = groups(make)
    incident = make.incident(group_id=network.id)
    with at(1):
        tickets.take_step(SYSTEM, incident, "resolve", fields=RESOLVED)
    agreements.make("Any group", kind="ola", targets=EIGHT_HOURS)
    with at(2):
        tickets.take_step(SYSTEM, incident, "close", automatic=True)
    assert clocks(incident, "ola") == []


def test_who_keeps_the_ticket_in_another_group_has_accepted_it_there(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    network, windows = groups(make)
    agreements.make("Any group", kind="ola", targets=targets("acceptance"))
    anna = make.person(roles=("agent",), groups=(network, windows))
    incident = make.incident(group_id=network.id)
    with at(1):
        tickets.assign(SYSTEM, incident, group_id=network.id, assignee_id=anna.id)
    with at(2):
        tickets.assign(SYSTEM, incident, group_id=windows.id, assignee_id=anna.id)
    assert [row.state for row in clocks(incident, "ola", "acceptance")] == ["met", "met"]


def test_a_clock_of_a_group_never_shows_as_the_tickets_due(app: Flask, make: Factory, agreements: Agreements) -> None:
    network, _windows = groups(make)
    agreements.make("Fast", kind="ola", targets=targets("resolution", hours=1))
    incident = make.incident(group_id=network.id)
    assert clocks(incident, "ola")[0].due_at == after(1)
    assert incident.due_at == min(row.due_at for row in clocks(incident, "sla", "response") + clocks(incident, "sla"))


def test_a_suppliers_clock_runs_while_the_ticket_waits_for_it(
    app: Flask, make: Factory, agreements: Agreements, supplier: Organisation
) -> None:
    contract = agreements.make("Support contract", kind="uc", targets=EIGHT_HOURS, supplier_id=supplier.id)
    incident = make.incident()
    assert clocks(incident, "uc") == []
    with at(1):
        tickets.take_step(SYSTEM, incident, "hold", fields=HOLD)
    (row,) = clocks(incident, "uc")
    assert (row.agreement_id, row.owner_id, row.state, row.due_at) == (contract.id, supplier.id, "running", after(9))
    with at(4):
        tickets.take_step(SYSTEM, incident, "resume")
    (row,) = clocks(incident, "uc")
    assert (row.state, row.elapsed_seconds, row.due_at) == ("paused", 3 * HOUR, None)
    resolution = clocks(incident, "sla")[0]
    assert resolution.supplier_seconds > 0
    assert resolution.customer_seconds == 0
    with at(5):
        tickets.take_step(SYSTEM, incident, "hold", fields=HOLD)
    with at(11):
        wake([incident.id])
        (row,) = clocks(incident, "uc")
        assert (row.state, row.breached_at) == ("breached", after(10))
    with at(100):
        wake([incident.id])
        assert rebuild([incident.id], dry_run=True) == []


def test_every_update_is_a_promise_of_its_own(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets=targets("update", "acceptance", "resolution", hours=4))
    agent = make.actor()
    incident = make.incident(agent)
    for hours in (1, 7, 9):
        with at(hours):
            wake([incident.id])
            tickets.write_entry(agent, incident, kind="public", body="Still at it")
    rows = clocks(incident, "sla", "update")
    assert [(row.generation, row.state) for row in rows] == [(1, "met"), (2, "breached"), (3, "met"), (4, "running")]
    assert (rows[1].breached_at, rows[3].due_at, rows[0].ended_at) == (after(5), after(13), after(1))
    assert incident.due_at == after(4)  # the acceptance, which is due first
    with at(10):
        tickets.assign(agent, incident, group_id=incident.group_id, assignee_id=agent.person_id)
        assert clocks(incident, "sla", "acceptance")[0].state == "breached"
        assert rebuild([incident.id], dry_run=True) == []


def test_ended_promises_keep_what_they_were_measured_by(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreement = agreements.make(targets=targets("update", hours=4))
    agent = make.actor()
    incident = make.incident(agent)
    with at(3):
        tickets.write_entry(agent, incident, kind="public", body="Still at it")
        agreement_services.change_agreement(SYSTEM, agreement, facts={}, targets=targets("update", hours=2))
        from sla.jobs import recompute_agreements

        class Quiet:
            def step(self, *_args: object) -> None:
                """Nobody looks."""

        recompute_agreements({"agreement_ids": [agreement.id], "asked_by": "Anna"}, Quiet())  # type: ignore[arg-type]
        first, second = clocks(incident, "sla", "update")
        assert (first.state, first.target_seconds) == ("met", 4 * HOUR)
        assert (second.target_seconds, second.due_at) == (2 * HOUR, after(5))
        assert rebuild([incident.id], dry_run=True) == []


def test_metrics_of_an_agreement_that_comes_to_apply_count_from_the_beginning(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agreements.make("Urgent", condition="priority <= 2", targets=targets("update", "resolution", hours=4))
    incident = make.incident(impact=4, urgency=4)
    assert clocks(incident, "sla", "update") == []
    with at(1):
        tickets.override_priority(SYSTEM, incident, priority=1, reason="The whole site")
    (row,) = clocks(incident, "sla", "update")
    assert (row.started_at, row.due_at) == (NOW, after(4))
    with at(100):
        wake([incident.id])
        assert rebuild([incident.id], dry_run=True) == []


class TestOwnMetrics:
    """Conditions in the query language define a clock."""

    def metric(self, **conditions: str) -> None:
        given = {
            "key": "first_look",
            "name": "First look",
            "start": "group is not empty",
            "stop": "assignee is not empty",
        }
        own_metric_services.create_metric(SYSTEM, **(given | conditions))

    def test_starts_pauses_and_stops_by_its_conditions(self, app: Flask, make: Factory, agreements: Agreements) -> None:
        _network, windows = groups(make)
        self.metric(start='group = "Windows"', pause='state = "on_hold"')
        agreements.make(targets=targets("first_look"))
        incident = make.incident()
        assert clocks(incident, "sla", "first_look") == []
        with at(1):
            tickets.assign(SYSTEM, incident, group_id=windows.id)
        with at(2):
            tickets.take_step(SYSTEM, incident, "hold", fields=HOLD)
        with at(5):
            tickets.take_step(SYSTEM, incident, "resume")
        (row,) = clocks(incident, "sla", "first_look")
        assert (row.started_at, row.state, row.elapsed_seconds, row.due_at) == (after(1), "running", HOUR, after(12))
        with at(6):
            person = make.person(roles=("agent",), groups=(windows,))
            tickets.assign(SYSTEM, incident, group_id=windows.id, assignee_id=person.id)
        (row,) = clocks(incident, "sla", "first_look")
        assert (row.state, row.elapsed_seconds) == ("met", 2 * HOUR)
        with at(100):
            wake([incident.id])
            assert rebuild([incident.id], dry_run=True) == []

    def test_reset_begins_a_new_generation_and_cancel_drops_it(
        self, app: Flask, make: Factory, agreements: Agreements
    ) -> None:
        self.metric(reset="priority = 1", cancel='state = "resolved"', start="priority <= 5")
        agreements.make(targets=targets("first_look"))
        incident = make.incident()
        with at(3):
            tickets.override_priority(SYSTEM, incident, priority=1, reason="The whole site")
        first, second = clocks(incident, "sla", "first_look")
        assert (first.state, first.ended_at, second.started_at) == ("met", after(3), after(3))
        with at(4):
            tickets.take_step(SYSTEM, incident, "resolve", fields=RESOLVED)
        assert clocks(incident, "sla", "first_look")[1].state == "cancelled"
        with at(100):
            wake([incident.id])
            assert rebuild([incident.id], dry_run=True) == []

    def test_a_clock_keeps_the_conditions_that_it_began_by(
        self, app: Flask, make: Factory, agreements: Agreements
    ) -> None:
        self.metric(start="priority <= 5", reset="priority = 1")
        agreements.make(targets=targets("first_look", hours=2))
        incident = make.incident()
        with at(3):
            tickets.override_priority(SYSTEM, incident, priority=1, reason="The whole site")
        row = agreement_queries.own_metrics()["first_look"]
        with at(4):
            changed = {"start": "priority = 5", "stop": row.stop, "pause": "priority <= 5"}
            own_metric_services.change_metric(SYSTEM, row, name="First look", **changed)
            assert rebuild([incident.id], dry_run=True) == []
        assert [each.state for each in clocks(incident, "sla", "first_look")] == ["breached", "running"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"key": "resolution"}, "key"),
            ({"key": "Not a key"}, "key"),
            ({"start": ""}, "start"),
            ({"stop": "assignee ="}, "stop"),
            ({"pause": "colour = red"}, "pause"),
            ({"resume": "priority = 1"}, "resume"),
            ({"name": " "}, "name"),
        ],
    )
    def test_what_cannot_work_is_refused_by_field(self, app: Flask, change: dict[str, str], field: str) -> None:
        with pytest.raises(Invalid) as refused:
            self.metric(**change)
        assert list(refused.value.errors) == [field]

    def test_a_metric_that_an_agreement_promises_stays(self, app: Flask, agreements: Agreements) -> None:
        self.metric()
        agreement = agreements.make(targets=targets("first_look"))
        row = agreement_queries.own_metrics()["first_look"]
        with pytest.raises(Invalid, match="Night and day"):
            own_metric_services.delete_metric(SYSTEM, row)
        agreement_services.change_agreement(SYSTEM, agreement, facts={}, targets=EIGHT_HOURS)
        own_metric_services.delete_metric(SYSTEM, row)
        assert agreement_queries.own_metrics() == {}


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "uc"}, "supplier_id"),
        ({"kind": "sla", "supplier_id": 1}, "supplier_id"),
        ({"kind": "uc", "group_id": 1, "supplier_id": 1}, "group_id"),
        ({"kind": "nda"}, "kind"),
    ],
)
def test_what_no_agreement_can_be_is_refused_by_field(
    app: Flask, make: Factory, agreements: Agreements, facts: dict[str, object], field: str
) -> None:
    make.organisation()
    make.group()
    known = {
        "supplier_id": session.scalars(select(Organisation.id)).first(),
        "group_id": session.scalars(select(Group.id)).first(),
    }
    with pytest.raises(Invalid) as refused:
        agreements.make(targets=EIGHT_HOURS, **(facts | {name: known[name] for name in facts if name in known}))
    assert list(refused.value.errors) == [field]


def test_a_contract_promises_only_the_time_with_the_supplier(
    app: Flask, agreements: Agreements, supplier: Organisation
) -> None:
    with pytest.raises(Invalid) as refused:
        agreements.make(kind="uc", targets=targets("response"), supplier_id=supplier.id)
    assert list(refused.value.errors) == ["targets"]


@pytest.mark.parametrize("seed", range(6))
def test_stored_and_computed_agree_whatever_happens(
    app: Flask, make: Factory, agreements: Agreements, supplier: Organisation, seed: int
) -> None:
    chance = random.Random(seed)
    network, windows = groups(make)
    TestOwnMetrics().metric(pause='state = "on_hold"', reset="priority = 1", start="priority <= 4")
    promised = targets("response", "acceptance", "update", "resolution", "first_look", hours=5)
    agreements.make(targets=promised, target_change=chance.choice(["retroactive", "from_change", "anew"]))
    agreements.make("Low", condition="priority = 5", order=0, targets=targets("update", "resolution", hours=9))
    agreements.make("Groups", kind="ola", targets=targets("acceptance", "update", "resolution", hours=3))
    agreements.make("Windows", kind="ola", group_id=windows.id, targets=EIGHT_HOURS)
    agreements.make("Contract", kind="uc", supplier_id=supplier.id, targets=EIGHT_HOURS)
    agent = make.actor()
    incident = make.incident(agent, group_id=chance.choice([network.id, windows.id, None]))
    now = NOW
    for _each in range(14):
        now += timedelta(minutes=chance.choice([7, 95, 240, 400]))
        with clock.frozen(now):
            wake([incident.id])
            something(agent, incident, (network, windows), chance)
            assert rebuild([incident.id], dry_run=True) == []
    rows = session.scalars(select(SlaClock).where(SlaClock.ticket_id == incident.id)).all()
    assert {row.kind for row in rows} >= {"sla"}
    assert all(row.elapsed_seconds <= (now - NOW).total_seconds() for row in rows)


def something(agent: Actor, incident: Ticket, both: tuple[Group, Group], chance: random.Random) -> None:
    """One step that is possible now."""
    possible = {
        "new": ["hold", "start", "resolve", "answer", "priority", "group"],
        "in_progress": ["hold", "resolve", "answer", "priority", "group"],
        "on_hold": ["resume", "resolve", "answer", "priority", "group"],
        "resolved": ["reopen"],
    }[incident.state]
    taken = chance.choice(possible)
    if taken == "answer":
        tickets.write_entry(agent, incident, kind="public", body="We look at it")
    elif taken == "priority":
        priority = chance.choice([each for each in range(1, 6) if each != incident.priority])
        tickets.override_priority(agent, incident, priority=priority, reason="Other facts")
    elif taken == "group":
        group = chance.choice([each for each in both if each.id != incident.group_id])
        tickets.assign(agent, incident, group_id=group.id)
    else:
        fields = {"hold": {"hold_reason": chance.choice(["customer", "supplier"])}, "resolve": RESOLVED}
        tickets.take_step(
            agent, incident, taken, fields=fields.get(taken, {"note": "again"} if taken == "reopen" else {})
        )
