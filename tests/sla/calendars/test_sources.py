"""Countries, feeds and files propose holidays; nothing becomes one before somebody accepts it."""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.jobs import BackgroundTask
from sla.calendars import jobs as calendar_jobs
from sla.calendars import queries as calendar_queries
from sla.calendars import services as calendar_services
from sla.calendars import sources as calendar_sources
from sla.calendars.feed_reading import LARGEST_FEED, FeedDays
from sla.calendars.models import CalendarSource, HolidayProposal
from sla.calendars.written import written_of
from sla.models import Agreement, BusinessHours
from tests.factories import Factory
from tests.sla.calendars.test_feed_reading import calendar as ical

WEEK = {day: [["08:00", "16:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
def hours(app: Flask) -> BusinessHours:
    del app
    return calendar_services.create_calendar(SYSTEM, name="Ours", timezone="UTC", definition={"weekly": WEEK})


@pytest.fixture
def editor(make: Factory) -> Actor:
    return make.actor("manager")


def proposed(hours: BusinessHours, state: str = "open") -> dict[str, str]:
    rows = calendar_queries.list_proposals(hours.id, state=state)
    return {row.falls_on.isoformat(): row.action for row in rows}


def accept(actor: Actor, hours: BusinessHours, *days: str) -> None:
    rows = calendar_queries.list_proposals(hours.id)
    wanted = [row.id for row in rows if not days or row.falls_on.isoformat() in days]
    calendar_sources.decide(actor, hours, calendar_sources.choose(hours, accepted=wanted))


def refuse(actor: Actor, hours: BusinessHours, *days: str) -> None:
    wanted = [row.id for row in calendar_queries.list_proposals(hours.id) if row.falls_on.isoformat() in days]
    calendar_sources.decide(actor, hours, calendar_sources.choose(hours, accepted=[], refused=wanted))


def test_a_country_proposes_and_only_what_is_accepted_becomes_a_holiday(hours: BusinessHours, editor: Actor) -> None:
    calendar_sources.add_country(editor, hours, country="se", year=2027)
    assert proposed(hours)["2027-06-06"] == "add"
    assert "holidays" not in hours.definition
    accept(editor, hours, "2027-01-06", "2027-06-06")
    assert hours.definition["holidays"] == ["2027-01-06", "2027-06-06"]
    written = written_of(hours)
    assert written["names"]["2027-01-06"] == "Epiphany"
    assert set(written["sources"].values()) == {"country:SE"}
    assert set(proposed(hours, "accepted")) == {"2027-01-06", "2027-06-06"}
    assert "2027-01-06" not in proposed(hours)


def test_what_was_refused_is_not_proposed_again(hours: BusinessHours, editor: Actor) -> None:
    calendar_sources.add_country(editor, hours, country="SE", year=2027)
    before = proposed(hours)
    refuse(editor, hours, "2027-06-06")
    source = calendar_sources.add_country(editor, hours, country="SE", year=2027)
    assert proposed(hours) == {day: action for day, action in before.items() if day != "2027-06-06"}
    assert list(proposed(hours, "refused")) == ["2027-06-06"]
    assert len(calendar_queries.list_sources(hours.id)) == 1
    assert source.proposed_to == 2027
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "sla_calendar.refused"))
    assert "2027-06-06" in str(entry.changes)


def test_a_holiday_that_stands_already_is_not_proposed(hours: BusinessHours, editor: Actor) -> None:
    definition = {"weekly": WEEK, "holidays": ["2027-12-25"]}
    calendar_services.change_calendar(SYSTEM, hours, name="Ours", timezone="UTC", definition=definition)
    calendar_sources.add_country(editor, hours, country="SE", year=2027)
    assert "2027-12-25" not in proposed(hours)


def test_regions_have_days_of_their_own(hours: BusinessHours, editor: Actor) -> None:
    calendar_sources.add_country(editor, hours, country="DE", region="by", year=2027)
    calendar_sources.add_country(editor, hours, country="DE", year=2027)
    by_source = {source.code: source.id for source in calendar_queries.list_sources(hours.id)}
    assert set(by_source) == {"DE", "DE-BY"}
    rows = session.scalars(select(HolidayProposal).where(HolidayProposal.falls_on == date(2027, 1, 6))).all()
    assert [row.source_id for row in rows] == [by_source["DE-BY"]]


def test_one_day_of_two_sources_is_decided_once(hours: BusinessHours, editor: Actor) -> None:
    calendar_sources.add_country(editor, hours, country="DE", year=2027)
    calendar_sources.add_country(editor, hours, country="AT", year=2027)
    row = next(row for row in calendar_queries.list_proposals(hours.id) if row.falls_on == date(2027, 12, 25))
    calendar_sources.decide(editor, hours, calendar_sources.choose(hours, accepted=[row.id]))
    assert "2027-12-25" not in proposed(hours)
    assert hours.definition["holidays"] == ["2027-12-25"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "DE", "region": "ZZ"}, "region"),
        ({"country": "SE", "region": "AB"}, "region"),
        ({"country": "SE", "year": 1600}, "year"),
    ],
)
def test_a_wrong_place_is_named(hours: BusinessHours, editor: Actor, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        calendar_sources.add_country(editor, hours, **given)
    assert list(error.value.errors) == [field]


def test_who_may_not_edit_decides_nothing(hours: BusinessHours, editor: Actor, make: Factory) -> None:
    agent = make.actor("agent")
    source = calendar_sources.add_country(editor, hours, country="SE", year=2027)
    choice = calendar_sources.choose(hours, accepted=[calendar_queries.list_proposals(hours.id)[0].id])
    for attempt in (
        lambda: calendar_sources.decide(agent, hours, choice),
        lambda: calendar_sources.add_country(agent, hours, country="SE"),
        lambda: calendar_sources.add_feed(agent, hours, name="x", address="https://example.org/x"),
        lambda: calendar_sources.take_file(agent, hours, name="x", content=b""),
        lambda: calendar_sources.remove_source(agent, source),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_proposal_that_was_decided_is_refused(hours: BusinessHours, editor: Actor) -> None:
    calendar_sources.add_country(editor, hours, country="SE", year=2027)
    row = calendar_queries.list_proposals(hours.id)[0]
    accept(editor, hours)
    for accepted, refused in (([row.id], []), ([], []), ([1], [1])):
        with pytest.raises(Invalid) as error:
            calendar_sources.choose(hours, accepted=accepted, refused=refused)
        assert list(error.value.errors) == ["proposals"]


def feed_source(hours: BusinessHours, editor: Actor) -> CalendarSource:
    return calendar_sources.add_feed(editor, hours, name="Union", address="webcal://example.org/days.ics")


CHRISTMAS, BOXING, PAST = date(2026, 12, 25), date(2026, 12, 26), date(2026, 1, 1)


def test_odd_days_of_a_feed_are_proposals_that_somebody_accepts(hours: BusinessHours, editor: Actor) -> None:
    source = feed_source(hours, editor)
    assert source.code == "https://example.org/days.ics"
    calendar_sources.store_days(source, FeedDays({CHRISTMAS: "Christmas", BOXING: "Odd"}, 3))
    assert proposed(hours) == {"2026-12-25": "add", "2026-12-26": "add"}
    assert "holidays" not in hours.definition
    assert (source.found, source.left_out, source.read_at) == (2, 3, clock.now())


def test_what_vanishes_from_a_feed_is_withdrawn_or_proposed_for_removal(hours: BusinessHours, editor: Actor) -> None:
    source = feed_source(hours, editor)
    calendar_sources.store_days(source, FeedDays({PAST: "Past", CHRISTMAS: "Christmas", BOXING: "Odd"}, 0))
    accept(editor, hours, "2026-12-25", "2026-01-01")
    calendar_sources.store_days(source, FeedDays({}, 0))
    assert proposed(hours) == {"2026-12-25": "remove"}
    assert hours.definition["holidays"] == ["2026-01-01", "2026-12-25"]
    calendar_sources.store_days(source, FeedDays({CHRISTMAS: "Christmas"}, 0))
    assert proposed(hours) == {}  # it came back
    calendar_sources.store_days(source, FeedDays({}, 0))
    accept(editor, hours)
    assert hours.definition["holidays"] == ["2026-01-01"]
    calendar_sources.store_days(source, FeedDays({CHRISTMAS: "Christmas"}, 0))
    assert proposed(hours) == {"2026-12-25": "add"}


def test_a_removal_that_was_refused_is_not_proposed_again(hours: BusinessHours, editor: Actor) -> None:
    source = feed_source(hours, editor)
    calendar_sources.store_days(source, FeedDays({CHRISTMAS: "Christmas"}, 0))
    accept(editor, hours)
    calendar_sources.store_days(source, FeedDays({}, 0))
    refuse(editor, hours, "2026-12-25")
    calendar_sources.store_days(source, FeedDays({}, 0))
    assert proposed(hours) == {}
    assert hours.definition["holidays"] == ["2026-12-25"]


def renamed(hours: BusinessHours) -> list[tuple[str, str, str]]:
    rows = session.scalars(select(HolidayProposal).where(HolidayProposal.action == "rename"))
    return [(row.falls_on.isoformat(), row.name, row.state) for row in rows if row.calendar_id == hours.id]


@pytest.fixture
def union(hours: BusinessHours, editor: Actor) -> CalendarSource:
    """A feed whose 25 December is accepted."""
    source = feed_source(hours, editor)
    calendar_sources.store_days(source, FeedDays({CHRISTMAS: "Christmas"}, 0))
    accept(editor, hours)
    return source


def test_a_new_name_of_an_accepted_day_is_proposed(hours: BusinessHours, editor: Actor, union: CalendarSource) -> None:
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Yule"}, 0)) == 1
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Yule"}, 0)) == 0
    assert proposed(hours) == {"2026-12-25": "rename"}
    accept(editor, hours)
    assert written_of(hours)["names"] == {"2026-12-25": "Yule"}
    assert written_of(hours)["sources"] == {"2026-12-25": "feed:Union"}
    assert hours.definition["holidays"] == ["2026-12-25"]
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Yule"}, 0)) == 0
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Noel"}, 0)) == 1
    assert renamed(hours) == [("2026-12-25", "Noel", "open")]


def test_a_new_name_that_was_refused_is_not_proposed_again(
    hours: BusinessHours, editor: Actor, union: CalendarSource
) -> None:
    for name, expected in (("Yule", 1), ("Yule", 0), ("Noel", 1)):
        assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: name}, 0)) == expected
        if expected:
            refuse(editor, hours, "2026-12-25")
    assert renamed(hours) == [("2026-12-25", "Noel", "refused")]
    assert written_of(hours)["names"] == {"2026-12-25": "Christmas"}


