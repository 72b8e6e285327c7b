"""Queues: what stands in the desk's side column, as conditions that the reader's rights are joined with. Rule: DSK-2."""

import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, select

from itsm.identity.sharing import kept_for
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import fixed, session
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.lifecycle import Category as StateCategory
from itsm.kernel.text import Message, _
from itsm.tickets import filters, policy
from itsm.tickets.desk.models import DeskChoice, SavedView
from itsm.tickets.models import Ticket, Watcher
from itsm.tickets.queries import View

HELD_SECONDS = 15.0
HELD_TEXTS = 2000
MOST_VIEWS = 100
TONES: dict[str, Message] = {
    "red": _("red"), "amber": _("amber"), "green": _("green"), "blue": _("blue"), "grey": _("grey"),
}  # fmt: skip


@dataclass(frozen=True)
class Queue(View):
    """A view with what its makers chose for it; `fault` says why a saved query can no longer be read (it then shows nothing)."""

    saved: SavedView | None = None
    fault: Message = ""
    columns: Sequence[str] = ()
    sort: str = ""
    grouping: str = ""
    colours: Sequence[dict[str, str]] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Read:
    conditions: Sequence[ColumnElement[bool]]
    fault: Message = ""


_held: OrderedDict[Hashable, tuple[float, _Read]] = OrderedDict()


def forget_queries() -> None:
    """Drop all queries that were read (between tests)."""
    _held.clear()


def name_of(view: SavedView) -> str:
    """How a saved view is called in addresses."""
    return f"v{view.id}"


def ready_made(actor: Actor) -> list[Queue]:
    """The queues that the program brings."""
    open_ones = Ticket.unfinished == fixed(1)
    mine = Ticket.group_id.in_(actor.group_ids) if actor.group_ids else false()
    # As an expression, or databases go through all open tickets without an assignee to find the few of these groups.
    unassigned = func.coalesce(Ticket.assignee_id, fixed(0)) == fixed(0)
    # The sum keeps SQLite from going through all open tickets to find the few that are watched.
    watching = and_(
        Ticket.id.in_(select(Watcher.ticket_id).where(Watcher.person_id == actor.person_id)),
        Ticket.unfinished + fixed(0) == fixed(1),
    )
    waiting = Ticket.state_category == fixed(StateCategory.WAITING.value)
    views = [
        View("assigned", _("Assigned to me"), and_(open_ones, Ticket.assignee_id == actor.person_id)),
        View("watching", _("Watching"), watching),
        View("groups", _("My groups, due soon"), and_(open_ones, mine), "teams"),
        View("unassigned", _("Unassigned"), and_(open_ones, mine, unassigned), "teams"),
        View("level2", _("Passed to L2 and L3"), and_(open_ones, Ticket.level > fixed(1)), "teams"),
        View("waiting", _("On hold"), and_(open_ones, waiting), "teams"),
        View("all", _("All open"), open_ones, "all"),
        View("breached", _("Target missed"), and_(open_ones, Ticket.due_state == fixed("breached")), "all"),
        View("finished", _("Resolved and closed"), Ticket.unfinished == fixed(0), "all"),
        View("everything", _("Everything"), Ticket.id > fixed(0), "all"),
    ]
    return [
        Queue(view.name, view.title, view.condition, view.section, sort="newest" if view.name == "finished" else "due")
        for view in views
    ]


def on_desk(actor: Actor) -> list[Queue]:
    """Every queue of the actor's desk; one statement."""
    return [*ready_made(actor), *saved(actor)]


def saved(actor: Actor) -> list[Queue]:
    """The saved views on the actor's desk, by name; one statement."""
    statement = (
        select(SavedView).where(kept_for(SavedView, actor)).order_by(SavedView.name, SavedView.id).limit(MOST_VIEWS)
    )
    return [as_queue(actor, view) for view in session.scalars(statement)]


def get_queue(actor: Actor, name: str) -> Queue | None:
    """The queue of that name, if the actor has it; a statement for a saved view, none for a ready-made one."""
    if name.startswith("v") and name[1:].isdecimal():
        view = find_view(actor, int(name[1:]))
        return as_queue(actor, view) if view is not None else None
    return next((queue for queue in ready_made(actor) if queue.name == name), None)


def first_queue(actor: Actor) -> Queue:
    """Where the desk begins: the queue of the own groups, or everything open for who has none."""
    wanted = "groups" if actor.group_ids else "all"
    return next(queue for queue in ready_made(actor) if queue.name == wanted)


def find_view(actor: Actor, view_id: int) -> SavedView | None:
    """A saved view that the actor may see, or None."""
    if view_id > 2**53:
        return None
    return session.scalars(select(SavedView).where(SavedView.id == view_id, kept_for(SavedView, actor))).first()


def get_view(actor: Actor, view_id: int) -> SavedView:
    """A saved view that the actor may see; raises `NotFound`."""
    view = find_view(actor, view_id)
    if view is None:
        raise NotFound(_("There is no such view, or it is not yours to see."))
    return view


def as_queue(actor: Actor, view: SavedView) -> Queue:
    """A saved view as a queue of this actor. A query that no longer reads leaves its fault, and nothing is shown."""
    read = read_query(actor, view.query)
    conditions = [*([Ticket.unfinished == fixed(1)] if view.open_only else [Ticket.id > fixed(0)]), *read.conditions]
    return Queue(
        name_of(view),
        view.name,
        false() if read.fault else and_(*conditions),
        {"own": "mine", "group": "teams"}.get(view.scope, "all"),
        saved=view,
        fault=read.fault,
        columns=view.columns,
        sort=view.sort,
        grouping=view.grouping,
        colours=view.colours,
    )


def read_query(actor: Actor, text: str) -> _Read:
    """The conditions of a saved query or its fault, held for some seconds: looking names up costs a statement each."""
    key = (actor, text, int(clock.now().timestamp() // HELD_SECONDS))
    known = _held.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    try:
        read = _Read(filters.conditions(actor, text))
    except Invalid as error:
        read = _Read((), next(iter(error.errors.values()), [error.message])[0])
    _held[key] = (time.monotonic() + HELD_SECONDS, read)
    if len(_held) > HELD_TEXTS:
        _held.popitem(last=False)
    return read


def tones(actor: Actor, colours: Sequence[dict[str, str]], ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The colour rule that fits each ticket of a page, the first one counts; one statement, none without rules."""
    reads = [(place, read_query(actor, rule["query"])) for place, rule in enumerate(colours)]
    fitting = [(and_(*read.conditions), place) for place, read in reads if read.conditions]
    if not fitting or not ids:
        return {}
    statement = select(Ticket.id, case(*fitting, else_=-1)).where(Ticket.id.in_(ids), policy.visible(actor))
    return {row[0]: colours[row[1]] for row in session.execute(statement) if row[1] >= 0}


def choices_of(actor: Actor) -> dict[str, DeskChoice]:
    """What the actor chose, by the name of the queue."""
    rows = session.scalars(select(DeskChoice).where(DeskChoice.person_id == actor.person_id))
    return {row.queue: row for row in rows}


def favourites(queues: Sequence[Queue], choices: dict[str, DeskChoice]) -> list[Queue]:
    """The actor's favourite queues in their order."""
    places: list[tuple[Any, Queue]] = [
        (choices[queue.name].favourite, queue)
        for queue in queues
        if queue.name in choices and choices[queue.name].favourite is not None
    ]
    return [queue for _place, queue in sorted(places, key=lambda pair: pair[0])]
