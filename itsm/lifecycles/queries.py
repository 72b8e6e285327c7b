"""Every read of versions, and of the tickets that an edit touches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.lifecycle import Lifecycle, State
from itsm.kernel.lifecycles import LifecycleVersion, active
from itsm.kernel.text import _
from itsm.lifecycles.checks import class_of, editable
from itsm.tickets.models import Ticket


@dataclass(frozen=True)
class Touched:
    """A state that an edit takes away or gives another meaning, how many tickets are in it, and where they could go."""

    state: State
    tickets: int
    gone: bool
    proposal: str


def require_name(name: str) -> None:
    """Raise `NotFound` unless a life cycle of this name can be edited."""
    if name not in editable():
        raise NotFound(_("There is no such life cycle."))


def governed(name: str) -> ColumnElement[bool]:
    """The tickets that a life cycle governs. Joins no table of the kind: it asks by the kind's own rows."""
    kind, _dot, own = name.partition(".")
    found = class_of(name)
    if not own:
        return Ticket.kind == kind
    table = found.__table__
    own_rows = select(table.c.ticket_id).where(table.c[found.lifecycle_column] == own)
    return and_(Ticket.kind == kind, Ticket.id.in_(own_rows))


def count_in(name: str, states: Collection[str]) -> dict[str, int]:
    """How many tickets are in each of these states."""
    if not states:
        return {}
    counted = select(Ticket.state, func.count()).where(governed(name), Ticket.state.in_(states))
    return {row[0]: row[1] for row in session.execute(counted.group_by(Ticket.state))}


def touched(name: str, before: Lifecycle, after: Lifecycle) -> list[Touched]:
    """The states of `before` that are gone in `after`, or mean something else there, with their tickets."""
    names = [state.name for state in before.states.values() if _differs(state, after)]
    counts = count_in(name, names)
    return [
        Touched(before[each], counts.get(each, 0), each not in after.states, proposal_for(before[each], after))
        for each in names
    ]


def _differs(state: State, after: Lifecycle) -> bool:
    now = after.states.get(state.name)
    return now is None or (now.category, now.pauses) != (state.category, state.pauses)


def proposal_for(state: State, after: Lifecycle) -> str:
    """Where tickets of a state go unless somebody says otherwise: there if it stays, else to the first of its category."""
    if state.name in after.states:
        return state.name
    return next((name for name, each in after.states.items() if each.category == state.category), after.initial)


def list_versions(name: str, *, limit: int = 50) -> Sequence[LifecycleVersion]:
    """The versions of a life cycle, newest first."""
    statement = select(LifecycleVersion).where(LifecycleVersion.kind == name)
    return session.scalars(statement.order_by(LifecycleVersion.number.desc()).limit(limit)).all()


def get_version(name: str, number: int) -> LifecycleVersion:
    """One version; raises `NotFound`."""
    statement = select(LifecycleVersion).where(LifecycleVersion.kind == name, LifecycleVersion.number == number)
    row = session.scalars(statement).first()
    if row is None:
        raise NotFound(_("There is no such version."))
    return row


def ids_to_settle(name: str, moves: Mapping[str, str], *, after_id: int, limit: int) -> Sequence[int]:
    """Ids of tickets that `moves` may concern, in order from the one after `after_id`.

    All open ones of those states (a pause may begin or end), and finished ones whose state or category becomes another.
    """
    states = active(name).states
    concerned = [
        and_(
            Ticket.state == state,
            or_(
                Ticket.unfinished == 1,
                true() if target != state else Ticket.state_category != states[target].category.value,
            ),
        )
        for state, target in moves.items()
        if target in states
    ]
    statement = select(Ticket.id).where(governed(name), Ticket.id > after_id, or_(false(), *concerned))
    return session.scalars(statement.order_by(Ticket.id).limit(limit)).all()
