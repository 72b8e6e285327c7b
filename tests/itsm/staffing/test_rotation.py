"""Weeks in turn, daylight saving, and overrides laid over them."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from itsm.staffing.rotation import Plan, Stretch, handover, stretches, week_of

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PLAN = Plan(STOCKHOLM, date(2026, 3, 2), 9 * 60, (1, 2, 3))
INSTANTS = st.datetimes(datetime(2026, 3, 3), datetime(2027, 12, 31), timezones=st.just(UTC))


def test_the_hand_over_keeps_its_hour_when_clocks_change() -> None:
    assert [handover(PLAN, week).astimezone(STOCKHOLM).hour for week in range(60)] == [9] * 60
    assert handover(PLAN, 3) == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert handover(PLAN, 4) == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_a_time_that_clocks_skip_is_that_much_later() -> None:
    plan = Plan(STOCKHOLM, date(2026, 3, 29), 150, (1,))
    assert handover(plan, 0) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(INSTANTS)
def test_every_instant_lies_in_the_week_that_is_said(instant: datetime) -> None:
    week = week_of(PLAN, instant)
    assert handover(PLAN, week) <= instant < handover(PLAN, week + 1)


def test_people_take_their_weeks_in_order_and_nobody_before_the_first() -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    found = stretches(PLAN, (), start, handover(PLAN, 4))
    assert [each.person_id for each in found] == [1, 2, 3, 1]
    assert found[0].from_at == handover(PLAN, 0)
    assert stretches(Plan(STOCKHOLM, PLAN.starts_on, 0, ()), (), start, handover(PLAN, 4)) == []


@given(INSTANTS, st.integers(1, 60), st.lists(st.tuples(INSTANTS, st.integers(1, 900), st.integers(4, 9)), max_size=4))
def test_a_schedule_has_no_gaps_and_the_last_override_wins(
    start: datetime, days: int, made: list[tuple[datetime, int, int]]
) -> None:
    over = [Stretch(at, at + timedelta(hours=hours), person, number) for number, (at, hours, person) in enumerate(made)]
    end = start + timedelta(days=days)
    found = stretches(PLAN, over, start, end)
    assert found[0].from_at == start
    assert found[-1].until_at == end
    assert all(before.until_at == after.from_at for before, after in itertools.pairwise(found))
    for stretch in found:
        middle = stretch.from_at + (stretch.until_at - stretch.from_at) / 2
        covering = [each for each in over if each.from_at <= middle < each.until_at]
        expected = covering[-1].person_id if covering else PLAN.person_ids[week_of(PLAN, middle) % 3]
        assert stretch.person_id == expected
