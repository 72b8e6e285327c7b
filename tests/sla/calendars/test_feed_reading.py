"""Whole days out of iCal files: what is taken, what is left out, and that a file made to harm costs only itself."""

from datetime import date

import pytest

from sla.calendars import feed_reading
from sla.calendars.feed_reading import LARGEST_FEED, FeedDays, Unreadable, read_days

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)


def calendar(*events: str) -> bytes:
    parts = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{parts}END:VCALENDAR\r\n".encode()


def read(*events: str) -> FeedDays:
    return read_days(calendar(*events), first_on=FIRST, last_on=LAST)


def test_whole_days_are_taken_and_events_with_a_time_left_out() -> None:
    found = read(
        "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Christmas",
        "DTSTART;VALUE=DATE:20261226\r\nSUMMARY:Boxing  Day",
        "DTSTART:20261231T100000Z\r\nSUMMARY:Lunch",
        "DTSTART;VALUE=DATE:20251231\r\nSUMMARY:Too early",
        "DTSTART;VALUE=DATE:20260101\r\nSUMMARY:Cancelled\r\nSTATUS:CANCELLED",
    )
    assert found == FeedDays({date(2026, 12, 25): "Christmas", date(2026, 12, 26): "Christmas, Boxing Day"}, 2)


def test_recurring_events_are_followed_with_their_exceptions_and_moved_ones() -> None:
    found = read(
        "DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20270501\r\nSUMMARY:May Day",
        "DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\nSUMMARY:Thanks",
    )
    assert [day.isoformat() for day in sorted(found.days)] == [
        "2026-05-01", "2026-11-26", "2027-11-25", "2028-05-01", "2028-11-23",
    ]  # fmt: skip


def test_a_long_event_is_cut() -> None:
    assert len(read("DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20280101\r\nSUMMARY:Sabbatical").days) == 60


def test_an_empty_calendar_has_no_days() -> None:
    assert read() == FeedDays({}, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>Please sign in</body></html>",
        b"\x00\xff" * 100,
        calendar("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=DAILY\r\nSUMMARY:Every day"),
        calendar(*["DTSTART;VALUE=DATE:20260101"] * 5001),
        b"x" * (LARGEST_FEED + 1),
    ],
    ids=["empty", "page", "binary", "too many days", "too many events", "too large"],
)
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_days(content, first_on=FIRST, last_on=LAST)


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"])
def test_rules_without_end_are_cut_off_by_the_process(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    monkeypatch.setattr(feed_reading, "SECONDS", 1.0)  # the caller's patience; the process has its own limit as well
    event = f"DTSTART;VALUE=DATE:20200101\r\nRRULE:{rule}\r\nSUMMARY:Never"
    with pytest.raises(Unreadable):
        read_days(calendar(*[event] * 20), first_on=FIRST, last_on=LAST)
