"""Pages of calendars: presets, names, recurring days, the picture of a year, proposals and their preview."""

import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask
from sla.calendars import queries as calendar_queries
from sla.calendars import services as calendar_services
from sla.calendars import sources as calendar_sources
from sla.calendars.feed_reading import FeedDays
from sla.calendars.written import written_of
from sla.models import Agreement, BusinessHours
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.sla.calendars.test_feed_reading import calendar as ical
from tests.statements import counted

CALENDAR = {"name": "Plant", "timezone": "Asia/Tehran", "sat": "08:00-16:00", "sun": "08:00-16:00"}


@pytest.fixture
def supervisor(app: Flask, client: FlaskClient, make: Factory) -> FlaskClient:
    del app
    return make.sign_in(client, make.person(roles=("supervisor",)))


@pytest.fixture
def plant(app: Flask) -> BusinessHours:
    del app
    week = {day: [["08:00", "16:00"]] for day in ("sat", "sun", "mon", "tue", "wed")}
    return calendar_services.create_calendar(SYSTEM, name="Plant", timezone="Asia/Tehran", definition={"weekly": week})


def stored(name: str = "Plant") -> BusinessHours:
    session.expire_all()
    return session.scalars(select(BusinessHours).where(BusinessHours.name == name)).one()


@pytest.mark.parametrize(
    ("preset", "open_days", "hours"),
    [
        ("mon_fri", "mon tue wed thu fri", "09:00-17:00"),
        ("mon_fri_lunch", "mon tue wed thu fri", "09:00-12:00, 13:00-17:00"),
        ("sat_wed", "sat sun mon tue wed", "08:00-16:00"),
        ("sun_thu", "sun mon tue wed thu", "08:00-16:00"),
        ("always", "mon tue wed thu fri sat sun", "00:00-24:00"),
    ],
)
def test_a_usual_week_is_filled_in_and_not_saved(
    supervisor: FlaskClient, preset: str, open_days: str, hours: str
) -> None:
    page = post(supervisor, "/sla/calendars/new", **CALENDAR, preset=preset, then="preset").text
    filled = re.findall(r'name="(mon|tue|wed|thu|fri|sat|sun)" value="([^"]*)"', page)
    assert {day: found for day, found in filled if found} == dict.fromkeys(open_days.split(), hours)
    assert session.scalars(select(BusinessHours).where(BusinessHours.name == "Plant")).all() == []


def test_names_and_days_of_every_year_are_saved_and_shown(supervisor: FlaskClient) -> None:
    facts = CALENDAR | {
        "holidays": "2026-12-25 Christmas Day\n۲۰۲۶-۱۲-۲۶",
        "date_hours": "2026-12-24 8:00-12:00, 13:00-14:00 Christmas Eve\n2026-12-31 closed Stock-take",
        "recurring_0_name": "Nowruz", "recurring_0_month": "jalali-1", "recurring_0_day": "1",
        "recurring_3_name": "Eid", "recurring_3_month": "hijri-10", "recurring_3_day": "1", "recurring_3_hours": "08:00-10:00",
    }  # fmt: skip
    answer = post(supervisor, "/sla/calendars/new", **facts)
    assert answer.status_code == 302, answer.text
    written = written_of(stored())
    assert written["holidays"] == ["2026-12-25", "2026-12-26"]
    assert written["date_hours"] == {"2026-12-24": [["08:00", "12:00"], ["13:00", "14:00"]], "2026-12-31": []}
    assert written["names"] == {
        "2026-12-24": "Christmas Eve", "2026-12-25": "Christmas Day", "2026-12-31": "Stock-take",
    }  # fmt: skip
    assert [day["name"] for day in written["recurring"]] == ["Nowruz", "Eid"]
    assert stored().definition["date_hours"]["2027-03-09"] == [["08:00", "10:00"]]
    page = supervisor.get(answer.location).text
    for words in ("2026-12-25 Christmas Day", "2026-12-31 closed Stock-take", "21 Mar 2027", "entered by hand"):
        assert words in page, words


