"""Work on many tickets at once: what would change and what would be refused, then doing it, with one undo. Rule: DSK-1.

Each ticket is changed by the same services as on its page, all of it or nothing; what one refuses leaves the others alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from config.priorities import IMPACTS, URGENCIES
from itsm.identity import queries as identity
from itsm.kernel import lifecycles
from itsm.kernel.actor import Actor
from itsm.kernel.db import one_of, session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.module import BulkAction, registry
from itsm.kernel.text import Message, _
from itsm.kernel.undo import Undo, remember
from itsm.tickets import queries, services
from itsm.tickets.desk import listing
from itsm.tickets.models import Ticket, TicketLink, Watcher
from itsm.tickets.priority import TITLES as PRIORITIES
from itsm.tickets.priority import priority_of
from itsm.tickets.services.journal import require_work
from itsm.tickets.services.restoring import take_back, undoable
from itsm.tickets.services.steps import checked_step, resolves
from itsm.tickets.tasks import guard
from itsm.tickets.tasks.queries import with_open_required

BULK = "tickets.bulk"
MOST = 5000
AT_ONCE = 200
MOST_ACTED = 100  # whose preview tries an action of another package, such as a macro, on each ticket
CHUNK = 100
IMPACT_TITLES = {key: _(title) for key, title in IMPACTS.items()}
URGENCY_TITLES = {key: _(title) for key, title in URGENCIES.items()}
GROUP, ASSIGNEE, CATEGORY = _("Group"), _("Assignee"), _("Category")
IMPACT, URGENCY, PRIORITY = _("Impact"), _("Urgency"), _("Priority")

MERGED = ("tickets", "watching", "parts", "messages")  # members of an undo's payload that parts of a bulk add up to

Wanted = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One value of a ticket that would change, in words."""

    title: Message
    before: Any
    after: Any


WATCHING = Line(_("Watching"), _("no"), _("yes"))


@dataclass(frozen=True)
class Planned:
    """What would become of one ticket: its lines, or why it refuses; neither means that it is so already."""

    ticket: Ticket
    lines: Sequence[Line] = ()
    refusal: Message = ""


@dataclass
class Result:
    """What became of a bulk: numbers of tickets done and unchanged, number and reason of those refused, and the undo."""

    done: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    undo: Undo | None = None


@dataclass(frozen=True)
class _Names:
    """What a plan needs to know of people, groups and categories, read once for all tickets."""

    groups: Mapping[int, str]
    categories: Mapping[int, str]
    people: Mapping[int, str]
    members: Mapping[int, Sequence[int]]
    unready: frozenset[int]  # tickets with required tasks that are open


@dataclass(frozen=True)
class _Bound:
    """Which of the tickets the actor watches already and which are parts of the parent already; None where not asked for."""

    parent: Ticket | None
    watched: frozenset[int] | None
    parts: frozenset[int] | None

    def adds_to(self, ticket: Ticket) -> bool:
        """Whether a ticket gets a watcher or a parent that it did not have."""
        return any(known is not None and ticket.id not in known for known in (self.watched, self.parts))


def check(actor: Actor, wanted: Wanted, *, count: int = 0) -> None:
    """Raise `Invalid` when a bulk of so many tickets asks for nothing, or for what no ticket could be given."""
    if not any(
        value not in (None, "", {}, False) for name, value in wanted.items() if name not in ("reason", "fields")
    ):
        raise Invalid(_("Choose what to change."))
    if wanted.get("priority") and not str(wanted.get("reason") or "").strip():
        raise Invalid.field("reason", _("Say why the priority differs from impact and urgency."))
    if wanted.get("parent"):
        parent_of(actor, wanted)
    for action, chosen in _actions(wanted):
        if chosen not in offered(actor).get(action, {}):
            raise Invalid.field(action.name, _("Choose one of the list."))
        if count > MOST_ACTED:
            raise Invalid.field(action.name, _("This is for at most %(most)s tickets at once.", most=MOST_ACTED))


def offered(actor: Actor) -> dict[BulkAction, Mapping[int, str]]:
    """What other packages let the actor do with many tickets: each with what may be chosen, by id."""
    actions = registry().bulk_actions.values()
    return {each: each.offered(actor) for each in actions if not each.permission or actor.has(each.permission)}


def _actions(wanted: Wanted) -> list[tuple[BulkAction, int]]:
    return [(each, wanted[name]) for name, each in registry().bulk_actions.items() if wanted.get(name)]


def parent_of(actor: Actor, wanted: Wanted) -> Ticket | None:
    """The ticket that the others become parts of; raises `Invalid` when there is none of that number."""
    if not wanted.get("parent"):
        return None
    parent = queries.find_ticket(actor, wanted["parent"])
    if parent is None:
        raise Invalid.field("parent", _("There is no %(number)s, or you may not see it.", number=wanted["parent"]))
    return parent


