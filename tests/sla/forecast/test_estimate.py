"""How likely a running clock is to be missed: shares of similar ones that ended."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from sla.forecast.estimate import LEAST, NEWEST, Case, Chance, Durations, chance
from tests.conftest import NOW
from tests.properties import examples

CASE = Case("resolution", 7, 2, 3)


def test_the_share_is_of_those_that_took_as_long() -> None:
    kept = {CASE.sorts()[0]: sorted([*range(10), *range(100, 134)])}
    # 34 took at least 50 seconds; of them those from 122 on, 12, took longer than 121.
    assert chance(kept, CASE, elapsed=50, target=121) == Chance(12, 34, "category_priority_group")


def test_at_exactly_the_target_it_is_met() -> None:
    kept = {CASE.sorts()[0]: [100] * 10 + [101] * 10}
    found = chance(kept, CASE, elapsed=100, target=100)
    assert found is not None
    assert (found.late, found.of) == (10, 20)


def test_fewer_criteria_are_asked_for_until_twenty_remain() -> None:
    sorts = CASE.sorts()
    kept = {sorts[0]: [60] * 19 + [5] * 50, sorts[1]: [60] * 19, sorts[2]: [5] * 99, sorts[3]: [60] * LEAST}
    found = chance(kept, CASE, elapsed=10, target=30)
    assert found == Chance(LEAST, LEAST, "priority")
    assert chance(kept, CASE, elapsed=61, target=90) is None
    assert chance({}, CASE, elapsed=0, target=90) is None


@pytest.mark.parametrize("seed", range(examples(20)))
def test_shares_agree_with_counting_one_by_one(seed: int) -> None:
    pick = random.Random(seed)
    history = [
        (Case(pick.choice(["resolution", "response"]), pick.choice([None, 1, 2]), pick.randint(1, 3), pick.randint(1, 2)),
         NOW + timedelta(hours=number), pick.randint(0, 500))
        for number in range(pick.randint(0, 900))
    ]  # fmt: skip
    known = Durations()
    for case, ended_at, seconds in history:
        known.add(case, ended_at, seconds)
    since = NOW + timedelta(hours=pick.randint(0, 300))
    known.forget_before(since)
    for _each in range(20):
        case = Case(pick.choice(["resolution", "response"]), pick.choice([None, 1, 2]), pick.randint(1, 3), 1)
        elapsed = pick.randint(0, 500)
        target = elapsed + pick.randint(0, 200)
        assert chance(known, case, elapsed=elapsed, target=target) == _counted(history, since, case, elapsed, target)


def _counted(
    history: Sequence[tuple[Case, datetime, int]], since: datetime, case: Case, elapsed: int, target: int
) -> Chance | None:
    """The same by hand: the newest of each sort, those that took as long, those beyond the target."""
    wanted = {
        "category_priority_group": ("category_id", "priority", "group_id"),
        "category_priority": ("category_id", "priority"),
        "priority_group": ("priority", "group_id"),
        "priority": ("priority",),
        "all": (),
    }
    for level, facts in wanted.items():
        alike = [
            (ended_at, seconds)
            for one, ended_at, seconds in history
            if one.metric == case.metric and all(getattr(one, name) == getattr(case, name) for name in facts)
        ][-NEWEST:]
        as_long = [seconds for ended_at, seconds in alike if ended_at >= since and seconds >= elapsed]
        if len(as_long) >= LEAST:
            return Chance(sum(seconds > target for seconds in as_long), len(as_long), level)
    return None
