"""Merge, split, and solving the parts with the whole. Each step can be taken back. Rules: I7 to I9.

A merge moves nothing: the living ticket tells the merged one's story beside its own, each entry with where it was written.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid, ItsmError
from itsm.kernel.events import emit
from itsm.kernel.lifecycle import UNFINISHED, Category, Transition
from itsm.kernel.records import check_version, get, set_changes
from itsm.kernel.text import Message, _
from itsm.kernel.undo import Undo
from itsm.tickets import policy, queries
from itsm.tickets.events import TicketMerged, TicketUnmerged
from itsm.tickets.models import JournalEntry, SharedEntry, Ticket, Watcher
from itsm.tickets.services import restoring
from itsm.tickets.services.journal import lock, locked_if_exists, require_work, write_journal
from itsm.tickets.services.links import add_link
from itsm.tickets.services.opening import opening
from itsm.tickets.services.steps import enter, is_possible, lifecycle_of, take_step

MERGE = "tickets.merge"
SPLIT = "tickets.split"
MOST_CHILDREN = 500
SEEN_OUTSIDE = frozenset({"created", "public"})  # kinds of entries that requesters read


def merge(actor: Actor, source: Ticket, into: Ticket, *, version: int | None = None) -> Undo | None:
    """Let a ticket go on in another one: it ends, and whoever wrote to it is heard there. Rule: I7.

    Locks both. Its people watch the living ticket from now on. Answers what takes the merge back.
    """
    target = _locked(source, into)
    check_version(source, version, current=queries.facts_of(source))
    for ticket in (source, target):
        require_work(actor, ticket)
    _refuse_merge(source, target)
    title = _("%(source)s merged into %(target)s", source=source.number, target=target.number)
    with restoring.undoable(actor, [source, target], kind=MERGE, title=title, back=_page_of(source)) as step:
        shared = _share(target, _story_of(source))
        watching = _let_watch(target, {source.requester_id, *_watcher_ids(source)})
        step.payload = {"source": source.id, "target": target.id, "shared": shared, "watching": watching}
        set_changes(source, {"merged_into_id": target.id})
        end = _ending(source)
        enter(actor, source, end, {}, noted={"merged_into": [None, target.number]})
        write_journal(actor, target, "change", changes={"merged": [None, source.number]})
        emit(TicketMerged(source.id, source.kind, target_id=target.id, actor_id=actor.person_id))
    return step.undo


def _locked(source: Ticket, into: Ticket) -> Ticket:
    """Lock both tickets as others left them, in the order of ids: two merges in opposite directions never block each other.

    Answers the living one; raises `Conflict` when it went on elsewhere at this very moment.
    """
    living = queries.living(into)
    lock(source, into, living)
    target = queries.living(into)
    if target.id not in {source.id, living.id}:
        raise Conflict(_("%(number)s was merged by somebody else just now. Please look again.", number=living.number))
    return target


def take_back_merge(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Undo of `merge`: the ticket is what it was, and the living one tells only its own story again.

    A mail about the merge that has not left is withdrawn; if it had, its requester is told that it was taken back.
    """
    locked_if_exists(payload["source"], payload["target"])
    target = session.get_one(Ticket, payload["target"], populate_existing=True)
    if target.merged_into_id is not None:
        raise Conflict(
            _("%(number)s was merged into another ticket since. Take that back first.", number=target.number)
        )
    left = restoring.restore(actor, payload)
    _unshare(payload["target"], payload["shared"])
    session.execute(
        delete(Watcher).where(Watcher.ticket_id == payload["target"], Watcher.person_id.in_(payload["watching"]))
    )
    source = get(Ticket, payload["source"])
    told = any(each.event_key.startswith(f"merged:{source.id}:") for each in left)
    emit(TicketUnmerged(source.id, source.kind, target_id=payload["target"], told=told))
    return _("The requester had been told by mail, and is now told that it was taken back.") if told else None


def split(
    actor: Actor, ticket: Ticket, *, entry_ids: Sequence[int], title: str = "", version: int | None = None
) -> tuple[Ticket, Undo | None]:
    """Open a second ticket about what some entries of this one say; both tickets tell them. Rule: I8."""
    require_work(actor, ticket)
    check_version(ticket, version, current=queries.facts_of(ticket))
    entries = queries.list_entries(actor, ticket, entry_ids)
    if not entries:
        raise Invalid.field("entries", _("Choose at least one message that the new ticket is about."))
    fresh = _split_off(ticket, entries, title)
    with restoring.undoable(
        actor, [ticket], kind=SPLIT, title=_("%(number)s split", number=ticket.number), back=_page_of(ticket)
    ) as step:
        with opening(actor, fresh, group_id=ticket.group_id, acknowledge=False):
            _share(fresh, [entry.id for entry in entries])
        add_link(actor, fresh, ticket, relation="split_from")
        step.payload = {"source": ticket.id, "fresh": fresh.id, "shared": [entry.id for entry in entries]}
    return fresh, step.undo


