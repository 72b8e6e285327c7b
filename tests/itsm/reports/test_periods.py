"""Periods: half-open days in a zone, months of two calendars, ready-made ones."""

from datetime import UTC, date, datetime

import pytest

from itsm.kernel.errors import Invalid
from itsm.reports.periods import Period, checked_period, presets


def test_days_begin_at_local_midnight_also_over_a_clock_change() -> None:
    period = Period(date(2026, 10, 25), date(2026, 10, 26), "Europe/Stockholm")
    assert period.from_at == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert period.to_at == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_months_are_cut_to_the_period() -> None:
    months = Period(date(2025, 12, 15), date(2026, 2, 2), "UTC").months()
    assert months == [date(2025, 12, 15), date(2026, 1, 1), date(2026, 2, 1)]


def test_jalali_months() -> None:
    months = Period(date(2026, 3, 1), date(2026, 5, 1), "UTC", jalali=True).months()
    assert months == [date(2026, 3, 1), date(2026, 3, 21), date(2026, 4, 21)]


@pytest.mark.parametrize(
    ("first", "end", "field"),
    [
        (date(2026, 1, 2), date(2026, 1, 2), "to"),
        (date(2026, 1, 2), date(2026, 1, 1), "to"),
        (date(2000, 1, 1), date(2026, 1, 1), "from"),
    ],
)
def test_wrong_periods_are_refused(first: date, end: date, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_period(first, end, timezone="UTC")
    assert field in caught.value.errors


def test_presets() -> None:
    found = {name: (first, end) for name, _title, first, end in presets(date(2026, 1, 18), jalali=False)}
    assert found["last_month"] == (date(2025, 12, 1), date(2026, 1, 1))
    assert found["last_3_months"] == (date(2025, 10, 1), date(2026, 1, 1))
    assert found["this_year"] == (date(2026, 1, 1), date(2026, 1, 19))
    jalali = {name: (first, end) for name, _title, first, end in presets(date(2026, 4, 1), jalali=True)}
    assert jalali["this_month"][0] == date(2026, 3, 21)
    assert jalali["last_month"] == (date(2026, 2, 20), date(2026, 3, 21))
