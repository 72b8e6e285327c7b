"""A kept clock computed anew: from the ticket's history and the terms that have applied, to the values of its row."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sla.agreements.terms import AgreedTerms, Step
from sla.clock_values import Clock
from sla.clocks import compute_generations, step_instant
from sla.history import AgreementChanged, HistoryEvent, Target
from sla.metrics.conditions import Holds, Moment, own_history
from sla.models import METRICS, SlaClock
from sla.possession import FOR_SUPPLIER, group_history, supplier_history
from sla.ticket_history import TicketHistory

NO_TERMS = ""
# At the due instant itself the target is still met (C4): the breach shows one second later.
BREACH_SHOWS_AFTER = timedelta(seconds=1)
FOR_CUSTOMER = "customer"  # the reason to wait
METRIC_RANK = {metric: number for number, metric in enumerate(METRICS)}

TermsHistory = Sequence[tuple[datetime, str]]


class ClockKey(NamedTuple):
    """Which clock of a ticket: the kind of its agreement, the group or supplier that answers for it (0: none), the metric."""

    kind: str
    owner_id: int
    metric: str

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Where it stands among the clocks of a ticket: the customer's first, in the order in which metrics are met."""
        return ("sla", "ola", "uc").index(self.kind), self.owner_id, METRIC_RANK.get(self.metric, 9), self.metric


SLA_RESOLUTION = ClockKey("sla", 0, "resolution")
SLA_RESPONSE = ClockKey("sla", 0, "response")


@dataclass(frozen=True)
class Standing:
    """One generation of a clock as it stands: the clock, the terms in force (None: no agreement any more).

    `group_id` is the group whose escalation steps apply: that of an OLA's clock, else the ticket's. Rule: E6.
    """

    key: ClockKey
    clock: Clock
    terms: AgreedTerms | None
    group_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the clock has not ended and something is promised."""
        return self.clock.stopped_at is None and self.clock.state in ("running", "paused", "breached")


@dataclass(frozen=True)
class Past:
    """A ticket's past as clocks read it; `moments` are only asked for by metrics of the site's own, through `holds`."""

    history: TicketHistory
    moments: Callable[[], Sequence[Moment]]
    holds: Holds

    def events_of(self, key: ClockKey, terms: AgreedTerms) -> Sequence[HistoryEvent]:
        """The events that a clock reads. Rules: C1, C2, C7."""
        if key.metric in terms.own:
            return own_history(terms.own[key.metric], self.moments(), self.holds)
        if key.kind == "ola":
            return group_history(self.history, key.owner_id)
        return supplier_history(self.history) if key.kind == "uc" else self.history.events


def stored_terms(row: SlaClock) -> list[tuple[datetime, str]]:
    """The terms history of a stored clock."""
    return [(datetime.fromisoformat(at), terms_id) for at, terms_id in row.terms]


def written_terms(history: TermsHistory) -> list[list[str]]:
    """The terms history as a clock stores it."""
    return [[at.isoformat(), terms_id] for at, terms_id in history]


def stand(
    key: ClockKey,
    past: Past,
    terms_history: TermsHistory,
    known: Mapping[str, AgreedTerms],
    *,
    now: datetime,
) -> list[Standing]:
    """Compute every generation of one clock at an instant, the present one last; none of a clock that has not started.

    `known` holds the terms that `terms_history` names.
    """
    first = known[terms_history[0][1]]
    events: list[HistoryEvent] = list(past.events_of(key, _defining(key, terms_history, known)))
    for at, terms_id in terms_history[1:]:
        events.append(AgreementChanged(at, _target(key, known[terms_id]) if terms_id != NO_TERMS else None))
    *ended, present = compute_generations(key.metric, _target(key, first), events, now)
    if present.state == "not_started":
        return []
    # A generation that ended without a target promised nothing to anybody.
    promised = [each for each in ended if each.target_seconds is not None]
    earlier = [Standing(key, each, known.get(_terms_at(terms_history, each.stopped_at))) for each in promised]
    group_id = key.owner_id if key.kind == "ola" else past.history.possessions[-1].group_id
    return [*earlier, Standing(key, present, known.get(terms_history[-1][1]), group_id)]


def _defining(key: ClockKey, terms_history: TermsHistory, known: Mapping[str, AgreedTerms]) -> AgreedTerms:
    """The first terms that say what a metric of the site's own is: a clock keeps the conditions it began by. Rule: C8."""
    applied = [known[terms_id] for _at, terms_id in terms_history if terms_id != NO_TERMS]
    return next((terms for terms in applied if key.metric in terms.own), applied[0])


