"""Clocks by example, rule by rule."""

from datetime import timedelta
from typing import Any

import pytest

from sla.calendars.calendar import parse_calendar
from sla.clocks import compute_clock, compute_generations, step_instant
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
)
from tests.sla.clock_examples import ALWAYS, HOUR, MINUTE, PAUSED, SOLVED, became, clock_of, on, promise


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
