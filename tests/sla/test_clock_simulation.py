"""Clocks against a simulator that lives through every single minute."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla.calendars.calendar import BusinessCalendar
from sla.clocks import compute_clock
from sla.history import (
    Created,
    HistoryEvent,
    PriorityChanged,
    StateChanged,
    Target,
)
from tests.properties import THOROUGH, examples
from tests.sla.clock_examples import ALWAYS, HOUR, MINUTE, MONDAY, OFFICE, became

EXAMPLES = examples(300)

# The simulator lives through a history minute by minute. It keeps the open minutes it has counted, nothing else.


@dataclass
class Simulation:
    target: Target
    calendar: BusinessCalendar
    priority: int = 0
    mode: str = "none"
    counted: list[datetime] = field(default_factory=list)
    resolved: list[datetime] = field(default_factory=list)
    breached_at: datetime | None = None
    stopped_at: datetime | None = None
    waiting_priority: int | None = None

    def judge(self) -> None:
        minutes = self.target.seconds[self.priority] // MINUTE
        if self.breached_at is None and len(self.counted) > minutes:
            self.breached_at = self.counted[minutes - 1] + timedelta(minutes=1)

    def take(self, event: HistoryEvent) -> None:
        if isinstance(event, Created):
            self.priority, self.mode = event.priority, "running"
        elif isinstance(event, PriorityChanged):
            if self.mode == "ended":
                self.waiting_priority = event.priority
            else:
                self.priority = event.priority
        elif isinstance(event, StateChanged):
            self.enter(event)
        if self.mode == "running":
            self.judge()

    def enter(self, event: StateChanged) -> None:
        was, self.mode = self.mode, {"resolved": "ended", "waiting": "paused"}.get(event.category, "running")
        if self.mode == "ended" and was != "ended":
            self.judge()
            self.stopped_at, self.resolved = event.at, []
        elif was == "ended" and self.mode != "ended":
            self.stopped_at = None
            self.counted += self.resolved if self.target.reopen_counts else []
            self.priority, self.waiting_priority = self.waiting_priority or self.priority, None

    def live(self, minute: datetime) -> None:
        if self.calendar.is_open(minute):
            if self.mode == "running":
                self.counted.append(minute)
                self.judge()
            elif self.mode == "ended":
                self.resolved.append(minute)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Target, list[HistoryEvent], datetime]:
    minutes = draw(st.lists(st.integers(0, 3 * 1440), min_size=1, max_size=9, unique=True))
    instants = [MONDAY + timedelta(minutes=minute) for minute in sorted(minutes)]
    priorities = st.sampled_from([1, 2, 3])
    target = Target(
        metric="resolution",
        seconds={1: MINUTE * draw(st.integers(1, 300)), 2: MINUTE * draw(st.integers(60, 1000)), 3: 30 * HOUR},
        calendar=draw(st.sampled_from([OFFICE, ALWAYS])),
        reopen_counts=draw(st.booleans()),
    )
    events: list[HistoryEvent] = [Created(instants[0], draw(priorities))]
    for instant in instants[1:]:
        if draw(st.booleans()):
            events.append(PriorityChanged(instant, draw(priorities)))
        else:
            events.append(became(instant, draw(st.sampled_from(["active", "waiting", "resolved"]))))
    return target, events, instants[-1] + timedelta(minutes=draw(st.integers(0, 1440)))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not THOROUGH,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(histories())
def test_a_clock_agrees_with_the_simulator(drawn: tuple[Target, list[HistoryEvent], datetime]) -> None:
    target, events, now = drawn
    simulation = Simulation(target, target.calendar)
    due = {event.at: event for event in events}
    instant = events[0].at
    while True:
        if instant in due:
            simulation.take(due[instant])
        if instant == now:
            break
        simulation.live(instant)
        instant += timedelta(minutes=1)
    clock = compute_clock("resolution", target, reversed(events), now)
    assert clock.elapsed_seconds == len(simulation.counted) * MINUTE
    assert clock.breached_at == simulation.breached_at
    assert clock.stopped_at == simulation.stopped_at
    ended = {"ended": "met"}.get(simulation.mode, simulation.mode)
    assert clock.state == ("breached" if simulation.breached_at else ended)
    assert sum(segment.seconds for segment in clock.segments if segment.counted) == clock.elapsed_seconds
    assert (clock.due_at is not None) == (simulation.mode == "running")
    if clock.due_at is not None and clock.due_at > now:
        assert target.calendar.between(now, clock.due_at) == clock.remaining_seconds
    elif clock.due_at is not None:
        assert (clock.remaining_seconds or 0) <= 0