def test_a_name_that_waits_is_withdrawn_when_the_feed_takes_it_back(
    hours: BusinessHours, union: CalendarSource
) -> None:
    for days in ({CHRISTMAS: "Christmas"}, {CHRISTMAS: ""}, {BOXING: "Odd"}):
        calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Yule"}, 0))
        assert len(renamed(hours)) == 1
        calendar_sources.store_days(union, FeedDays(days, 0))
        assert renamed(hours) == []
    assert proposed(hours) == {"2026-12-25": "remove", "2026-12-26": "add"}


def test_a_name_by_hand_stands_until_the_feed_has_a_new_one(hours: BusinessHours, union: CalendarSource) -> None:
    definition = written_of(hours) | {"names": {"2026-12-25": "Our own"}}
    calendar_services.change_holidays(SYSTEM, hours, definition)
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Christmas"}, 0)) == 0
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Our own"}, 0)) == 0
    assert calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Yule"}, 0)) == 1


def test_a_day_of_somebody_else_is_not_renamed(hours: BusinessHours, editor: Actor, union: CalendarSource) -> None:
    other = calendar_sources.add_feed(editor, hours, name="Other", address="https://example.org/other.ics")
    calendar_sources.store_days(other, FeedDays({CHRISTMAS: "Yule"}, 0))
    calendar_services.change_holidays(SYSTEM, hours, written_of(hours) | {"holidays": [], "names": {}, "sources": {}})
    calendar_sources.store_days(union, FeedDays({CHRISTMAS: "Yule"}, 0))
    assert renamed(hours) == []


