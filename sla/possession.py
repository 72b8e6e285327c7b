"""The part of a ticket's history that somebody answers for: a group while it has the ticket, a supplier while it is waited for.

What comes out is a history that clocks read like any other. Rule: C7.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import cast

from sla.history import (
    AgentReplied,
    AssignedToPerson,
    Cancelled,
    Created,
    HistoryEvent,
    PassedToGroup,
    PriorityChanged,
    RecomputeOrdered,
    StateChanged,
)
from sla.ticket_history import TicketHistory

ENDED = frozenset({"resolved", "closed"})
OTHER_GROUP = "other_group"
NOT_WITH_SUPPLIER = "not_with_supplier"
FOR_SUPPLIER = "supplier"  # the reason to wait

Holding = Callable[[HistoryEvent], bool | None]


def groups_of(history: TicketHistory) -> list[int]:
    """The groups that have had the ticket, in the order in which it first came to them."""
    return list(dict.fromkeys(one.group_id for one in history.possessions if one.group_id is not None))


def waits_for_supplier(event: HistoryEvent) -> bool:
    """Whether with this event the ticket waits for a supplier."""
    return isinstance(event, StateChanged) and event.is_pausing and event.reason == FOR_SUPPLIER


def has_waited_for_supplier(history: TicketHistory) -> bool:
    """Whether the ticket has ever waited for a supplier."""
    return any(waits_for_supplier(event) for event in history.events)


def group_history(history: TicketHistory, group_id: int) -> tuple[HistoryEvent, ...]:
    """What a group's clocks read: it starts when the ticket first comes to the group, and is paused while others have it."""
    return tuple(_Part(OTHER_GROUP).read(history.events, lambda event: _is_held(event, history, group_id)))


def supplier_history(history: TicketHistory) -> tuple[HistoryEvent, ...]:
    """What a supplier's clocks read: they run while the ticket waits for a supplier, and are paused otherwise."""
    events = []
    for event in _Part(NOT_WITH_SUPPLIER).read(history.events, _is_waiting):
        runs = waits_for_supplier(event)
        # The very state that pauses other clocks is what a supplier's clock counts.
        events.append(replace(cast(StateChanged, event), pauses=False, reason="") if runs else event)
    return tuple(events)


def _is_held(event: HistoryEvent, history: TicketHistory, group_id: int) -> bool | None:
    if isinstance(event, Created):
        return history.possessions[0].group_id == group_id
    return event.group_id == group_id if isinstance(event, PassedToGroup) else None


def _is_waiting(event: HistoryEvent) -> bool | None:
    if isinstance(event, Created):
        return False
    return waits_for_supplier(event) if isinstance(event, StateChanged) else None


class _Part:
    """Reads a history in order and passes on what belongs to whoever has the ticket; `away` says why a clock is paused."""

    def __init__(self, away: str) -> None:
        self._away = away
        self._started = False
        self._held = False

    def read(self, events: Iterable[HistoryEvent], holds: Holding) -> Iterator[HistoryEvent]:
        """The part's own events; `holds` answers True and False where an event gives and takes the ticket, else None."""
        for event in events:
            self._note(event)
            held = holds(event)
            if held is not None and held != self._held:
                self._held = held
                yield from self._turn(event.at)
            elif self._started:
                yield from self._pass_on(event)
            elif self._held and isinstance(event, StateChanged):
                yield from self._turn(event.at)

    def _note(self, event: HistoryEvent) -> None:
        if isinstance(event, Created):
            self._priority = event.priority
            self._state = StateChanged(at=event.at, category=event.category)
        elif isinstance(event, PriorityChanged):
            self._priority = event.priority
        elif isinstance(event, StateChanged):
            self._state = event

    def _turn(self, at: datetime) -> Iterator[HistoryEvent]:
        """The ticket comes or goes: clocks start, go on or are paused; a ticket that has ended starts none."""
        ended = self._state.category in ENDED
        if not self._started:
            if self._held and not ended:
                self._started = True
                yield Created(at, self._priority, self._state.category)
                yield replace(self._state, at=at)
        elif ended or self._held:
            yield replace(self._state, at=at)
        else:
            yield self._elsewhere(at)

    def _pass_on(self, event: HistoryEvent) -> Iterator[HistoryEvent]:
        if isinstance(event, StateChanged):
            yield event if self._held or event.category in ENDED else self._elsewhere(event.at)
        elif isinstance(event, PriorityChanged | Cancelled | RecomputeOrdered) or (
            self._held and isinstance(event, AgentReplied | AssignedToPerson)
        ):
            yield event

    def _elsewhere(self, at: datetime) -> StateChanged:
        return StateChanged(at=at, category="waiting", pauses=True, reason=self._away, elsewhere=True)
