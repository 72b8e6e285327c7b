"""Hours and days of the week on somebody's clocks, steps of time, keys written behind a hash."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal, select

from itsm.kernel.db import UtcDateTime, session
from itsm.query.fields import Field, FieldType
from itsm.query.filters import key_of
from itsm.query.moments import WEEKDAYS, duration_field, offset_at, parts_of, seconds_between, step_of
from tests.factories import Factory

ZONES = ("Europe/Stockholm", "America/Lima", "Asia/Tehran", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")
INSTANTS = st.datetimes(datetime(2001, 1, 1), datetime(2059, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def instant(at: datetime | None) -> Field:
    return Field(
        name="created",
        type=FieldType.INSTANT,
        title="Created",
        get=lambda row: row.at,
        expression=literal(at, UtcDateTime()),
    )


@given(at=INSTANTS, zone=st.sampled_from(ZONES))
def test_offsets_are_those_of_the_zone(at: datetime, zone: str) -> None:
    expected = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert expected is not None
    assert offset_at(at, zone) == expected.total_seconds()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hours", [0, 5, 1000, 2345, 4000, 7203, 8750])
def test_the_database_and_the_record_agree(make: Factory, zone: str, hours: int) -> None:
    at = datetime(2026, 1, 1, 0, 30, 15, 250_000, tzinfo=UTC) + timedelta(hours=hours)
    local = at.astimezone(ZoneInfo(zone))
    hour, weekday = parts_of(instant(at), zone)
    assert hour.expression is not None
    assert weekday.expression is not None
    assert session.execute(select(hour.expression, weekday.expression)).one() == (
        local.hour, list(WEEKDAYS)[local.weekday()],
    )  # fmt: skip
    record = SimpleNamespace(at=at)
    assert (hour.get(record), weekday.get(record)) == (local.hour, list(WEEKDAYS)[local.weekday()])


def test_what_has_no_instant_has_no_hour(make: Factory) -> None:
    hour, weekday = parts_of(instant(None), "UTC")
    assert hour.expression is not None
    assert weekday.expression is not None
    assert tuple(session.execute(select(hour.expression, weekday.expression)).one()) == (None, None)
    assert hour.get(SimpleNamespace(at=None)) is None


@pytest.mark.parametrize("number", [1, 2, 7, 366])
def test_steps_are_found_by_halves(make: Factory, number: int) -> None:
    starts = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(number)]
    for day in {0, number // 2, number - 1}:
        for at, expected in ((starts[day], day), (starts[day] - timedelta(seconds=1), max(day - 1, 0))):
            assert session.scalar(select(step_of(literal(at, UtcDateTime()), starts))) == expected


def test_seconds_between_instants(make: Factory) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    both = (literal(begin, UtcDateTime()), literal(begin + timedelta(days=400, seconds=7), UtcDateTime()))
    assert session.scalar(select(seconds_between(*both))) == 400 * 86_400 + 7


def test_a_duration_of_a_record_is_that_of_the_database(make: Factory) -> None:
    from itsm.tickets.models import Ticket

    field = duration_field("response.time", "Response", Ticket.created_at, Ticket.responded_at)
    incident = make.incident()
    incident.responded_at = incident.created_at + timedelta(minutes=90)
    session.flush()
    assert field.expression is not None
    assert session.scalar(select(field.expression).where(Ticket.id == incident.id)) == field.get(incident) == 5400


@pytest.mark.parametrize("text", ["0", "-1", "x", "9" * 30])
def test_keys_that_no_database_holds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        key_of(text)


def test_a_key_behind_a_hash_means_this_one_alone(make: Factory) -> None:
    from itsm.kernel.actor import SYSTEM
    from itsm.kernel.errors import Invalid
    from itsm.tickets import filters
    from itsm.tickets.models import Ticket

    twins = [make.person("Anna Berg", email=None) for _number in range(2)]
    first = make.incident(requester_id=twins[0].id)
    make.incident(requester_id=twins[1].id)
    assert session.scalars(
        select(Ticket.id).where(*filters.conditions(SYSTEM, f"requester = #{twins[0].id}"))
    ).all() == [first.id]
    with pytest.raises(Invalid):
        filters.conditions(SYSTEM, "requester = #none")
