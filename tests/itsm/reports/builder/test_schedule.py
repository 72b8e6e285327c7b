"""When mailed reports are due, and what named periods mean. Pure."""

from datetime import UTC, date, datetime

import pytest

from itsm.kernel.errors import Invalid
from itsm.reports.builder.schedule import Rhythm
from itsm.reports.builder.spans import compared, cuts, span_of, start_of

TODAY = date(2026, 11, 21)


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_the_first_of_the_month_at_seven_on_the_readers_clocks() -> None:
    athens = Rhythm("monthly", 1, 420, "Europe/Athens")
    assert athens.next_instant(at(9, 15)) == at(10, 1, 4)
    assert athens.next_instant(at(10, 15)) == at(11, 1, 5)  # the clocks went back
    assert Rhythm("monthly", 1, 420, "Asia/Tehran").next_instant(at(10, 15)) == at(11, 1, 3, 30)


def test_a_month_without_the_day_takes_its_last() -> None:
    last = Rhythm("monthly", 31, 0, "UTC")
    assert last.next_instant(at(2, 1)) == at(2, 28)
    assert last.next_instant(at(4, 1)) == at(4, 30)
    assert Rhythm("monthly", 29, 0, "UTC").next_instant(at(3, 1)) == at(3, 29)


def test_weekly_and_daily() -> None:
    assert Rhythm("weekly", 1, 480, "UTC").next_instant(at(11, 21)) == at(11, 23, 8)
    assert Rhythm("daily", 1, 480, "UTC").next_instant(at(11, 21, 8)) == at(11, 22, 8)


def test_a_time_that_clocks_skip_is_later() -> None:
    assert Rhythm("daily", 1, 150, "Europe/Stockholm").next_instant(at(3, 28, 12)) == at(3, 29, 1, 30)


def test_of_missed_times_the_last_counts() -> None:
    daily = Rhythm("daily", 1, 480, "UTC")
    assert daily.last_due(at(11, 1, 8), at(11, 21, 9)) == at(11, 21, 8)
    assert daily.last_due(at(1, 1, 8), at(11, 21, 7)) == at(11, 20, 8)
    assert daily.last_due(at(11, 21, 8), at(11, 21, 8)) == at(11, 21, 8)


@pytest.mark.parametrize(
    ("name", "first", "end"),
    [
        ("today", "2026-11-21", "2026-11-22"),
        ("yesterday", "2026-11-20", "2026-11-21"),
        ("last_7_days", "2026-11-15", "2026-11-22"),
        ("this_week", "2026-11-16", "2026-11-22"),
        ("last_week", "2026-11-09", "2026-11-16"),
        ("this_month", "2026-11-01", "2026-11-22"),
        ("last_month", "2026-10-01", "2026-11-01"),
        ("last_3_months", "2026-08-01", "2026-11-01"),
        ("this_quarter", "2026-10-01", "2026-11-22"),
        ("last_quarter", "2026-07-01", "2026-10-01"),
        ("this_year", "2026-01-01", "2026-11-22"),
        ("last_year", "2025-01-01", "2026-01-01"),
        ("last_12_months", "2025-11-01", "2026-11-01"),
    ],
)
def test_named_periods(name: str, first: str, end: str) -> None:
    span = span_of(name, "", "", TODAY, jalali=False)
    assert span is not None
    assert (span[0].isoformat(), span[1].isoformat()) == (first, end)


def test_named_periods_of_persian_readers_are_jalali() -> None:
    assert span_of("last_month", "", "", TODAY, jalali=True) == (date(2026, 9, 23), date(2026, 10, 23))
    assert start_of(TODAY, "year", jalali=True) == date(2026, 3, 21)
    assert start_of(TODAY, "quarter", jalali=True) == date(2026, 9, 23)


@pytest.mark.parametrize(
    ("name", "how", "first", "end"),
    [
        ("last_month", "previous", "2026-09-01", "2026-10-01"),
        ("this_month", "previous", "2026-10-01", "2026-10-22"),
        ("last_7_days", "previous", "2026-11-08", "2026-11-15"),
        ("last_quarter", "previous", "2026-04-01", "2026-07-01"),
        ("last_month", "year", "2025-10-01", "2025-11-01"),
    ],
)
def test_what_a_period_is_compared_with(name: str, how: str, first: str, end: str) -> None:
    span = span_of(name, "", "", TODAY, jalali=False)
    assert span is not None
    other = compared(name, span, how, jalali=False)
    assert (other[0].isoformat(), other[1].isoformat()) == (first, end)


def test_a_leap_day_has_a_year_before() -> None:
    assert compared("custom", (date(2024, 2, 29), date(2024, 3, 1)), "year", jalali=False)[0] == date(2023, 2, 28)


def test_stretches_end_with_the_period_and_are_not_without_number() -> None:
    assert cuts((date(2026, 10, 5), date(2026, 11, 2)), "month", jalali=False, most=9) == [
        date(2026, 10, 5), date(2026, 11, 1),
    ]  # fmt: skip
    assert cuts((date(2026, 1, 1), date(2027, 1, 1)), "day", jalali=False, most=100) is None


@pytest.mark.parametrize(("first", "end", "field"), [("", "2026-01-01", "from"), ("2026-01-01", "x", "to")])
def test_a_wrong_day_names_its_field(first: str, end: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        span_of("custom", first, end, TODAY, jalali=False)
    assert list(caught.value.errors) == [field]


def test_so_many_days_are_compared_with_as_many_though_they_be_a_month() -> None:
    span = span_of("last_30_days", "", "", date(2026, 9, 30), jalali=False)
    assert span == (date(2026, 9, 1), date(2026, 10, 1))
    assert compared("last_30_days", span, "previous", jalali=False) == (date(2026, 8, 2), date(2026, 9, 1))
