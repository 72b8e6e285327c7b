"""Steps that can be taken back: what tickets were before, and setting them back to exactly that. Rule: U1.

A restored ticket has every fact as it was but its version, which only grows, so that nobody saves over it unseen. The
journal keeps what happened; entries of a step that was taken back are marked, and clocks and reports pass over them.
Messages that wait in the outbox are withdrawn; what had left stays said, and whoever takes the step back is told so.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, func, inspect, select, update
from sqlalchemy.types import TypeEngine

from itsm.kernel import audit, lifecycles, outbox, undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import UtcDateTime, session
from itsm.kernel.errors import Conflict
from itsm.kernel.events import emit
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.text import Message, _, plural
from itsm.kernel.undo import Undo
from itsm.tickets import indexing, policy
from itsm.tickets.events import TicketRestored
from itsm.tickets.models import JournalEntry, Ticket
from itsm.tickets.services import additions
from itsm.tickets.services.additions import Surroundings
from itsm.tickets.services.journal import require_work, write_journal
from itsm.tickets.services.steps import lifecycle_of, steps_for

CHANGE = "tickets.change"
# The keeper of the clocks writes these, and computes them anew when a ticket is restored.
KEPT_ELSEWHERE = frozenset({"due_at", "due_from_at", "due_left_seconds", "due_target_seconds", "due_state"})
NEVER_RESTORED = frozenset({"id", "kind", "version"}) | KEPT_ELSEWHERE
# These move with every change; that they moved on alone is no conflict.
NEVER_IN_THE_WAY = frozenset({"updated_at"})


@dataclass
class Step:
    """A step under way: after the block, `undo` is what takes it back, and `payload` what it holds besides the facts."""

    payload: dict[str, Any] = field(default_factory=dict)
    undo: Undo | None = None


@contextmanager
def undoable(
    actor: Actor, tickets: Sequence[Ticket], *, title: Any, back: str, kind: str = CHANGE, whole: bool = False
) -> Iterator[Step]:
    """Remember what the block changes in tickets that the caller has locked, so that its actor can take it back.

    `whole` also remembers what the block writes to them, and the watchers, links and tasks that it adds.
    """
    step, before = Step(), {ticket.id: picture(ticket) for ticket in tickets}
    last = _last_entry(list(before))
    around = Surroundings(list(before), last) if whole else None
    with outbox.noting() as messages:
        yield step
    session.flush()
    after = {ticket.id: picture(ticket) for ticket in tickets}
    entries, added = _changes_since(list(before), last), around.since() if around else {}
    kept = [
        {"id": ticket_id, "before": old, "after": new, "entries": entries.get(ticket_id, [])}
        | {"added": added.get(ticket_id, {})}
        for ticket_id in before
        for old, new in [_differences(before[ticket_id], after[ticket_id])]
        if old or ticket_id in added
    ]
    if kept or step.payload:
        payload = {**step.payload, "tickets": kept, "messages": outbox.still_known(messages)}
        step.undo = undo.remember(actor, kind, title=title, back=back, payload=payload)


def picture(ticket: Ticket) -> dict[str, Any]:
    """Every fact of a ticket that a step may change, as it is kept for taking back."""
    return audit.jsonable({column.key: getattr(ticket, column.key) for column in _columns(ticket)})


def take_back(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """`restore`, and words for what had left and stays."""
    return told_of(restore(actor, payload))


def told_of(left: Collection[OutboxMessage]) -> Message | None:
    """What had left already, for the person who takes a step back; None when nothing had."""
    if not left:
        return None
    return plural(
        "%(num)s message had left already and cannot be called back. A reply that it brought stays on the ticket.",
        "%(num)s messages had left already and cannot be called back. Replies that they brought stay on the ticket.",
        len(left),
    )


def restore(actor: Actor, payload: Mapping[str, Any]) -> list[OutboxMessage]:
    """Set tickets back to what they were; answers messages of the step that had left, which stay said with their entries.

    Raises `Conflict` that names what has changed in them since, or a state that their life cycle lost. Rule: U1.
    """
    kept = {int(each["id"]): each for each in payload["tickets"]}
    statement = select(Ticket).where(Ticket.id.in_(kept)).order_by(Ticket.id)
    found = session.scalars(statement.with_for_update(of=Ticket).execution_options(populate_existing=True)).all()
    _refuse_unreadable(actor, found, kept)
    for ticket in found:
        require_work(actor, ticket)
        _refuse_later_changes(ticket, kept[ticket.id]["after"])
        _refuse_lost_state(actor, ticket, kept[ticket.id]["before"])
        additions.refuse_later_work(ticket, kept[ticket.id].get("added", {}))
    keys = set(payload.get("messages", ()))
    left = outbox.those_that_left(keys)
    for ticket in found:
        staying = _staying(ticket, kept[ticket.id], left)
        keys -= {key for key in keys for entry_id in staying if _tells_of(key, ticket, entry_id)}
        _restore(actor, ticket, kept[ticket.id], staying)
    outbox.withdraw(keys)
    return left


def _staying(ticket: Ticket, kept: Mapping[str, Any], left: Collection[OutboxMessage]) -> list[int]:
    """Entries that somebody has by mail already: they stay said, and the rest of their mails goes out as well."""
    said = kept.get("added", {}).get("said", ())
    return [each for each in said if any(_tells_of(message.event_key, ticket, each) for message in left)]


def _tells_of(event_key: str, ticket: Ticket, entry_id: int) -> bool:
    return event_key.startswith((f"reply:{ticket.id}:{entry_id}:", f"answered:{ticket.id}:{entry_id}:"))


def _columns(ticket: Ticket) -> list[Column[Any]]:
    mapper = inspect(type(ticket))
    return [mapper.columns[name.key] for name in mapper.column_attrs if name.key not in NEVER_RESTORED]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in before if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _last_entry(ticket_ids: Sequence[int]) -> int:
    return session.scalar(select(func.max(JournalEntry.id)).where(JournalEntry.ticket_id.in_(ticket_ids))) or 0


def _changes_since(ticket_ids: Sequence[int], last: int) -> dict[int, list[int]]:
    """Ids of entries that tell of changes; what people wrote stays said and is never retracted."""
    statement = select(JournalEntry.ticket_id, JournalEntry.id).where(
        JournalEntry.ticket_id.in_(ticket_ids), JournalEntry.id > last, JournalEntry.kind == "change"
    )
    found: dict[int, list[int]] = {}
    for ticket_id, entry_id in session.execute(statement.order_by(JournalEntry.id)):
        found.setdefault(ticket_id, []).append(entry_id)
    return found


def _refuse_unreadable(actor: Actor, found: Sequence[Ticket], kept: Mapping[int, Mapping[str, Any]]) -> None:
    """What went out of the actor's sight by this very step comes back; what others moved away since does not."""
    readable = set(session.scalars(select(Ticket.id).where(Ticket.id.in_(kept), policy.visible(actor))))
    moved = {ticket.id for ticket in found if kept[ticket.id]["after"].get("group_id") == ticket.group_id}
    if kept.keys() - readable - moved:
        raise Conflict(_("A ticket of this step is no longer yours to see, so the step cannot be taken back."))


