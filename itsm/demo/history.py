"""Three months of work at Nordhav Foods, up to now: incidents with their conversations, a few problems and changes."""

import random
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from cmdb import services as cmdb
from cmdb.models import Ci
from incident import services as incidents
from incident.models import Incident
from itsm.demo import stories
from itsm.demo.company import LOGINS
from itsm.demo.made import Company
from itsm.identity import queries as identity
from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import ItsmError
from itsm.tickets import services as tickets
from itsm.tickets.priority import priority_of
from sla.agreements.terms import terms_by_id
from sla.jobs import fire_steps
from sla.models import Agreement

DAYS = 90
INCIDENTS = 278
CHANNELS = ("phone", "phone", "mail", "mail", "portal", "chat")


def write_history(made: Company) -> None:
    """Write incidents one after another, each as of its own instants."""
    dice = random.Random(2026)
    now = clock.now()
    for number in range(INCIDENTS):
        with unit_of_work():
            Tale(made, dice, _opening(dice, now, number), now).tell()
    write_open_work(made, dice, now)


def _opening(dice: random.Random, now: datetime, number: int) -> datetime:
    day = now - timedelta(days=DAYS - DAYS * number / INCIDENTS + 1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    local = day.astimezone(ZoneInfo("Europe/Stockholm")).replace(hour=7, minute=30, second=0, microsecond=0)
    return min(
        (local + timedelta(minutes=int(dice.betavariate(1.6, 2.2) * 600))).astimezone(now.tzinfo),
        now - timedelta(days=1),
    )


class Tale:
    """One incident from the call to its end."""

    def __init__(self, made: Company, dice: random.Random, opened: datetime, now: datetime) -> None:
        self.made, self.dice, self.at, self.now = made, dice, opened, now
        self.story = dice.choices(stories.STORIES, [story.weight for story in stories.STORIES])[0]
        self.requester = dice.choice([person for person in made.people.values() if " staff" in person.title])
        self.channel = dice.choice(CHANNELS)

    def tell(self) -> None:
        """Let it happen."""
        incident = self._open()
        for part in (self._start, self._work, self._pass_on, self._wait, self._resolve, self._confirm):
            if not part(incident):
                return

    def _later(self, minutes: float) -> bool:
        self.at += timedelta(minutes=minutes)
        return self.at < self.now

    def _actor(self, person: Person, channel: str = "web") -> Actor:
        return actor_of(person, channel=channel)

    def _agent(self, incident: Incident) -> Actor:
        members = list(identity.list_members(incident.group_id or 0))
        return self._actor(self.dice.choice(members)) if members else SYSTEM

    def _open(self) -> Incident:
        agent = self.made.people["Johan Lind" if self.dice.random() < 0.5 else "Javier Molina"]
        opener = self.requester if self.channel in {"portal", "mail"} else agent
        with clock.frozen(self.at):
            incident = incidents.open_incident(
                self._actor(opener, self.channel),
                title=self.story.title,
                description=self.story.description,
                requester_id=self.requester.id,
                impact=self.story.impact,
                urgency=self.story.urgency,
                category_id=self.made.categories[self.story.category].id,
                channel=self.channel,
            )
            ci = self._ci()
            if ci is not None:
                cmdb.attach_ci(SYSTEM, incident, ci)
        return incident

    def _ci(self) -> Ci | None:
        wanted = self.story.ci
        if wanted == "pc":
            return self.made.pcs.get(self.requester.id)
        if wanted in {"printer", "switch"}:
            place = next(key for key, site in self.made.sites.items() if site.id == self.requester.site_id)
            name = f"prn-{place}-01" if wanted == "printer" else f"sw-{place}-{self.dice.randint(1, 3)}"
            return self.made.cis[name]
        return self.made.cis.get(wanted)

    def _start(self, incident: Incident) -> bool:
        if not self._later(self.dice.lognormvariate(2.7, 0.9)):
            return False
        self.agent = self._agent(incident)
        with clock.frozen(self.at):
            tickets.take_step(self.agent, incident, "start")
            tickets.write_entry(self.agent, incident, kind="public", body=self.story.answer)
        return True

    def _work(self, incident: Incident) -> bool:
        if not self._later(self.dice.lognormvariate(3.2, 0.8)):
            return False
        with clock.frozen(self.at):
            minutes = self.dice.randrange(5, 45, 5)
            tickets.write_entry(
                self.agent, incident, kind="work", body=self.dice.choice(stories.NOTES), minutes=minutes
            )
        return True

    def _pass_on(self, incident: Incident) -> bool:
        if incident.level >= self.story.level or self.dice.random() < 0.2:
            return True
        if not self._later(self.dice.lognormvariate(3, 0.7)):
            return False
        with clock.frozen(self.at):
            try:
                tickets.escalate(self.agent, incident, note=self.dice.choice(stories.NOTES))
            except ItsmError:
                return True
        self.agent = self._agent(incident)
        return True

    def _wait(self, incident: Incident) -> bool:
        if self.dice.random() > 0.22:
            return True
        if not self._later(self.dice.lognormvariate(3, 0.8)):
            return False
        reason = self.dice.choice(("customer", "supplier", "planned"))
        with clock.frozen(self.at):
            tickets.take_step(self.agent, incident, "hold", fields={"hold_reason": reason})
        if not self._later(self.dice.lognormvariate(5.6, 0.8)):
            return False
        with clock.frozen(self.at):
            if reason == "customer":
                requester = self._actor(self.requester, "mail")
                tickets.write_entry(
                    requester, incident, kind="public", body=self.dice.choice(stories.REQUESTER_REPLIES)
                )
            if incident.state == "on_hold":
                tickets.take_step(self.agent, incident, "resume")
        return True

    def _resolve(self, incident: Incident) -> bool:
        slow = 1.25 if incident.priority <= 2 else 1.0
        if not self._later(self.dice.lognormvariate(4.3, 1.1) * slow):
            return False
        with clock.frozen(self.at):
            fields = {"resolution_code": self.story.code, "resolution": self.story.solution}
            tickets.take_step(self.agent, incident, "resolve", fields=fields)
        if self.dice.random() < 0.06 and self._later(self.dice.lognormvariate(6, 0.8)):
            with clock.frozen(self.at):
                note = {"note": stories.REQUESTER_REPLIES[1]}
                tickets.take_step(self._actor(self.requester, "portal"), incident, "reopen", fields=note)
            if not self._later(self.dice.lognormvariate(5, 0.8)):
                return False
            with clock.frozen(self.at):
                tickets.take_step(self.agent, incident, "resolve", fields=fields)
        return True

    def _confirm(self, incident: Incident) -> bool:
        if self.dice.random() < 0.4 and self._later(self.dice.lognormvariate(6, 0.7)):
            with clock.frozen(self.at):
                tickets.take_step(self._actor(self.requester, "portal"), incident, "close")
        elif self._later(7 * 24 * 60):
            with clock.frozen(self.at):
                tickets.take_step(SYSTEM, incident, "close")
        return True


class Standing(NamedTuple):
    """How an open incident stands when the demo is loaded: how many, the shares of its target spent, how far it came."""

    number: int
    least_spent: float
    most_spent: float
    worked_on: bool = True
    on_hold: bool = False


# Shares of business time, so that the desk looks the same in office hours and on a Sunday at night.
STANDINGS = (
    Standing(8, 0.02, 0.2, worked_on=False),
    Standing(14, 0.1, 0.6),
    Standing(7, 0.2, 0.6, on_hold=True),
    Standing(7, 0.85, 0.97),
    Standing(6, 1.1, 1.7),
)


def write_open_work(made: Company, dice: random.Random, now: datetime) -> None:
    """Write what is open on the desk now: new, in work, on hold, due soon and missed, with its escalation steps."""
    with unit_of_work():
        tales = [OpenTale(made, dice, now, standing) for standing in STANDINGS for _each in range(standing.number)]
    for tale in sorted(tales, key=lambda each: each.at):
        with unit_of_work():
            tale.tell()
    while fire_steps().more:
        pass


class OpenTale(Tale):
    """One incident that is open when the demo is loaded, opened as long ago as its standing asks for."""

    def __init__(self, made: Company, dice: random.Random, now: datetime, standing: Standing) -> None:
        super().__init__(made, dice, now, now)
        self.standing = standing
        terms = terms_by_id([session.scalars(select(Agreement.terms_id).order_by(Agreement.id)).first() or ""])
        target = next(iter(terms.values())).targets["resolution"]
        seconds = target.seconds[priority_of(self.story.impact, self.story.urgency)]
        spent = dice.uniform(standing.least_spent, standing.most_spent)
        self.at = target.calendar.add(now, -int(seconds * spent)) - timedelta(minutes=dice.randrange(1, 9))

    def tell(self) -> None:
        """Open it and take it as far as it came; each part has its share of the time since."""
        opened = self.at
        incident = self._open()
        if not self.standing.worked_on:
            return
        self.agent = self._agent(incident)
        with clock.frozen(opened + (self.now - opened) * 0.15):
            tickets.take_step(self.agent, incident, "start")
            tickets.write_entry(self.agent, incident, kind="public", body=self.story.answer)
        with clock.frozen(opened + (self.now - opened) * 0.4):
            tickets.write_entry(self.agent, incident, kind="work", body=self.dice.choice(stories.NOTES), minutes=15)
        if self.standing.on_hold:
            reason = self.dice.choice(("customer", "supplier", "planned"))
            with clock.frozen(opened + (self.now - opened) * 0.5):
                tickets.take_step(self.agent, incident, "hold", fields={"hold_reason": reason})

    def _agent(self, incident: Incident) -> Actor:
        """Every second one belongs to somebody whose login the demo gives away, where one works in the group."""
        members = list(identity.list_members(incident.group_id or 0))
        known = [person for person in members if person.name in LOGINS]
        return self._actor(self.dice.choice(known if known and self.dice.random() < 0.5 else members))
