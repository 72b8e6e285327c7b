"""The vote of earlier tickets, without a database."""

import pytest

from incident.call.proposals import Case, Proposal, likeness, propose, telling_words


def case(source: str = "similar", weight: float = 1.0, **facts: object) -> Case:
    return Case(source, weight, {name: (value,) for name, value in facts.items()})


def test_what_most_similar_tickets_had_is_proposed_with_the_count() -> None:
    cases = [case(category_id=7)] * 12 + [case(category_id=8)] * 2
    assert propose(cases) == {"category_id": Proposal("category_id", 7, 12, 14, "similar", sure=True)}


def test_nothing_is_proposed_where_the_tickets_disagree() -> None:
    assert propose([case(group_id=1), case(group_id=2), case(group_id=3)]) == {}


def test_few_votes_are_proposed_but_not_taken_without_asking() -> None:
    found = propose([case(impact=2)] * 3)
    assert (found["impact"].value, found["impact"].sure) == (2, False)


def test_a_weak_majority_is_proposed_but_not_taken_without_asking() -> None:
    found = propose([case(impact=2)] * 6 + [case(impact=4)] * 4)
    assert (found["impact"].value, found["impact"].sure) == (2, False)


def test_similar_tickets_weigh_more_than_the_callers_history() -> None:
    cases = [case(category_id=1)] * 4 + [case("caller", 0.2, category_id=2)] * 6
    assert propose(cases)["category_id"].value == 1


def test_the_reason_names_where_most_of_the_weight_came_from() -> None:
    cases = [case("caller", 0.2, category_id=3)] * 5 + [case("caller", 0.2, category_id=4)]
    found = propose(cases)["category_id"]
    assert (found.source, found.votes, found.cases) == ("caller", 5, 6)


def test_a_ticket_with_several_cis_votes_for_each() -> None:
    cases = [Case("similar", 1.0, {"ci_id": [1, 2]}), Case("similar", 1.0, {"ci_id": [2]}), case(impact=1)]
    assert (propose(cases)["ci_id"].value, propose(cases)["ci_id"].cases) == (2, 2)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Cannot print labels", ["cannot", "print", "labels"]),
        ("VPN is slow", ["vpn", "slow"]),
        ("the pc is off", ["the", "off"]),
        ("P40 down: P40", ["p40", "down"]),
        ("چاپگر کار نمی\u200cکند", ["چاپگر"]),
        ("", []),
    ],
)
def test_words_that_tell(title: str, words: list[str]) -> None:
    assert telling_words(title) == words


def test_likeness_is_the_share_of_words_and_forgives_endings() -> None:
    words = telling_words("Printer prints nothing today")
    assert likeness(words, "Printers print nothing") == 0.5
    assert likeness(words, "Mail is slow") == 0
    assert likeness([], "Anything") == 0
