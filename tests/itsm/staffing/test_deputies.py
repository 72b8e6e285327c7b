"""Chains of deputies, and the loops that are refused."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from itsm.staffing.deputies import Leave, closes_loop, stand_in

START = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = st.integers(1, 6)


def leave(person: int, first: int, last: int, deputy: int | None) -> Leave:
    return Leave(person, START + timedelta(days=first), START + timedelta(days=last), deputy)


@st.composite
def leaves(draw: st.DrawFn) -> Leave:
    first = draw(st.integers(0, 20))
    return leave(draw(PEOPLE), first, first + draw(st.integers(1, 10)), draw(st.none() | PEOPLE))


def deputies_on(day: float, known: list[Leave]) -> dict[int, int | None]:
    at = START + timedelta(days=day)
    return {each.person_id: each.deputy_id for each in known if each.from_at <= at < each.until_at}


def test_a_chain_ends_at_the_first_who_is_there() -> None:
    assert stand_in(1, {}) == 1
    assert stand_in(1, {1: 2}) == 2
    assert stand_in(1, {1: 2, 2: 3}) == 3
    assert stand_in(1, {1: None}) is None
    assert stand_in(1, {1: 2, 2: None}) is None
    assert stand_in(1, {1: 2, 2: 1}) is None


@given(st.dictionaries(PEOPLE, st.none() | PEOPLE), PEOPLE)
def test_who_stands_in_is_present_and_reached_along_the_chain(deputies: dict[int, int | None], person: int) -> None:
    acting = stand_in(person, deputies)
    reached, current = {person}, deputies.get(person)
    while current is not None and current not in reached:
        reached.add(current)
        current = deputies.get(current)
    if acting is None:
        assert reached <= deputies.keys()
    else:
        assert acting in reached
        assert acting not in deputies


def test_a_loop_counts_only_where_all_of_it_overlaps() -> None:
    assert closes_loop(leave(1, 0, 5, 2), [leave(2, 3, 9, 1)])
    assert not closes_loop(leave(1, 0, 3, 2), [leave(2, 3, 9, 1)])
    assert closes_loop(leave(1, 0, 9, 2), [leave(2, 0, 9, 3), leave(3, 8, 9, 1)])
    assert not closes_loop(leave(1, 0, 9, 2), [leave(2, 0, 4, 3), leave(3, 4, 9, 1)])
    assert closes_loop(leave(1, 0, 1, 1), [])


@given(st.lists(leaves(), max_size=10))
def test_what_is_let_through_never_makes_a_circle_on_any_day(wanted: list[Leave]) -> None:
    kept: list[Leave] = []
    for new in wanted:
        overlaps = any(
            each.person_id == new.person_id and each.from_at < new.until_at and new.from_at < each.until_at
            for each in kept
        )
        if not overlaps and not closes_loop(new, kept):
            kept.append(new)
    for day in range(31):
        deputies = deputies_on(day + 0.5, kept)
        for person in deputies:
            seen, current = [person], deputies[person]
            while current in deputies:
                assert current not in seen
                seen.append(current)
                current = deputies[current]


@given(st.lists(leaves(), max_size=8), leaves())
def test_only_what_makes_a_circle_is_refused(known: list[Leave], new: Leave) -> None:
    one_each = list({each.person_id: each for each in known if each.person_id != new.person_id}.values())

    def circles(day: float) -> bool:
        deputies = deputies_on(day, [*one_each, new])
        seen, current = {new.person_id}, new.deputy_id
        while current is not None and current not in seen:
            seen.add(current)
            current = deputies.get(current)
        return current == new.person_id

    days = range((new.from_at - START).days, (new.until_at - START).days)
    assert closes_loop(new, one_each) == any(circles(day + 0.5) for day in days)
