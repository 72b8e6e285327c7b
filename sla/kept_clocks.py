"""The clocks of tickets with all that they are computed from, read for many tickets at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from itsm.kernel import clock
from itsm.kernel.module import registry
from itsm.tickets import past as past_tickets
from itsm.tickets.asking import Asking
from itsm.tickets.models import Ticket
from sla import queries
from sla.agreements.terms import terms_by_id
from sla.metrics.conditions import Moment
from sla.models import SlaClock
from sla.standing import NO_TERMS, ClockKey, Past, Standing, TermsHistory, stand, stored_terms
from sla.ticket_history import TicketHistory, history_of

KEPT_CONDITIONS = 256


@dataclass
class KeptClocks:
    """The clocks of one ticket with all that they are computed from.

    `rows` are the stored generations of each clock in order, none for one that is to begin; `terms` what has applied to
    it; `fired` the places of the steps that have fired by (clock, generation).
    """

    ticket: Ticket
    rows: dict[ClockKey, list[SlaClock]]
    terms: dict[ClockKey, TermsHistory]
    fired: Mapping[tuple[ClockKey, int], frozenset[str]]
    past: Past

    @property
    def history(self) -> TicketHistory:
        """The ticket's history."""
        return self.past.history

    def fired_of(self, standing: Standing) -> frozenset[str]:
        """Places of the steps that have fired for a clock in its generation."""
        return self.fired.get((standing.key, standing.clock.generation), frozenset())

    def is_open(self, key: ClockKey) -> bool:
        """Whether the last stored generation of a clock has not ended."""
        rows = self.rows.get(key, [])
        return bool(rows) and rows[-1].ended_at is None

    def open_keys(self, kind: str, owner_id: int = 0) -> list[ClockKey]:
        """The clocks of one kind and owner that have not ended."""
        return [key for key in self.rows if (key.kind, key.owner_id) == (kind, owner_id) and self.is_open(key)]

    def apply(self, key: ClockKey, at: datetime, terms_id: str) -> None:
        """Note that other terms apply to a clock from an instant on."""
        self.terms[key] = [*self.terms[key], (at, terms_id)]

    def with_terms_in_place(self, key: ClockKey, terms_id: str) -> TermsHistory:
        """What has applied to a clock, with other terms in place of the last; generations that ended keep theirs. Rule: C8."""
        at, row = self.terms[key][-1][0], self.rows[key][-1]
        if len(self.rows[key]) > 1 and row.started_at > at:
            return [*self.terms[key], (row.started_at, terms_id)]
        return [*self.terms[key][:-1], (at, terms_id)]

    def standings_now(self) -> list[Standing]:
        """`standings` at present; what has happened stays so even where the time of day was set back meanwhile."""
        return self.standings(max(clock.now(), self.history.events[-1].at))

    def standings(self, now: datetime) -> list[Standing]:
        """Every generation of every clock computed anew. Rule: C1."""
        ids = {terms_id for each in self.terms.values() for _at, terms_id in each if terms_id != NO_TERMS}
        known = terms_by_id(ids)
        found = (
            stand(key, self.past, self.terms[key], known, now=now)
            for key in sorted(self.terms, key=lambda key: key.rank)
        )
        return [standing for each in found for standing in each]


def key_of(row: SlaClock) -> ClockKey:
    """Which clock a row belongs to."""
    return ClockKey(row.kind, row.owner_id, row.metric)


@lru_cache(maxsize=KEPT_CONDITIONS)
def _asking(text: str) -> Asking:
    return Asking(text)


def holds(text: str, record: Any, at: datetime) -> bool:
    """Whether a condition of an own metric holds for a ticket as it stood at an instant."""
    return _asking(text).holds(record, at)


def load(found: Sequence[Ticket], *, open_only: bool = False, without_clocks: bool = False) -> list[KeptClocks]:
    """The clocks of some tickets with their histories: three statements, whatever the number of tickets.

    Tickets without clocks are left out unless `without_clocks`, with `open_only` also those whose clocks have all ended.
    """
    rows = queries.rows_of([ticket.id for ticket in found])
    wanted = [
        ticket
        for ticket in found
        if any(row.ended_at is None or not open_only for row in rows.get(ticket.id, ())) or without_clocks
    ]
    ids = [ticket.id for ticket in wanted]
    journals, fired = queries.journals_of(ids), queries.fired_of(ids)
    kept = []
    for ticket in wanted:
        past = past_of(ticket, journals.get(ticket.id, []))
        if past is not None:
            kept.append(_kept(ticket, rows.get(ticket.id, []), fired.get(ticket.id, {}), past))
    return kept


def _kept(
    ticket: Ticket,
    rows: Sequence[SlaClock],
    fired: Mapping[tuple[ClockKey, int], frozenset[str]],
    past: Past,
) -> KeptClocks:
    by_key: dict[ClockKey, list[SlaClock]] = defaultdict(list)
    for row in rows:
        by_key[key_of(row)].append(row)
    # The last generation knows all that has applied.
    return KeptClocks(ticket, dict(by_key), {key: stored_terms(each[-1]) for key, each in by_key.items()}, fired, past)


def past_of(ticket: Ticket, journal: Sequence[Any]) -> Past | None:
    """A ticket's past by its journal in order; None when that does not begin with the ticket's creation."""
    history = history_of(journal, registry().lifecycles[ticket.lifecycle_name])

    def moments() -> list[Moment]:
        return [Moment(entry.at, then, then.priority) for entry, then in past_tickets.story(ticket, journal)]

    return Past(history, moments, holds) if history is not None else None
