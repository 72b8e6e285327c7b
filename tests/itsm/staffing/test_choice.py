"""Who gets a ticket: fairness, limits and reasons."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from itsm.staffing.choice import BY_LOAD, BY_SKILL, ROUND_ROBIN, Colleague, choose, in_turn


def people(*ids: int, **facts: object) -> dict[int, Colleague]:
    return {each: Colleague(each, f"P{each}", **facts) for each in ids}  # type: ignore[arg-type]


def taken(count: int, members: list[int], deputies: dict[int, int | None], known: dict[int, Colleague]) -> Counter[int]:
    """How many tickets each gets of `count` in a row."""
    got: Counter[int] = Counter()
    after = None
    for _each in range(count):
        choice = choose(ROUND_ROBIN, members, known, deputies, after=after)
        if choice.person and choice.member:
            got[choice.person.id] += 1
            after = choice.member.id
    return got


@given(st.sets(st.integers(1, 50), min_size=1, max_size=12), st.integers(1, 60))
def test_round_robin_is_fair(members: set[int], count: int) -> None:
    got = taken(count, sorted(members), {}, people(*members))
    assert got.total() == count
    assert max(got.values()) - min(got.get(each, 0) for each in members) <= 1


@given(st.sets(st.integers(1, 50), min_size=2, max_size=12), st.data())
def test_round_robin_stays_fair_among_those_who_are_there(members: set[int], data: st.DataObject) -> None:
    away = data.draw(st.sets(st.sampled_from(sorted(members)), max_size=len(members) - 1))
    got = taken(40, sorted(members), dict.fromkeys(away), people(*members))
    there = members - away
    assert got.keys() <= there
    assert max(got.values()) - min(got.get(each, 0) for each in there) <= 1


def test_the_order_goes_on_after_whoever_was_last_even_when_they_left() -> None:
    assert in_turn([1, 2, 3], 2) == [3, 1, 2]
    assert in_turn([1, 3], 2) == [3, 1]
    assert in_turn([1, 2], None) == [1, 2]


def test_the_deputy_takes_the_turn_and_is_named() -> None:
    choice = choose(ROUND_ROBIN, [1, 2], people(1, 2, 9), {1: 9}, after=None)
    assert choice.person is not None
    assert (choice.person.id, choice.instead_of, choice.left_out) == (9, "P1", (("P1", "absent"),))


def test_a_present_person_is_nobodys_deputy() -> None:
    assert choose(ROUND_ROBIN, [1], people(1), {}, after=None).instead_of == ""


def test_by_load_takes_the_least_loaded_and_of_equals_the_next_in_turn() -> None:
    known = {
        1: Colleague(1, "A", open_tickets=2),
        2: Colleague(2, "B", open_tickets=1),
        3: Colleague(3, "C", open_tickets=1),
    }
    chosen = [choose(BY_LOAD, [1, 2, 3], known, {}, after=after).person for after in (None, 2)]
    assert [each.name for each in chosen if each] == ["B", "C"]


def test_everyone_left_out_has_a_reason() -> None:
    known = {
        1: Colleague(1, "Off", working=False),
        2: Colleague(2, "Full", open_tickets=3, most_open=3),
        3: Colleague(3, "New", fits=False),
        4: Colleague(4, "Gone", active=False),
        5: Colleague(5, "Away"),
    }
    choice = choose(BY_SKILL, [1, 2, 3, 4, 5], known, {5: None}, after=None)
    assert choice.person is None
    reasons = {"Off": "off_hours", "Full": "full", "New": "unskilled", "Gone": "inactive", "Away": "absent"}
    assert dict(choice.left_out) == reasons


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(0, 5))
def test_nobody_is_chosen_at_the_limit(loads: list[int], limit: int) -> None:
    known = {at: Colleague(at, str(at), open_tickets=load, most_open=limit) for at, load in enumerate(loads, 1)}
    for strategy in (ROUND_ROBIN, BY_LOAD):
        person = choose(strategy, list(known), known, {}, after=None).person
        assert (person is None) == all(load >= limit for load in loads)
        assert person is None or person.open_tickets < limit
