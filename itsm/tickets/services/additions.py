"""What a step added beside the facts of tickets: entries that people read, watchers, links and tasks. Rule: U1."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import delete, or_, select, update

from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.text import _
from itsm.tickets import indexing
from itsm.tickets.models import JournalEntry, Ticket, TicketLink, Watcher
from itsm.tickets.tasks.models import Task, TaskNeed

SAID = frozenset({"public", "internal", "work"})

Added = dict[int, dict[str, list[Any]]]


class Surroundings:
    """What stood around some tickets at an instant; `since` answers what was added after it."""

    def __init__(self, ticket_ids: Collection[int], last_entry: int) -> None:
        self._ids, self._last_entry = ticket_ids, last_entry
        self._known = {name: set(self._rows(name)) for name in _READ}

    def since(self) -> Added:
        """Ticket id → what it got: `said` (ids of entries), `watchers` (people), `links` (ids), `tasks` ([id, version])."""
        found: Added = {}
        for name in _READ:
            for ticket_id, *rest in sorted(set(self._rows(name)) - self._known[name]):
                found.setdefault(ticket_id, {}).setdefault(name, []).append(rest[0] if len(rest) == 1 else rest)
        return found

    def _rows(self, name: str) -> list[tuple[int, ...]]:
        return [tuple(row) for row in session.execute(_READ[name](self._ids, self._last_entry))]


def _said(ids: Collection[int], last: int) -> Any:
    statement = select(JournalEntry.ticket_id, JournalEntry.id)
    return statement.where(JournalEntry.ticket_id.in_(ids), JournalEntry.id > last, JournalEntry.kind.in_(SAID))


def _watchers(ids: Collection[int], _last: int) -> Any:
    return select(Watcher.ticket_id, Watcher.person_id).where(Watcher.ticket_id.in_(ids))


def _links(ids: Collection[int], _last: int) -> Any:
    return select(TicketLink.source_id, TicketLink.id).where(TicketLink.source_id.in_(ids))


def _tasks(ids: Collection[int], _last: int) -> Any:
    return select(Task.ticket_id, Task.id, Task.version).where(Task.ticket_id.in_(ids))


_READ: Mapping[str, Callable[[Collection[int], int], Any]] = {
    "said": _said,
    "watchers": _watchers,
    "links": _links,
    "tasks": _tasks,
}


def refuse_later_work(ticket: Ticket, added: Mapping[str, Any]) -> None:
    """Raise `Conflict` when somebody has worked on an added task since."""
    versions = dict(added.get("tasks", ()))
    tasks = session.scalars(select(Task).where(Task.id.in_(versions)).with_for_update()) if versions else ()
    for task in tasks:
        if task.done or task.version != versions[task.id]:
            raise Conflict(
                _(
                    "The task “%(title)s” of %(number)s was worked on since, so this cannot be taken back as a whole.",
                    title=task.title,
                    number=ticket.number,
                )
            )


def take_away(ticket: Ticket, added: Mapping[str, Any], *, staying: Collection[int] = ()) -> None:
    """Let what was added be gone; entries are marked, and those that stay said are left alone."""
    said = [each for each in added.get("said", ()) if each not in staying]
    if said:
        session.execute(update(JournalEntry).where(JournalEntry.id.in_(said)).values(retracted=True))
        indexing.forget_entries(said)
    if added.get("watchers"):
        watching = Watcher.person_id.in_(added["watchers"])
        session.execute(delete(Watcher).where(Watcher.ticket_id == ticket.id, watching))
    if added.get("links"):
        session.execute(delete(TicketLink).where(TicketLink.id.in_(added["links"])))
    tasks = [task_id for task_id, _version in added.get("tasks", ())]
    if tasks:
        session.execute(delete(TaskNeed).where(or_(TaskNeed.task_id.in_(tasks), TaskNeed.needs_id.in_(tasks))))
        session.execute(delete(Task).where(Task.id.in_(tasks)))
