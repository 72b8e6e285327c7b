"""Activity types, the cost of work, the timer, and what reports read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.datasets import Selection, get_data_set
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.formats import Reader
from itsm.tickets.models import JournalEntry
from itsm.tickets.services import assign, merge, write_entry
from itsm.tickets.worktime import money, queries, recording, services
from itsm.tickets.worktime.models import ActivityType, Timer
from itsm.tickets.worktime.queries import Spent
from tests.at_once import in_order
from tests.factories import Factory
from tests.itsm.tickets.posting import send
from tests.itsm.web.browser import csrf_token

MakeActivity = Callable[..., ActivityType]


@pytest.fixture
def agent(make: Factory) -> Person:
    return make.person("Ada Lovelace", roles=("agent",), groups=(make.group("Desk"),))


@pytest.fixture
def actor(make: Factory, agent: Person) -> Actor:
    return make.actor_of(agent)


@pytest.fixture
def incident(make: Factory, actor: Actor) -> Incident:
    return make.incident(actor)


@pytest.fixture
def activity(app: object) -> MakeActivity:
    def make_activity(name: str = "Remote help", hour_minor: int = 5400, currency: str = "EUR") -> ActivityType:
        return services.create_activity(SYSTEM, {"name": name, "hour_minor": hour_minor, "currency": currency})

    return make_activity


@given(some.integers(0, 10_000), some.integers(0, 100_000_000))
def test_a_cost_is_the_nearest_minor_unit(minutes: int, hour_minor: int) -> None:
    assert abs(recording.cost_of(minutes, hour_minor) * 60 - minutes * hour_minor) <= 30


def test_half_a_unit_is_rounded_up() -> None:
    assert recording.cost_of(1, 30) == 1
    assert recording.cost_of(1, 29) == 0


def test_work_is_summed_by_currency(actor: Actor, incident: Incident, activity: MakeActivity) -> None:
    remote, travel = activity(), activity("Travel", 300, "SEK")
    for minutes, kind in ((25, remote), (35, remote), (60, travel)):
        write_entry(actor, incident, kind="work", body="", minutes=minutes, activity_id=kind.id)
    write_entry(actor, incident, kind="internal", body="Thinking", minutes=5)
    assert queries.spent_on(incident.id) == [Spent("", 5, 0), Spent("EUR", 60, 5400), Spent("SEK", 60, 300)]


def test_a_new_price_leaves_recorded_work_alone(actor: Actor, incident: Incident, activity: MakeActivity) -> None:
    remote = activity()
    write_entry(actor, incident, kind="work", body="", minutes=60, activity_id=remote.id)
    services.edit_activity(SYSTEM, remote.id, version=1, values={"hour_minor": 9900})
    write_entry(actor, incident, kind="work", body="", minutes=60, activity_id=remote.id)
    assert queries.spent_on(incident.id) == [Spent("EUR", 120, 5400 + 9900)]


def test_a_timer_counts_begun_minutes_and_runs_once(make: Factory, actor: Actor, incident: Incident) -> None:
    other = make.incident(actor)
    services.start_timer(actor, incident)
    with clock.frozen(clock.now() + timedelta(minutes=12, seconds=1)):
        services.start_timer(actor, other)
        assert session.get_one(Timer, actor.person_id).ticket_id == other.id
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == "work")).one()
    assert (entry.ticket_id, entry.minutes) == (incident.id, 13)
    assert services.stop_timer(actor, keep=False) is None
    assert services.stop_timer(actor) is None
    assert queries.spent_on(other.id) == []


def test_only_who_works_the_ticket_starts_a_timer(make: Factory, incident: Incident) -> None:
    with pytest.raises(Forbidden):
        services.start_timer(make.actor("end_user"), incident)
    with pytest.raises(Forbidden):
        services.start_timer(SYSTEM, incident)


@pytest.mark.parametrize("keep", [True, False])
def test_a_timer_on_a_ticket_that_was_taken_away_stops_unrecorded(
    make: Factory, agent: Person, incident: Incident, keep: bool
) -> None:
    services.start_timer(make.actor_of(agent), incident)
    assign(SYSTEM, incident, group_id=make.group("Board", restricted=True).id)
    actor = make.actor_of(agent)
    assert services.stop_timer(actor, keep=keep) is None
    assert session.get(Timer, agent.id) is None
    assert queries.spent_on(incident.id) == []


def test_another_timer_starts_although_the_first_ticket_was_taken_away(
    make: Factory, agent: Person, incident: Incident
) -> None:
    services.start_timer(make.actor_of(agent), incident)
    assign(SYSTEM, incident, group_id=make.group("Board", restricted=True).id)
    other = make.incident()
    services.start_timer(make.actor_of(agent), other)
    assert session.get_one(Timer, agent.id).ticket_id == other.id
    assert queries.spent_on(incident.id) == []


def test_work_measured_on_a_merged_ticket_is_recorded_where_it_goes_on(
    make: Factory, actor: Actor, incident: Incident
) -> None:
    services.start_timer(actor, incident)
    living = make.incident(actor)
    merge(actor, incident, living)
    entry = services.stop_timer(actor)
    assert entry is not None
    assert entry.ticket_id == living.id


def test_a_timer_changes_tickets_in_the_order_of_their_ids(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        person = make.person(roles=("agent",))
        earlier, later = make.incident(), make.incident()
        services.start_timer(make.actor_of(person), earlier)
        desk = make.sign_in(separate_app.test_client(), person)
        ids = earlier.id, later.id
        session.remove()
    token = {"csrf_token": csrf_token(desk, "/account")}
    assert (
        in_order(separate_app, ids, lambda: desk.post(f"/tickets/{ids[1]}/timer/start", data=token).status_code) == 302
    )
    with separate_app.app_context():
        assert session.scalars(select(Timer.ticket_id)).all() == [ids[1]]
        assert [spent.minutes for spent in queries.spent_on(ids[0])] == [1]


def test_the_page_starts_and_stops_the_timer(
    client: FlaskClient, make: Factory, agent: Person, incident: Incident
) -> None:
    desk = make.sign_in(client, agent)
    assert send(desk, f"/tickets/{incident.id}/timer/start").status_code == 302
    assert "Your timer runs since" in desk.get(f"/incidents/{incident.number}").text
    send(desk, f"/tickets/{incident.id}/timer/stop")
    page = desk.get(f"/incidents/{incident.number}").text
    assert "1 minute" in page
    assert "Your timer runs" not in page


def test_reports_read_work_of_the_period(actor: Actor, incident: Incident, activity: MakeActivity) -> None:
    write_entry(actor, incident, kind="work", body="", minutes=30, activity_id=activity().id)
    period = Selection(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    columns = ("ticket_id", "person", "activity", "minutes", "cost_minor", "currency")
    rows = get_data_set("work").read(actor, period, columns)
    assert list(rows) == [(incident.id, "Ada Lovelace", "Remote help", 30, 2700, "EUR")]
    earlier = Selection(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert list(get_data_set("work").read(actor, earlier, columns)) == []


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("49.50", "EUR", 4950), ("49,5", "EUR", 4950), ("700", "JPY", 700)]
)
def test_amounts_are_typed_and_told(text: str, currency: str, minor: int) -> None:
    assert money.parse("hour", text, currency) == minor
    assert money.parse("hour", money.as_typed(minor, currency), currency) == minor
    assert money.in_words(minor, currency, Reader("en", "UTC")).endswith(currency)


@pytest.mark.parametrize("text", ["a lot", "1.005", "NaN", "Infinity"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        money.parse("hour", text, "EUR")


def test_prices_are_the_administrators(client: FlaskClient, make: Factory, agent: Person) -> None:
    assert make.sign_in(client, agent).get("/admin/activities").status_code == 403
    admin = make.sign_in(client, make.person(roles=("admin",)))
    form = {"name": "Remote help", "hour": "54,00", "currency": "eur", "active": "true"}
    assert send(admin, "/admin/activities/new", form).status_code == 302
    row = session.scalars(select(ActivityType)).one()
    assert (row.hour_minor, row.currency) == (5400, "EUR")
    assert send(admin, "/admin/activities/new", form | {"name": "Other", "hour": "much"}).status_code == 422
