"""A month of incidents whose clocks are known: what the tests of reports look at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Group, Organisation
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.reports.periods import Period
from itsm.reports.request import Question, ask
from itsm.tickets import services
from sla.agreements import services as agreement_services
from sla.models import Agreement, BusinessHours
from tests.factories import Factory

HOUR = 3600
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), "UTC")


def at(day: int, hour: int = 8, minute: int = 0, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def october(language: str = "en") -> Question:
    return ask(Period(OCTOBER.first, OCTOBER.end, "UTC", jalali=language == "fa"), language=language)


@dataclass
class Month:
    """October 2026. Targets around the clock: response 1 h, resolution 4 h at every priority."""

    agreement: Agreement
    customer: Organisation
    branch: Organisation
    other: Organisation
    desk: Group
    network: Group
    incidents: dict[str, Incident]


class Story:
    """Makes incidents as of their own time."""

    def __init__(self, make: Factory, actor: Actor, organisation: Organisation, group: Group) -> None:
        self.make, self.actor, self.organisation, self.group = make, actor, organisation, group

    def open(
        self, title: str, when: datetime, *, organisation: Organisation | None = None, urgency: int = 2
    ) -> Incident:
        with clock.frozen(when):
            person = self.make.person(organisation_id=(organisation or self.organisation).id)
            return self.make.incident(
                title=title, requester_id=person.id, impact=3, urgency=urgency, group_id=self.group.id
            )

    def reply(self, incident: Incident, when: datetime) -> None:
        with clock.frozen(when):
            services.write_entry(self.actor, incident, kind="public", body="We are looking at it.")

    def step(self, incident: Incident, name: str, when: datetime, **fields: str) -> None:
        with clock.frozen(when):
            services.take_step(self.actor, incident, name, fields=fields)

    def resolve(self, incident: Incident, when: datetime) -> None:
        self.step(incident, "resolve", when, resolution_code="fixed", resolution="Done.")

    def whole(
        self, title: str, opened: datetime, *, answer: int, solve: int, organisation: Organisation | None = None
    ) -> Incident:
        incident = self.open(title, opened, organisation=organisation)
        self.reply(incident, opened + timedelta(minutes=answer))
        self.resolve(incident, opened + timedelta(minutes=solve))
        return incident


def make_agreement(
    name: str, calendar: str, *, response: int, resolution: int, organisation: Organisation
) -> Agreement:
    hours = session.scalars(select(BusinessHours).where(BusinessHours.name == calendar)).one()
    targets = {
        (metric, priority): seconds
        for priority in range(1, 6)
        for metric, seconds in (("response", response), ("resolution", resolution))
    }
    facts = {"name": name, "condition": "kind = incident", "calendar_id": hours.id, "organisation_id": organisation.id}
    return agreement_services.create_agreement(SYSTEM, facts=facts, targets=targets, steps=())


@pytest.fixture
def month(make: Factory) -> Month:
    customer = make.organisation("Nordic Foods")
    branch = make.organisation("Nordic Foods Athens", parent=customer)
    other = make.organisation("Aegean Lines")
    agreement = make_agreement("Gold", "Around the clock", response=HOUR, resolution=4 * HOUR, organisation=customer)
    make_agreement("Silver", "Around the clock", response=HOUR, resolution=4 * HOUR, organisation=other)
    desk, network = make.group("Service desk"), make.group("Network", level=2)
    agent = make.actor("agent", groups=(desk, network))
    story = Story(make, agent, customer, desk)
    made = {
        "fast": story.whole("Printer is out of paper", at(5), answer=10, solve=120),
        "exact": story.whole("Keyboard is broken", at(6), answer=60, solve=240),
        "slow": story.open("=cmd|' /C calc'!A0", at(7)),
        "paused": story.open("Laptop ordered", at(31, 20)),
        "overdue": story.open("VPN does not connect", at(30)),
        "cancelled": story.open("Wrong number", at(9)),
        "branch": story.whole("Scanner jams", at(12), answer=5, solve=300, organisation=branch),
        "other": story.whole("Radio is silent", at(13), answer=5, solve=60, organisation=other),
        "before": story.whole("September matter", at(3, month=9), answer=5, solve=60),
        "late": story.open("Overdue since September", at(20, month=9)),
    }
    story.reply(made["slow"], at(7, 10))
    with clock.frozen(at(7, 11)):
        services.assign(agent, made["slow"], group_id=network.id)
    story.step(made["slow"], "hold", at(7, 12), hold_reason="customer")
    story.step(made["slow"], "resume", at(7, 15))
    story.resolve(made["slow"], at(7, 17, 30))
    story.reply(made["paused"], at(31, 20, 10))
    story.step(made["paused"], "hold", at(31, 20, 30), hold_reason="supplier")
    story.reply(made["overdue"], at(30, 8, 30))
    story.reply(made["late"], at(20, 8, 30, month=9))
    story.step(made["cancelled"], "cancel", at(9, 8, 30), note="Caller hung up.")
    session.flush()
    return Month(agreement, customer, branch, other, desk, network, made)