def plan(actor: Actor, ids: Sequence[int], wanted: Wanted) -> list[Planned]:
    """What would become of each ticket, oldest first; nothing is written.

    Statements do not grow with the tickets, unless actions of other packages are tried on each.
    """
    tickets = listing.list_whole(actor, ids)
    names, bound = _names(tickets, wanted), _bound(actor, ids, wanted)
    return [_planned(actor, ticket, wanted, names, bound) for ticket in tickets]


def _planned(actor: Actor, ticket: Ticket, wanted: Wanted, names: _Names, bound: _Bound) -> Planned:
    try:
        lines = [*_fact_lines(actor, ticket, wanted, names), *_step_lines(actor, ticket, wanted, names)]
        if bound.watched is not None and ticket.id not in bound.watched:
            lines.append(WATCHING)
        if bound.parent is not None and bound.parts is not None and ticket.id not in bound.parts:
            services.check_link(ticket, bound.parent, relation="child_of")
            lines.append(Line(_("Part of"), "–", bound.parent.number))
        lines += _tried(actor, ticket, wanted, bound.parent)
    except ItsmError as error:
        return Planned(ticket, refusal=reason_of(error))
    return Planned(ticket, lines)


def _tried(actor: Actor, ticket: Ticket, wanted: Wanted, parent: Ticket | None) -> list[Line]:
    """What actions of other packages would do: tried on the ticket and rolled back; raises what would be refused."""
    if not _actions(wanted):
        return []
    trial = session.begin_nested()
    try:
        done = _apply(actor, ticket, wanted, parent)
    finally:
        trial.rollback()
    names = offered(actor)
    return [
        Line(action.title, names[action][chosen], "; ".join(str(each) for each in words))
        for (action, chosen), words in zip(_actions(wanted), done, strict=True)
    ]


def reason_of(error: ItsmError) -> Message:
    """Why something was refused, in one sentence."""
    return next(iter(error.errors.values()), [error.message])[0]


def _fact_lines(actor: Actor, ticket: Ticket, wanted: Wanted, names: _Names) -> list[Line]:
    require_work(actor, ticket)
    group_id, assignee_id = _placed(ticket, wanted)
    if (
        assignee_id
        and group_id
        and assignee_id != ticket.assignee_id
        and assignee_id not in names.members.get(group_id, ())
    ):
        raise Invalid.field("assignee_id", _("This person does not work in that group."))
    facts = _facts(wanted)
    pairs = (
        (GROUP, ticket.group_id, group_id, names.groups.get),
        (ASSIGNEE, ticket.assignee_id, assignee_id, names.people.get),
        (CATEGORY, ticket.category_id, facts.get("category_id", ticket.category_id), names.categories.get),
        (IMPACT, ticket.impact, facts.get("impact", ticket.impact), IMPACT_TITLES.get),
        (URGENCY, ticket.urgency, facts.get("urgency", ticket.urgency), URGENCY_TITLES.get),
        (PRIORITY, ticket.priority, _priority(ticket, wanted), PRIORITIES.get),
    )
    return [
        Line(title, _word(say, before), _word(say, after)) for title, before, after, say in pairs if before != after
    ]


def _word(say: Callable[[Any], Any], value: Any) -> Any:
    return "–" if value is None else say(value)


def _priority(ticket: Ticket, wanted: Wanted) -> int:
    if wanted.get("priority"):
        return int(wanted["priority"])
    if ticket.priority_reason or not (wanted.get("impact") or wanted.get("urgency")):
        return ticket.priority
    return priority_of(wanted.get("impact") or ticket.impact, wanted.get("urgency") or ticket.urgency)


def _step_lines(actor: Actor, ticket: Ticket, wanted: Wanted, names: _Names) -> list[Line]:
    if not wanted.get("step"):
        return []
    step, _given = checked_step(actor, ticket, wanted["step"], _step_fields(wanted))
    if ticket.id in names.unready and resolves(actor, ticket, step):
        guard.require_finished(ticket)
    titles = [lifecycles.state_title(ticket.kind, name) for name in (ticket.state, step.target)]
    return [Line(_("State"), *titles)]


def _placed(ticket: Ticket, wanted: Wanted) -> tuple[int | None, int | None]:
    """Group and person that a ticket would get; who is not named stays only within the group."""
    group_id = wanted.get("group_id") or ticket.group_id
    if wanted.get("nobody"):
        return group_id, None
    return group_id, wanted.get("assignee_id") or (ticket.assignee_id if group_id == ticket.group_id else None)


def _facts(wanted: Wanted) -> dict[str, Any]:
    return {name: wanted[name] for name in ("impact", "urgency", "category_id") if wanted.get(name)}


def _step_fields(wanted: Wanted) -> dict[str, Any]:
    fields = {name: value for name, value in (wanted.get("fields") or {}).items() if value not in (None, "")}
    if isinstance(fields.get("wake_at"), str):
        fields["wake_at"] = datetime.fromisoformat(fields["wake_at"])
    return fields