def _refuse_later_changes(ticket: Ticket, after: Mapping[str, Any]) -> None:
    now = picture(ticket)
    changed = sorted(name for name in after if now[name] != after[name] and name not in NEVER_IN_THE_WAY)
    if changed:
        raise Conflict(
            _(
                "%(number)s was changed since (%(fields)s), so this cannot be taken back as a whole.",
                number=ticket.number,
                fields=", ".join(changed),
            )
        )


def _refuse_lost_state(actor: Actor, ticket: Ticket, before: Mapping[str, Any]) -> None:
    """A state that the life cycle has lost, or made something else of, is not brought back. Rule: L4."""
    state, cycle = before.get("state"), lifecycle_of(ticket)
    if state is None:
        return
    category = before.get("state_category", ticket.state_category)
    if state not in cycle.states or cycle.category(state) != category:
        raise Conflict(
            _(
                "%(number)s cannot become “%(state)s” again: its life cycle was changed. Steps it can take now: %(steps)s.",
                number=ticket.number,
                state=lifecycles.state_title(ticket.kind, state),
                steps=", ".join(str(step.title) for step in steps_for(actor, ticket)) or "–",
            )
        )


def _restore(actor: Actor, ticket: Ticket, kept: Mapping[str, Any], staying: Collection[int]) -> None:
    types = {column.key: column.type for column in _columns(ticket)}
    before = {name: value for name, value in kept["before"].items() if not (staying and name == "responded_at")}
    for name, value in before.items():
        setattr(ticket, name, _read(types[name], value))
    ticket.version += 1
    if kept["entries"]:
        session.execute(update(JournalEntry).where(JournalEntry.id.in_(kept["entries"])).values(retracted=True))
        indexing.forget_entries(kept["entries"])
    added = kept.get("added", {})
    additions.take_away(ticket, added, staying=staying)
    session.flush()
    write_journal(actor, ticket, "change", changes={"taken_back": [sorted({*kept["after"], *added}), None]})
    emit(TicketRestored(ticket.id, ticket.kind, fields=frozenset(before)))


def _read(kind: TypeEngine[Any], value: Any) -> Any:
    """A value as its column holds it; days and instants were kept as text."""
    if value is not None and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value is not None and isinstance(kind, Date) else value