def test_a_file_proposes_its_days(hours: BusinessHours, editor: Actor) -> None:
    content = ical("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas")
    calendar_sources.take_file(editor, hours, name="days.ics", content=content)
    calendar_sources.take_file(editor, hours, name="days.ics", content=content)
    accept(editor, hours)
    assert written_of(hours)["sources"] == {"2026-12-25": "file:days.ics"}
    for wrong in (b"nothing", b"x" * (LARGEST_FEED + 1)):
        with pytest.raises(Invalid) as error:
            calendar_sources.take_file(editor, hours, name="days.ics", content=wrong)
        assert list(error.value.errors) == ["file"]


def test_a_source_that_is_removed_leaves_what_was_accepted(hours: BusinessHours, editor: Actor) -> None:
    source = calendar_sources.add_country(editor, hours, country="SE", year=2027)
    accept(editor, hours, "2027-01-06")
    calendar_sources.remove_source(editor, source)
    assert (proposed(hours), calendar_queries.list_sources(hours.id)) == ({}, [])
    assert hours.definition["holidays"] == ["2027-01-06"]
    kinds = set(session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("sla_calendar_source.%"))))
    assert kinds == {"sla_calendar_source.added", "sla_calendar_source.removed"}


def test_a_calendar_has_a_bounded_number_of_sources(hours: BusinessHours, editor: Actor) -> None:
    for number in range(calendar_sources.MOST_SOURCES):
        calendar_sources.add_feed(editor, hours, name="Feed", address=f"https://example.org/{number}")
    with pytest.raises(Invalid):
        feed_source(hours, editor)


