"""The clocks' keeper: starts clocks, computes them anew from the journal, and stores what came out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import insert

from itsm.kernel import audit, clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla import queries
from sla.choice import choose_terms
from sla.history import AssignedToPerson, Category, Created, HistoryEvent, Metric
from sla.models import SlaClock
from sla.standing import NO_TERMS, Standing, most_pressing, row_values, stand, stored_terms, written_terms
from sla.terms import KEPT_METRICS, AgreedTerms, terms_by_id
from sla.ticket_history import Possession, TicketHistory, history_of

LONGEST_REASON = 255


@dataclass
class KeptClocks:
    """The clocks of one ticket with all that they are computed from. `fired` maps (metric, generation) to shares."""

    ticket: Ticket
    rows: list[SlaClock]
    fired: Mapping[tuple[str, int], frozenset[int]]
    history: TicketHistory

    def fired_of(self, standing: Standing) -> frozenset[int]:
        """Shares of the target whose steps have fired for a clock."""
        return self.fired.get((standing.clock.metric, standing.clock.generation), frozenset())

    def standings(self, now: datetime) -> list[Standing]:
        """Every clock computed anew, in the order of the rows. Rule: C1."""
        histories = [stored_terms(row) for row in self.rows]
        known = terms_by_id(terms_id for each in histories for _at, terms_id in each if terms_id != NO_TERMS)
        return [
            stand(metric_of(row), self.history, each, known, now=now)
            for row, each in zip(self.rows, histories, strict=True)
        ]


def metric_of(row: SlaClock) -> Metric:
    """The metric of a stored clock."""
    return next(metric for metric in KEPT_METRICS if metric == row.metric)


def start_clocks(ticket: Ticket) -> None:
    """Start the clocks of a ticket that was just recorded: three statements, whatever the number of clocks."""
    terms = choose_terms(ticket)
    if terms is None:
        return
    _insert_clocks(ticket, terms, _first_history(ticket))


def _first_history(ticket: Ticket) -> TicketHistory:
    """The history of a ticket that has none but its creation, without reading the journal."""
    category = cast(Category, ticket.state_category)
    events: list[HistoryEvent] = [Created(ticket.created_at, ticket.priority, category)]
    if ticket.assignee_id is not None:
        events.append(AssignedToPerson(ticket.created_at))
    first = Possession(ticket.created_at, ticket.group_id, ticket.priority)
    return TicketHistory(ticket.created_at, tuple(events), (first,))


def _insert_clocks(ticket: Ticket, terms: AgreedTerms, history: TicketHistory) -> None:
    applied = [(history.created_at, terms.id)]
    known, now = {terms.id: terms}, clock.now()
    standings = [stand(metric, history, applied, known, now=now) for metric in terms.targets]
    fixed = {
        "ticket_id": ticket.id,
        "organisation_id": ticket.organisation_id,
        "reason": "",
        "terms": written_terms(applied),
    }
    rows = [{**fixed, "metric": each.clock.metric, **row_values(each, history, ())} for each in standings]
    if rows:
        session.execute(insert(SlaClock), rows)
    _show_due(ticket, standings)
    session.flush()


def _show_due(ticket: Ticket, standings: Sequence[Standing]) -> None:
    tickets.set_due(ticket.id, **asdict(most_pressing(standings)))


def load(found: Sequence[Ticket], *, open_only: bool = False) -> list[KeptClocks]:
    """The clocks of some tickets with their histories: three statements, whatever the number of tickets.

    Tickets without clocks are left out, with `open_only` also those whose clocks have all ended.
    """
    rows = queries.rows_of([ticket.id for ticket in found])
    wanted = [
        ticket for ticket in found if any(row.ended_at is None or not open_only for row in rows.get(ticket.id, ()))
    ]
    ids = [ticket.id for ticket in wanted]
    journals, fired = queries.journals_of(ids), queries.fired_of(ids)
    kept = []
    for ticket in wanted:
        history = history_of(journals.get(ticket.id, []), registry().lifecycles[ticket.lifecycle_name])
        if history is not None:
            kept.append(KeptClocks(ticket, rows[ticket.id], fired.get(ticket.id, {}), history))
    return kept


def recompute(ticket: Ticket) -> None:
    """Compute the clocks of a ticket anew after something happened to it, and store them.

    Which agreement applies is decided again as long as a clock is open; what has ended keeps its terms. Rule: C8.
    """
    kept = load([ticket])
    if kept:
        _follow_agreement(kept[0])
        store(kept[0], kept[0].standings(clock.now()))
    elif ticket.unfinished and (terms := choose_terms(ticket)) is not None:
        history = history_of(
            queries.journals_of([ticket.id]).get(ticket.id, []), registry().lifecycles[ticket.lifecycle_name]
        )
        if history is not None:
            _insert_clocks(ticket, terms, history)


def recompute_after_answer(ticket: Ticket) -> None:
    """Compute anew after a public answer by staff, if the response clock still waits for one."""
    if any(
        row.metric == "response" and row.ended_at is None for row in queries.rows_of([ticket.id]).get(ticket.id, ())
    ):
        recompute(ticket)


def _follow_agreement(kept: KeptClocks) -> None:
    """Note on open clocks that another agreement applies from now on. Rule: C5."""
    open_rows = [row for row in kept.rows if row.ended_at is None]
    if not open_rows:
        return
    chosen = choose_terms(kept.ticket)
    current = terms_by_id(row.terms[-1][1] for row in open_rows if row.terms[-1][1] != NO_TERMS)
    before = next((each for each in current.values()), None)
    if (chosen.agreement_id if chosen else None) == (before.agreement_id if before else None):
        return
    entry = [clock.now().isoformat(), chosen.id if chosen else NO_TERMS]
    for row in open_rows:
        row.terms = [*row.terms, entry]
    names = [before.agreement_name if before else None, chosen.agreement_name if chosen else None]
    tickets.write_journal(SYSTEM, kept.ticket, "change", changes={"agreement": names})


def take_terms_in_force(kept: KeptClocks) -> None:
    """Measure open clocks by their agreement as it reads now, in place of what it read before. Rule: C8."""
    open_rows = [row for row in kept.rows if row.ended_at is None]
    latest = queries.terms_in_force({row.agreement_id for row in open_rows})
    for row in open_rows:
        at, terms_id = row.terms[-1]
        if terms_id != NO_TERMS:
            row.terms = [*row.terms[:-1], [at, latest[row.agreement_id]]]
    _follow_agreement(kept)


def store(kept: KeptClocks, standings: Sequence[Standing]) -> None:
    """Write computed clocks to their rows, and the most pressing one to the ticket."""
    store_many([(kept, standings)])


def store_many(computed: Iterable[tuple[KeptClocks, Sequence[Standing]]]) -> None:
    """`store` for many tickets, written together."""
    for kept, standings in computed:
        _set_rows(kept, standings)
        _show_due(kept.ticket, standings)
    session.flush()


def _set_rows(kept: KeptClocks, standings: Sequence[Standing]) -> None:
    for row, standing in zip(kept.rows, standings, strict=True):
        for name, value in row_values(standing, kept.history, kept.fired_of(standing)).items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        if row.ended_at is None:
            row.organisation_id = kept.ticket.organisation_id


@dataclass(frozen=True)
class Difference:
    """One value of a stored clock that is not what its history gives."""

    number: str
    metric: str
    field: str
    stored: Any
    computed: Any


# A running clock's spent time is as of its last computation; it says nothing about drift.
MOVING = frozenset({"elapsed_seconds", "remaining_seconds"})


def compare(kept: KeptClocks, standings: Sequence[Standing]) -> Iterator[Difference]:
    """What differs between the stored rows and their computation."""
    for row, standing in zip(kept.rows, standings, strict=True):
        moving = standing.clock.due_at is not None and standing.clock.stopped_at is None
        for name, value in row_values(standing, kept.history, kept.fired_of(standing)).items():
            if getattr(row, name) != value and not (moving and name in MOVING):
                yield Difference(kept.ticket.number, row.metric, name, getattr(row, name), value)


def rebuild(ticket_ids: Iterable[int], *, dry_run: bool = False) -> list[Difference]:
    """Compute the clocks of some tickets anew and store what differs, which is also answered."""
    found: list[Difference] = []
    for kept in load(queries.locked_tickets(list(ticket_ids))):
        standings = kept.standings(clock.now())
        differences = list(compare(kept, standings))
        if differences and not dry_run:
            store(kept, standings)
        found += differences
    return found


def note_reason(actor: Actor, row: SlaClock, *, reason: str) -> None:
    """Keep why a target was missed; reports show it beside the breach."""
    require(actor, "sla.explain")
    if row.breached_at is None:
        raise Invalid.field("reason", _("This target was not missed, so there is nothing to explain."))
    text = reason.strip()
    if len(text) > LONGEST_REASON:
        raise Invalid.field("reason", _("This text is too long (at most %(most)s characters).", most=LONGEST_REASON))
    before, row.reason = row.reason, text
    session.flush()
    changes = {"reason": [before, text]}
    audit.record(actor, "sla_clock.explained", subject_kind="sla_clock", subject_id=row.id, changes=changes)
