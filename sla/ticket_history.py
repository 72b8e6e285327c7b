"""A ticket's journal as the history that clocks read. Rule: C1."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from itsm.kernel.lifecycle import Lifecycle
from sla.history import (
    AgentReplied,
    AssignedToPerson,
    Cancelled,
    Category,
    Created,
    HistoryEvent,
    PassedToGroup,
    PriorityChanged,
    StateChanged,
)

NOT_PURSUED = frozenset({"cancelled", "merged", "duplicate", "rejected"})


class Entry(Protocol):
    """What is read of a journal entry."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def changes(self) -> Mapping[str, Any]: ...
    @property
    def by_requester(self) -> bool: ...
    @property
    def automatic(self) -> bool: ...


@dataclass(frozen=True)
class Possession:
    """From an instant on the ticket belonged to a group (None: to nobody) and had a priority."""

    at: datetime
    group_id: int | None
    priority: int


@dataclass(frozen=True)
class TicketHistory:
    """What happened to a ticket, and to which group and priority it belonged since when."""

    created_at: datetime
    events: tuple[HistoryEvent, ...]
    possessions: tuple[Possession, ...]

    @property
    def last_state(self) -> HistoryEvent:
        """The last event that says in which state the ticket is."""
        return next(each for each in reversed(self.events) if isinstance(each, StateChanged | Created))

    def at(self, instant: datetime) -> Possession:
        """Group and priority at an instant; those of the beginning for one before it."""
        return next((one for one in reversed(self.possessions) if one.at <= instant), self.possessions[0])


def history_of(journal: Sequence[Entry], lifecycle: Lifecycle) -> TicketHistory | None:
    """Read a whole journal in order, by the shipped life cycle; None when it does not begin with the ticket's creation."""
    if not journal or journal[0].kind != "created":
        return None
    first = journal[0]
    priority = int(_after(first, "priority", 3))
    category = cast(Category, _after(first, "state_category", "open"))
    assignee_id = _after(first, "assignee_id", None)
    reading = _Reading(
        lifecycle, category, Possession(first.at, _after(first, "group_id", None), priority), assignee_id
    )
    events: list[HistoryEvent] = [Created(first.at, priority, category)]
    if assignee_id is not None:
        events.append(AssignedToPerson(first.at))
    for entry in _in_order(journal):
        if entry is not first:
            events += reading.events_of(entry)
    return TicketHistory(first.at, tuple(events), tuple(reading.possessions))


@dataclass(frozen=True)
class _Later:
    """An entry that was written while the time of day stood before that of an earlier one."""

    at: datetime
    kind: str
    changes: Mapping[str, Any]
    by_requester: bool
    automatic: bool


def _in_order(journal: Sequence[Entry]) -> Iterable[Entry]:
    """The entries, none earlier than the one before: the journal knows what came first, whatever was done to the clock."""
    latest = journal[0].at
    for entry in journal:
        if entry.at < latest:
            yield _Later(latest, entry.kind, entry.changes, entry.by_requester, entry.automatic)
        else:
            latest = entry.at
            yield entry


def _after(entry: Entry, name: str, default: Any) -> Any:
    pair = entry.changes.get(name)
    return default if pair is None else pair[1]


class _Reading:
    """Reads entries one after another; remembers what they only name when it changed."""

    def __init__(self, lifecycle: Lifecycle, category: Category, first: Possession, assignee_id: int | None) -> None:
        self._lifecycle = lifecycle
        self._category = category
        self._assignee_id = assignee_id
        self._reason = ""
        self.possessions = [first]

    def events_of(self, entry: Entry) -> Iterable[HistoryEvent]:
        """What one entry means to clocks; most mean nothing."""
        if entry.kind == "public":
            if not entry.by_requester and not entry.automatic:
                yield AgentReplied(entry.at)
        elif entry.kind == "change":
            if self._note_possession(entry):
                yield from self._passes(entry)
            yield from self._changes(entry)

    def _passes(self, entry: Entry) -> Iterable[HistoryEvent]:
        """The ticket comes to another group; whoever it is assigned to and stays so has taken it there too."""
        yield PassedToGroup(entry.at, self.possessions[-1].group_id)
        if self._assignee_id is not None and "assignee_id" not in entry.changes:
            yield AssignedToPerson(entry.at)

    def _changes(self, entry: Entry) -> Iterable[HistoryEvent]:
        if "state" in entry.changes or "state_category" in entry.changes:
            yield from self._moves(entry)
        if "priority" in entry.changes:
            yield PriorityChanged(entry.at, int(entry.changes["priority"][1]))
        self._assignee_id = _after(entry, "assignee_id", self._assignee_id)
        if "assignee_id" in entry.changes and self._assignee_id is not None:
            yield AssignedToPerson(entry.at)

    def _moves(self, entry: Entry) -> Iterable[HistoryEvent]:
        state = str(_after(entry, "state", ""))
        self._category = _after(entry, "state_category", self._category)
        # The reason to wait stays from one waiting state to the next, where nothing else is said.
        self._reason = str(_after(entry, "hold_reason", self._reason if self._category == "waiting" else "") or "")
        if state in NOT_PURSUED or "merged_into" in entry.changes:
            yield Cancelled(entry.at, "merged" if "merged_into" in entry.changes else state)
        yield StateChanged(
            at=entry.at,
            category=self._category,
            state=state,
            pauses=self._pauses(entry, state),
            reason=self._reason,
        )

    def _pauses(self, entry: Entry, state: str) -> bool | None:
        """What the entry says of the state, else the shipped life cycle; a later edit of life cycles changes neither."""
        told = _after(entry, "state_pauses", None)
        if told is not None:
            return bool(told)
        return self._lifecycle[state].pauses if state in self._lifecycle.states else None

    def _note_possession(self, entry: Entry) -> bool:
        """Keep group and priority where they changed; answers whether the ticket came to another group."""
        last = self.possessions[-1]
        group_id = _after(entry, "group_id", last.group_id)
        priority = int(_after(entry, "priority", last.priority))
        if (group_id, priority) != (last.group_id, last.priority):
            self.possessions.append(Possession(entry.at, group_id, priority))
        return bool(group_id != last.group_id)
