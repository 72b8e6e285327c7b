"""Patterns that administrators write can never take long."""

import pytest

from itsm.fields.patterns import LONGEST_TEXT, UnsafePattern, compiled
from tests.properties import grows_in_step

SAFE = [
    r"[A-Z]{2}-\d{4}",
    r"\d{1,3}(\.\d{1,3}){3}",
    r"[a-z0-9-]+(\.[a-z]{2,6})?",
    r"(red|green|blue)",
    r".*\S.*",
    r"SN[0-9A-F]{8,12}",
    r"(?i)kst-\d+",
]
UNSAFE = [
    r"(a+)+$",
    r"(a|aa)+",
    r"(.*a){20}",
    r"\d*\d*\d*\d*x",
    r"(\w+\s?)*$",
    r"([a-z]+)*",
    r"(a?){40}a{40}",
    r"(?=a+)b",
    r"(a)\1",
    r"[unclosed",
    "a" * 300,
    r"((((a{1,99}){1,99}){1,99}){1,99})",
]


@pytest.mark.parametrize("pattern", SAFE)
def test_a_usual_pattern_is_taken(pattern: str) -> None:
    assert compiled(pattern).pattern == pattern


@pytest.mark.parametrize("pattern", UNSAFE)
def test_a_pattern_that_could_take_long_is_refused(pattern: str) -> None:
    with pytest.raises(UnsafePattern):
        compiled(pattern)


@pytest.mark.parametrize("pattern", [*SAFE, r"[a-z]*[a-z]*x", r"(a|b){10}c", r"([ab]?){15}c"])
def test_the_worst_text_for_a_pattern_that_is_taken_costs_little(pattern: str) -> None:
    matcher = compiled(pattern)

    def worst(length: int) -> None:
        for letter in "aA0. -":
            matcher.fullmatch(letter * (length - 1) + "!")

    assert grows_in_step(worst, LONGEST_TEXT)
