"""Escalation steps: each fires once for a clock and generation, in one transaction with its effects. Rules: E1 to E4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel import clock, outbox
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.formats import Reader
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _, language
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla import queries, services
from sla.models import FiredStep
from sla.services import KeptClocks
from sla.standing import Standing, waiting_steps
from sla.terms import Step

METRIC_TITLES = {"response": _("response"), "resolution": _("resolution")}


@dataclass(frozen=True)
class FallenStep:
    """A step whose instant has come, of one clock of one ticket."""

    at: datetime
    step: Step
    standing: Standing

    @property
    def words(self) -> Message:
        """The step in words: `75 % of the resolution target`."""
        metric = METRIC_TITLES[self.step.metric]
        return _("%(percent)s %% of the %(metric)s target", percent=self.step.percent, metric=metric)


@dataclass
class _Addressees:
    """Who is told by mail of which steps: address → (language, zone, steps in the order in which they fell)."""

    told: dict[str, tuple[str, str, list[FallenStep]]] = field(default_factory=dict)

    def add(self, fallen: FallenStep, people: Iterable[Person]) -> None:
        for person in people:
            if person.email and person.active and person.mail_failed_at is None:
                self._add(fallen, person.email, person.language, person.timezone)

    def add_group(self, fallen: FallenStep, group: Group | None, members: Iterable[Person]) -> None:
        """The group's own address, else everyone who works in it."""
        if group is not None and group.email:
            self._add(fallen, group.email, "", "")
        else:
            self.add(fallen, members)

    def _add(self, fallen: FallenStep, address: str, language_code: str, timezone: str) -> None:
        reader = (language_code or settings().language, timezone or settings().timezone)
        steps = self.told.setdefault(address, (*reader, []))[2]
        if fallen not in steps:
            steps.append(fallen)


class _People:
    """People and groups of one batch, each read once."""

    def __init__(self) -> None:
        self._groups: dict[int, tuple[Group | None, Sequence[Person]]] = {}

    def person(self, person_id: int | None) -> list[Person]:
        """The person, as a list of one or none."""
        found = session.get(Person, person_id) if person_id is not None else None
        return [found] if found is not None else []

    def group(self, group_id: int | None) -> tuple[Group | None, Sequence[Person]]:
        """A group and everyone who works in it."""
        if group_id is None:
            return None, ()
        if group_id not in self._groups:
            self._groups[group_id] = session.get(Group, group_id), identity.list_members(group_id)
        return self._groups[group_id]


@dataclass
class _Round:
    """One ticket being looked at: its clocks as they stand, and the steps that have fallen, in order."""

    kept: KeptClocks
    standings: list[Standing]
    fallen: list[FallenStep]


def wake(ticket_ids: Sequence[int]) -> int:
    """Look at the clocks of some tickets: fire what has fallen, mark breaches. Answers the number of steps fired.

    Tickets that another worker holds are left to it. Steps that fell while nothing ran fire now, in order. Rule: E3.
    """
    now = clock.now()
    found = queries.locked_tickets(ticket_ids, skip_locked=True)
    rounds = [_look(kept, now) for kept in services.load(found, open_only=True)]
    firing = [each for each in rounds if each.fallen]
    _note_fired(firing, now)
    people = _People()
    altered = {each.kept.ticket.id for each in firing if _act(each.kept.ticket, each.fallen, people)}
    services.store_many((each.kept, each.standings) for each in rounds if each.kept.ticket.id not in altered)
    _store_anew([each.kept.ticket for each in firing if each.kept.ticket.id in altered], now)
    return sum(len(each.fallen) for each in firing)


def _look(kept: KeptClocks, now: datetime) -> _Round:
    standings = kept.standings(now)
    fallen = [
        FallenStep(at, step, standing)
        for standing in standings
        for at, step in waiting_steps(standing, kept.fired_of(standing))
        if at <= now
    ]
    fallen.sort(key=lambda each: (each.at, each.step.metric, each.step.percent))
    return _Round(kept, standings, fallen)


def _store_anew(altered: Sequence[Ticket], now: datetime) -> None:
    """Effects changed these tickets: what was computed before them does not hold any more."""
    services.store_many((kept, kept.standings(now)) for kept in services.load(altered))


