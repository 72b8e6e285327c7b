"""Metrics of the site's own: conditions in the query language, read along a ticket's history. Rule: C2."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sla.history import Cancelled, Created, HistoryEvent, PriorityChanged, Reset, StateChanged

CONDITIONS = ("start", "pause", "resume", "stop", "reset", "cancel")
PAUSED = "own_condition"  # why the clock is paused
CANCELLED = "own_condition"

Holds = Callable[[str, Any, datetime], bool]


@dataclass(frozen=True)
class MetricConditions:
    """When a clock starts, pauses, goes on, ends, begins anew and is dropped: texts of the query language; most may be empty."""

    title: str
    start: str
    stop: str
    pause: str = ""
    resume: str = ""
    reset: str = ""
    cancel: str = ""


@dataclass(frozen=True)
class Moment:
    """A ticket as it stood from an instant on; `record` answers conditions."""

    at: datetime
    record: Any
    priority: int


def conditions_of(row: Any) -> MetricConditions:
    """The conditions of a stored metric."""
    return MetricConditions(row.name, **{name: getattr(row, name) for name in CONDITIONS})


def conditions_as_data(conditions: MetricConditions) -> dict[str, str]:
    """Conditions as terms keep them."""
    return asdict(conditions)


def conditions_from(data: Mapping[str, str]) -> MetricConditions:
    """The conditions that `conditions_as_data` wrote."""
    return MetricConditions(**data)


def own_history(conditions: MetricConditions, moments: Iterable[Moment], holds: Holds) -> tuple[HistoryEvent, ...]:
    """What the clock of an own metric reads: the moments at which one of its conditions came to hold or ceased to.

    `holds(text, record, at)` answers whether a condition holds. At one moment the clock is dropped, ended, begun anew,
    started, paused or resumed, the first of these whose condition holds. What has ended starts again only by `reset`.
    """
    run = _OwnRun(conditions, holds)
    return tuple(event for moment in moments for event in run.read(moment))


class _OwnRun:
    def __init__(self, conditions: MetricConditions, holds: Holds) -> None:
        self._conditions = conditions
        self._ask = holds
        self._started = self._ended = self._paused = self._dropped = False
        self._resets = False  # whether `reset` held at the last moment: it acts when it comes to hold
        self._priority = 0

    def read(self, moment: Moment) -> Iterator[HistoryEvent]:
        """What a moment means to the clock."""
        resets = self._comes_to_reset(moment)
        if self._dropped:
            return
        if not self._started:
            yield from self._start(moment)
            return
        if moment.priority != self._priority:
            self._priority = moment.priority
            yield PriorityChanged(moment.at, moment.priority)
        if self._holds("cancel", moment):
            self._dropped = True
            yield Cancelled(moment.at, CANCELLED)
        elif resets:
            yield from self._begin_anew(moment)
        elif not self._ended:
            yield from self._go_on(moment)

    def _start(self, moment: Moment) -> Iterator[HistoryEvent]:
        if self._holds("start", moment) and not self._holds("cancel", moment):
            self._started, self._priority = True, moment.priority
            yield Created(moment.at, moment.priority)
            yield from self._go_on(moment)

    def _begin_anew(self, moment: Moment) -> Iterator[HistoryEvent]:
        # A clock that has ended is begun anew by a state in which it runs; one that runs, by a reset.
        yield StateChanged(at=moment.at, category="active", pauses=False) if self._ended else Reset(moment.at)
        self._ended = False
        yield from self._go_on(moment)

    def _go_on(self, moment: Moment) -> Iterator[HistoryEvent]:
        if self._holds("stop", moment):
            self._ended, self._paused = True, False
            yield StateChanged(at=moment.at, category="resolved")
        elif self._pauses(moment) != self._paused:
            self._paused = not self._paused
            yield StateChanged(
                at=moment.at,
                category="waiting" if self._paused else "active",
                pauses=self._paused,
                reason=PAUSED if self._paused else "",
            )

    def _pauses(self, moment: Moment) -> bool:
        if self._paused and self._conditions.resume:
            return not self._holds("resume", moment)
        return self._holds("pause", moment)

    def _comes_to_reset(self, moment: Moment) -> bool:
        before, self._resets = self._resets, self._holds("reset", moment)
        return self._resets and not before

    def _holds(self, name: str, moment: Moment) -> bool:
        text = getattr(self._conditions, name)
        return bool(text) and self._ask(text, moment.record, moment.at)
