"""What a change touches: its CIs, the services that depend on any of them, and other changes on them at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from change.models import Change
from change.policy import reads_touched
from change.risk import RiskFacts
from cmdb import impact
from cmdb import queries as cmdb
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.tickets import policy as tickets

CIS_FOLLOWED = 200
SERVICES_SHOWN = 100
LARGEST_ANSWER = 2_000
OVERLAPPING_READ = 300
STANDING = ("draft", "requested", "assessed", "authorised", "scheduled", "implementing")


@dataclass(frozen=True)
class NamedCi:
    """A CI that a change names."""

    id: int
    name: str
    class_key: str


@dataclass(frozen=True)
class Service:
    """A service that a change touches; `degraded` when redundancy keeps it up."""

    id: int
    name: str
    degraded: bool


@dataclass(frozen=True)
class Touched:
    """CIs of a change, the services and the number of people that an outage of all of them together touches.

    `truncated` when there are more.
    """

    cis: Sequence[NamedCi]
    services: Sequence[Service]
    people: int
    truncated: bool


@dataclass(frozen=True)
class Collision:
    """Another change whose window overlaps, and the names of the CIs that both name."""

    change: Change
    cis: Sequence[str]


def touched_by(actor: Actor, change: Change) -> Touched:
    """The CIs that a change names and the services they carry, each service once; whoever decides sees all. Rule: G6."""
    reading = SYSTEM if reads_touched(actor) else actor
    cis = [NamedCi(ci.id, ci.name, ci.class_key) for ci in cmdb.cis_of_ticket(reading, change.id)]
    if not reading.has("cmdb.read"):
        return Touched(cis, [], 0, truncated=False)
    return _united(cis)


def _united(cis: Sequence[NamedCi]) -> Touched:
    if not cis:
        return Touched(cis, [], 0, truncated=False)
    answer = impact.impact_of_all(SYSTEM, [ci.id for ci in cis[:CIS_FOLLOWED]], limit=LARGEST_ANSWER)
    services = [Service(node.id, node.name, node.degraded) for node in answer.services]
    services.sort(key=lambda one: (one.degraded, one.name.lower(), one.id))
    truncated = len(cis) > CIS_FOLLOWED or answer.truncated or len(services) > SERVICES_SHOWN
    return Touched(cis, services[:SERVICES_SHOWN], answer.people_affected, truncated=truncated)


def collisions_of(actor: Actor, change: Change, cis: Sequence[NamedCi]) -> list[Collision]:
    """Other changes on the same CIs whose window overlaps; windows are half open. Two statements. Rule: G8."""
    if change.planned_start_at is None or change.planned_end_at is None or not cis:
        return []
    others = _overlapping(actor, change, change.planned_start_at, change.planned_end_at)
    names = {ci.id: ci.name for ci in cis}
    theirs = cmdb.cis_of_tickets(SYSTEM, [other.id for other in others])
    found = [(other, [ci.name for ci in theirs.get(other.id, []) if ci.id in names]) for other in others]
    return [Collision(other, shared) for other, shared in found if shared]


def _overlapping(actor: Actor, change: Change, start: datetime, end: datetime) -> Sequence[Change]:
    statement = select(Change).where(
        Change.ticket_id != change.id,
        Change.state.in_(STANDING),
        Change.planned_start_at < end,
        Change.planned_end_at > start,
        tickets.visible(actor),
    )
    return session.scalars(statement.order_by(Change.planned_start_at, Change.ticket_id).limit(OVERLAPPING_READ)).all()


def risk_facts(change: Change, touched: Touched, collisions: Sequence[Collision]) -> RiskFacts:
    """What the risk of a change is told from."""
    return RiskFacts(
        emergency=change.change_type == "emergency",
        outage_expected=change.outage_expected,
        services=len(touched.services),
        people=touched.people,
        collisions=len(collisions),
        has_test_plan=bool(change.test_plan.strip()),
        has_backout_plan=bool(change.backout_plan.strip()),
    )
