"""A year day by day: kinds of days, sums that agree with the calendar, both calendars."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.kernel.formats import Reader
from sla.calendars.calendar import BusinessCalendar, parse_calendar
from sla.calendars.year import Year, YearDay, fitting_year, year_of
from tests.properties import THOROUGH, examples

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def office(**more: Any) -> BusinessCalendar:
    week = {day: [["09:00", "17:00"]] for day in WEEKDAYS}
    return parse_calendar({"tz": "Europe/Stockholm", "weekly": week, **more})


def day_of(year: Year, month: int, day: int) -> YearDay:
    return year.months[month - 1].days[day - 1]


def test_each_day_is_of_its_kind() -> None:
    calendar = office(
        holidays=["2026-12-25", "2026-12-26"],
        date_hours={
            "2026-12-24": [["09:00", "12:00"]],
            "2026-12-19": [["10:00", "14:00"]],
            "2026-12-28": [["08:00", "20:00"]],
            "2026-12-29": [],
            "2026-12-30": [["08:00", "16:00"]],
            "2026-12-20": [["00:00", "24:00"]],
        },
    )
    year = year_of(calendar, Reader("en"), 2026, {date(2026, 12, 25): "Christmas Day"})
    found = {day: day_of(year, 12, day) for day in (18, 19, 20, 24, 25, 26, 27, 28, 29, 30)}
    assert {day: each.kind for day, each in found.items()} == {
        18: "open", 19: "extra", 20: "extra", 24: "short", 25: "holiday", 26: "holiday", 27: "closed", 28: "extra",
        29: "holiday", 30: "open",
    }  # fmt: skip
    assert (found[25].name, found[24].hours, found[20].hours) == ("Christmas Day", "09:00–12:00", "00:00–24:00")
    assert year.count("holiday") == 3
    assert [each.day.day for each in year.months[11].special] == [19, 20, 24, 25, 26, 28, 29]


def test_days_on_which_clocks_change_are_marked_with_their_real_length() -> None:
    always = parse_calendar(
        {"tz": "Europe/Stockholm", "weekly": {key: [["00:00", "24:00"]] for key in (*WEEKDAYS, "sat", "sun")}}
    )
    year = year_of(always, Reader("en"), 2026, {})
    spring, autumn = day_of(year, 3, 29), day_of(year, 10, 25)
    assert (spring.seconds, spring.changed_seconds, spring.kind) == (23 * 3600, 3600, "full")
    assert (autumn.seconds, autumn.changed_seconds, autumn.kind) == (25 * 3600, -3600, "full")
    assert sum(each.changed_seconds != 0 for month in year.months for each in month.days) == 2
    half = parse_calendar({"tz": "Australia/Lord_Howe", "weekly": {"sun": [["00:00", "24:00"]]}})
    assert day_of(year_of(half, Reader("en"), 2025, {}), 4, 6).changed_seconds == -1800


def test_a_night_shift_shows_on_both_days_and_belongs_to_the_first() -> None:
    night = parse_calendar({"tz": "UTC", "weekly": {"fri": [["22:00", "06:00"]]}})
    year = year_of(night, Reader("en"), 2026, {})
    assert [(each.hours, each.kind) for each in year.months[0].days[1:3]] == [
        ("22:00–24:00", "open"),
        ("00:00–06:00", "closed"),
    ]


def test_a_day_that_never_was_is_closed() -> None:
    samoa = parse_calendar(
        {"tz": "Pacific/Apia", "weekly": {key: [["00:00", "24:00"]] for key in (*WEEKDAYS, "sat", "sun")}}
    )
    assert day_of(year_of(samoa, Reader("en"), 2011, {}), 12, 30).seconds == 0


def test_persian_readers_see_jalali_months_and_digits_from_saturday() -> None:
    calendar = parse_calendar({"tz": "Asia/Tehran", "weekly": {"sat": [["08:00", "16:00"]]}})
    year = year_of(calendar, Reader("fa"), 1405, {})
    assert [len(month.days) for month in year.months] == [31] * 6 + [30] * 5 + [29]
    assert (year.months[0].title, year.months[0].days[0].day, year.months[0].days[4].number) == (
        "فروردین",
        date(2026, 3, 21),
        "۵",
    )
    assert (year.months[0].days[0].column, year.months[0].days[0].hours) == (0, "۰۸:۰۰–۱۶:۰۰")
    assert len(year_of(calendar, Reader("fa"), 1403, {}).months[11].days) == 30


@pytest.mark.parametrize(
    ("language", "wanted", "shown"),
    [
        ("en", 2027, 2027), ("en", None, 2026), ("en", 1405, 2026), ("en", 9999, 2026), ("en", 1900, 2026),
        ("fa", 1406, 1406), ("fa", None, 1405), ("fa", 2026, 1405), ("fa", 9999, 1405),
    ],
)  # fmt: skip
def test_a_year_of_the_other_calendar_or_out_of_range_leads_to_one_that_can_be_drawn(
    language: str, wanted: int | None, shown: int
) -> None:
    assert fitting_year(Reader(language), wanted, date(2026, 11, 18)) == shown


@settings(max_examples=examples(40), deadline=None, derandomize=not THOROUGH)
@given(
    st.sampled_from(["Europe/Stockholm", "Asia/Tehran", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.dictionaries(
        st.sampled_from((*WEEKDAYS, "sat", "sun")),
        st.lists(st.tuples(st.integers(0, 23), st.integers(0, 24)), max_size=3),
    ),
    st.sets(st.dates(date(2025, 1, 1), date(2025, 12, 31)), max_size=5),
    st.sampled_from(["en", "fa"]),
)
def test_the_months_add_up_to_what_the_calendar_counts(
    zone: str, weekly: dict[str, list[tuple[int, int]]], holidays: set[date], language: str
) -> None:
    week = {day: [[f"{opens:02d}:00", f"{closes:02d}:00"] for opens, closes in pairs] for day, pairs in weekly.items()}
    calendar = parse_calendar({"tz": zone, "weekly": week, "holidays": sorted(map(str, holidays))})
    year = year_of(calendar, Reader(language), 1404 if language == "fa" else 2025, {})
    days = [each.day for month in year.months for each in month.days]
    start, end = (datetime(each.year, each.month, each.day, tzinfo=ZoneInfo(zone)) for each in (days[0], days[-1]))
    whole = calendar.between(start.astimezone(UTC), end.astimezone(UTC)) + year.months[-1].days[-1].seconds
    assert year.seconds == whole
    assert year.open_days == sum(each.seconds > 0 for month in year.months for each in month.days)
