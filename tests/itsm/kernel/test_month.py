"""The month grid in both calendars."""

from datetime import UTC, date, datetime
from itertools import pairwise
from types import SimpleNamespace

import pytest

from change.calendar import place_on_days
from itsm.kernel.formats import Reader
from itsm.kernel.month import month_of, week_of

TODAY = date(2026, 11, 18)


def test_november_2026_for_an_english_reader() -> None:
    month = month_of(Reader("en"), "", today=TODAY)
    assert (month.key, month.title, month.previous, month.next) == ("2026-11", "November 2026", "2026-10", "2026-12")
    assert month.weekdays[0] == "Mon"
    assert (month.first_on, month.last_on) == (date(2026, 10, 26), date(2026, 12, 6))
    inside = [day for week in month.weeks for day in week if day.inside]
    assert [day.number for day in inside] == [str(number) for number in range(1, 31)]
    assert [day.on for day in inside if day.today] == [TODAY]
    assert {day.on.weekday() for day in inside if day.weekend} == {5, 6}


def test_the_same_day_for_a_persian_reader_is_in_aban_1405() -> None:
    month = month_of(Reader("fa"), "", today=TODAY)
    assert (month.key, month.title, month.previous, month.next) == ("1405-08", "آبان ۱۴۰۵", "1405-07", "1405-09")
    assert month.weeks[0][0].on.weekday() == 5  # weeks begin on Saturday
    inside = [day for week in month.weeks for day in week if day.inside]
    assert (inside[0].on, inside[0].number, len(inside)) == (date(2026, 10, 23), "۱", 30)
    assert [day.number for day in inside if day.today] == ["۲۷"]


@pytest.mark.parametrize(
    ("language", "key", "previous", "following"),
    [
        ("en", "2026-01", "2025-12", "2026-02"),
        ("en", "2026-12", "2026-11", "2027-01"),
        ("fa", "1405-12", "1405-11", "1406-01"),
    ],
)
def test_years_turn(language: str, key: str, previous: str, following: str) -> None:
    month = month_of(Reader(language), key, today=TODAY)
    assert (month.key, month.previous, month.next) == (key, previous, following)


@pytest.mark.parametrize(
    "key", ["", "2026-13", "2026-00", "x", "9999-12", "0000-01", "1405-08", "٢٠٢٦-١١", "2026-11\n"]
)
def test_a_key_that_is_none_shows_this_month(key: str) -> None:
    assert month_of(Reader("en"), key, today=TODAY).key == "2026-11"


def test_every_week_has_seven_days_in_a_row() -> None:
    for language, key in (
        ("en", "2027-02"),
        ("sv", "2026-08"),
        ("fa", "1404-12"),
        ("es", "2028-02"),
        ("el", "2026-05"),
    ):
        days = [day.on for week in month_of(Reader(language), key, today=TODAY).weeks for day in week]
        assert len(days) % 7 == 0
        assert [(after - before).days for before, after in pairwise(days)] == [1] * (len(days) - 1)


def test_changes_stand_on_the_days_of_the_readers_zone() -> None:
    late = SimpleNamespace(
        planned_start_at=datetime(2026, 11, 18, 23, 30, tzinfo=UTC),
        planned_end_at=datetime(2026, 11, 20, 23, 0, tzinfo=UTC),
    )
    in_utc = place_on_days([late], Reader("en", "UTC"))
    in_stockholm = place_on_days([late], Reader("en", "Europe/Stockholm"))
    assert sorted(in_utc) == [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]
    assert sorted(in_stockholm) == [date(2026, 11, 19), date(2026, 11, 20)]  # ends at midnight there
    assert [entry.time for entry in in_stockholm[date(2026, 11, 19)]] == ["00:30"]
    assert [entry.time for entry in in_stockholm[date(2026, 11, 20)]] == [""]


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fa", [5, 6, 0, 1, 2, 3, 4]), ("en", list(range(7))), ("sv", list(range(7))), ("el", list(range(7)))],
)
def test_a_week_runs_from_the_readers_first_day(language: str, expected: list[int]) -> None:
    assert week_of(language, range(7)) == expected
