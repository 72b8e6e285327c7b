"""Days of every year in three calendars: where they fall, where they are moved, what is refused."""

from datetime import date
from typing import Any

import jdatetime
import pytest
from hijridate import Gregorian
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.calendars.calendar import CalendarError
from sla.calendars.recurring_days import (
    HIJRI_FROM,
    HIJRI_TO,
    LARGEST_DAY,
    SYSTEMS,
    RecurringDay,
    occurrences,
    parse_recurring,
)
from tests.properties import THOROUGH, examples

EID: dict[str, Any] = {"name": "Eid al-Fitr", "system": "hijri", "month": 10, "day": 1}


def falls(day: RecurringDay, first: int, last: int) -> list[str]:
    found = occurrences(day, first_on=date(first, 1, 1), last_on=date(last, 12, 31))
    return [each.falls_on.isoformat() for each in found]


@pytest.mark.parametrize(
    ("system", "month", "day", "expected"),
    [
        ("jalali", 1, 1, ["2024-03-20", "2025-03-21", "2026-03-21", "2027-03-21", "2028-03-20"]),
        ("jalali", 12, 30, ["2025-03-20"]),  # only a leap year has it
        ("hijri", 10, 1, ["2024-04-10", "2025-03-30", "2026-03-20", "2027-03-09", "2028-02-26"]),
        ("gregorian", 2, 29, ["2024-02-29", "2028-02-29"]),
        ("gregorian", 12, 24, ["2024-12-24", "2025-12-24", "2026-12-24", "2027-12-24", "2028-12-24"]),
    ],
)
def test_a_day_falls_where_its_own_calendar_says(system: str, month: int, day: int, expected: list[str]) -> None:
    assert falls(RecurringDay("Day", system, month, day), 2024, 2028) == expected


def test_a_hijri_day_may_fall_twice_in_a_gregorian_year() -> None:
    assert falls(RecurringDay("New year", "hijri", 1, 1), 2008, 2008) == ["2008-01-10", "2008-12-29"]


def test_hijri_days_end_where_the_calendar_is_known() -> None:
    found = falls(RecurringDay("Eid", "hijri", 10, 1), 2070, 2110)
    assert found[-1] <= HIJRI_TO.isoformat()
    assert len(found) == 8


@settings(max_examples=examples(300), deadline=None, derandomize=not THOROUGH)
@given(st.sampled_from(SYSTEMS), st.integers(1, 12), st.integers(1, 31), st.integers(1950, 2060))
def test_each_occurrence_has_the_date_that_was_asked_for(system: str, month: int, day: int, year: int) -> None:
    if day > LARGEST_DAY[system][month - 1]:
        return
    recurring = RecurringDay("Day", system, month, day)
    for each in occurrences(recurring, first_on=date(year, 1, 1), last_on=date(year + 3, 12, 31)):
        assert year <= each.falls_on.year <= year + 3
        if system == "jalali":
            jalali = jdatetime.date.fromgregorian(date=each.falls_on)
            assert (jalali.year, jalali.month, jalali.day) == (each.year, month, day)
        elif system == "hijri":
            assert HIJRI_FROM <= each.falls_on <= HIJRI_TO
            hijri = Gregorian(each.falls_on.year, each.falls_on.month, each.falls_on.day).to_hijri()
            assert (hijri.year, hijri.month, hijri.day) == (each.year, month, day)
        else:
            assert (each.falls_on.month, each.falls_on.day) == (month, day)


def test_one_occurrence_is_moved_to_the_announced_day() -> None:
    (eid,) = parse_recurring([EID | {"moved": {"1448": "2027-03-10"}}])
    assert falls(eid, 2026, 2028) == ["2026-03-20", "2027-03-10", "2028-02-26"]
    assert eid.as_data() == EID | {"hours": [], "moved": {"1448": "2027-03-10"}}


def test_a_day_moved_over_the_end_of_a_year_is_found_there() -> None:
    (day,) = parse_recurring(
        [{"name": "Eve", "system": "gregorian", "month": 12, "day": 31, "moved": {"2026": "2027-01-02"}}]
    )
    assert falls(day, 2026, 2026) == []
    assert falls(day, 2027, 2027) == ["2027-01-02", "2027-12-31"]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ("Eid", "recurring"),
        ([EID] * 41, "recurring"),
        (["Eid"], "recurring[0]"),
        ([EID | {"colour": "red"}], "recurring[0].colour"),
        ([EID | {"name": " "}], "recurring[0].name"),
        ([EID | {"name": "x" * 256}], "recurring[0].name"),
        ([EID | {"system": "mayan"}], "recurring[0].system"),
        ([EID | {"month": 13}], "recurring[0].month"),
        ([EID | {"month": True}], "recurring[0].month"),
        ([EID | {"day": 31}], "recurring[0].day"),
        ([EID, EID | {"hours": [["09:00", "25:00"]]}], "recurring[1].hours[0][1]"),
        ([EID | {"hours": "09:00"}], "recurring[0].hours"),
        ([EID | {"moved": ["2027-03-10"]}], "recurring[0].moved"),
        ([EID | {"moved": {"1448": "2027-05-10"}}], "recurring[0].moved.1448"),
        ([EID | {"moved": {"1448": "2027-02-30"}}], "recurring[0].moved.1448"),
        ([EID | {"moved": {"9999": "2027-03-10"}}], "recurring[0].moved.9999"),
        ([EID | {"moved": {"١٤٤٨": "2027-03-10"}}], "recurring[0].moved.١٤٤٨"),
    ],
)
def test_what_is_wrong_is_named(wrong: Any, place: str) -> None:
    with pytest.raises(CalendarError) as error:
        parse_recurring(wrong)
    assert error.value.field == place
