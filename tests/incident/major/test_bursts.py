"""Which bursts are candidates: the nearest subject explains, and what it explains is not counted again."""

from incident.major.bursts import Subject, bursts, spread

CI, SERVICE, CATEGORY = Subject("ci", 1), Subject("service", 9), Subject("category", 5)


def test_enough_about_one_thing_is_a_burst() -> None:
    assert bursts({CI: {1, 2, 3}}, least=3) == {CI: [1, 2, 3]}
    assert bursts({CI: {1, 2}}, least=3) == {}


def test_what_a_nearer_subject_explains_is_not_counted_again() -> None:
    found = bursts({CATEGORY: {1, 2, 3, 4}, SERVICE: {1, 2, 3}, CI: {1, 2, 3}}, least=3)
    assert found == {CI: [1, 2, 3]}
    wide = bursts({CATEGORY: {1, 2, 3, 4, 5, 6}, CI: {1, 2, 3}}, least=3)
    assert set(wide) == {CI, CATEGORY}


def test_incidents_reach_what_needs_their_cis_round_any_ring() -> None:
    reached = spread({1: {10}, 2: {20}}, [(1, 3), (2, 3), (3, 4), (4, 1)])
    assert reached[4] == {10, 20}
    assert reached[1] == {10, 20}
    assert reached[2] == {20}
