"""Random lives of incidents: what is stored equals what is computed anew equals what a walker counts minute by minute."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.tickets import services
from sla.escalations.firing import wake
from sla.seed import STANDARD_TARGETS
from sla.services import rebuild, recompute
from tests.conftest import NOW
from tests.factories import Factory
from tests.sla.conftest import clock_row

MINUTE = timedelta(minutes=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
RESOLVE = {"resolution_code": "fixed", "resolution": "New cable"}


def is_open(at: datetime) -> bool:
    """The seeded office hours, said once more."""
    local = at.astimezone(STOCKHOLM)
    return local.weekday() < 5 and 8 <= local.hour < 17


@dataclass
class Walker:
    """Two clocks counted one minute after another."""

    at: datetime
    priority: int
    state: str = "new"
    answered: bool = False
    late: dict[str, bool] = field(default_factory=lambda: {"response": False, "resolution": False})
    counted: dict[str, list[datetime]] = field(default_factory=lambda: {"response": [], "resolution": []})

    def target(self, metric: str) -> int:
        return STANDARD_TARGETS[self.priority][("response", "resolution").index(metric)]

    def runs(self, metric: str) -> bool:
        if metric == "response":
            return not self.answered
        return self.state in ("new", "in_progress")

    def walk(self, until: datetime) -> None:
        while self.at < until:
            for metric, minutes in self.counted.items():
                if self.runs(metric):
                    minutes.extend([self.at] if is_open(self.at) else [])
                    self.judge(metric)
            self.at += MINUTE

    def judge(self, metric: str) -> None:
        self.late[metric] = self.late[metric] or self.spent(metric) > self.target(metric)

    def spent(self, metric: str) -> int:
        return 60 * len(self.counted[metric])

    def due_at(self, metric: str) -> datetime:
        """Where the target is used up if nothing else happens."""
        wanted, minutes, at = self.target(metric) // 60, list(self.counted[metric]), self.at
        while len(minutes) < wanted:
            minutes += [at] if is_open(at) else []
            at += MINUTE
        return minutes[wanted - 1] + MINUTE

    def standing(self, metric: str) -> str:
        if self.late[metric]:
            return "breached"
        if metric == "response":
            return "met" if self.answered else "running"
        return {"new": "running", "in_progress": "running", "on_hold": "paused"}.get(self.state, "met")


def step(agent: Actor, incident: Incident, walker: Walker, chance: random.Random) -> None:
    """Take one step that is possible now, in the product and in the walker."""
    possible = {
        "new": ["hold", "start", "resolve", "answer", "priority"],
        "in_progress": ["hold", "resolve", "answer", "priority"],
        "on_hold": ["resume", "resume", "resolve", "answer", "priority"],
        "resolved": ["reopen"],
    }[walker.state]
    taken = chance.choice(possible)
    if taken == "answer":
        services.write_entry(agent, incident, kind="public", body="We look at it")
        walker.answered = True
    elif taken == "priority":
        walker.priority = chance.choice([priority for priority in range(1, 6) if priority != walker.priority])
        services.override_priority(agent, incident, priority=walker.priority, reason="Other facts")
    else:
        fields = {"hold": {"hold_reason": "customer"}, "resolve": RESOLVE, "reopen": {"note": "again"}}
        services.take_step(agent, incident, taken, fields=fields.get(taken, {}))
        walker.state = incident.state
        if taken == "resolve":
            walker.judge("resolution")
            walker.answered = True
    for metric in walker.counted:
        if walker.runs(metric):
            walker.judge(metric)


@pytest.mark.parametrize("seed", range(8))
def test_stored_computed_and_walked_agree(app: Flask, make: Factory, seed: int) -> None:
    chance = random.Random(seed)
    agent = make.actor()
    incident = make.incident(agent, impact=chance.randint(1, 4), urgency=chance.randint(1, 4))
    walker = Walker(NOW, incident.priority)
    for _each in range(9):
        # The period for reopening is 14 days: no stretch is longer than three.
        walker.walk(walker.at + timedelta(minutes=chance.choice([7, 95, 400, 1500, 4000])))
        with clock.frozen(walker.at):
            wake([incident.id])
            step(agent, incident, walker, chance)
            assert rebuild([incident.id], dry_run=True) == []
        for metric in ("response", "resolution"):
            compare(incident, walker, metric)


def compare(incident: Incident, walker: Walker, metric: str) -> None:
    row = clock_row(incident, metric)
    # What a running clock has spent is stored as of its last computation.
    if walker.runs(metric) and row.ended_at is None:
        with clock.frozen(walker.at):
            recompute(incident)
        row = clock_row(incident, metric)
        assert row.due_at == walker.due_at(metric)
    expected = (walker.spent(metric), walker.target(metric), walker.standing(metric))
    if row.ended_at is None:
        assert (row.elapsed_seconds, row.target_seconds, row.state) == expected
    else:
        assert (row.elapsed_seconds, row.state) == (expected[0], expected[2])
