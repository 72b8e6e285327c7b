"""What an administrator writes becomes plain dates, and nothing that counts reads more than those."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from itsm.kernel.errors import Invalid
from sla.calendars.calendar import parse_calendar
from sla.calendars.written import compile_calendar, names_of
from tests.properties import calls_of

WEEK = {day: [["08:00", "16:00"]] for day in ("sat", "sun", "mon", "tue", "wed")}
NOWRUZ: dict[str, Any] = {"name": "Nowruz", "system": "jalali", "month": 1, "day": 1}
EVE: dict[str, Any] = {"name": "Eve", "system": "gregorian", "month": 12, "day": 24, "hours": [["08:00", "12:00"]]}


def test_recurring_days_become_dates_for_twenty_years_around() -> None:
    found = compile_calendar("Asia/Tehran", {"weekly": WEEK, "recurring": [NOWRUZ, EVE]}, year=2026)
    holidays, special = found.definition["holidays"], found.definition["date_hours"]
    assert (len(holidays), holidays[0], holidays[-1]) == (41, "2006-03-21", "2046-03-21")
    assert (len(special), special["2026-12-24"]) == (41, [["08:00", "12:00"]])
    assert found.details is not None
    assert (found.details["holidays"], found.details["date_hours"]) == ([], {})
    assert parse_calendar({"tz": "Asia/Tehran", **found.definition}) == found.calendar


def test_without_names_and_recurring_days_there_are_no_details() -> None:
    found = compile_calendar("UTC", {"weekly": WEEK, "holidays": ["2026-12-25"]}, year=2026)
    assert found.details is None
    assert found.definition == {"weekly": WEEK, "holidays": ["2026-12-25"]}


def test_a_date_that_is_written_by_itself_wins_over_a_recurring_day() -> None:
    written = {
        "weekly": WEEK,
        "holidays": ["2026-12-24"],
        "date_hours": {"2027-03-21": [["10:00", "11:00"]]},
        "recurring": [NOWRUZ, EVE],
    }
    found = compile_calendar("UTC", written, year=2026).definition
    assert "2026-12-24" not in found["date_hours"]
    assert found["date_hours"]["2027-03-21"] == [["10:00", "11:00"]]
    assert "2027-03-21" not in found["holidays"]


def test_names_are_kept_for_dates_that_are_written_only() -> None:
    names = {"2026-12-25": " Christmas ", "2026-12-26": "gone"}
    found = compile_calendar("UTC", {"weekly": WEEK, "holidays": ["2026-12-25"], "names": names}, year=2026)
    assert found.details == {"names": {"2026-12-25": "Christmas"}}
    written = {"names": {"2026-12-25": "Christmas"}, "recurring": [NOWRUZ]}
    assert names_of(written, year=2026)[date(2026, 12, 25)] == "Christmas"
    assert names_of(written, year=2026)[date(2026, 3, 21)] == "Nowruz"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": 1}, "colour"),
        ({"names": ["x"]}, "names"),
        ({"names": {"2026-12-25": 5}}, "names"),
        ({"recurring": [{"name": "x"}]}, "recurring"),
        ({"weekly": {}}, "weekly"),
        ({"weekly": {}, "recurring": [NOWRUZ]}, "weekly"),
        ({"weekly": {"sun": [["9", "10"]]}}, "weekly"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        compile_calendar("UTC", {"weekly": WEEK} | change, year=2026)
    assert list(error.value.errors) == [field]


def test_a_calendar_open_on_a_day_of_every_year_alone_opens() -> None:
    found = compile_calendar("UTC", {"recurring": [EVE]}, year=2026)
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    assert found.calendar.between(start, end) == 3 * 4 * 3600


def test_counting_costs_no_more_with_forty_recurring_days() -> None:
    """Rule T5: what is measured once costs the logarithm of its exceptions."""
    many = [NOWRUZ | {"name": str(number), "month": 1 + number % 12, "day": 1 + number % 28} for number in range(40)]
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def cost(recurring: list[dict[str, Any]]) -> int:
        calendar = compile_calendar("Asia/Tehran", {"weekly": WEEK, "recurring": recurring}, year=2026).calendar
        end = start.replace(year=start.year + 19)
        calendar.between(start, end)
        return calls_of(lambda: calendar.between(start, end))

    assert cost(many) <= cost(many[:1]) * 1.25
