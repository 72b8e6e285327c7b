"""The clocks' keeper: starts clocks, computes them anew from the journal, and stores what came out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, cast

from sqlalchemy import insert, update
from sqlalchemy.orm.attributes import set_committed_value

from itsm.kernel import audit, clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla import queries
from sla.agreements.choice import Choice, Offer, current_offers
from sla.agreements.terms import AgreedTerms, terms_by_id
from sla.history import AssignedToPerson, Category, Created, HistoryEvent
from sla.kept_clocks import KeptClocks, holds, load
from sla.metrics.conditions import Moment
from sla.models import SlaClock
from sla.possession import has_waited_for_supplier, waits_for_supplier
from sla.standing import (
    NO_TERMS,
    ClockKey,
    Past,
    Standing,
    most_pressing,
    row_values,
    written_terms,
)
from sla.ticket_history import Possession, TicketHistory

LONGEST_REASON = 255
Changed = dict[tuple[str, ...], list[dict[str, Any]]]  # names of columns → rows with their id and new values
_moved: ContextVar[dict[int, Ticket] | None] = ContextVar("moved", default=None)
# Clocks that only steps, facts and assignments move; the others may be moved by an answer too.
UNMOVED_BY_ANSWERS = frozenset({"acceptance", "resolution"})


def start_clocks(ticket: Ticket) -> None:
    """Start the clocks of a ticket that was just recorded: three statements, whatever the number of clocks."""
    first = _first_history(ticket)
    past = Past(first, lambda: [Moment(ticket.created_at, ticket, ticket.priority)], holds)
    kept = KeptClocks(ticket, {}, {}, {}, past)
    _follow_agreements(kept)
    if kept.terms:
        store(kept, kept.standings_now())


def _first_history(ticket: Ticket) -> TicketHistory:
    """The history of a ticket that has none but its creation, without reading the journal."""
    category = cast(Category, ticket.state_category)
    events: list[HistoryEvent] = [Created(ticket.created_at, ticket.priority, category)]
    if ticket.assignee_id is not None:
        events.append(AssignedToPerson(ticket.created_at))
    first = Possession(ticket.created_at, ticket.group_id, ticket.priority)
    return TicketHistory(ticket.created_at, tuple(events), (first,))


def recompute(ticket: Ticket) -> None:
    """Compute the clocks of a ticket anew after something happened to it, and store them.

    Which agreement applies is decided again as long as a clock is open; what has ended keeps its terms. Rule: C8.
    """
    moved = _moved.get()
    if moved is None:
        _recompute_all([ticket])
    else:
        moved[ticket.id] = ticket


@contextmanager
def recomputing_together() -> Iterator[Mapping[int, Ticket]]:
    """Compute the clocks of all tickets that are to be computed anew inside the block once, together, at its end.

    Answers these tickets by id, complete when the block has ended.
    """
    moved: dict[int, Ticket] = {}
    token = _moved.set(moved)
    try:
        yield moved
    finally:
        _moved.reset(token)
    _recompute_all(moved.values())


def _recompute_all(moved: Iterable[Ticket]) -> None:
    found = list(moved)
    kept_clocks = load([ticket for ticket in found if ticket.unfinished], without_clocks=True)
    kept_clocks += load([ticket for ticket in found if not ticket.unfinished])
    offers = current_offers() if kept_clocks else ()
    for kept in kept_clocks:
        _follow_agreements(kept, offers)
    store_many((kept, kept.standings_now()) for kept in kept_clocks if kept.terms)


def recompute_after_answer(ticket: Ticket) -> None:
    """Compute anew after a public answer by staff, if a clock may wait for one."""
    rows = queries.rows_of([ticket.id]).get(ticket.id, ())
    if any(row.metric not in UNMOVED_BY_ANSWERS and row.ended_at is None for row in rows):
        recompute(ticket)


def _follow_agreements(kept: KeptClocks, offers: Sequence[Offer] | None = None) -> None:
    """Decide again which agreements apply, as long as clocks are open; those of a group and a supplier from when they are met."""
    choice = Choice(kept.ticket, offers)
    _follow_sla(kept, choice)
    group_id = kept.ticket.group_id
    if group_id is not None and choice.has_ola:
        _follow_ola(kept, choice, group_id)
    if choice.has_uc and has_waited_for_supplier(kept.history):
        _follow_uc(kept, choice)


def _follow_sla(kept: KeptClocks, choice: Choice) -> None:
    has_any = any(key.kind == "sla" for key in kept.rows)
    opened = kept.open_keys("sla")
    if has_any and not opened:
        return
    chosen = choice.sla()
    if not has_any:
        if chosen is not None:
            _begin(kept, chosen, "sla", 0)
        return
    before = _current_terms(kept, opened)
    if not _apply(kept, opened, before, chosen):
        return
    if chosen is not None:
        _begin(kept, chosen, "sla", 0)
    names = [before.agreement_name if before else None, chosen.agreement_name if chosen else None]
    tickets.write_journal(SYSTEM, kept.ticket, "change", changes={"agreement": names})


def _follow_ola(kept: KeptClocks, choice: Choice, group_id: int) -> None:
    opened = kept.open_keys("ola", group_id)
    known = any((key.kind, key.owner_id) == ("ola", group_id) for key in kept.rows)
    if known and not opened:
        return
    if not known and not kept.ticket.unfinished:
        return  # an agreement made later says nothing about what had ended before
    chosen = choice.ola(group_id)
    if not known:
        if chosen is not None:
            _begin(kept, chosen, "ola", group_id)
    elif _apply(kept, opened, _current_terms(kept, opened), chosen) and chosen is not None:
        _begin(kept, chosen, "ola", group_id)


def _follow_uc(kept: KeptClocks, choice: Choice) -> None:
    """A supplier's clock begins with the first wait; the contract that then applies is kept to."""
    if not waits_for_supplier(kept.history.last_state) or any(key.kind == "uc" for key in kept.rows):
        return
    offer = choice.uc()
    if offer is not None:
        _begin(kept, offer.terms, "uc", offer.supplier_id or 0)


