"""When escalation steps of a clock fall."""

import pytest

from sla.clocks import step_instant
from sla.history import (
    Created,
    PriorityChanged,
)
from tests.sla.clock_examples import ALWAYS, OFFICE, PAUSED, SOLVED, became, clock_of, on, promise


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
