"""Escalation steps: each fires once for a clock and generation, in one transaction with its effects. Rules: E1 to E4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

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

    def add_group(self, fallen: FallenStep, group: Group | None) -> None:
        """The group's own address, else everyone who works in it."""
        if group is not None and group.email:
            self._add(fallen, group.email, "", "")
        elif group is not None:
            self.add(fallen, identity.list_members(group.id))

    def _add(self, fallen: FallenStep, address: str, language_code: str, timezone: str) -> None:
        reader = (language_code or settings().language, timezone or settings().timezone)
        steps = self.told.setdefault(address, (*reader, []))[2]
        if fallen not in steps:
            steps.append(fallen)


def wake(ticket_ids: Sequence[int]) -> int:
    """Look at the clocks of some tickets: fire what has fallen, mark breaches. Answers the number of steps fired.

    Tickets that another worker holds are left to it. Steps that fell while nothing ran fire now, in order. Rule: E3.
    """
    now = clock.now()
    found = queries.locked_tickets(ticket_ids, skip_locked=True)
    return sum(_wake(kept, now) for kept in services.load(found, open_only=True))


def _wake(kept: KeptClocks, now: datetime) -> int:
    standings = kept.standings(now)
    fallen = _fallen(kept, standings, now)
    if fallen:
        _note_fired(kept, fallen, now)
        _act(kept.ticket, fallen)
        standings = kept.standings(now)
    services.store(kept, standings)
    return len(fallen)


def _fallen(kept: KeptClocks, standings: Sequence[Standing], now: datetime) -> list[FallenStep]:
    found = [
        FallenStep(at, step, standing)
        for standing in standings
        for at, step in waiting_steps(standing, kept.fired_of(standing))
        if at <= now
    ]
    return sorted(found, key=lambda fallen: (fallen.at, fallen.step.metric, fallen.step.percent))


def _note_fired(kept: KeptClocks, fallen: Sequence[FallenStep], now: datetime) -> None:
    """Write the unique keys first: where another worker was faster, nothing of this transaction holds. Rule: E1."""
    rows = [
        {
            "ticket_id": kept.ticket.id,
            "metric": each.step.metric,
            "generation": each.standing.clock.generation,
            "percent": each.step.percent,
            "step_id": each.step.step_id or None,
            "fired_at": now,
        }
        for each in fallen
    ]
    session.execute(insert(FiredStep), rows)
    fired = {key: set(percents) for key, percents in kept.fired.items()}
    for row in rows:
        fired.setdefault((str(row["metric"]), _whole(row["generation"])), set()).add(_whole(row["percent"]))
    kept.fired = {key: frozenset(percents) for key, percents in fired.items()}


def _whole(value: Any) -> int:
    return int(value)


def _act(ticket: Ticket, fallen: Sequence[FallenStep]) -> None:
    changes = {f"sla.{each.step.metric}": [None, each.step.percent] for each in fallen}
    tickets.write_journal(SYSTEM, ticket, "change", changes=changes)
    addressees = _Addressees()
    for each in fallen:
        # People of the group that missed the target are told before the ticket leaves it.
        for action in sorted(each.step.actions, key=lambda name: name == "raise_level"):
            _take(action, ticket, each, addressees)
    for address, (code, timezone, steps) in addressees.told.items():
        _queue_mail(ticket, address, Reader(code, timezone), steps)


def _take(action: str, ticket: Ticket, fallen: FallenStep, addressees: _Addressees) -> None:
    if action == "raise_level":
        _attempt(ticket, lambda: tickets.escalate(SYSTEM, ticket))
    elif action == "notify_manager":
        manager = _attempt(ticket, lambda: tickets.escalate_to_manager(SYSTEM, ticket))
        addressees.add(fallen, [manager] if manager is not None else [])
    elif action == "notify_requester":
        addressees.add(fallen, _people([ticket.requester_id]))
    elif action == "notify_assignee" and ticket.assignee_id is not None:
        addressees.add(fallen, _people([ticket.assignee_id]))
    else:
        # Where nobody is assigned, the group is told, so that somebody hears of it.
        addressees.add_group(fallen, session.get(Group, ticket.group_id) if ticket.group_id else None)


def _attempt(ticket: Ticket, effect: Any) -> Any:
    """An effect that may be impossible (no higher level, no manager): then an internal note says so."""
    try:
        return effect()
    except ItsmError as error:
        tickets.write_journal(SYSTEM, ticket, "internal", body=str(error.message), automatic=True)
        return None


def _people(ids: Iterable[int | None]) -> Sequence[Person]:
    known = [each for each in ids if each is not None]
    return session.scalars(select(Person).where(Person.id.in_(known))).all() if known else []


def _queue_mail(ticket: Ticket, address: str, reader: Reader, steps: Sequence[FallenStep]) -> None:
    """One mail about the latest step, which names the earlier ones that were missed. Rule: E3."""
    latest = steps[-1]
    clock_name = f"{ticket.id}:{latest.step.metric}:{latest.standing.clock.generation}:{latest.step.percent}"
    with language(reader.language):
        subject = _("[%(number)s] %(step)s is spent: %(title)s", number=ticket.number, step=latest.words, title=ticket.title)
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