def _begin(kept: KeptClocks, terms: AgreedTerms, kind: str, owner_id: int) -> None:
    """Let the clocks of an agreement begin that the ticket does not have yet; they count from its beginning."""
    for metric in terms.targets:
        kept.terms.setdefault(ClockKey(kind, owner_id, metric), [(kept.history.created_at, terms.id)])


def _current_terms(kept: KeptClocks, keys: Iterable[ClockKey]) -> AgreedTerms | None:
    ids = [kept.terms[key][-1][1] for key in keys]
    return next(iter(terms_by_id(terms_id for terms_id in ids if terms_id != NO_TERMS).values()), None)


def _apply(kept: KeptClocks, keys: Sequence[ClockKey], before: AgreedTerms | None, chosen: AgreedTerms | None) -> bool:
    """Note on open clocks that another agreement applies from now on; answers whether it is another. Rule: C5."""
    if (chosen.agreement_id if chosen else None) == (before.agreement_id if before else None):
        return False
    now = max(clock.now(), kept.history.events[-1].at)
    for key in keys:
        kept.apply(key, now, chosen.id if chosen else NO_TERMS)
    return True


def take_terms_in_force(kept: KeptClocks) -> None:
    """Measure open clocks by their agreement as it reads now, in place of what it read before. Rule: C8."""
    opened = [key for key in kept.rows if kept.is_open(key)]
    latest = queries.terms_in_force({kept.rows[key][-1].agreement_id for key in opened})
    for key in opened:
        if kept.terms[key][-1][1] != NO_TERMS:
            kept.terms[key] = kept.with_terms_in_place(key, latest[kept.rows[key][-1].agreement_id])
    _follow_agreements(kept)


def store(kept: KeptClocks, standings: Sequence[Standing]) -> None:
    """Write computed clocks to their rows, and the most pressing one to the ticket."""
    store_many([(kept, standings)])


def store_many(computed: Iterable[tuple[KeptClocks, Sequence[Standing]]]) -> None:
    """`store` for many tickets, written together: a statement for each set of columns that changed."""
    new: list[dict[str, Any]] = []
    changed: Changed = defaultdict(list)
    for kept, standings in computed:
        for key, each in groupby(standings, key=lambda standing: standing.key):
            new += _set_rows(kept, key, list(each), changed)
        tickets.set_due(kept.ticket.id, **asdict(most_pressing(standings)))
    session.flush()  # rows that are deleted make room first
    for rows in changed.values():
        session.execute(update(SlaClock), rows)
    if new:
        session.execute(insert(SlaClock), new)


