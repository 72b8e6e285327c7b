"""Escalation steps: each fires once for a clock and generation, in one transaction with its effects. Rules: E1 to E4."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.events import emit
from itsm.kernel.text import Message, _
from itsm.staffing import queries as staffing
from itsm.staffing.queries import OnCall
from itsm.tickets import services as tickets
from itsm.tickets.events import TicketTargetSpent
from itsm.tickets.models import Ticket
from sla import queries, services
from sla.models import FiredStep
from sla.services import KeptClocks
from sla.standing import Standing, waiting_steps
from sla.step_notices import FallenStep, Notice, Notices, can_be_told, queue_mails


class _People:
    """People and groups of one batch, each read once."""

    def __init__(self) -> None:
        self._groups: dict[int, tuple[Group | None, Sequence[Person]]] = {}
        self._on_call: dict[int, Sequence[OnCall]] = {}

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

    def on_call(self, group_id: int | None) -> Sequence[OnCall]:
        """Who is on call for a group now, in each of its rotas."""
        if group_id is None:
            return ()
        if group_id not in self._on_call:
            self._on_call[group_id] = staffing.on_call(group_id, clock.now())
        return self._on_call[group_id]


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
    raised = _act_on_all(firing, now)
    # What went to another group was computed anew and stored because of that.
    services.store_many((each.kept, each.standings) for each in rounds if each.kept.ticket.id not in raised)
    for each in firing:
        _tell(each)
    return sum(len(each.fallen) for each in firing)


def _tell(each: _Round) -> None:
    """Say what has fallen once everything is stored: what follows may change the ticket and its clocks again."""
    ticket = each.kept.ticket
    for fallen in each.fallen:
        emit(TicketTargetSpent(ticket.id, ticket.kind, metric=fallen.step.metric, percent=fallen.step.percent))


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


def _act_on_all(firing: Sequence[_Round], now: datetime) -> set[int]:
    """Do what the steps of these tickets ask for; answers ids of the tickets that went to another group."""
    people, notices, raised = _People(), list[Notice](), set[int]()
    for each in firing:
        told = Notices(each.kept.ticket)
        if _act(each.kept.ticket, each.fallen, told, people):
            raised.add(each.kept.ticket.id)
        notices += told.by_address.values()
    queue_mails(notices, now)
    return raised


def _act(ticket: Ticket, fallen: Sequence[FallenStep], notices: Notices, people: _People) -> bool:
    """Do what the steps ask for, mails apart; answers whether the ticket went to another group."""
    raised = False
    for each in fallen:
        # People of the group that missed the target are told before the ticket leaves it.
        for action in sorted(each.step.actions, key=lambda name: name == "raise_level"):
            if action == "raise_level":
                raised = _attempt(ticket, lambda: tickets.escalate(SYSTEM, ticket)) is not None or raised
            else:
                _note_addressees(action, ticket, each, notices, people)
    return raised


def _note_addressees(action: str, ticket: Ticket, fallen: FallenStep, notices: Notices, people: _People) -> None:
    group_id = ticket.group_id
    if action == "notify_manager":
        manager = _attempt(ticket, lambda: tickets.escalate_to_manager(SYSTEM, ticket))
        notices.add(fallen, [manager] if manager is not None else [], group_id=group_id)
    elif action == "call_rota":
        _call_rota(ticket, fallen, notices, people)
    elif action == "notify_requester":
        notices.add(fallen, people.person(ticket.requester_id))
    elif action == "notify_assignee" and ticket.assignee_id is not None:
        notices.add(fallen, people.person(ticket.assignee_id), group_id=group_id)
    else:
        # Where nobody is assigned, the group is told, so that somebody hears of it.
        notices.add_group(fallen, *people.group(group_id))


def _call_rota(ticket: Ticket, fallen: FallenStep, notices: Notices, people: _People) -> None:
    """Tell whoever is on call for the group, at any hour, or else its manager; the ticket says whom and why. Rule: E5."""
    shifts = people.on_call(ticket.group_id)
    on_call = [(person, shift.rota.name) for shift in shifts for person in people.person(shift.person_id)]
    called = [(person, rota) for person, rota in on_call if can_be_told(person)]
    if called:
        names = ", ".join(f"{person.name} ({rota})" for person, rota in called)
        tickets.write_journal(SYSTEM, ticket, "change", changes={"sla.on_call": [None, names]})
    for person, rota in called:
        notices.add(fallen, [person], group_id=ticket.group_id, why=_("You are on call: %(rota)s.", rota=rota))
    if not called:
        _call_manager(ticket, fallen, notices, [person.name for person, _rota in on_call])


def _call_manager(ticket: Ticket, fallen: FallenStep, notices: Notices, names: Sequence[str]) -> None:
    """The way out where no call can be made; `names` are people on call whom no mail reaches."""
    why: Message = _("Nobody is on call for the group of this ticket now, so its manager is told instead.")
    if names:
        why = _("No mail reaches who is on call (%(names)s), so the manager is told instead.", names=", ".join(names))
    tickets.write_journal(SYSTEM, ticket, "internal", body=str(why), automatic=True)
    manager = _attempt(ticket, lambda: tickets.escalate_to_manager(SYSTEM, ticket))
    notices.add(fallen, [manager] if manager is not None else [], group_id=ticket.group_id, why=why)


def _attempt(ticket: Ticket, effect: Any) -> Any:
    """An effect that may be impossible (no higher level, no manager): then an internal note says so."""
    try:
        return effect()
    except ItsmError as error:
        tickets.write_journal(SYSTEM, ticket, "internal", body=str(error.message), automatic=True)
        return None
