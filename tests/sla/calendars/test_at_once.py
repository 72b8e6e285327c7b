"""People who decide proposals, and jobs that read feeds, at the same moment: one after the other, and the second is told."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Invalid
from sla.calendars import queries as calendar_queries
from sla.calendars import services as calendar_services
from sla.calendars import sources as calendar_sources
from sla.calendars.feed_reading import FeedDays
from sla.calendars.models import CalendarSource, HolidayProposal
from sla.models import BusinessHours
from tests.at_once import beside, unit
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token

CHRISTMAS = date(2026, 12, 25)
WEEK = {"mon": [["08:00", "16:00"]]}


@pytest.fixture
def hours_id(separate_app: Flask) -> int:
    """A calendar to which two feeds propose the same day."""
    with separate_app.app_context(), unit_of_work():
        hours = calendar_services.create_calendar(SYSTEM, name="Ours", timezone="UTC", definition={"weekly": WEEK})
        for name in ("first", "second"):
            source = calendar_sources.add_feed(SYSTEM, hours, name=name, address=f"https://example.org/{name}")
            calendar_sources.store_days(source, FeedDays({CHRISTMAS: name}, 0))
        return hours.id


@pytest.fixture
def proposals(separate_app: Flask, hours_id: int) -> list[int]:
    """Ids of what the two feeds propose."""
    with separate_app.app_context():
        return [row.id for row in calendar_queries.list_proposals(hours_id)]


def decide(hours_id: int, proposals: list[int], place: int, *, accept: bool = True) -> Callable[[], None]:
    """Choose the proposal of one source as a page does: read first, then hold the calendar."""

    def run() -> None:
        hours = session.get_one(BusinessHours, hours_id)
        ids = [proposals[place]]
        choice = calendar_sources.choose(hours, accepted=ids if accept else [], refused=[] if accept else ids)
        calendar_sources.decide(SYSTEM, hours, choice)

    return run


def nothing() -> None:
    pass


def read(app: Flask, hours_id: int) -> tuple[list[str], list[tuple[str, str]]]:
    with app.app_context():
        rows = session.query(HolidayProposal).order_by(HolidayProposal.id).all()
        hours = session.get_one(BusinessHours, hours_id)
        return list(hours.definition.get("holidays", [])), [(row.name, row.state) for row in rows]


@pytest.mark.parametrize("accept", [True, False])
def test_of_two_who_decide_the_same_day_the_second_is_told(
    separate_app: Flask, hours_id: int, proposals: list[int], *, accept: bool
) -> None:
    second = unit(separate_app, decide(hours_id, proposals, 1, accept=accept))
    outcome = beside(separate_app, second, first=decide(hours_id, proposals, 0), then=nothing)
    assert isinstance(outcome, Invalid), outcome
    assert list(outcome.errors) == ["proposals"]
    assert read(separate_app, hours_id) == (["2026-12-25"], [("first", "accepted")])


def test_two_who_accept_one_proposal_accept_it_once(separate_app: Flask, hours_id: int, proposals: list[int]) -> None:
    outcome = beside(
        separate_app,
        unit(separate_app, decide(hours_id, proposals, 0)),
        first=decide(hours_id, proposals, 0),
        then=nothing,
    )
    assert isinstance(outcome, Invalid), outcome
    assert read(separate_app, hours_id)[0] == ["2026-12-25"]


def test_a_page_answers_the_second_in_words(separate_app: Flask, hours_id: int, proposals: list[int]) -> None:
    with separate_app.app_context(), unit_of_work():
        person = Factory().person(roles=("manager",))
        client = separate_app.test_client()
        Factory().sign_in(client, person)
    token = csrf_token(client, "/sla")
    form = {"proposals": [str(proposals[1])], "then": "accept", "csrf_token": token}

    def post() -> object:
        return client.post(f"/sla/calendars/{hours_id}/proposals", data=form)

    answer = beside(separate_app, post, first=decide(hours_id, proposals, 0), then=nothing)
    assert answer.status_code == 422, answer  # type: ignore[attr-defined]
    assert "decided already" in answer.text  # type: ignore[attr-defined]


def test_a_feed_that_takes_a_day_back_and_a_person_who_accepts_it(
    separate_app: Flask, hours_id: int, proposals: list[int]
) -> None:
    def take_back() -> None:
        source_id = calendar_queries.list_sources(hours_id)[0].id
        calendar_sources.store_days(calendar_sources.locked_source(source_id), FeedDays({}, 0))

    outcome = beside(separate_app, unit(separate_app, take_back), first=decide(hours_id, proposals, 0), then=nothing)
    assert outcome is None, outcome
    assert read(separate_app, hours_id) == (["2026-12-25"], [("first", "accepted"), ("first", "open")])


def test_a_source_that_is_removed_beside_a_decision(separate_app: Flask, hours_id: int, proposals: list[int]) -> None:
    def remove() -> None:
        calendar_sources.remove_source(SYSTEM, calendar_queries.list_sources(hours_id)[1])

    second = unit(separate_app, decide(hours_id, proposals, 1))
    outcome = beside(separate_app, second, first=remove, then=nothing)
    assert isinstance(outcome, Invalid), outcome
    with separate_app.app_context():
        assert [row.name for row in session.query(CalendarSource)] == ["first"]