def _set_rows(kept: KeptClocks, key: ClockKey, standings: Sequence[Standing], changed: Changed) -> list[dict[str, Any]]:
    """Bring the rows of one clock to what was computed, to be written from `changed`; answers the rows to be added."""
    stored, new, whole = _matched(kept.rows.get(key, []), standings), [], session().in_nested_transaction()
    for standing in standings:
        values = row_values(standing, kept.history, kept.fired_of(standing))
        row = stored.get(standing.clock.generation)
        if row is None:
            new.append(_new_row(kept, key, values))
            continue
        if row.ended_at is None:
            values["organisation_id"] = kept.ticket.organisation_id
            values["terms"] = written_terms(kept.terms[key])
        other = {name: value for name, value in values.items() if getattr(row, name) != value}
        # A savepoint that is rolled back forgets what it knows to be changed, so there the session itself must write.
        keep = setattr if whole else set_committed_value
        for name, value in other.items():
            keep(row, name, value)
        if other and not whole:
            changed[tuple(other)].append({"id": row.id, **other})
    return new


def _matched(rows: Sequence[SlaClock], standings: Sequence[Standing]) -> dict[int, SlaClock]:
    """Stored rows by the generation that they stand for; rows of generations that never were are deleted.

    A clock that began anew without having ended goes on in its row under a higher generation.
    """
    by_generation = {row.generation: row for row in rows}
    wanted = [standing.clock.generation for standing in standings]
    left = [row for row in rows if row.generation not in wanted]
    if wanted and wanted[-1] not in by_generation and left and left[-1] is rows[-1]:
        by_generation[wanted[-1]] = left.pop()
    for row in left:
        session.delete(row)
    return by_generation


def _new_row(kept: KeptClocks, key: ClockKey, values: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {
        "ticket_id": kept.ticket.id,
        "kind": key.kind,
        "owner_id": key.owner_id,
        "metric": key.metric,
        "organisation_id": kept.ticket.organisation_id,
        "reason": "",
        "terms": written_terms(kept.terms[key]),
    }
    return fixed | dict(values)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a stored clock that is not what its history gives."""

    number: str
    metric: str
    field: str
    stored: Any
    computed: Any


# A running clock's spent time is as of its last computation; it says nothing about drift.
MOVING = frozenset({"elapsed_seconds", "remaining_seconds", "customer_seconds", "supplier_seconds"})


def compare(kept: KeptClocks, standings: Sequence[Standing]) -> Iterator[Difference]:
    """What differs between the stored rows and their computation."""
    for key, each in groupby(standings, key=lambda standing: standing.key):
        computed = list(each)
        stored = {row.generation: row for row in kept.rows.get(key, [])}
        generations = [standing.clock.generation for standing in computed]
        if list(stored) != generations:
            yield Difference(kept.ticket.number, key.metric, "generation", list(stored), generations)
        for standing in computed:
            if standing.clock.generation in stored:
                yield from _differences(kept, stored[standing.clock.generation], standing)


def _differences(kept: KeptClocks, row: SlaClock, standing: Standing) -> Iterator[Difference]:
    moving = standing.is_open
    for name, value in row_values(standing, kept.history, kept.fired_of(standing)).items():
        if getattr(row, name) != value and not (moving and name in MOVING):
            yield Difference(kept.ticket.number, row.metric, name, getattr(row, name), value)


def rebuild(ticket_ids: Iterable[int], *, dry_run: bool = False) -> list[Difference]:
    """Compute the clocks of some tickets anew and store what differs, which is also answered."""
    ids = list(ticket_ids)
    if dry_run:  # what seems to differ is looked at again while nobody can change it
        ids = [kept.ticket.id for kept, _standings, _found in _differing(queries.tickets_by_id(ids))]
    differing = list(_differing(queries.locked_tickets(ids))) if ids else []
    if not dry_run:
        store_many([(kept, standings) for kept, standings, _found in differing])
    return [difference for _kept, _standings, found in differing for difference in found]


def _differing(
    tickets_: Sequence[Ticket],
) -> Iterator[tuple[KeptClocks, Sequence[Standing], list[Difference]]]:
    for kept in load(tickets_):
        standings = kept.standings_now()
        found = list(compare(kept, standings))
        if found:
            yield kept, standings, found


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