def test_one_occurrence_is_moved_and_moved_back(supervisor: FlaskClient) -> None:
    eid = {"recurring_0_name": "Eid", "recurring_0_month": "hijri-10", "recurring_0_day": "1"}
    made = post(supervisor, "/sla/calendars/new", **CALENDAR, **eid)
    moved = {"recurring_0_moved": "1447=2026-03-21", "recurring_0_year_0": "1448", "recurring_0_on_0": "2027-03-10"}
    assert post(supervisor, made.location, **CALENDAR, **eid, **moved, version="1").status_code == 302
    assert written_of(stored())["recurring"][0]["moved"] == {"1447": "2026-03-21", "1448": "2027-03-10"}
    assert "2027-03-10" in stored().definition["holidays"]
    page = supervisor.get(made.location).text
    assert 'name="recurring_0_on_0" value="2027-03-10"' in page
    back = moved | {"recurring_0_moved": "1447=2026-03-21 1448=2027-03-10", "recurring_0_on_0": "2027-03-09"}
    assert post(supervisor, made.location, **CALENDAR, **eid, **back, version="2").status_code == 302
    assert written_of(stored())["recurring"][0]["moved"] == {"1447": "2026-03-21"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recurring_0_name": "Eid", "recurring_0_day": "1"}, "Choose the month"),
        ({"recurring_0_name": "Eid", "recurring_0_month": "hijri-1"}, "day of the month"),
        ({"recurring_0_name": "Eid", "recurring_0_month": "hijri-1", "recurring_0_day": "31"}, "1 to 30"),
        ({"recurring_0_name": "Eid", "recurring_0_month": "mayan-1", "recurring_0_day": "1"}, "nothing you typed is lost"),
        (
            {"recurring_0_name": "Eid", "recurring_0_month": "hijri-1", "recurring_0_day": "1", "recurring_0_hours": "9"},
            "is not a time like",
        ),
        (
            {
                "recurring_0_name": "Eid", "recurring_0_month": "hijri-10", "recurring_0_day": "1",
                "recurring_0_year_0": "1448", "recurring_0_on_0": "2027-06-10",
            },
            "within 30 days",
        ),
        ({"date_hours": "2026-12-24 9 to 12"}, "is not a time like"),
        ({"then": "preset"}, "usual weeks"),
        ({"then": "burn"}, "nothing you typed is lost"),
        ({"shown_year": "5"}, "nothing you typed is lost"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    supervisor: FlaskClient, change: dict[str, str], words: str
) -> None:
    answer = post(supervisor, "/sla/calendars/new", **(CALENDAR | {"holidays": "2026-12-25 Kept"} | change))
    assert answer.status_code == 422
    assert "2026-12-25 Kept" in answer.text
    assert words in answer.text


def test_the_year_is_drawn_while_somebody_types(supervisor: FlaskClient) -> None:
    facts = CALENDAR | {"timezone": "Europe/Stockholm", "holidays": "2026-12-27 Inventory", "sun": "22:00-06:00"}
    page = post(supervisor, "/sla/calendars/picture", **facts, then="year-2026").text
    assert page.count("<svg viewBox") == 12
    assert page.count('class="year-day') == 365
    assert "27 Dec 2026 – Inventory: closed (closed, holiday)" in page
    assert "clocks go forward" in page
    assert "clocks go back" in page
    assert page.count('hx-swap-oob="true"') == 7
    assert "stripe-late" in page  # Monday, from Sunday's night
    assert "Year 2027" in post(supervisor, "/sla/calendars/picture", **facts, then="year-2027").text
    broken = post(supervisor, "/sla/calendars/picture", **(facts | {"sat": "8-17"})).text
    assert "can be drawn once" in broken
    assert "8-17" in broken


def test_a_reader_sees_the_year_and_changes_nothing(client: FlaskClient, make: Factory, plant: BusinessHours) -> None:
    make.sign_in(client, make.person(roles=("agent",)))
    page = client.get(f"/sla/calendars/{plant.id}?year=2027").text
    assert "Year 2027" in page
    assert 'value="save"' not in page
    assert "disabled" in page
    assert client.post("/sla/calendars/picture").status_code in (400, 403)


def test_a_persian_reader_sees_a_jalali_year(client: FlaskClient, make: Factory, plant: BusinessHours) -> None:
    make.sign_in(client, make.person(roles=("agent",), language="fa"))
    page = client.get(f"/sla/calendars/{plant.id}").text
    assert "فروردین" in page
    assert "۱۴۰۵" in page


@pytest.mark.parametrize(("language", "first"), [("fa", "sat"), ("sv", "mon")])
def test_the_week_of_hours_begins_with_the_readers_first_day(
    client: FlaskClient, make: Factory, plant: BusinessHours, language: str, first: str
) -> None:
    make.sign_in(client, make.person(roles=("manager",), language=language))
    page = client.get(f"/sla/calendars/{plant.id}").text
    days = re.findall(r'name="(mon|tue|wed|thu|fri|sat|sun)"', page)
    assert (days[0], len(days)) == (first, 7)


def test_a_country_is_proposed_previewed_and_accepted(supervisor: FlaskClient, make: Factory) -> None:
    incident = make.incident()
    agreement = session.scalars(select(Agreement)).one()
    hours = session.get_one(BusinessHours, agreement.calendar_id)
    calendar_sources.store_days(
        calendar_sources.add_feed(SYSTEM, hours, name="Union", address="https://example.org/x.ics"),
        FeedDays({date(2026, 11, 19): "Day off", date(2026, 11, 20): "Odd"}, 0),
    )
    first, second = (row.id for row in calendar_queries.list_proposals(hours.id))
    address = f"/sla/calendars/{hours.id}"
    assert "2 proposals wait" in supervisor.get(address).text
    assert ">2<" in supervisor.get("/sla").text  # the badge
    page = post(supervisor, f"{address}/proposals", proposals=[str(first)], then="preview").text
    assert "2 open clocks would move" in page
    assert incident.number in page
    assert re.search(r'form="proposals-form" name="then" value="accept"', page)
    assert f'value="{first}" checked' in page
    assert f'value="{second}" checked' not in page
    assert post(supervisor, f"{address}/proposals", proposals=[str(first)], then="accept").status_code == 302
    assert post(supervisor, f"{address}/proposals", proposals=[str(second)], then="refuse").status_code == 302
    session.expire_all()
    assert session.get_one(BusinessHours, hours.id).definition["holidays"] == ["2026-11-19"]
    page = supervisor.get(address).text
    assert "feed “Union”" in page
    answer = post(supervisor, f"{address}/proposals", proposals=[str(second)], then="accept")
    assert answer.status_code == 422
    assert "decided already" in answer.text


def test_sources_are_added_read_and_removed(supervisor: FlaskClient, plant: BusinessHours) -> None:
    address = f"/sla/calendars/{plant.id}"
    assert post(supervisor, f"{address}/countries", country="ES", region="AN", year="2027").status_code == 302
    assert (
        post(supervisor, f"{address}/feeds", feed_name="Union", address="https://example.org/x.ics").status_code == 302
    )
    page = supervisor.get(address).text
    for words in ("Spain, Andalucía", "proposed up to 2027", "https://example.org/x.ics", "not read yet"):
        assert words in page, words
    feed = calendar_queries.list_sources(plant.id)[1]
    assert post(supervisor, f"{address}/sources/{feed.id}/read").status_code == 302
    tasks = session.scalars(select(BackgroundTask).where(BackgroundTask.kind == "sla.read_feed")).all()
    assert [task.payload for task in tasks] == [{"source_id": feed.id}] * 2
    calendar_sources.store_fault(feed, "Nobody answers")
    assert "Nobody answers" in supervisor.get(address).text
    assert post(supervisor, f"{address}/sources/{feed.id}/remove").status_code == 302
    assert len(calendar_queries.list_sources(plant.id)) == 1
    assert post(supervisor, f"/sla/calendars/1/sources/{feed.id}/remove").status_code == 404


@pytest.mark.parametrize(
    ("path", "given", "words"),
    [
        ("countries", {"country": "XX"}, "No holidays are known"),
        ("countries", {"country": "DE", "region": "ZZ"}, "There is no region"),
        ("feeds", {"feed_name": "x", "address": "http://127.0.0.1/x"}, "lies inside"),
        ("feeds", {"address": "https://example.org/kept.ics"}, "Give it a name"),
        ("files", {}, "ends in .ics"),
        ("proposals", {"then": "accept"}, "Tick at least one"),
        ("proposals", {"then": "accept", "proposals": ["9999"]}, "decided already"),
    ],
)
def test_wrong_sources_are_refused_in_words(
    supervisor: FlaskClient, plant: BusinessHours, path: str, given: dict[str, Any], words: str
) -> None:
    answer = post(supervisor, f"/sla/calendars/{plant.id}/{path}", **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert str(given.get("address", "")) in answer.text


def test_a_file_is_taken(supervisor: FlaskClient, plant: BusinessHours) -> None:
    content = ical("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:<b>Christmas</b>")
    file = (io.BytesIO(content), "days.ics")
    answer = post(supervisor, f"/sla/calendars/{plant.id}/files", file=file)
    assert answer.status_code == 302, answer.text
    assert "&lt;b&gt;Christmas&lt;/b&gt;" in supervisor.get(f"/sla/calendars/{plant.id}").text


def test_names_of_a_country_are_in_the_readers_language(
    supervisor: FlaskClient, client: FlaskClient, make: Factory, plant: BusinessHours
) -> None:
    post(supervisor, f"/sla/calendars/{plant.id}/countries", country="SE", year="2027")
    make.sign_in(client, make.person(roles=("supervisor",), language="sv"))
    page = client.get(f"/sla/calendars/{plant.id}").text
    assert "Trettondedag jul" in page
    assert "Sverige" in page


def test_regions_of_a_country_are_offered(supervisor: FlaskClient) -> None:
    page = supervisor.get("/sla/calendars/regions?country=de").text
    assert '<option value="BY">Bayern</option>' in page
    assert supervisor.get("/sla/calendars/regions?country=%3Cscript%3E").status_code == 200


def test_the_page_costs_the_same_for_one_proposal_and_many(supervisor: FlaskClient, plant: BusinessHours) -> None:
    def cost() -> int:
        with counted() as seen:
            assert supervisor.get(f"/sla/calendars/{plant.id}").status_code == 200
        return len(seen)

    source = calendar_sources.add_feed(SYSTEM, plant, name="Union", address="https://example.org/x.ics")
    calendar_sources.store_days(source, FeedDays({date(2026, 11, 19): "Day off"}, 0))
    cost()  # what a process keeps is read once
    one = cost()
    calendar_sources.store_days(source, FeedDays({date(2026, 12, day): "Day" for day in range(1, 30)}, 0))
    assert cost() == one
