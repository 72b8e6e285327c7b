"""One clock while the history of its ticket is replayed, event by event."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sla.calendars.calendar import BusinessCalendar, NeverOpen
from sla.clock_values import Clock, ClockState, Segment, not_started_clock
from sla.history import (
    AgentReplied,
    AgreementChanged,
    AssignedToPerson,
    Cancelled,
    Created,
    HistoryEvent,
    Metric,
    PriorityChanged,
    RecomputeOrdered,
    Reset,
    StateChanged,
    Target,
)

STARTED_ONCE = frozenset({"response", "acceptance"})  # a ticket that is opened again does not promise these anew

_Mode = Literal["not_started", "running", "paused", "ended", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    from_at: datetime
    to_at: datetime
    counted: bool
    reason: str
    calendar: BusinessCalendar
    seconds: int

    def measured_by(self, calendar: BusinessCalendar) -> "_Stretch":
        return replace(self, calendar=calendar, seconds=calendar.between(self.from_at, self.to_at))

    def segment(self) -> Segment:
        return Segment(
            from_at=self.from_at,
            to_at=self.to_at,
            counted=self.counted,
            reason=self.reason,
            calendar=self.calendar,
            seconds=self.seconds,
        )


class ClockRun:
    """Replays events in order; `generations` then gives the clock and those before its resets.

    `_stretches` are finished. Those from `_first_measured` on belong to the current measurement: what is spent is
    `_carried_seconds` and the sum of its counted stretches.
    """

    def __init__(self, metric: Metric, target: Target) -> None:
        self._metric = metric
        self._target: Target | None = target
        self._calendar = target.calendar
        self._priority: int | None = None
        self._mode: _Mode = "not_started"
        self._mode_reason = ""
        self._generation = 1
        self._finished: list[Clock] = []
        self._postponed: list[PriorityChanged | AgreementChanged] = []

    def apply(self, event: HistoryEvent) -> None:
        """Take the next event; those before the ticket was created and after the clock was cancelled change nothing."""
        if isinstance(event, Created):
            self._create(event)
        elif self._mode not in ("not_started", "cancelled"):
            self._dispatch(event)

    def generations(self, now: datetime) -> tuple[Clock, ...]:
        """Return the clocks of all generations as they stand at an instant, the current one last."""
        if self._mode == "not_started":
            return (not_started_clock(self._metric),)
        if self._mode == "running":
            self._judge(now)
        return (*self._finished, self._clock(now))

    def _dispatch(self, event: HistoryEvent) -> None:
        match event:
            case StateChanged():
                self._change_state(event)
            case PriorityChanged() | AgreementChanged():
                self._change_or_postpone(event)
            case AgentReplied():
                self._reply(event)
            case Reset():
                self._start_next(event.at)
            case AssignedToPerson():
                if self._metric == "acceptance":
                    self._stop(event.at)
            case Cancelled():
                self._cancel(event)
            case RecomputeOrdered():
                self._recompute(event)

    def _create(self, event: Created) -> None:
        if self._mode != "not_started":
            raise ValueError("history: a ticket is created once")
        self._priority = event.priority
        self._begin(event.at)
        self._mode = "running"
        self._change_state(StateChanged(at=event.at, category=event.category))

    def _begin(self, at: datetime) -> None:
        """Start a generation with nothing spent; the mode stays."""
        self._started_at = at
        self._mode_since = at
        self._stopped_at: datetime | None = None
        self._breached_at: datetime | None = None
        self._stretches: list[_Stretch] = []
        self._measure_from(at, carried_seconds=0)

    def _measure_from(self, at: datetime, *, carried_seconds: int) -> None:
        self._measured_from_at = at
        self._carried_seconds = carried_seconds
        self._counted_seconds = 0
        self._first_measured = len(self._stretches)

    def _change_state(self, event: StateChanged) -> None:
        self._last_state = event
        mode, reason = self._mode_for(event)
        if self._mode == "ended":
            if mode != "ended" and self._metric not in STARTED_ONCE:
                self._reopen(event.at)
        elif mode == "ended":
            self._stop(event.at)
        else:
            self._switch(event.at, mode=mode, reason=reason)

    def _mode_for(self, event: StateChanged) -> tuple[_Mode, str]:
        if event.category in ("resolved", "closed"):
            return "ended", ""
        if event.elsewhere:
            return "paused", f"paused: {event.reason}"
        target = self._target
        if not event.is_pausing or target is None or not self._may_pause(target, event.reason):
            return "running", "running"
        return "paused", f"paused: {event.reason or event.state or event.category}"

    def _may_pause(self, target: Target, reason: str) -> bool:
        if target.pause_reasons is not None and reason not in target.pause_reasons:
            return False
        return self._metric not in STARTED_ONCE or (self._metric == "response" and target.pause_response)

    def _switch(self, at: datetime, *, mode: _Mode, reason: str) -> None:
        if (mode, reason) == (self._mode, self._mode_reason):
            return
        self._close_stretch(at)
        self._mode, self._mode_reason = mode, reason

    def _close_stretch(self, at: datetime) -> None:
        if self._mode == "running":
            self._judge(at)
        self._record(self._mode_since, at, counted=self._mode == "running", reason=self._mode_reason)
        self._mode_since = at

    def _record(self, from_at: datetime, to_at: datetime, *, counted: bool, reason: str) -> None:
        if to_at <= from_at:
            return
        seconds = self._calendar.between(from_at, to_at)
        self._counted_seconds += seconds if counted else 0
        self._stretches.append(
            _Stretch(
                from_at=from_at, to_at=to_at, counted=counted, reason=reason, calendar=self._calendar, seconds=seconds
            )
        )

    def _judge(self, at: datetime) -> None:
        """Note the breach, once, when more than the target is spent; its instant is the due instant. Rule: C4.

        Judging at the end of every running stretch, at the stop and at the last instant finds every breach, because a
        paused clock cannot breach and the target only changes where a stretch ends.
        """
        target_seconds = self._target_seconds
        if self._breached_at is None and target_seconds is not None and self._elapsed(at) > target_seconds:
            self._breached_at = self._due_at() or at

    @property
    def _target_seconds(self) -> int | None:
        if self._target is None or self._priority is None:
            return None
        return self._target.seconds.get(self._priority)

    def _elapsed(self, at: datetime) -> int:
        running = self._calendar.between(self._mode_since, at) if self._mode == "running" else 0
        return self._carried_seconds + self._counted_seconds + running

    def _due_at(self) -> datetime | None:
        if self._target_seconds is None:
            return None
        measured = self._stretches[self._first_measured :]
        pauses = [(stretch.from_at, stretch.to_at) for stretch in measured if not stretch.counted]
        to_spend = max(self._target_seconds - self._carried_seconds, 0)
        try:
            return self._calendar.add(self._measured_from_at, to_spend, pauses)
        except NeverOpen:
            return None

    def _stop(self, at: datetime) -> None:
        if self._mode == "ended":
            return
        self._close_stretch(at)
        self._mode, self._mode_reason = "ended", ""
        self._judge(at)
        self._stopped_at = at

    def _reopen(self, at: datetime) -> None:
        """Resume the resolution clock, or start the next promise of another one. Rule: C6."""
        if self._metric != "resolution":
            self._finish_generation(at)
        else:
            counted = self._target is not None and self._target.reopen_counts
            self._record(self._mode_since, at, counted=counted, reason="resolved until reopened")
            self._stopped_at = None
            self._mode_since = at
        postponed, self._postponed = self._postponed, []
        for change in postponed:
            self._retarget(change, at)
        self._mode, self._mode_reason = self._mode_for(self._last_state)

    def _reply(self, event: AgentReplied) -> None:
        if self._metric == "response":
            self._stop(event.at)
        elif self._metric == "update":
            self._start_next(event.at)

    def _start_next(self, at: datetime) -> None:
        """End this promise, kept or broken, and start the next one in the same mode."""
        if self._mode == "ended":
            return
        mode, reason = self._mode, self._mode_reason
        self._stop(at)
        self._finish_generation(at)
        self._mode, self._mode_reason = mode, reason

    def _finish_generation(self, at: datetime) -> None:
        self._finished.append(self._clock(at))
        self._generation += 1
        self._begin(at)

    def _cancel(self, event: Cancelled) -> None:
        if self._mode == "ended":
            return
        self._close_stretch(event.at)
        self._mode, self._mode_reason = "cancelled", event.reason
        self._stopped_at = event.at

    def _recompute(self, event: RecomputeOrdered) -> None:
        if self._mode == "ended":
            return
        self._close_stretch(event.at)
        self._explain(event.at, f"recompute ordered: {event.reason}", seconds=0)
        self._breached_at = None

    def _change_or_postpone(self, event: PriorityChanged | AgreementChanged) -> None:
        """Change the target now, or when an ended clock is resumed: what has ended is not altered. Rule: C8."""
        if self._mode == "ended":
            self._postponed.append(event)
        else:
            self._change(event)

    def _change(self, event: PriorityChanged | AgreementChanged) -> None:
        self._close_stretch(event.at)
        self._retarget(event, event.at)
        mode, reason = self._mode_for(self._last_state)
        self._switch(event.at, mode=mode, reason=reason)

    def _retarget(self, change: PriorityChanged | AgreementChanged, at: datetime) -> None:
        before = (self._target_seconds, self._calendar)
        if isinstance(change, PriorityChanged):
            self._priority = change.priority
        else:
            self._take_target(change.target)
        if (self._target_seconds, self._calendar) == before:
            return
        if self._target is None or self._target.target_change == "retroactive":
            self._measure_again(at)
        else:
            self._carry_over(at, before[0])

    def _take_target(self, target: Target | None) -> None:
        if target is not None and target.metric != self._metric:
            raise ValueError(f"target: is for {target.metric}, not for {self._metric}")
        self._target = target
        if target is not None:
            self._calendar = target.calendar

    def _measure_again(self, at: datetime) -> None:
        """Hold everything since the measurement began against the new target and its calendar. Rule: C5."""
        measured = self._stretches[self._first_measured :]
        self._stretches[self._first_measured :] = [stretch.measured_by(self._calendar) for stretch in measured]
        stretches = self._stretches[self._first_measured :]
        self._counted_seconds = sum(stretch.seconds for stretch in stretches if stretch.counted)
        self._explain(at, f"{self._target_text()}, measured from the start", seconds=0)

    def _carry_over(self, at: datetime, old_target_seconds: int | None) -> None:
        """Start a measurement at the change, with the share that was spent or with nothing. Rule: C5.

        Where a side has no target there is no share: the seconds spent are kept.
        """
        spent, new_target_seconds = self._elapsed(at), self._target_seconds
        carried = spent
        if self._target is not None and self._target.remainder == "anew":
            carried = 0
            self._generation += 1
        elif old_target_seconds is not None and new_target_seconds is not None:
            carried = spent * new_target_seconds // old_target_seconds
        self._explain(at, f"{self._target_text()}, measured from the change", seconds=carried - spent)
        self._measure_from(at, carried_seconds=carried)

    def _target_text(self) -> str:
        seconds = self._target_seconds
        return "no target" if seconds is None else f"target now {seconds} seconds"

    def _explain(self, at: datetime, reason: str, *, seconds: int) -> None:
        self._stretches.append(
            _Stretch(from_at=at, to_at=at, counted=True, reason=reason, calendar=self._calendar, seconds=seconds)
        )

    def _clock(self, at: datetime) -> Clock:
        elapsed, target_seconds = self._elapsed(at), self._target_seconds
        return Clock(
            metric=self._metric,
            state=self._state,
            target_seconds=target_seconds,
            elapsed_seconds=elapsed,
            remaining_seconds=None if target_seconds is None else target_seconds - elapsed,
            started_at=self._started_at,
            due_at=self._due_at() if self._mode == "running" else None,
            stopped_at=self._stopped_at,
            breached_at=self._breached_at,
            generation=self._generation,
            segments=tuple(stretch.segment() for stretch in (*self._stretches, *self._open_stretch(at))),
            measured_from_at=self._measured_from_at,
            carried_seconds=self._carried_seconds,
        )

    @property
    def _state(self) -> ClockState:
        if self._mode == "cancelled":
            return "cancelled"
        if self._breached_at is not None:
            return "breached"
        if self._target_seconds is None:
            return "cancelled"
        return "met" if self._mode == "ended" else self._mode

    def _open_stretch(self, at: datetime) -> list[_Stretch]:
        if self._mode not in ("running", "paused") or at <= self._mode_since:
            return []
        counted, calendar = self._mode == "running", self._calendar
        return [
            _Stretch(
                from_at=self._mode_since,
                to_at=at,
                counted=counted,
                reason=self._mode_reason,
                calendar=calendar,
                seconds=calendar.between(self._mode_since, at),
            )
        ]
