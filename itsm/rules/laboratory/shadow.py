"""Running a rule in shadow: where it would have run, what it would have changed, and whether people did the same."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import Progress
from itsm.kernel.text import _
from itsm.rules.actions import ACTIONS, effects_of
from itsm.rules.conditions import kind_conditions
from itsm.rules.laboratory.past import occasion_in
from itsm.rules.triggers import fits, runs_between
from itsm.tickets import policy
from itsm.tickets.asking import Asking
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.past import OWN, PastTicket, story

TASK = "rules.try"
MOST_DAYS = 366
MOST_SHOWN = 200
BATCH = 200
SHADOW_MINUTES = 60


@dataclass(frozen=True)
class Hit:
    """The rule would have run on a ticket at an instant; `changes` are column → [before, after]; empty when all was so."""

    ticket_id: int
    kind: str
    title: str
    at: str
    changes: dict[str, list[Any]]
    agreed: bool | None


@dataclass
class Trial:
    """What came out. `agreed` of `compared` hits stand today as the rule would have left them: people did the same.

    `looked_at` tickets were gone through; `hits` holds the first of them all (`found`); `also` names actions that leave no
    trace to compare, such as a mail.
    """

    from_at: str
    to_at: str
    looked_at: int = 0
    found: int = 0
    tickets: int = 0
    changing: int = 0
    compared: int = 0
    agreed: int = 0
    also: list[str] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    def add(self, hit: Hit) -> None:
        """Count a hit, and show it if it is among the first."""
        self.found += 1
        self.changing += int(bool(hit.changes))
        self.compared += int(hit.agreed is not None)
        self.agreed += int(hit.agreed is True)
        if len(self.hits) < MOST_SHOWN:
            self.hits.append(hit)

    @property
    def agreement(self) -> int | None:
        """Per cent of the compared hits in which people did the same; None when nothing can be compared."""
        return round(100 * self.agreed / self.compared) if self.compared else None

    def as_data(self) -> dict[str, Any]:
        """The result as JSON data."""
        return asdict(self) | {"agreement": self.agreement}


@dataclass(frozen=True)
class _Question:
    """A rule as the shadow run reads it."""

    trigger: str
    options: Mapping[str, Any]
    condition: Asking
    effects: Mapping[str, Any]
    from_at: datetime
    to_at: datetime


class Shadow:
    """One shadow run over the tickets of the last days that the actor may read, batch by batch.

    `facts` are a rule as `services.checked_rule` answers it.
    """

    def __init__(self, actor: Actor, facts: Mapping[str, Any], *, days: int) -> None:
        self.question = _question(facts, days)
        self.wanted = [*_wanted(facts, self.question), policy.visible(actor)]
        span = (self.question.from_at.isoformat(), self.question.to_at.isoformat())
        self.trial = Trial(*span, also=_untraced(facts["actions"]))
        self.last_id = 0

    def count(self, limit: int | None = None) -> int:
        """How many tickets there are to go through, counted up to a limit."""
        inner = select(Ticket.id).where(*self.wanted).limit(limit).subquery()
        return session.scalar(select(func.count()).select_from(inner)) or 0

    def batch(self) -> bool:
        """Go through the next tickets in three statements and those that look names up; answers whether there may be more."""
        following = select(Ticket.id).where(*self.wanted, Ticket.id > self.last_id).order_by(Ticket.id).limit(BATCH)
        ids = session.scalars(following).all()
        for way in _followed(self.question, _with_journals(ids)):
            self._take(way)
        self.last_id = ids[-1] if ids else self.last_id
        return len(ids) == BATCH

    def _take(self, way: "_Way") -> None:
        self.trial.looked_at += 1
        self.trial.tickets += int(bool(way.hits))
        for at, past in way.hits:
            self.trial.add(_hit(self.question, way.ticket, past, at))


def try_rule(actor: Actor, facts: Mapping[str, Any], *, days: int) -> Trial:
    """A whole shadow run at once, for a time with few tickets."""
    shadow = Shadow(actor, facts, days=days)
    while shadow.batch():
        pass
    return shadow.trial


def run_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """A whole shadow run in the background: payload {facts, days, actor_id}; answers the trial as data."""
    with reading(), unit_of_work():
        actor = actor_of(session.get_one(Person, payload["actor_id"]), channel="web")
        shadow = Shadow(actor, payload["facts"], days=int(payload["days"]))
        total = shadow.count()
    going = True
    while going:
        with reading(), unit_of_work():
            going = shadow.batch()
        done = shadow.trial.looked_at
        progress.step(min(99, 100 * done // max(total, 1)), f"{done} / {total}")
    return shadow.trial.as_data()


def _question(facts: Mapping[str, Any], days: int) -> _Question:
    if not 1 <= days <= MOST_DAYS:
        raise Invalid.field("days", _("Choose between 1 and %(most)s days.", most=MOST_DAYS))
    now = clock.now()
    return _Question(
        trigger=facts["trigger"],
        options=facts["options"],
        condition=Asking(facts["condition"]),
        effects=effects_of(facts["actions"]),
        from_at=now - timedelta(days=days),
        to_at=now,
    )


def _untraced(actions: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(each["do"] for each in actions if not ACTIONS[each["do"]].effects(each)))


def _wanted(facts: Mapping[str, Any], question: _Question) -> list[ColumnElement[bool]]:
    """Tickets to which it may have happened: opened in the time, with an entry in it, or alive in it (for a schedule)."""
    kinds = kind_conditions(facts["kinds"])
    if facts["trigger"] == "opened":
        return [*kinds, Ticket.created_at >= question.from_at]
    if facts["trigger"] == "schedule":
        return [*kinds, or_(Ticket.unfinished == 1, Ticket.updated_at >= question.from_at)]
    return [*kinds, Ticket.id.in_(select(JournalEntry.ticket_id).where(JournalEntry.at >= question.from_at))]


@dataclass
class _Way:
    """A ticket's way through the time that is looked at: where its story stands, and at which instants the rule ran."""

    ticket: Ticket
    states: Sequence[tuple[JournalEntry, PastTicket]]
    place: int = -1
    matched: bool = False
    hits: list[tuple[datetime, PastTicket]] = field(default_factory=list)

    def look(self, question: _Question, at: datetime) -> None:
        """Let a schedule look at the ticket as it stood at an instant; it runs when the ticket begins to match."""
        while self.place + 1 < len(self.states) and self.states[self.place + 1][0].at <= at:
            self.place += 1
        if self.place < 0:
            return
        past = self.states[self.place][1]
        matches = question.condition.holds(past, at)
        if matches and not self.matched:
            self.hits.append((at, past))
        self.matched = matches

    def follow(self, question: _Question) -> None:
        """Let the rule see every event of the story."""
        for entry, past in self.states:
            occasion = occasion_in(self.ticket, entry)
            if occasion is None or not question.from_at <= entry.at <= question.to_at:
                continue
            if fits(question.trigger, question.options, occasion) and question.condition.holds(past, entry.at):
                self.hits.append((entry.at, past))


