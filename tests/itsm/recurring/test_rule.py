"""When something recurs: rules, clocks that change, days off."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.kernel.errors import Invalid
from itsm.recurring.rule import MOVE, SKIP, Schedule, checked
from itsm.recurring.wording import compose, decompose, in_words
from tests.properties import examples

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Antarctica/Troll", "UTC")


def local(schedule: Schedule, after: datetime, number: int) -> list[str]:
    zone = schedule.zone
    return [f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in schedule.next_instants(after, number)]


def weekday(day: date) -> bool:
    return day.weekday() < 5


def test_a_weekly_rule_keeps_its_hour_when_clocks_change() -> None:
    schedule = Schedule("FREQ=WEEKLY;BYDAY=MO", date(2026, 10, 19), 9 * 60, STOCKHOLM)
    found = schedule.next_instants(datetime(2026, 10, 18, tzinfo=UTC), 2)
    assert found == [datetime(2026, 10, 19, 7, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)]


def test_a_time_that_clocks_skip_is_that_much_later_and_one_that_comes_twice_counts_once() -> None:
    daily = Schedule("FREQ=DAILY", date(2026, 1, 1), 150, STOCKHOLM)
    spring = daily.next_instants(datetime(2026, 3, 28, 12, tzinfo=UTC), 2)
    assert spring == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]
    autumn = daily.next_instants(datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_days_off_are_skipped_or_moved_and_never_doubled() -> None:
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    facts = ("FREQ=DAILY", date(2026, 1, 1), 9 * 60, STOCKHOLM)
    assert local(Schedule(*facts, SKIP, weekday), friday, 2) == ["2026-11-23 09:00", "2026-11-24 09:00"]
    assert local(Schedule(*facts, MOVE, weekday), friday, 2) == ["2026-11-23 09:00", "2026-11-24 09:00"]
    monthly = ("FREQ=MONTHLY;BYMONTHDAY=1", date(2026, 1, 1), 9 * 60, STOCKHOLM)  # 1 August 2026 is a Saturday
    july = datetime(2026, 7, 5, tzinfo=UTC)
    assert local(Schedule(*monthly, MOVE, weekday), july, 2) == ["2026-08-03 09:00", "2026-09-01 09:00"]
    assert local(Schedule(*monthly, SKIP, weekday), july, 2) == ["2026-09-01 09:00", "2026-10-01 09:00"]
    on_the_way = datetime(2026, 8, 2, 12, tzinfo=UTC)  # the Sunday between the day and where it was moved
    assert local(Schedule(*monthly, MOVE, weekday), on_the_way, 1) == ["2026-08-03 09:00"]


def test_count_and_until_end_a_rule() -> None:
    thrice = Schedule("FREQ=DAILY;COUNT=3", date(2026, 11, 1), 0, STOCKHOLM)
    assert len(thrice.next_instants(datetime(2026, 1, 1, tzinfo=UTC), 10)) == 3
    until = Schedule("FREQ=DAILY;UNTIL=20261103", date(2026, 11, 1), 60, STOCKHOLM)
    assert len(until.next_instants(datetime(2026, 1, 1, tzinfo=UTC), 10)) == 3
    never = Schedule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", date(2026, 1, 1), 0, STOCKHOLM)
    assert never.next_instants(datetime(2026, 1, 1, tzinfo=UTC), 1) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every day",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=99999",
        "FREQ=DAILY;UNTIL=2026",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY\nDTSTART:20260101",
    ],
)
def test_what_is_no_rule_of_days_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(text)
    assert "rule" in refused.value.errors


@settings(max_examples=examples(60), deadline=None)
@given(
    rule=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=DAILY;INTERVAL=3"]),
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 1439),
    start=st.dates(date(2020, 1, 1), date(2027, 1, 1)),
    ahead=st.integers(0, 900 * 24 * 60),
    off_days=st.sampled_from(["", SKIP, MOVE]),
)
def test_instants_grow_and_do_not_depend_on_where_one_looks_from(  # noqa: PLR0917
    rule: str, zone: str, minute: int, start: date, ahead: int, off_days: str
) -> None:
    schedule = Schedule(rule, start, minute, ZoneInfo(zone), off_days, weekday)
    after = datetime.combine(start, time(), UTC) + timedelta(minutes=ahead)
    found = schedule.next_instants(after, 12)
    assert found == sorted(set(found))
    assert all(each > after for each in found)
    for earlier, later in pairwise(found):
        assert next(schedule.instants(earlier)) == later
    for each in found:
        wall = each.astimezone(schedule.zone)
        late = (wall.hour * 60 + wall.minute - minute) % 1440
        assert late in {0, 30, 60, 120}, "the time of day, or later by what the clocks skipped"
        assert (
            late == 0
            or wall.utcoffset() != (wall - timedelta(hours=6)).astimezone(UTC).astimezone(wall.tzinfo).utcoffset()
        )
        assert not off_days or weekday(wall.date()) or late


def test_the_form_says_a_rule_and_reads_it_again() -> None:
    rule = compose("WEEKLY", 2, ["WE", "MO"])
    assert rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"
    assert decompose(rule) == {"unit": "WEEKLY", "every": 2, "weekdays": ["MO", "WE"], "rule": ""}
    assert str(in_words(rule, date(2026, 1, 1))) == "every 2 weeks, on Monday, Wednesday"
    assert decompose("FREQ=MONTHLY;BYDAY=1MO")["rule"] == "FREQ=MONTHLY;BYDAY=1MO"
    assert compose("MONTHLY", 1, ["MO"]) == "FREQ=MONTHLY"
    assert str(in_words("FREQ=MONTHLY", date(2026, 1, 15))) == "every month, on day 15"