def _terms_at(terms_history: TermsHistory, instant: datetime | None) -> str:
    """The id of the terms that applied when a generation ended."""
    found = [terms_id for at, terms_id in terms_history if instant is None or at <= instant]
    return found[-1] if found else terms_history[0][1]


def _target(key: ClockKey, terms: AgreedTerms) -> Target:
    return terms.targets.get(key.metric) or Target(metric=key.metric, seconds={}, calendar=terms.calendar)


def row_values(standing: Standing, history: TicketHistory, fired: Collection[str]) -> dict[str, Any]:
    """What a clock's row holds of its standing; `fired` are the places of steps that have fired in this generation."""
    clock = standing.clock
    owner = history.at(clock.stopped_at) if clock.stopped_at else history.possessions[-1]
    values: dict[str, Any] = {
        "generation": clock.generation,
        "priority": owner.priority,
        "group_id": standing.key.owner_id if standing.key.kind == "ola" else owner.group_id,
        "target_seconds": clock.target_seconds,
        "state": clock.state,
        "started_at": clock.started_at or history.created_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
        "ended_at": clock.stopped_at,
        "elapsed_seconds": clock.elapsed_seconds,
        "remaining_seconds": clock.remaining_seconds,
        "customer_seconds": paused_seconds(clock, FOR_CUSTOMER),
        "supplier_seconds": paused_seconds(clock, FOR_SUPPLIER),
        "next_step_at": next_look(standing, fired),
    }
    if standing.terms is not None:
        values["agreement_id"] = standing.terms.agreement_id
    return values


def paused_seconds(clock: Clock, reason: str) -> int:
    """Open seconds that a clock was paused for a reason."""
    return sum(each.seconds for each in clock.segments if not each.counted and each.reason == f"paused: {reason}")


def waiting_steps(standing: Standing, fired: Collection[str]) -> list[tuple[datetime, Step]]:
    """Steps that have not fired, each with its instant while the clock runs, in their order. Rules: E1, E2, E4, E6."""
    if standing.terms is None or not standing.is_open or standing.clock.due_at is None:
        return []
    found = []
    for step in standing.terms.steps_of(standing.clock.metric, standing.group_id):
        at = None if step.place in fired else _instant_of(step, standing)
        if at is not None:
            found.append((at, step))
    return found


def _instant_of(step: Step, standing: Standing) -> datetime | None:
    if step.percent == 100:
        return standing.clock.due_at
    if standing.terms is None:
        return None
    calendar = standing.terms.calendar
    if step.minutes is not None:
        return step_instant(standing.clock, calendar, minutes_before_due=-step.minutes)
    return step_instant(standing.clock, calendar, percent=step.percent)


def next_look(standing: Standing, fired: Collection[str]) -> datetime | None:
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
    """Of the clocks promised to the customer the one due first, else the resolution; `met` or nothing when all ended."""
    promised = [each for each in standings if each.key.kind == "sla"]
    opened = {each.key: each.clock for each in promised if each.is_open}
    if not opened:
        states = {each.clock.state for each in promised if each.key == SLA_RESOLUTION}
        return Due("met" if "met" in states else "")
    chosen = opened.get(SLA_RESOLUTION) or opened.get(SLA_RESPONSE) or next(iter(opened.values()))
    for each in opened.values():
        if each.due_at and (chosen.due_at is None or each.due_at < chosen.due_at):
            chosen = each
    # A clock that was breached and is paused now has no due instant of its own: the one it missed stays.
    due_at = chosen.due_at or chosen.breached_at
    return Due(chosen.state, due_at, chosen.started_at, chosen.remaining_seconds, chosen.target_seconds)
