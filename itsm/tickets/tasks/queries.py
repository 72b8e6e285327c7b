"""Every read of tasks and their templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, select

from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.tickets import policy
from itsm.tickets.kept import Kept
from itsm.tickets.models import Ticket
from itsm.tickets.tasks.models import Task, TaskNeed, TaskTemplate


@dataclass(frozen=True)
class ListedTask:
    """A task as a page shows it; `waits_for` are titles of open tasks that come first."""

    task: Task
    owner: str
    group: str
    waits_for: Sequence[str]


def list_tasks(ticket_id: int) -> list[ListedTask]:
    """Tasks of a ticket in order, with names and what each waits for; one statement. The caller may read the ticket."""
    rows = session.execute(_tasks_of(), {"ticket_id": ticket_id}).all()
    tasks = {row[0].id: row[0] for row in rows}
    waits: dict[int, list[str]] = {}
    for task, _owner, _group, needs_id in rows:
        if needs_id in tasks and not tasks[needs_id].done:
            waits.setdefault(task.id, []).append(tasks[needs_id].title)
    names = {row[0].id: (row[1] or "", row[2] or "") for row in rows}
    return [ListedTask(task, *names[task.id], waits.get(task.id, ())) for task in tasks.values()]


@cache
def _tasks_of() -> Select[Task, str, str, int]:
    return (
        select(Task, Person.name, Group.name, TaskNeed.needs_id)
        .outerjoin(Person, Person.id == Task.owner_id)
        .outerjoin(Group, Group.id == Task.group_id)
        .outerjoin(TaskNeed, TaskNeed.task_id == Task.id)
        .where(Task.ticket_id == bindparam("ticket_id"))
        .order_by(Task.order, Task.id)
    )


def get_task(actor: Actor, task_id: int) -> tuple[Task, Ticket]:
    """A task and its ticket, if the actor may read the ticket; raises `NotFound`."""
    statement = select(Task, Ticket).join(Ticket, Ticket.id == Task.ticket_id)
    row = session.execute(statement.where(Task.id == task_id, policy.visible(actor))).first()
    if row is None:
        raise NotFound(_("There is no such task, or you may not see it."))
    return row[0], row[1]


def progress_of(ticket_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Ticket id → (tasks done, tasks), without tickets that have none; one statement."""
    rows = session.execute(_counted(), {"ticket_ids": list(ticket_ids)}).all()
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


@cache
def _counted() -> Select[int, int, int]:
    counted = select(Task.ticket_id, func.sum(case((Task.done, 1), else_=0)), func.count())
    return counted.where(Task.ticket_id.in_(bindparam("ticket_ids"))).group_by(Task.ticket_id)


def open_required(ticket_id: int) -> Sequence[str]:
    """Titles of required tasks that are still open, in order."""
    statement = select(Task.title).where(Task.ticket_id == ticket_id, Task.required, ~Task.done)
    return session.scalars(statement.order_by(Task.order, Task.id)).all()


def with_open_required(ticket_ids: Sequence[int]) -> frozenset[int]:
    """Of these tickets, those with a required task that is still open; one statement."""
    statement = select(Task.ticket_id).where(Task.ticket_id.in_(ticket_ids), Task.required, ~Task.done)
    return frozenset(session.scalars(statement))


def needs_of(ticket_id: int) -> dict[int, set[int]]:
    """Task id → ids of the tasks that it waits for, over all tasks of a ticket."""
    statement = select(TaskNeed.task_id, TaskNeed.needs_id).join(Task, Task.id == TaskNeed.task_id)
    found: dict[int, set[int]] = {}
    for task_id, needs_id in session.execute(statement.where(Task.ticket_id == ticket_id)):
        found.setdefault(task_id, set()).add(needs_id)
    return found


OWN_COLUMNS: tuple[Any, ...] = (
    Task.id,
    Task.due_at,
    Task,
    Ticket.kind,
    Ticket.title.label("ticket_title"),
    Ticket.id.label("ticket_id"),
)
OWN_KEYS = (SortKey("due_at", Task.due_at, instant=True), SortKey("id", Task.id))


def page_of_own(
    actor: Actor, *, whose: str = "mine", done: bool = False, limit: int | None = None, cursor: str | None = None
) -> Page[Row[Any]]:
    """One page of the actor's tasks (`whose`: `mine`, or `groups` for unowned ones of the own groups), due soonest first."""
    size = checked_limit(limit)
    mine = Task.owner_id == actor.person_id
    if whose == "groups":
        mine = Task.owner_id.is_(None) & Task.group_id.in_(actor.group_ids)
    statement = (
        select(*OWN_COLUMNS)
        .join(Ticket, Ticket.id == Task.ticket_id)
        .where(mine, Task.done.is_(done), policy.visible(actor))
    )
    rows = session.execute(keyset(statement, OWN_KEYS, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [row.due_at, row.id])


def list_templates() -> Sequence[TaskTemplate]:
    """All templates by name, for those who keep them."""
    return session.scalars(select(TaskTemplate).order_by(TaskTemplate.name)).all()


@dataclass(frozen=True)
class LiveTemplate:
    """A template in use, as pages and openings read it."""

    id: int
    name: str
    category_id: int | None
    kinds: tuple[str, ...]
    automatic: bool
    items: tuple[dict[str, Any], ...]

    def fits(self, kind: str, category_ids: Sequence[int]) -> bool:
        """Whether it is meant for tickets of a kind in these categories (a category and those above it)."""
        return (not self.kinds or kind in self.kinds) and self.category_id in (None, *category_ids)


def _read_templates() -> list[LiveTemplate]:
    rows = session.scalars(select(TaskTemplate).where(TaskTemplate.active).order_by(TaskTemplate.name))
    return [
        LiveTemplate(row.id, row.name, row.category_id, tuple(row.kinds), row.automatic, tuple(row.items))
        for row in rows
    ]


templates: Kept[LiveTemplate] = Kept("tasks.templates", _read_templates)
