"""Words that people write in different ways are the same words."""

import pytest
from flask import Flask

from itsm.kernel.db import session
from itsm.search import queries, services
from itsm.search.text import normalised, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كتابي", "کتابی"),
        ("می‌شود", "می شود"),
        ("چاپگر ۱۲۳", "چاپگر 123"),
        ("چاپگر ١٢٣", "چاپگر 123"),
        ("مسئول", "مسیول"),
        ("خانۀ", "خانه"),
        ("کتــاب", "کتاب"),
        ("مُدیر", "مدیر"),
        ("ﻻ", "لا"),
        ("Ärende", "ärende"),
    ],
)
def test_ways_of_writing(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_accents_of_other_scripts_tell_words_apart() -> None:
    assert normalised("år") != normalised("ar")


def test_signs_of_full_text_engines_are_no_words() -> None:
    assert words_of('+printer -"jam" (a* | b) & !c:d') == ["printer", "jam", "a", "b", "c", "d"]


def test_a_question_in_other_letters_finds_the_record(app: Flask) -> None:
    del app
    services.index("ticket", 4711, "چاپگر اتاق ۱۲۳ كاغذ می‌خواهد")
    session.commit()
    for question in ("کاغذ", "كاغذ", "123", "۱۲۳", "می‌خواهد"):
        assert queries.find_ids("ticket", question) == [4711]
