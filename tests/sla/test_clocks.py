"""Clocks by example, rule by rule, and against a simulator that lives through every single minute."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla.calendars.calendar import BusinessCalendar, parse_calendar
from sla.clocks import Clock, compute_clock, compute_generations, step_instant
from sla.history import (
    AgentReplied,
    AgreementChanged,
    AssignedToPerson,
    Cancelled,
    Category,
    Created,
    HistoryEvent,
    Metric,
    PriorityChanged,
    RecomputeOrdered,
    StateChanged,
    Target,
)
from tests.properties import THOROUGH, examples

EXAMPLES = examples(300)
MINUTE, HOUR, DAY = 60, 3600, 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = parse_calendar({"tz": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in DAYS[:5]}})
ALWAYS = parse_calendar({"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in DAYS}})
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


def on(hours: float, days: int = 0) -> datetime:
    """An instant counted from Monday 9 March 2026, midnight."""
    return MONDAY + timedelta(days=days, hours=hours)


def promise(metric: Metric = "resolution", **more: Any) -> Target:
    options: dict[str, Any] = {"seconds": {1: 15 * MINUTE, 2: 4 * HOUR, 4: 24 * HOUR}, "calendar": OFFICE}
    return Target(metric=metric, **{**options, **more})


def became(at: datetime, category: Category, **more: Any) -> StateChanged:
    return StateChanged(at=at, category=category, **more)


def clock_of(target: Target, now: datetime, *events: HistoryEvent) -> Clock:
    return compute_clock(target.metric, target, events, now)


def test_a_clock_is_not_started_before_the_ticket_exists() -> None:
    clock = clock_of(promise(), on(8), Created(on(9), priority=2))
    assert (clock.state, clock.started_at, clock.due_at, clock.segments) == ("not_started", None, None, ())


def test_a_running_clock_knows_its_due_instant() -> None:
    clock = clock_of(promise(), on(16), Created(on(15), priority=2))
    assert (clock.state, clock.target_seconds, clock.elapsed_seconds) == ("running", 4 * HOUR, HOUR)
    assert (clock.remaining_seconds, clock.started_at, clock.due_at) == (3 * HOUR, on(15), on(11, days=1))
    assert (clock.stopped_at, clock.breached_at, clock.generation) == (None, None, 1)


def test_what_happens_after_now_does_not_count() -> None:
    history = (Created(on(9), priority=2), became(on(10), "resolved"))
    assert clock_of(promise(), on(9.5), *history).state == "running"
    assert clock_of(promise(), on(10), *history).state == "met"


@pytest.mark.parametrize(("metric", "ending"), [("response", AgentReplied), ("acceptance", AssignedToPerson)])
def test_metrics_end_by_their_own_event_only(metric: Metric, ending: Any) -> None:
    others = [event for event in (AgentReplied, AssignedToPerson) if event is not ending]
    history: list[HistoryEvent] = [Created(on(9), priority=2), *(other(on(9.5)) for other in others)]
    assert clock_of(promise(metric), on(10), *history).state == "running"
    clock = clock_of(promise(metric), on(20), *history, ending(on(10)), ending(on(16)))
    assert (clock.state, clock.stopped_at, clock.elapsed_seconds, clock.due_at) == ("met", on(10), HOUR, None)


@pytest.mark.parametrize("metric", ["response", "acceptance"])
def test_a_resolution_ends_response_and_acceptance_at_the_latest(metric: Metric) -> None:
    history = (Created(on(9), priority=2), became(on(10), "resolved"), became(on(11), "active"))
    clock = clock_of(promise(metric), on(16), *history)
    assert (clock.state, clock.stopped_at) == ("met", on(10))


def test_resolution_ignores_answers_and_assignments() -> None:
    clock = clock_of(promise(), on(10), Created(on(9), priority=2), AgentReplied(on(9.5)), AssignedToPerson(on(9.5)))
    assert (clock.state, clock.elapsed_seconds) == ("running", HOUR)


def test_exactly_at_the_target_is_met() -> None:
    history = (Created(on(9), priority=2), became(on(13), "resolved"))
    assert clock_of(promise(), on(14), *history).state == "met"
    assert clock_of(promise(), on(13), history[0]).state == "running"
    late = clock_of(promise(), on(14), history[0], became(on(13) + timedelta(seconds=1), "resolved"))
    assert (late.state, late.breached_at, late.remaining_seconds) == ("breached", on(13), -1)


def test_a_deadline_on_closing_time_is_kept_until_the_next_opening() -> None:
    created = Created(on(13, days=4), priority=2)
    saturday = clock_of(promise(), on(12, days=5), created)
    assert (saturday.state, saturday.due_at, saturday.remaining_seconds) == ("running", on(17, days=4), 0)
    assert clock_of(promise(), on(12, days=6), created, became(on(12, days=5), "resolved")).state == "met"
    monday = clock_of(promise(), on(9, days=7) + timedelta(seconds=1), created)
    assert (monday.state, monday.breached_at) == ("breached", on(17, days=4))


def test_a_breach_is_found_without_an_event_and_elapsed_goes_on() -> None:
    clock = clock_of(promise(), on(15), Created(on(9), priority=2))
    assert (clock.state, clock.breached_at, clock.due_at) == ("breached", on(13), on(13))
    assert (clock.elapsed_seconds, clock.remaining_seconds) == (6 * HOUR, -2 * HOUR)


PAUSED = (Created(on(9), priority=2), became(on(10), "waiting", state="on hold", reason="customer"))


def test_waiting_pauses_and_the_due_instant_moves() -> None:
    paused = clock_of(promise(), on(16), *PAUSED)
    assert (paused.state, paused.due_at, paused.remaining_seconds) == ("paused", None, 3 * HOUR)
    resumed = clock_of(promise(), on(14), *PAUSED, became(on(12), "active"))
    assert (resumed.state, resumed.due_at, resumed.elapsed_seconds) == ("running", on(15), 3 * HOUR)
    late = clock_of(promise(), on(16), *PAUSED, became(on(12), "active"))
    assert (late.state, late.breached_at) == ("breached", on(15))


def test_a_paused_clock_cannot_breach() -> None:
    clock = clock_of(promise(), on(12, days=90), *PAUSED)
    assert (clock.state, clock.elapsed_seconds, clock.breached_at) == ("paused", HOUR, None)


def test_a_breached_clock_stays_breached_when_paused() -> None:
    history = (Created(on(9), priority=2), became(on(14), "waiting"))
    clock = clock_of(promise(), on(16), *history)
    assert (clock.state, clock.breached_at, clock.due_at, clock.elapsed_seconds) == ("breached", on(13), None, 5 * HOUR)


def test_a_pause_at_exactly_the_target_is_no_breach() -> None:
    history = (Created(on(9), priority=2), became(on(13), "waiting"), became(on(15), "resolved"))
    assert clock_of(promise(), on(16), *history[:2]).state == "paused"
    assert clock_of(promise(), on(16), *history).state == "met"


@pytest.mark.parametrize(
    ("metric", "pause_response", "state"),
    [
        ("resolution", False, "paused"),
        ("update", False, "paused"),
        ("response", False, "running"),
        ("response", True, "paused"),
        ("acceptance", True, "running"),
    ],
)
def test_which_metrics_pause(metric: Metric, *, pause_response: bool, state: str) -> None:
    target = promise(metric, pause_response=pause_response)
    assert clock_of(target, on(10.5), *PAUSED).state == state


def test_the_pause_flag_belongs_to_the_state_not_to_its_category() -> None:
    created = Created(on(9), priority=2)
    assert clock_of(promise(), on(11), created, became(on(10), "active", pauses=True)).state == "paused"
    assert clock_of(promise(), on(11), created, became(on(10), "waiting", pauses=False)).state == "running"


def test_pauses_may_be_limited_to_reasons() -> None:
    target = promise(pause_reasons=frozenset({"customer"}))
    assert clock_of(target, on(11), *PAUSED).state == "paused"
    assert clock_of(target, on(11), PAUSED[0], became(on(10), "waiting", reason="supplier")).state == "running"


def test_a_ticket_may_be_created_waiting_or_resolved() -> None:
    assert clock_of(promise(), on(11), Created(on(9), priority=2, category="waiting")).state == "paused"
    assert clock_of(promise(), on(11), Created(on(9), priority=2, category="closed")).state == "met"


# A ticket of priority 4 (24 h) that becomes priority 1 (15 min) after hours have been spent.

ROUND_THE_CLOCK = promise(calendar=ALWAYS)
WAITED = (Created(on(0), priority=4), became(on(5), "waiting"))


def test_a_raise_while_running_moves_the_deadline_into_the_past() -> None:
    clock = clock_of(ROUND_THE_CLOCK, on(5), Created(on(0), priority=4), PriorityChanged(on(5), 1))
    assert (clock.state, clock.breached_at, clock.due_at) == ("breached", on(0.25), on(0.25))
    assert clock.remaining_seconds == 15 * MINUTE - 5 * HOUR


def test_a_raise_while_paused_breaches_on_resuming() -> None:
    raised = (*WAITED, PriorityChanged(on(6), 1))
    paused = clock_of(ROUND_THE_CLOCK, on(7), *raised)
    assert (paused.state, paused.due_at, paused.remaining_seconds) == ("paused", None, 15 * MINUTE - 5 * HOUR)
    resumed = clock_of(ROUND_THE_CLOCK, on(8), *raised, became(on(8), "active"))
    assert (resumed.state, resumed.breached_at, resumed.due_at) == ("breached", on(0.25), on(0.25))
    solved = clock_of(ROUND_THE_CLOCK, on(8), *raised, became(on(8), "resolved"))
    assert (solved.state, solved.breached_at) == ("breached", on(0.25))


def test_a_raise_after_a_pause_does_not_keep_the_old_deadline() -> None:
    history = (*WAITED, became(on(7), "active"), PriorityChanged(on(8), 1))
    clock = clock_of(ROUND_THE_CLOCK, on(8), *history)
    assert (clock.state, clock.breached_at, clock.elapsed_seconds) == ("breached", on(0.25), 6 * HOUR)


def test_a_raise_keeps_earlier_pauses() -> None:
    history = (
        Created(on(0), priority=4),
        became(on(1), "waiting"),
        became(on(7), "active"),
        PriorityChanged(on(8), 2),
    )
    clock = clock_of(ROUND_THE_CLOCK, on(8), *history)
    assert (clock.state, clock.due_at, clock.elapsed_seconds) == ("running", on(10), 2 * HOUR)


def test_a_breach_outlives_a_longer_target_unless_a_recompute_is_ordered() -> None:
    history = (Created(on(0), priority=1), PriorityChanged(on(1), 4))
    clock = clock_of(ROUND_THE_CLOCK, on(2), *history)
    assert (clock.state, clock.breached_at, clock.target_seconds) == ("breached", on(0.25), 24 * HOUR)
    ordered = clock_of(ROUND_THE_CLOCK, on(3), *history, RecomputeOrdered(on(2), "wrong priority at intake"))
    assert (ordered.state, ordered.breached_at, ordered.due_at) == ("running", None, on(0, days=1))
    assert "recompute ordered: wrong priority at intake" in [segment.reason for segment in ordered.segments]


def test_from_change_carries_the_share_that_was_spent() -> None:
    target = promise(calendar=ALWAYS, target_change="from_change")
    clock = clock_of(target, on(6), Created(on(0), priority=4), PriorityChanged(on(6), 2))
    assert (clock.state, clock.elapsed_seconds, clock.remaining_seconds) == ("running", HOUR, 3 * HOUR)
    assert (clock.due_at, clock.started_at, clock.generation) == (on(9), on(0), 1)
    assert [segment.seconds for segment in clock.segments] == [6 * HOUR, -5 * HOUR]


def test_from_change_may_start_anew() -> None:
    target = promise(calendar=ALWAYS, target_change="from_change", remainder="anew")
    clock = clock_of(target, on(7), Created(on(0), priority=4), PriorityChanged(on(6), 2))
    assert (clock.elapsed_seconds, clock.due_at, clock.generation) == (HOUR, on(10), 2)


def test_a_new_agreement_brings_its_calendar_and_keeps_the_pauses() -> None:
    history = (Created(on(8), priority=2), became(on(10), "waiting"), became(on(12), "active"))
    change = AgreementChanged(on(13), promise(calendar=ALWAYS))
    before = clock_of(promise(), on(13), *history)
    after = clock_of(promise(), on(13), *history, change)
    assert (before.elapsed_seconds, before.due_at) == (2 * HOUR, on(15))
    assert (after.elapsed_seconds, after.due_at) == (3 * HOUR, on(14))


def test_a_new_agreement_decides_whether_the_present_state_pauses() -> None:
    change = AgreementChanged(on(11), promise(pause_reasons=frozenset({"supplier"})))
    clock = clock_of(promise(), on(12), *PAUSED, change)
    assert (clock.state, clock.elapsed_seconds) == ("running", 2 * HOUR)


def test_without_a_target_a_clock_does_not_count_until_it_has_one_again() -> None:
    history = (Created(on(9), priority=2), PriorityChanged(on(10), 5))
    gone = clock_of(promise(), on(11), *history)
    assert (gone.state, gone.target_seconds, gone.remaining_seconds, gone.due_at) == ("cancelled", None, None, None)
    back = clock_of(promise(), on(12), *history, PriorityChanged(on(11), 2))
    assert (back.state, back.elapsed_seconds, back.due_at) == ("running", 3 * HOUR, on(13))
    without = clock_of(promise(), on(11), history[0], AgreementChanged(on(10), None))
    assert (without.state, without.due_at) == ("cancelled", None)


SOLVED = (Created(on(9), priority=2), became(on(11), "resolved"))


def test_reopening_resumes_without_the_time_in_between() -> None:
    clock = clock_of(promise(), on(16), *SOLVED, became(on(15), "active"))
    assert (clock.state, clock.elapsed_seconds, clock.due_at) == ("running", 3 * HOUR, on(17))
    assert clock.stopped_at is None


def test_reopening_may_count_the_time_in_between() -> None:
    target = promise(reopen_counts=True)
    assert clock_of(target, on(14), *SOLVED).state == "met"
    clock = clock_of(target, on(15), *SOLVED, became(on(14), "active"))
    assert (clock.state, clock.breached_at, clock.elapsed_seconds) == ("breached", on(13), 6 * HOUR)


def test_closing_a_resolved_ticket_does_not_move_the_end() -> None:
    clock = clock_of(promise(), on(16), *SOLVED, became(on(15), "closed"))
    assert (clock.state, clock.stopped_at) == ("met", on(11))


def test_an_ended_clock_is_not_altered_but_takes_changes_when_resumed() -> None:
    changed = (*SOLVED, PriorityChanged(on(12), 1), AgreementChanged(on(12), promise(calendar=ALWAYS)))
    ended = clock_of(promise(), on(13), *changed)
    assert (ended.state, ended.target_seconds, ended.elapsed_seconds) == ("met", 4 * HOUR, 2 * HOUR)
    resumed = clock_of(promise(), on(14), *changed, became(on(14), "active"))
    assert (resumed.state, resumed.target_seconds, resumed.breached_at) == ("breached", 15 * MINUTE, on(9.25))


def test_of_several_changes_after_the_end_only_the_last_is_judged() -> None:
    history = (*SOLVED, PriorityChanged(on(12), 1), PriorityChanged(on(13), 4), became(on(14), "active"))
    clock = clock_of(promise(), on(15), *history)
    assert (clock.state, clock.target_seconds, clock.breached_at) == ("running", 24 * HOUR, None)


def test_cancelling_ends_open_clocks_only() -> None:
    created, merged = Created(on(9), priority=2), Cancelled(on(11), "merged into INC0000001")
    clock = clock_of(promise(), on(16), created, became(on(11), "closed"), merged, became(on(12), "active"))
    assert (clock.state, clock.stopped_at, clock.elapsed_seconds, clock.due_at) == ("cancelled", on(11), 2 * HOUR, None)
    answered = clock_of(promise("response"), on(16), created, AgentReplied(on(10)), merged)
    assert (answered.state, answered.stopped_at) == ("met", on(10))


def test_every_public_update_starts_the_next_promise() -> None:
    history = (Created(on(9), priority=2), AgentReplied(on(10)), AgentReplied(on(15)), became(on(16), "resolved"))
    clocks = compute_generations("update", promise("update"), history, on(16.5))
    assert [(clock.generation, clock.state, clock.started_at) for clock in clocks] == [
        (1, "met", on(9)),
        (2, "breached", on(10)),
        (3, "met", on(15)),
    ]
    assert [clock.breached_at for clock in clocks] == [None, on(14), None]
    assert [clock.stopped_at for clock in clocks] == [on(10), on(15), on(16)]


def test_reopening_starts_a_new_update_promise() -> None:
    history = (*SOLVED, AgentReplied(on(12)), became(on(14), "active"))
    clock = clock_of(promise("update"), on(15), *history)
    assert (clock.generation, clock.state, clock.due_at) == (2, "running", on(10, days=1))


def test_an_update_while_waiting_leaves_the_next_promise_paused() -> None:
    clock = clock_of(promise("update"), on(14), *PAUSED, AgentReplied(on(12)))
    assert (clock.generation, clock.state, clock.elapsed_seconds, clock.started_at) == (2, "paused", 0, on(12))


def test_segments_tell_the_whole_story() -> None:
    history = (*PAUSED, became(on(12), "active"), PriorityChanged(on(13), 4))
    segments = clock_of(promise(), on(14), *history).segments
    assert [(segment.from_at, segment.to_at, segment.counted, segment.seconds) for segment in segments] == [
        (on(9), on(10), True, HOUR),
        (on(10), on(12), False, 2 * HOUR),
        (on(12), on(13), True, HOUR),
        (on(13), on(13), True, 0),
        (on(13), on(14), True, HOUR),
    ]
    assert [segment.reason for segment in segments] == [
        "running",
        "paused: customer",
        "running",
        "target now 86400 seconds, measured from the start",
        "running",
    ]
    assert {segment.calendar_rule for segment in segments} == {"weekly mon 09:00-17:00"}


def test_a_calendar_that_never_opens_gives_no_due_instant() -> None:
    never = parse_calendar({"tz": "UTC"})
    clock = clock_of(promise(calendar=never), on(20), Created(on(9), priority=2))
    assert (clock.state, clock.due_at, clock.elapsed_seconds) == ("running", None, 0)
    assert step_instant(clock, never, percent=50) is None


def test_wrong_targets_and_histories_are_refused() -> None:
    created = Created(on(9), priority=2)
    with pytest.raises(ValueError, match="target"):
        compute_clock("response", promise("resolution"), [created], on(10))
    with pytest.raises(ValueError, match="target"):
        clock_of(promise(), on(10), created, AgreementChanged(on(9), promise("response")))
    with pytest.raises(ValueError, match="once"):
        clock_of(promise(), on(10), created, created)
    with pytest.raises(ValueError, match="seconds"):
        promise(seconds={1: 0})


def test_a_step_falls_at_its_share_of_the_target() -> None:
    clock = clock_of(promise(), on(15), Created(on(15), priority=2))
    assert step_instant(clock, OFFICE, percent=25) == on(16)
    assert step_instant(clock, OFFICE, percent=50) == on(17)
    assert step_instant(clock, OFFICE, percent=75) == on(10, days=1)
    assert step_instant(clock, OFFICE, percent=100) == clock.due_at == on(11, days=1)
    assert step_instant(clock, OFFICE, percent=150) == on(13, days=1)


def test_a_step_falls_business_minutes_before_or_after_due() -> None:
    clock = clock_of(promise(), on(15), Created(on(15), priority=2))
    assert step_instant(clock, OFFICE, minutes_before_due=60) == on(10, days=1)
    assert step_instant(clock, OFFICE, minutes_before_due=180) == on(16)
    assert step_instant(clock, OFFICE, minutes_before_due=0) == on(11, days=1)
    assert step_instant(clock, OFFICE, minutes_before_due=-420) == on(10, days=2)
    assert step_instant(clock, OFFICE, minutes_before_due=6000) == on(15)


def test_steps_move_with_pauses_and_are_suspended_by_them() -> None:
    assert step_instant(clock_of(promise(), on(11), *PAUSED), OFFICE, percent=75) is None
    resumed = clock_of(promise(), on(12), *PAUSED, became(on(12), "active"))
    assert step_instant(resumed, OFFICE, percent=75) == on(14)
    assert step_instant(resumed, OFFICE, percent=25) == on(10)
    assert step_instant(resumed, OFFICE, minutes_before_due=150) == on(12.5)
    ended = clock_of(promise(), on(16), *SOLVED)
    assert step_instant(ended, OFFICE, percent=75) is None


def test_steps_after_a_change_start_from_what_was_carried_over() -> None:
    target = promise(calendar=ALWAYS, target_change="from_change")
    clock = clock_of(target, on(6), Created(on(0), priority=4), PriorityChanged(on(6), 2))
    assert step_instant(clock, ALWAYS, percent=50) == on(7)
    assert step_instant(clock, ALWAYS, percent=10) == on(6)


def test_a_step_needs_exactly_one_offset() -> None:
    clock = clock_of(promise(), on(10), Created(on(9), priority=2))
    with pytest.raises(ValueError, match="either"):
        step_instant(clock, OFFICE)
    with pytest.raises(ValueError, match="either"):
        step_instant(clock, OFFICE, percent=50, minutes_before_due=5)


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
