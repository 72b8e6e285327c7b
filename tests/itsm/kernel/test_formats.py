"""How instants and numbers are written."""

from datetime import UTC, date, datetime

import pytest

from itsm.kernel.formats import Reader

INSTANT = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "text"),
    [
        ("en", "Europe/Stockholm", "21 Nov 2026 14:05"),
        ("sv", "Europe/Stockholm", "21 nov. 2026 14:05"),
        ("es", "Europe/Madrid", "21 nov 2026 14:05"),
        ("fa", "Asia/Tehran", "۳۰ آبان ۱۴۰۵ ۱۶:۳۵"),
        ("el", "Europe/Athens", "21 Νοε 2026 15:05"),
    ],
)
def test_an_instant_is_written_for_its_reader(language: str, zone: str, text: str) -> None:
    assert Reader(language, zone).instant(INSTANT) == text


def test_jalali_new_year_is_the_first_of_farvardin() -> None:
    assert Reader("fa").day(date(2026, 3, 21)) == "۱ فروردین ۱۴۰۵"


def test_numbers_have_the_readers_digits_and_signs() -> None:
    assert Reader("fa").number(1234.5, decimals=1) == "۱,۲۳۴.۵"
    assert Reader("sv").number(1234.5, decimals=1) == "1\xa0234,5"
    assert Reader("en").clock_time(-3_900) == "-1:05"
