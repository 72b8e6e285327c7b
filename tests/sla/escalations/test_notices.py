"""Mail about escalation steps waits for the working hours of whoever is told. Rule: E4."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import pages
from sla.agreements.services import StepInput
from sla.calendars import working_hours
from sla.calendars.working_hours import read_hours, set_workers, workers_of
from sla.jobs import fire_steps
from sla.models import BusinessHours
from tests.factories import Factory
from tests.journal import whole_journal
from tests.sla.conftest import HOUR, Agreements
from tests.statements import counted

FOUR_HOURS = {("resolution", priority): 4 * HOUR for priority in range(1, 6)}
OFFICE = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
STOCKHOLM = ("Europe/Stockholm", OFFICE)
# Thursday and Friday off.
TEHRAN = ("Asia/Tehran", {day: [["08:00", "16:00"]] for day in ("sat", "sun", "mon", "tue", "wed")})
HALF = StepInput("resolution", 50, ("notify_assignee",))


def utc(day: int, hour: float, month: int = 11) -> datetime:
    return datetime(2026, month, day, int(hour), round(hour % 1 * 60), tzinfo=UTC)


def opened_at(instant: datetime, make: Factory, **facts: Any) -> Incident:
    """An incident assigned to Ann, who works in a group of her own."""
    group = make.group()
    ann = make.person("Ann", roles=("agent",), groups=(group,), email="ann@example.org")
    with clock.frozen(instant):
        return make.incident(group_id=group.id, assignee_id=ann.id, **facts)


def fire(instant: datetime) -> None:
    with clock.frozen(instant):
        assert fire_steps().failed == 0


def mails() -> list[tuple[str, datetime]]:
    statement = select(OutboxMessage).where(OutboxMessage.event_key.startswith("sla:")).order_by(OutboxMessage.id)
    return [(row.recipient, row.next_at) for row in session.scalars(statement)]


def person_works(incident: Incident, calendar: BusinessHours) -> None:
    set_workers(SYSTEM, calendar, person_ids=[incident.assignee_id or 0])


@pytest.mark.parametrize(
    ("hours", "opened", "goes"),
    [
        # Stockholm is at UTC+1: Wednesday 14:00 UTC is 15:00 there, and a mail of that hour goes at once.
        (STOCKHOLM, utc(18, 12), utc(18, 14)),
        # 17:00 there is closed already: on Thursday 08:00.
        (STOCKHOLM, utc(18, 14), utc(19, 7)),
        # Friday evening waits for Monday.
        (STOCKHOLM, utc(20, 18), utc(23, 7)),
        # Tehran is at UTC+3:30. Wednesday 17:30 there waits over Thursday and Friday for Saturday 08:00.
        (TEHRAN, utc(18, 12), utc(21, 4.5)),
        # Sunday is a day of work there.
        (TEHRAN, utc(22, 5), utc(22, 7)),
        # The night of the change to summer time, 29 March 2026: Monday 08:00 is 06:00 UTC, not 07:00.
        (STOCKHOLM, utc(27, 18, month=3), utc(30, 6, month=3)),
        # And back on 25 October: Friday 18:00 was at UTC+2, Monday 08:00 is at UTC+1.
        (STOCKHOLM, utc(23, 16, month=10), utc(26, 7, month=10)),
    ],
)
def test_mail_waits_for_the_persons_own_hours(
    make: Factory,
    agreements: Agreements,
    hours: tuple[str, Mapping[str, Any]],
    opened: datetime,
    goes: datetime,
) -> None:
    agreements.make(targets=FOUR_HOURS, steps=(HALF,))
    incident = opened_at(opened, make)
    person_works(incident, agreements.calendar("Hers", hours[0], weekly=hours[1]))
    fire(opened.replace(hour=opened.hour + 2))
    assert mails() == [("ann@example.org", goes)]


@pytest.mark.parametrize(
    ("step", "facts"),
    [
        (StepInput("resolution", 50, ("notify_assignee",), urgent=True), {}),
        (HALF, {"impact": 1, "urgency": 1}),
        (HALF, {"impact": 2, "urgency": 2}),
    ],
)
def test_an_urgent_one_goes_at_once(
    app: Flask, make: Factory, agreements: Agreements, step: StepInput, facts: dict[str, int]
) -> None:
    agreements.make(targets=FOUR_HOURS, steps=(step,))
    incident = opened_at(utc(21, 1), make, **facts)  # in the night to Saturday
    assert incident.priority == (4 if not facts else facts["impact"])
    person_works(incident, agreements.calendar("Hers", weekly=OFFICE))
    fire(utc(21, 3))
    assert mails() == [("ann@example.org", utc(21, 3))]
    assert not [entry for entry in whole_journal(incident.id) if "sla.mail_waits" in entry.changes]


def test_hours_are_the_persons_then_the_groups_then_the_agreements(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    early, late = (
        agreements.calendar(name, weekly={"mon": [[opens, "17:00"]]})
        for name, opens in (("e", "06:00"), ("l", "10:00"))
    )
    agreements.make(targets=FOUR_HOURS, steps=(HALF,))
    incident = opened_at(utc(21, 1), make)
    fire(utc(21, 3))
    assert mails() == [("ann@example.org", utc(21, 3))]  # the agreement counts around the clock
    for hours, goes in (
        ({"group_ids": [incident.group_id]}, utc(23, 10)),
        ({"person_ids": [incident.assignee_id]}, utc(23, 6)),
    ):
        set_workers(SYSTEM, late if "group_ids" in hours else early, **hours)  # type: ignore[arg-type]
        with clock.frozen(utc(21, 3)):
            second = make.incident(group_id=incident.group_id, assignee_id=incident.assignee_id)
        with clock.frozen(utc(21, 5)):
            fire_steps()
        assert mails()[-1] == ("ann@example.org", goes), second


def test_mail_to_a_groups_address_waits_for_the_groups_hours(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets=FOUR_HOURS, steps=(HALF,))
    group = make.group(email="desk@example.org")
    set_workers(SYSTEM, agreements.calendar("Theirs", weekly=OFFICE), group_ids=[group.id])
    with clock.frozen(utc(21, 1)):
        make.incident(group_id=group.id)
    fire(utc(21, 3))
    assert mails() == [("desk@example.org", utc(23, 8))]


def test_the_step_is_recorded_at_its_instant_and_the_ticket_says_that_mail_waits(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    agreements.make(targets=FOUR_HOURS, steps=(HALF,))
    incident = opened_at(utc(21, 1), make)
    person_works(incident, agreements.calendar("Hers", weekly=OFFICE))
    fire(utc(21, 3))
    told = {name: (entry.at, entry) for entry in whole_journal(incident.id) for name in entry.changes}
    assert told["sla.resolution"][0] == told["sla.mail_waits"][0] == utc(21, 3)
    entry = told["sla.mail_waits"][1]
    assert entry.changes["sla.mail_waits"] == [None, utc(23, 8).isoformat()]
    with app.test_request_context():
        assert pages.summary("incident", entry, {"group": {}, "person": {}}) == [
            "mail about it waits for working hours, until 23 Nov 2026 09:00"
        ]
    text = (
        session.scalars(select(OutboxMessage).where(OutboxMessage.event_key.startswith("sla:"))).one().payload["text"]
    )
    assert "the mail waited for your working hours" in text


def test_hours_that_never_open_keep_nobody_from_being_told(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets=FOUR_HOURS, steps=(HALF,))
    incident = opened_at(utc(21, 1), make)
    calendar = agreements.calendar("Hers", weekly=OFFICE)
    person_works(incident, calendar)
    calendar.definition = {}
    session.flush()
    fire(utc(21, 3))
    assert mails() == [("ann@example.org", utc(21, 3))]


def test_who_has_other_hours_leaves_the_former_ones(app: Flask, make: Factory, agreements: Agreements) -> None:
    one, two = agreements.calendar("One"), agreements.calendar("Two")
    group, ann, ben = make.group("Desk"), make.person(email="ann@example.org"), make.person(email="ben@example.org")
    set_workers(SYSTEM, one, group_ids=[group.id], person_ids=[ann.id, ben.id])
    set_workers(SYSTEM, two, person_ids=[ben.id])
    found = workers_of([one.id, two.id])
    assert [list(each.people.values()) for each in found.values()] == [["ann@example.org"], ["ben@example.org"]]
    assert (found[one.id].groups, found[two.id].groups) == ({group.id: "Desk"}, {})
    assert read_hours([ann.id, ben.id], [group.id]).people.keys() == {ann.id, ben.id}
    with pytest.raises(Forbidden):
        set_workers(make.actor(), one, person_ids=[])
    for unknown in ({"group_ids": [10**9]}, {"person_ids": [10**9]}):
        with pytest.raises(Invalid):
            set_workers(SYSTEM, one, **unknown)


def test_a_batch_costs_the_same_for_few_and_many_mails(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make(targets=FOUR_HOURS, steps=(StepInput("resolution", 50, ("notify_group",)),))
    group = make.group(email="desk@example.org")
    group_id = group.id
    set_workers(SYSTEM, agreements.calendar("Theirs", weekly=OFFICE), group_ids=[group_id])

    def cost(number: int, hour: float) -> int:
        with clock.frozen(utc(21, hour)):
            for _each in range(number):
                make.incident(group_id=group_id)
        session.expunge_all()  # as in a job of its own
        with clock.frozen(utc(21, hour + 2)), counted() as seen:
            assert fire_steps().done == number
        return len(seen)

    cost(1, 1)
    assert cost(2, 1.5) == cost(30, 2)
    assert working_hours.read_hours([], []).groups == {}
