"""What has fired and how late: the latest steps, and figures over the last hour. Rule: E8."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select

from itsm.identity.models import Group, Organisation
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.module import Figure
from itsm.tickets import policy
from itsm.tickets.models import Ticket
from sla import waking
from sla.models import FiredStep

MEASURED_FOR = timedelta(hours=1)
MOST_MEASURED = 50_000
LATEST_SHOWN = 30


@dataclass(frozen=True)
class Fired:
    """A step that fired, with its ticket and the group or supplier that answers for its clock."""

    row: FiredStep
    ticket: Ticket
    owner: str

    @property
    def late_seconds(self) -> float | None:
        """How long after its instant it was acted on; None for one of before this was kept."""
        return None if self.row.fell_at is None else max((self.row.fired_at - self.row.fell_at).total_seconds(), 0.0)


def list_fired(actor: Actor, *, limit: int = LATEST_SHOWN) -> list[Fired]:
    """The steps that fired last, of tickets that the actor may read; one statement."""
    statement = (
        select(FiredStep, Ticket, func.coalesce(Group.name, Organisation.name, ""))
        .join(Ticket, Ticket.id == FiredStep.ticket_id)
        .outerjoin(Group, and_(FiredStep.kind == "ola", Group.id == FiredStep.owner_id))
        .outerjoin(Organisation, and_(FiredStep.kind == "uc", Organisation.id == FiredStep.owner_id))
        .where(policy.visible(actor))
        .order_by(FiredStep.fired_at.desc(), FiredStep.id.desc())
        .limit(limit)
    )
    return [Fired(*row) for row in session.execute(statement)]


@dataclass(frozen=True)
class Lateness:
    """How late the steps of a while fired, in seconds, and how long the oldest one that is due waits now."""

    fired: int
    median: float
    p99: float
    longest: float
    waiting: float


def lateness(now: datetime) -> Lateness:
    """Lateness over the last hour, at most its latest 50,000 steps; two statements."""
    statement = (
        select(FiredStep.fired_at, FiredStep.fell_at)
        .where(FiredStep.fired_at >= now - MEASURED_FOR, FiredStep.fell_at.is_not(None))
        .order_by(FiredStep.fired_at.desc())
        .limit(MOST_MEASURED)
    )
    rows = session.execute(statement)
    late = sorted(max((fired - fell).total_seconds(), 0.0) for fired, fell in rows if fell is not None)
    next_at = waking.next_waking()
    waiting = max((now - next_at).total_seconds(), 0.0) if next_at is not None else 0.0
    return Lateness(len(late), share_of(late, 50), share_of(late, 99), share_of(late, 100), waiting)


def share_of(values: Sequence[float], percent: int) -> float:
    """The smallest of sorted values that `percent` of them do not pass; 0 without any."""
    return values[max(-(-len(values) * percent // 100) - 1, 0)] if values else 0.0


def lateness_figures() -> list[Figure]:
    """What `/metrics` tells of escalation."""
    found = lateness(clock.now())
    name, title = "itsm_sla_step_lateness_seconds", "how late escalation steps of the last hour fired"
    shares = {"0.5": found.median, "0.99": found.p99, "1": found.longest}
    return [
        *(Figure(name, title, value, {"quantile": share}) for share, value in shares.items()),
        Figure("itsm_sla_steps_fired", "escalation steps that fired in the last hour", found.fired),
        Figure("itsm_sla_step_waiting_seconds", "for how long the oldest clock that is due waits", found.waiting),
    ]
