"""A kept clock computed anew: from the ticket's history and the terms that have applied, to the values of its row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sla.clock_values import Clock
from sla.clocks import compute_clock, step_instant
from sla.history import AgreementChanged, HistoryEvent, Metric, Target
from sla.models import SlaClock
from sla.terms import AgreedTerms, Step
from sla.ticket_history import TicketHistory

NO_TERMS = ""
# At the due instant itself the target is still met (C4): the breach shows one second later.
BREACH_SHOWS_AFTER = timedelta(seconds=1)

TermsHistory = Sequence[tuple[datetime, str]]


@dataclass(frozen=True)
class Standing:
    """One metric of one ticket as it stands: the clock, the terms in force (None: no agreement any more)."""

    clock: Clock
    terms: AgreedTerms | None

    @property
    def is_open(self) -> bool:
        """Whether the clock has not ended and something is promised."""
        return self.clock.stopped_at is None and self.clock.state in ("running", "paused", "breached")


def stored_terms(row: SlaClock) -> list[tuple[datetime, str]]:
    """The terms history of a stored clock."""
    return [(datetime.fromisoformat(at), terms_id) for at, terms_id in row.terms]


def written_terms(history: TermsHistory) -> list[list[str]]:
    """The terms history as a clock stores it."""
    return [[at.isoformat(), terms_id] for at, terms_id in history]


def stand(
    metric: Metric,
    history: TicketHistory,
    terms_history: TermsHistory,
    known: Mapping[str, AgreedTerms],
    *,
    now: datetime,
) -> Standing:
    """Compute one clock at an instant. `known` holds the terms that `terms_history` names."""
    first = known[terms_history[0][1]]
    events: list[HistoryEvent] = list(history.events)
    for at, terms_id in terms_history[1:]:
        events.append(AgreementChanged(at, _target(metric, known[terms_id]) if terms_id != NO_TERMS else None))
    clock = compute_clock(metric, _target(metric, first), events, now)
    return Standing(clock, known.get(terms_history[-1][1]))


def _target(metric: Metric, terms: AgreedTerms) -> Target:
    return terms.targets.get(metric) or Target(metric=metric, seconds={}, calendar=terms.calendar)


def row_values(standing: Standing, history: TicketHistory, fired: Collection[int]) -> dict[str, Any]:
    """What a clock's row holds of its standing; `fired` are the shares whose steps have fired in this generation."""
    clock = standing.clock
    owner = history.at(clock.stopped_at) if clock.stopped_at else history.possessions[-1]
    values: dict[str, Any] = {
        "generation": clock.generation,
        "priority": owner.priority,
        "group_id": owner.group_id,
        "target_seconds": clock.target_seconds,
        "state": clock.state,
        "started_at": clock.started_at or history.created_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
        "ended_at": clock.stopped_at,
        "elapsed_seconds": clock.elapsed_seconds,
        "remaining_seconds": clock.remaining_seconds,
        "next_step_at": next_look(standing, fired),
    }
    if standing.terms is not None:
        values["agreement_id"] = standing.terms.agreement_id
    return values


def waiting_steps(standing: Standing, fired: Collection[int]) -> list[tuple[datetime, Step]]:
    """Steps that have not fired, each with its instant while the clock runs, earliest first. Rules: E1, E2, E4."""
    if standing.terms is None or not standing.is_open or standing.clock.due_at is None:
        return []
    found = []
    for step in standing.terms.steps_of(standing.clock.metric):
        at = None if step.percent in fired else _instant_of(step, standing)
        if at is not None:
            found.append((at, step))
    return found


def _instant_of(step: Step, standing: Standing) -> datetime | None:
    if step.percent == 100:
        return standing.clock.due_at
    return step_instant(standing.clock, standing.terms.calendar, percent=step.percent) if standing.terms else None


def next_look(standing: Standing, fired: Collection[int]) -> datetime | None:
    """When something is to be done about a clock next: a step falls, or its breach shows; None while it is paused."""
    instants = [at for at, _step in waiting_steps(standing, fired)]
    if standing.is_open and standing.clock.due_at is not None and standing.clock.breached_at is None:
        instants.append(standing.clock.due_at + BREACH_SHOWS_AFTER)
    return min(instants, default=None)


@dataclass(frozen=True)
class Due:
    """What the ticket itself shows of its most pressing clock."""

    state: str
    due_at: datetime | None = None
    from_at: datetime | None = None
    left_seconds: int | None = None
    target_seconds: int | None = None


def most_pressing(standings: Collection[Standing]) -> Due:
    """The resolution clock, unless the response is open and due sooner; `met` or nothing when all have ended."""
    promised = {standing.clock.metric: standing.clock for standing in standings if standing.is_open}
    chosen = promised.get("resolution") or promised.get("response")
    response = promised.get("response")
    if chosen is None:
        states = {standing.clock.state for standing in standings if standing.clock.metric == "resolution"}
        return Due("met" if "met" in states else "")
    if response and response.due_at and (chosen.due_at is None or response.due_at < chosen.due_at):
        chosen = response
    # A clock that was breached and is paused now has no due instant of its own: the one it missed stays.
    due_at = chosen.due_at or chosen.breached_at
    return Due(chosen.state, due_at, chosen.started_at, chosen.remaining_seconds, chosen.target_seconds)