@pytest.mark.parametrize(
    "address", ["ftp://example.org/x", "https://127.0.0.1/x", "https://u:p@example.org/", "x", "https://e/" + "x" * 500]
)
def test_an_address_that_cannot_be_fetched_is_refused(hours: BusinessHours, editor: Actor, address: str) -> None:
    with pytest.raises(Invalid) as error:
        calendar_sources.add_feed(editor, hours, name="Feed", address=address)
    assert list(error.value.errors) == ["address"]


def test_accepting_shows_first_which_clocks_move_and_then_moves_them(app: Flask, editor: Actor, make: Factory) -> None:
    del app
    incident = make.incident()
    agreement = session.scalars(select(Agreement)).one()
    hours = session.get_one(BusinessHours, agreement.calendar_id)
    source = feed_source(hours, editor)
    calendar_sources.store_days(source, FeedDays({date(2026, 11, 19): "Day off"}, 0))
    choice = calendar_sources.choose(hours, accepted=[calendar_queries.list_proposals(hours.id)[0].id])
    preview = calendar_sources.preview_choice(SYSTEM, hours, choice)
    assert {move.number for move in preview.moves} == {incident.number}
    assert {move.metric for move in preview.moves} == {"response", "resolution"}
    assert hours.definition.get("holidays") is None
    before = agreement.terms_id
    calendar_sources.decide(editor, hours, choice)
    assert agreement.terms_id != before
    assert session.scalars(select(BackgroundTask).where(BackgroundTask.kind == "sla.recompute")).one()


def test_new_names_alone_write_no_new_terms(app: Flask) -> None:
    del app
    agreement = session.scalars(select(Agreement)).one()
    hours, before = session.get_one(BusinessHours, agreement.calendar_id), agreement.terms_id
    day = {**hours.definition, "holidays": ["2027-01-06"]}
    for names, same in (({}, False), ({"2027-01-06": "Epiphany"}, True)):
        terms_id = agreement.terms_id
        calendar_services.change_holidays(SYSTEM, hours, {**day, "names": names})
        assert (agreement.terms_id == terms_id) is same
    assert agreement.terms_id != before
    assert written_of(hours)["names"] == {"2027-01-06": "Epiphany"}


# The jobs.


def test_next_years_holidays_are_proposed_from_october(hours: BusinessHours, editor: Actor) -> None:
    with clock.frozen(datetime(2026, 9, 1, tzinfo=UTC)):
        calendar_sources.add_country(editor, hours, country="SE")
        assert calendar_jobs.propose_holidays().done == 0
    with clock.frozen(datetime(2026, 10, 1, tzinfo=UTC)):
        assert calendar_jobs.propose_holidays().done == 1
        assert calendar_jobs.propose_holidays().done == 0
    years = {day[:4] for day in proposed(hours)}
    assert years == {"2026", "2027"}
    assert calendar_queries.count_open() == {hours.id: len(proposed(hours))}