def _note_fired(firing: Sequence[_Round], now: datetime) -> None:
    """Write the unique keys first: where another worker was faster, nothing of this transaction holds. Rule: E1."""
    rows = []
    for each in firing:
        fired = {key: set(percents) for key, percents in each.kept.fired.items()}
        for fallen in each.fallen:
            metric, generation = fallen.step.metric, fallen.standing.clock.generation
            fired.setdefault((metric, generation), set()).add(fallen.step.percent)
            key = {"ticket_id": each.kept.ticket.id, "metric": metric, "generation": generation}
            rows.append(
                {**key, "percent": fallen.step.percent, "step_id": fallen.step.step_id or None, "fired_at": now}
            )
        each.kept.fired = {key: frozenset(percents) for key, percents in fired.items()}
    if rows:
        session.execute(insert(FiredStep), rows)
    tickets.write_changes(SYSTEM, [(each.kept.ticket, _words_in_journal(each.fallen)) for each in firing])


def _words_in_journal(fallen: Sequence[FallenStep]) -> dict[str, list[int | None]]:
    # Of several steps of one clock that fire at once, the journal's page shows the largest share.
    return {f"sla.{each.step.metric}": [None, each.step.percent] for each in fallen}


def _act(ticket: Ticket, fallen: Sequence[FallenStep], people: _People) -> bool:
    """Do what the steps ask for; answers whether the ticket itself was changed by it."""
    addressees = _Addressees()
    altered = False
    for each in fallen:
        # People of the group that missed the target are told before the ticket leaves it.
        for action in sorted(each.step.actions, key=lambda name: name == "raise_level"):
            altered = _take(action, ticket, each, addressees, people) or altered
    for address, (code, timezone, steps) in addressees.told.items():
        _queue_mail(ticket, address, Reader(code, timezone), steps)
    return altered


def _take(action: str, ticket: Ticket, fallen: FallenStep, addressees: _Addressees, people: _People) -> bool:
    if action == "raise_level":
        return _attempt(ticket, lambda: tickets.escalate(SYSTEM, ticket)) is not None
    if action == "notify_manager":
        manager = _attempt(ticket, lambda: tickets.escalate_to_manager(SYSTEM, ticket))
        addressees.add(fallen, [manager] if manager is not None else [])
        return manager is not None
    if action == "notify_requester":
        addressees.add(fallen, people.person(ticket.requester_id))
    elif action == "notify_assignee" and ticket.assignee_id is not None:
        addressees.add(fallen, people.person(ticket.assignee_id))
    else:
        # Where nobody is assigned, the group is told, so that somebody hears of it.
        group, members = people.group(ticket.group_id)
        addressees.add_group(fallen, group, members)
    return False


def _attempt(ticket: Ticket, effect: Any) -> Any:
    """An effect that may be impossible (no higher level, no manager): then an internal note says so."""
    try:
        return effect()
    except ItsmError as error:
        tickets.write_journal(SYSTEM, ticket, "internal", body=str(error.message), automatic=True)
        return None


def _queue_mail(ticket: Ticket, address: str, reader: Reader, steps: Sequence[FallenStep]) -> None:
    """One mail about the latest step, which names the earlier ones that were missed. Rule: E3."""
    latest = steps[-1]
    clock_name = f"{ticket.id}:{latest.step.metric}:{latest.standing.clock.generation}:{latest.step.percent}"
    with language(reader.language):
        subject = _(
            "[%(number)s] %(step)s is spent: %(title)s", number=ticket.number, step=latest.words, title=ticket.title
        )
        outbox.queue_mail(
            to=address,
            subject=" ".join(str(subject).split()),
            text="\n".join(str(line) for line in _lines(ticket, latest, steps[:-1], reader)),
            event_key=f"sla:{clock_name}:{address}",
            headers={"Auto-Submitted": "auto-generated"},
        )


def _lines(ticket: Ticket, latest: FallenStep, earlier: Sequence[FallenStep], reader: Reader) -> list[Message]:
    due_at = latest.standing.clock.due_at
    lines = [_("%(number)s: %(title)s", number=ticket.number, title=ticket.title), ""]
    lines.append(_("%(step)s is spent.", step=latest.words))
    if due_at is not None:
        lines.append(_("Due: %(instant)s", instant=reader.instant(due_at)))
    if earlier:
        lines.append(_("Reached before this, and not told until now:"))
        lines += [_("- %(step)s, at %(instant)s", step=each.words, instant=reader.instant(each.at)) for each in earlier]
    return [*lines, "", f"{settings().public_url}/{type(ticket).path}/{ticket.number}"]