def _with_journals(ids: Sequence[int]) -> list[_Way]:
    tickets = session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)).all()
    entries: dict[int, list[JournalEntry]] = {}
    statement = select(JournalEntry).where(JournalEntry.ticket_id.in_(ids)).order_by(JournalEntry.id)
    for entry in session.scalars(statement):
        entries.setdefault(entry.ticket_id, []).append(entry)
    return [_Way(ticket, list(story(ticket, entries.get(ticket.id, [])))) for ticket in tickets]


def _followed(question: _Question, ways: list[_Way]) -> list[_Way]:
    """Instant by instant where a schedule looks: a condition that tells the time is then made ready once for all tickets."""
    if question.trigger == "schedule":
        for at in _ticks(question):
            for way in ways:
                way.look(question, at)
    else:
        for way in ways:
            way.follow(question)
    return ways


def _ticks(question: _Question) -> list[datetime]:
    """The schedule's instants, but at most hourly."""
    options = dict(question.options)
    if "every_minutes" in options:
        options["every_minutes"] = max(options["every_minutes"], SHADOW_MINUTES)
    return runs_between(options, question.from_at, question.to_at)


def _hit(question: _Question, ticket: Ticket, past: PastTicket, at: datetime) -> Hit:
    changes = {
        name: [_held(past, name), value] for name, value in question.effects.items() if _held(past, name) != value
    }
    agreed = all(_held(ticket, name) == pair[1] for name, pair in changes.items()) if changes else None
    return Hit(ticket.id, ticket.kind, ticket.title, at.isoformat(), changes, agreed)


def _held(ticket: Any, name: str) -> Any:
    """What a ticket holds in a column, or in a field of the site's own."""
    return (ticket.custom or {}).get(name.removeprefix(OWN)) if name.startswith(OWN) else getattr(ticket, name)