def test_years_that_were_missed_are_proposed_later(hours: BusinessHours, editor: Actor) -> None:
    with clock.frozen(datetime(2024, 9, 1, tzinfo=UTC)):
        calendar_sources.add_country(editor, hours, country="SE")
    with clock.frozen(datetime(2026, 11, 1, tzinfo=UTC)):
        calendar_jobs.propose_holidays()
    assert {day[:4] for day in proposed(hours)} == {"2024", "2026", "2027"}


def test_recurring_days_are_extended_when_a_year_has_begun(app: Flask) -> None:
    del app
    nowruz = {"name": "Nowruz", "system": "jalali", "month": 1, "day": 1}
    hours = calendar_services.create_calendar(
        SYSTEM, name="Ours", timezone="UTC", definition={"weekly": WEEK, "recurring": [nowruz]}
    )
    assert hours.definition["holidays"][-1] == "2046-03-21"
    assert calendar_jobs.extend_recurring_days().done == 0
    with clock.frozen(datetime(2027, 1, 2, tzinfo=UTC)):
        assert calendar_jobs.extend_recurring_days().done == 1
    session.expire_all()
    assert session.get_one(BusinessHours, hours.id).definition["holidays"][-1] == "2047-03-21"


class _Feed(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = self.server.answers[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(app.config, "ITSM", replace(app.config["ITSM"], outgoing_networks="127.0.0.0/8"))
    found: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Feed)
    found.answers = {}
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def test_feeds_are_read_and_a_broken_one_is_told(hours: BusinessHours, editor: Actor, server: Any) -> None:
    base = f"http://127.0.0.1:{server.server_port}"
    server.answers = {
        "/good": (200, ical("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas")),
        "/page": (200, b"<html>"),
        "/gone": (404, b""),
        "/away": (302, b""),
        "/large": (200, b"x" * (LARGEST_FEED + 10)),
    }
    sources = {
        path: calendar_sources.add_feed(editor, hours, name=path, address=base + path) for path in server.answers
    }
    outcome = calendar_jobs.read_feeds()
    assert (outcome.done, outcome.failed) == (1, 4)
    session.expire_all()
    sources = {path: session.get_one(CalendarSource, source.id) for path, source in sources.items()}
    faults = {path: str(calendar_queries.fault_of(source)) for path, source in sources.items()}
    assert faults["/good"] == ""
    for path, words in (("/page", "no iCal"), ("/gone", "404"), ("/away", "302"), ("/large", "2 MB")):
        assert words in faults[path]
        assert (sources[path].read_at, sources[path].tried_at) == (None, clock.now())
    assert proposed(hours) == {"2026-12-25": "add"}
    assert calendar_jobs.read_feeds().done == 0  # not before twelve hours have passed


def test_a_feed_that_breaks_keeps_what_it_proposed_and_when_it_was_read(
    hours: BusinessHours, editor: Actor, server: Any
) -> None:
    server.answers = {"/x": (200, ical("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas"))}
    address = f"http://127.0.0.1:{server.server_port}/x"
    source = calendar_sources.add_feed(editor, hours, name="x", address=address)
    read_at = clock.now()
    assert calendar_jobs.read_feed_task({"source_id": source.id}, None)["fault"] == ""  # type: ignore[arg-type]
    server.answers = {"/x": (500, b"")}
    with clock.frozen(datetime(2026, 11, 20, tzinfo=UTC)):
        assert "500" in calendar_jobs.read_feed_task({"source_id": source.id}, None)["fault"]  # type: ignore[arg-type]
    session.expire_all()
    again = session.get_one(CalendarSource, source.id)
    assert (again.read_at, again.tried_at) == (read_at, datetime(2026, 11, 20, tzinfo=UTC))
    assert proposed(hours) == {"2026-12-25": "add"}


def test_a_feed_inside_the_house_is_not_reached(hours: BusinessHours, editor: Actor, app: Flask) -> None:
    del app
    source = calendar_sources.add_feed(editor, hours, name="x", address="http://localhost:9/x")
    assert "inside" in str(calendar_jobs.read_feed(source.id))