def take_back_split(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Undo of `split`: the new ticket ends in the first one, which then also tells what was written in it meanwhile."""
    locked_if_exists(payload["source"], payload["fresh"])
    stays = restoring.take_back(actor, payload)
    ticket, fresh = get(Ticket, payload["source"]), queries.get_by_id(actor, payload["fresh"])
    require_work(actor, fresh)
    if fresh.merged_into_id is not None or Category(fresh.state_category) not in UNFINISHED:
        raise Conflict(_("%(number)s has ended meanwhile, so the split stays.", number=fresh.number))
    written = [each for each in _story_of(fresh) if each not in payload["shared"]]
    _unshare(fresh.id, payload["shared"])
    _share(ticket, _of_people(written))
    set_changes(fresh, {"merged_into_id": ticket.id})
    enter(actor, fresh, _ending(fresh), {}, noted={"merged_into": [None, ticket.number]})
    event = TicketMerged(fresh.id, fresh.kind, target_id=ticket.id, actor_id=actor.person_id, acknowledge=False)
    emit(event)
    return stays


def step_children(
    actor: Actor, parent: Ticket, name: str, *, fields: Mapping[str, Any]
) -> tuple[list[Ticket], list[Ticket], Undo | None]:
    """Take a step with every open part of a ticket that can take it; answers done, left alone and the undo. Rule: I9."""
    children = queries.open_children(actor, parent, limit=MOST_CHILDREN, lock=True)
    able = [each for each in children if policy.can_work(actor, each) and is_possible(each, name)]
    done = []
    title = _("Parts of %(number)s solved", number=parent.number)
    with restoring.undoable(actor, able, title=title, back=_page_of(parent)) as step:
        for child in able:
            try:
                with session.begin_nested():
                    take_step(actor, child, name, fields=fields)
            except ItsmError:
                continue  # it needs something of its own; it stays open and is named to the person
            done.append(child)
    return done, [each for each in children if each not in done], step.undo if done else None


def _refuse_merge(source: Ticket, target: Ticket) -> None:
    if source.id == target.id:
        raise Invalid.field("into", _("A ticket cannot be merged into itself."))
    if source.kind != target.kind:
        raise Invalid.field("into", _("Only tickets of the same kind can be merged. Link them instead."))
    if source.merged_into_id is not None:
        raise Invalid.field("into", _("%(number)s is merged already.", number=source.number))
    if Category(source.state_category) not in UNFINISHED:
        raise Invalid.field("into", _("%(number)s has ended. Link it as a duplicate instead.", number=source.number))


def _ending(ticket: Ticket) -> Transition:
    """The way out of the life cycle for a ticket that goes on elsewhere: cancelled where there is such a state."""
    cycle = lifecycle_of(ticket)
    ends = cycle.names_in([Category.CLOSED])
    target = "cancelled" if "cancelled" in ends else ends[-1]
    return Transition("merge", (ticket.state,), target, _("Merge"), "", automatic=True)


def _story_of(ticket: Ticket) -> list[int]:
    """Entries of a ticket's story, its own and those shared with it."""
    own = select(JournalEntry.id).where(JournalEntry.ticket_id == ticket.id)
    shared = select(SharedEntry.entry_id).where(SharedEntry.ticket_id == ticket.id)
    return sorted({*session.scalars(own), *session.scalars(shared)})


def _of_people(entry_ids: Sequence[int]) -> list[int]:
    said = JournalEntry.kind.in_(("public", "internal", "work"))
    return list(session.scalars(select(JournalEntry.id).where(JournalEntry.id.in_(entry_ids), said)))


def _share(ticket: Ticket, entry_ids: Sequence[int]) -> list[int]:
    """Let a ticket tell entries of another; answers those that it did not tell before."""
    known = set(session.scalars(select(SharedEntry.entry_id).where(SharedEntry.ticket_id == ticket.id)))
    own = set(session.scalars(select(JournalEntry.id).where(JournalEntry.ticket_id == ticket.id)))
    new = [each for each in entry_ids if each not in known | own]
    if new:
        session.execute(insert(SharedEntry), [{"ticket_id": ticket.id, "entry_id": each} for each in new])
    return new


def _unshare(ticket_id: int, entry_ids: Sequence[int]) -> None:
    session.execute(delete(SharedEntry).where(SharedEntry.ticket_id == ticket_id, SharedEntry.entry_id.in_(entry_ids)))


def _watcher_ids(ticket: Ticket) -> set[int]:
    return set(session.scalars(select(Watcher.person_id).where(Watcher.ticket_id == ticket.id)))


def _let_watch(ticket: Ticket, people: set[int | None]) -> list[int]:
    """Let people watch a ticket; answers those who did not before."""
    new = sorted(each for each in people - {None, ticket.requester_id} - _watcher_ids(ticket) if each is not None)
    session.add_all(Watcher(ticket_id=ticket.id, person_id=person_id) for person_id in new)
    session.flush()
    return new


def _split_off(ticket: Ticket, entries: Sequence[JournalEntry], title: str) -> Ticket:
    """The new ticket, described by the first entry that requesters read as well; the others stand in its journal."""
    said = next((each for each in entries if each.kind in SEEN_OUTSIDE), None)
    first = said or entries[0]
    author = first.actor_id if first.by_requester and first.actor_id else ticket.requester_id
    return type(ticket)(
        title=(title.strip() or ticket.title)[:255],
        description=said.body if said is not None else "",
        requester_id=author,
        impact=ticket.impact,
        urgency=ticket.urgency,
        category_id=ticket.category_id,
        channel=first.channel,
    )


def _page_of(ticket: Ticket) -> str:
    return f"/{type(ticket).path}/{ticket.number}"
