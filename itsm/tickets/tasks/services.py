"""Every write to tasks of a ticket. Rules: K1 to K3."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from itsm.identity.models import Group, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.records import check_version, set_changes
from itsm.kernel.text import _
from itsm.tickets import queries as tickets
from itsm.tickets.models import NO_DUE, Ticket
from itsm.tickets.services.journal import locked_if_exists, require_work, write_journal
from itsm.tickets.tasks import queries
from itsm.tickets.tasks.models import Task, TaskNeed

MOST_TASKS = 200
LONGEST_TITLE = 255
FACTS = frozenset({"title", "note", "checklist", "required", "owner_id", "group_id", "due_at", "minutes"})


def add_task(actor: Actor, ticket: Ticket, *, title: str, needs: Iterable[int] = (), **facts: Any) -> Task:
    """Add a task at the end; `facts` are note, checklist, required, owner_id, group_id, due_at and minutes (all optional).

    `needs` are ids of tasks of the same ticket that come first.
    """
    require_work(actor, ticket)
    last, number = session.execute(
        select(func.coalesce(func.max(Task.order), 0), func.count()).where(Task.ticket_id == ticket.id)
    ).one()
    if number >= MOST_TASKS:
        raise Invalid.field("title", _("A ticket has at most %(most)s tasks.", most=MOST_TASKS))
    task = Task(ticket_id=ticket.id, order=last + 1, **_checked({**facts, "title": title}))
    session.add(task)
    session.flush()
    if needs:
        set_needs(actor, ticket, task, needs)
    write_journal(actor, ticket, "change", changes={"task.added": [None, task.title]})
    return task


def edit_task(
    actor: Actor,
    ticket: Ticket,
    task: Task,
    *,
    version: int | None,
    changes: Mapping[str, Any],
    needs: Iterable[int] | None = None,
) -> None:
    """Change a task; what `changes` leaves out stays, None clears owner, group, due and minutes."""
    require_work(actor, ticket)
    check_version(task, version)
    recorded = set_changes(task, _checked({"title": task.title, **changes}))
    if needs is not None:
        set_needs(actor, ticket, task, needs)
    session.flush()
    if recorded:
        write_journal(actor, ticket, "change", changes={"task.changed": [None, task.title]})


def set_done(actor: Actor, ticket: Ticket, task: Task, *, done: bool) -> None:
    """Tick a task off, or open it again; one whose needs are open cannot be ticked off. Rule: K2."""
    require_work(actor, ticket)
    if task.done == done:
        return
    if done:
        _require_needs_done(task)
    who = actor.person_id if done else None
    set_changes(task, {"done": done, "done_at": clock.now() if done else None, "done_by_id": who})
    session.flush()
    write_journal(actor, ticket, "change", changes={"task.done" if done else "task.reopened": [None, task.title]})


def _require_needs_done(task: Task) -> None:
    statement = select(Task.title).join(TaskNeed, TaskNeed.needs_id == Task.id)
    waiting = session.scalars(statement.where(TaskNeed.task_id == task.id, ~Task.done).order_by(Task.order)).all()
    if waiting:
        raise Conflict(_("“%(title)s” waits for: %(names)s.", title=task.title, names=", ".join(waiting)))


def delete_task(actor: Actor, ticket: Ticket, task: Task) -> None:
    """Remove a task; others no longer wait for it."""
    require_work(actor, ticket)
    session.execute(delete(TaskNeed).where((TaskNeed.task_id == task.id) | (TaskNeed.needs_id == task.id)))
    session.delete(task)
    session.flush()
    write_journal(actor, ticket, "change", changes={"task.removed": [task.title, None]})


def move_task(actor: Actor, ticket: Ticket, task: Task, *, up: bool) -> None:
    """Let a task change places with its neighbour."""
    require_work(actor, ticket)
    rows = [each.task for each in queries.list_tasks(ticket.id)]
    place = rows.index(task)
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        for number, row in enumerate(rows, start=1):
            row.order = number
        session.flush()


def set_needs(actor: Actor, ticket: Ticket, task: Task, needs: Iterable[int]) -> None:
    """Say which tasks of the same ticket come first; a circle is refused. Rule: K1."""
    require_work(actor, ticket)
    wanted = set(needs)
    known = set(session.scalars(select(Task.id).where(Task.ticket_id == ticket.id, Task.id.in_(wanted))))
    if wanted - known:
        raise Invalid.field("needs", _("A task waits for tasks of its own ticket only."))
    graph = queries.needs_of(ticket.id) | {task.id: wanted}
    if _reaches(graph, wanted, task.id):
        raise Invalid.field("needs", _("These tasks would wait for one another in a circle."))
    session.execute(delete(TaskNeed).where(TaskNeed.task_id == task.id))
    session.add_all(TaskNeed(task_id=task.id, needs_id=each) for each in sorted(wanted))
    session.flush()


def _reaches(graph: Mapping[int, set[int]], start: set[int], goal: int) -> bool:
    seen: set[int] = set()
    open_ones = list(start)
    while open_ones:
        current = open_ones.pop()
        if current == goal:
            return True
        if current not in seen:
            seen.add(current)
            open_ones += graph.get(current, ())
    return False


def _checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    unknown = facts.keys() - FACTS
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This field cannot be changed here."))
    title = " ".join(str(facts["title"]).split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid.field("title", _("Say what is to be done, in at most %(most)s letters.", most=LONGEST_TITLE))
    for name, table in (("owner_id", Person), ("group_id", Group)):
        if facts.get(name) is not None and session.get(table, facts[name]) is None:
            raise Invalid.field(name, _("There is no such record. Choose one of the list."))
    values = {**facts, "title": title}
    if "due_at" in values:
        values["due_at"] = values["due_at"] or NO_DUE
    return values


def apply_template(actor: Actor, ticket: Ticket, template: queries.LiveTemplate) -> list[Task]:
    """Make the tasks of a template, under its name. Rule: K3."""
    require_work(actor, ticket)
    number = session.scalar(select(func.count()).select_from(Task).where(Task.ticket_id == ticket.id)) or 0
    if number + len(template.items) > MOST_TASKS:
        raise Invalid.field("template", _("A ticket has at most %(most)s tasks.", most=MOST_TASKS))
    return make_tasks(actor, ticket, template)


def make_tasks(actor: Actor, ticket: Ticket, template: queries.LiveTemplate) -> list[Task]:
    """`apply_template` for subscribers, which act for nobody."""
    last = session.scalar(select(func.max(Task.order)).where(Task.ticket_id == ticket.id)) or 0
    groups = _known_groups(template.items)
    made = [
        _of_item(ticket, template.name, last + number, each, groups)
        for number, each in enumerate(template.items, start=1)
    ]
    session.add_all(made)
    session.flush()
    session.add_all(
        TaskNeed(task_id=task.id, needs_id=made[item["after"] - 1].id)
        for task, item in zip(made, template.items, strict=True)
        if item.get("after")
    )
    session.flush()
    write_journal(actor, ticket, "change", changes={"task.checklist": [None, template.name]})
    return made


def _known_groups(items: Iterable[Mapping[str, Any]]) -> set[int]:
    named = {item["group_id"] for item in items if item.get("group_id")}
    return set(session.scalars(select(Group.id).where(Group.id.in_(named)))) if named else set()


def _of_item(ticket: Ticket, checklist: str, order: int, item: Mapping[str, Any], groups: set[int]) -> Task:
    hours = item.get("due_hours")
    group_id = item.get("group_id")
    return Task(
        ticket_id=ticket.id,
        title=item["title"],
        checklist=checklist,
        order=order,
        required=bool(item.get("required")),
        group_id=group_id if group_id in groups else None,
        due_at=_due_in(hours) if hours else NO_DUE,
        minutes=item.get("minutes"),
    )


def _due_in(hours: int) -> datetime:
    return clock.now() + timedelta(hours=hours)


def locked(actor: Actor, task_id: int) -> tuple[Task, Ticket]:
    """A task and its ticket for a write in this transaction: others who write to the ticket wait."""
    task, ticket = queries.get_task(actor, task_id)
    locked_if_exists(ticket.id)
    session.refresh(task)
    return task, tickets.get_by_id(actor, ticket.id)