def _names(tickets: Sequence[Ticket], wanted: Wanted) -> _Names:
    people = {ticket.assignee_id for ticket in tickets if ticket.assignee_id} | {wanted.get("assignee_id")} - {None}
    groups = {group.id: group.name for group in identity.list_groups(active_only=False)}
    members = {wanted.get("group_id") or ticket.group_id for ticket in tickets} - {None}
    return _Names(
        groups,
        queries.category_titles() if wanted.get("category_id") else {},
        identity.person_names({each for each in people if each}),
        identity.members_of_groups([each for each in members if each]) if wanted.get("assignee_id") else {},
        with_open_required([ticket.id for ticket in tickets]) if wanted.get("step") else frozenset(),
    )


def _bound(actor: Actor, ids: Sequence[int], wanted: Wanted) -> _Bound:
    watched = select(Watcher.ticket_id).where(Watcher.person_id == actor.person_id, one_of(Watcher.ticket_id, ids))
    parent = parent_of(actor, wanted)
    return _Bound(
        parent,
        frozenset(session.scalars(watched)) if wanted.get("watch") else None,
        frozenset(queries.linked_ids(parent.id, "child_of", outgoing=False)) if parent else None,
    )


def change_all(actor: Actor, ids: Sequence[int], wanted: Wanted, *, title: Any, back: str) -> Result:
    """Change these tickets in the present transaction; `Result.undo` takes all of it back."""
    tickets, result = listing.list_whole(actor, ids, lock=True), Result()
    bound = _bound(actor, ids, wanted)
    with undoable(actor, tickets, title=title, back=back, kind=BULK, whole=bool(_actions(wanted))) as step:
        changed = [ticket.id for ticket in tickets if _changed(actor, ticket, wanted, bound, result)]
        step.payload = {
            "watching": [each for each in changed if bound.watched is not None and each not in bound.watched],
            "parent": bound.parent.id if bound.parent else None,
            "parts": [each for each in changed if bound.parts is not None and each not in bound.parts],
        }
    if result.done:
        result.undo = step.undo
    elif step.undo is not None:
        session.delete(step.undo)
        session.flush()
    return result


def _changed(actor: Actor, ticket: Ticket, wanted: Wanted, bound: _Bound, result: Result) -> bool:
    number, version = ticket.number, ticket.version
    try:
        with session.begin_nested():
            _apply(actor, ticket, wanted, bound.parent)
    except ItsmError as error:
        result.refused.append((number, str(reason_of(error))))
        return False
    if ticket.version == version and not bound.adds_to(ticket) and not _actions(wanted):
        result.unchanged += 1
        return False
    result.done += 1
    return True


def _apply(actor: Actor, ticket: Ticket, wanted: Wanted, parent: Ticket | None) -> list[Sequence[Message]]:
    """All changes of one ticket, each by the service that also its page calls; answers what other packages' actions did."""
    require_work(actor, ticket)
    facts = _facts(wanted)
    if facts:
        services.change_facts(actor, ticket, version=None, changes=facts)
    group_id, assignee_id = _placed(ticket, wanted)
    if (group_id, assignee_id) != (ticket.group_id, ticket.assignee_id):
        services.assign(actor, ticket, group_id=group_id, assignee_id=assignee_id)
    if wanted.get("priority") and wanted["priority"] != ticket.priority:
        services.override_priority(actor, ticket, priority=wanted["priority"], reason=wanted["reason"])
    if wanted.get("step"):
        services.take_step(actor, ticket, wanted["step"], fields=_step_fields(wanted))
    if wanted.get("watch") and actor.person_id is not None:
        services.watch(actor, ticket, person_id=actor.person_id)
    if parent is not None:
        services.link(actor, ticket, parent, relation="child_of")
    return [action.do(actor, ticket, chosen) for action, chosen in _actions(wanted)]


def take_back_bulk(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Undo of a bulk: every fact is what it was, and nobody watches and no link stands that it brought. Rule: U1."""
    stays = take_back(actor, payload)
    watching = delete(Watcher).where(Watcher.person_id == actor.person_id, Watcher.ticket_id.in_(payload["watching"]))
    session.execute(watching)
    parts = delete(TicketLink).where(TicketLink.relation == "child_of", TicketLink.target_id == payload["parent"])
    session.execute(parts.where(TicketLink.source_id.in_(payload["parts"])))
    return stays


def merge_undos(actor: Actor, undo_ids: Sequence[int], *, title: Any, back: str) -> Undo | None:
    """One undo in place of those of several parts of a bulk."""
    rows = session.scalars(select(Undo).where(Undo.id.in_(undo_ids)).order_by(Undo.id)).all()
    if not rows:
        return None
    payload = {name: [item for row in rows for item in row.payload[name]] for name in MERGED}
    whole = remember(actor, BULK, title=title, back=back, payload={**payload, "parent": rows[0].payload["parent"]})
    for row in rows:
        session.delete(row)
    session.flush()
    return whole


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts that one transaction each handles."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
