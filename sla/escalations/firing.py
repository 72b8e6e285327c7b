"""Escalation steps: each fires once for a clock and generation, in one transaction with its effects. Rules: E1 to E7."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.events import emit
from itsm.tickets import services as tickets
from itsm.tickets.events import TicketTargetSpent
from sla import queries, services
from sla.escalations.effects import act_on_all
from sla.escalations.notices import FallenStep, Notices, queue_mails
from sla.escalations.people import owner_name
from sla.kept_clocks import KeptClocks, load
from sla.models import FiredStep
from sla.standing import Standing, waiting_steps


@dataclass
class _Round:
    """One ticket being looked at: its clocks as they stand, and the steps that have fallen, in order."""

    kept: KeptClocks
    standings: list[Standing]
    fallen: list[FallenStep]
    woken_at: datetime | None

    @property
    def is_handled(self) -> bool:
        """Whether something came of the look: what would wake at the same instant again has got nowhere."""
        return bool(self.fallen) or next_look_at(self.kept) != self.woken_at


def next_look_at(kept: KeptClocks) -> datetime | None:
    """When the clocks of a ticket are to be looked at next, as their rows say."""
    instants = [row.next_step_at for rows in kept.rows.values() for row in rows if row.next_step_at is not None]
    return min(instants, default=None)


def wake(ticket_ids: Sequence[int]) -> int:
    """Look at the clocks of some tickets: fire what has fallen, mark breaches. Answers the number of tickets handled.

    Tickets that another worker holds are left to it. Steps that fell while nothing ran fire now, in order. Rule: E3.
    """
    now = clock.now()
    found = queries.locked_tickets(ticket_ids, skip_locked=True)
    rounds = [_look(kept, now) for kept in load(found, open_only=True)]
    firing = [each for each in rounds if each.fallen]
    _note_fired(firing, now)
    with services.recomputing_together() as moved:
        told = [(Notices(each.kept.ticket), each.fallen) for each in firing]
        act_on_all(told)
        queue_mails([notice for notices, _fallen in told for notice in notices.by_address.values()], now)
    # What an effect moved, such as to another group, was computed anew and stored because of that.
    services.store_many((each.kept, each.standings) for each in rounds if each.kept.ticket.id not in moved)
    for each in firing:
        _tell(each)
    return sum(each.is_handled for each in rounds)


def _tell(each: _Round) -> None:
    """Say what has fallen once everything is stored: what follows may change the ticket and its clocks again."""
    ticket = each.kept.ticket
    for fallen in each.fallen:
        if fallen.standing.key.kind == "sla" and fallen.step.percent is not None:
            emit(TicketTargetSpent(ticket.id, ticket.kind, metric=fallen.step.metric, percent=fallen.step.percent))


def _look(kept: KeptClocks, now: datetime) -> _Round:
    standings = kept.standings_now()
    fallen = [
        FallenStep(at, step, standing, owner_name(standing.key))
        for standing in standings
        for at, step in waiting_steps(standing, kept.fired_of(standing))
        if at <= now
    ]
    fallen.sort(key=lambda each: (each.at, each.standing.key.rank, each.step.rank))
    return _Round(kept, standings, fallen, next_look_at(kept))


def _note_fired(firing: Sequence[_Round], now: datetime) -> None:
    """Write the unique keys first: where another worker was faster, nothing of this transaction holds. Rule: E1."""
    rows = []
    for each in firing:
        fired = {key: set(places) for key, places in each.kept.fired.items()}
        for fallen in each.fallen:
            clock_key, generation = fallen.standing.key, fallen.standing.clock.generation
            fired.setdefault((clock_key, generation), set()).add(fallen.step.place)
            row = {"ticket_id": each.kept.ticket.id, **clock_key._asdict(), "generation": generation}
            row |= {"place": fallen.step.place, "step_id": fallen.step.step_id or None}
            rows.append(row | {"fell_at": fallen.at, "fired_at": now})
        each.kept.fired = {key: frozenset(places) for key, places in fired.items()}
    if rows:
        session.execute(insert(FiredStep), rows)
    tickets.write_changes(SYSTEM, [(each.kept.ticket, _words_in_journal(each.fallen)) for each in firing])


def _words_in_journal(fallen: Sequence[FallenStep]) -> dict[str, list[int | str | None]]:
    # Of several steps of one clock that fire at once, the journal's page shows the last: a share, or minutes as `-30m`.
    return {
        f"{each.standing.key.kind}.{each.step.metric}": [None, each.step.percent or each.step.place] for each in fallen
    }
