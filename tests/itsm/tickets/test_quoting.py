"""Folding what a mail repeats."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from itsm.tickets.quoting import Part, parts


def folded(text: str) -> list[tuple[str, bool]]:
    return [(part.text.strip(), part.quoted) for part in parts(text)]


def test_a_quotation_is_folded_with_the_line_that_introduces_it() -> None:
    text = "It works now.\n\nOn Monday Ada wrote:\n> Did you restart?\n> Please try.\n\nThanks"
    assert folded(text) == [
        ("It works now.", False),
        ("On Monday Ada wrote:\n> Did you restart?\n> Please try.", True),
        ("Thanks", False),
    ]


@pytest.mark.parametrize(
    "repeated",
    [
        "-----Original Message-----\nFrom: Ada\nSent: Monday\nTo: Grace\n\nDid you restart?",
        "--- Forwarded ---\nFrom: Ada\n\nDid you restart?",
        "-----\nFrom: Ada\n\nDid you restart?",
        "From: Ada\nSent: Monday\nTo: Grace\nSubject: Labels\n\nDid you restart?",
        "Från: Ada\nSkickat: måndag\nTill: Grace\nÄmne: Etiketter\n\nStarta om",
    ],
)
def test_a_message_that_is_repeated_whole_is_folded(repeated: str) -> None:
    assert folded(f"It works now.\n\n{repeated}") == [("It works now.", False), (repeated, True)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Just words",
        "> one line",
        "a > b\n> c",
        "> all\n> of it\n> quoted",
        "From: here to there",
        "--- x\nFrom: Ada",
    ],
)
def test_what_is_no_repetition_stays_whole(text: str) -> None:
    assert parts(text) == [Part(text, quoted=False)]


@given(
    some.lists(
        some.sampled_from(["> a", "b", "", "On day wrote:", "--- x ---", "From: a", "To: b", "Sent: c"]), max_size=12
    )
)
def test_no_word_is_lost_or_changes_place(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "\n".join(part.text for part in parts(text)).split() == text.split()


@pytest.mark.parametrize("line", ["-" * 100_000 + "x", "- " * 50_000, "--" + " " * 100_000 + "x"])
def test_the_longest_lines_are_read_in_time(line: str) -> None:
    assert parts(line) == [Part(line, quoted=False)]
