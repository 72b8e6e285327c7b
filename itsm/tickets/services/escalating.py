"""Passing many tickets on at once, as jobs do: what `escalate` and `escalate_to_manager` do to one, in a few statements."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.events import emit
from itsm.kernel.records import set_changes
from itsm.kernel.text import _
from itsm.tickets import notify, queries
from itsm.tickets.events import TicketAssigned, TicketChanged
from itsm.tickets.models import Ticket, Watcher
from itsm.tickets.services.journal import require_work, write_changes

NO_HIGHER_LEVEL = _("There is no group at a higher level to pass this to. Ask an administrator to set one.")
NO_MANAGER = _("This group has no manager to escalate to. Ask an administrator to name one.")


def _manager_of(ticket: Ticket) -> Person | None:
    group = session.get(Group, ticket.group_id) if ticket.group_id else None
    return session.get(Person, group.manager_id) if group is not None and group.manager_id is not None else None


def escalate_many_to_managers(actor: Actor, found: Sequence[Ticket]) -> Mapping[int, Person]:
    """Hierarchical escalation of many tickets: ticket id → the manager who watches it now; without one left out. Rule: I5."""
    managers: dict[int, Person] = {}
    by_group: dict[int | None, Person | None] = {}
    for ticket in found:
        require_work(actor, ticket)
        if ticket.group_id not in by_group:
            by_group[ticket.group_id] = _manager_of(ticket)
        manager = by_group[ticket.group_id]
        if manager is not None:
            managers[ticket.id] = manager
    asked = [ticket for ticket in found if ticket.id in managers]
    _let_watch(actor, asked, managers)
    write_changes(actor, [(each, {"escalated_to_manager": [None, managers[each.id].name]}) for each in asked])
    for ticket in asked:
        fields = frozenset({"escalated_to_manager"})
        emit(TicketChanged(ticket.id, ticket.kind, fields=fields, actor_id=actor.person_id))
    return managers


def _let_watch(actor: Actor, found: Sequence[Ticket], people: Mapping[int, Person]) -> None:
    watching = select(Watcher.ticket_id, Watcher.person_id).where(Watcher.ticket_id.in_(people))
    known = {(row.ticket_id, row.person_id) for row in session.execute(watching)} if people else set()
    new = [ticket for ticket in found if (ticket.id, people[ticket.id].id) not in known]
    if new:
        rows = [{"ticket_id": ticket.id, "person_id": people[ticket.id].id} for ticket in new]
        session.execute(insert(Watcher), rows)
        write_changes(actor, [(ticket, {"watcher": [None, people[ticket.id].name]}) for ticket in new])


def escalate_many(actor: Actor, found: Sequence[Ticket]) -> Mapping[int, Group]:
    """Functional escalation of many tickets: ticket id → the group that has it now; without a next one left out. Rule: I4."""
    ways: dict[int | None, Group | None] = {}
    passed: list[tuple[Ticket, Group, dict[str, list[Any]]]] = []
    for ticket in found:
        require_work(actor, ticket)
        if ticket.group_id not in ways:
            ways[ticket.group_id] = queries.next_level_group(ticket)
        following = ways[ticket.group_id]
        if following is not None:
            passed.append((ticket, following, _pass_to(ticket, following)))
    session.flush()
    write_changes(actor, [(ticket, changes) for ticket, _following, changes in passed if changes])
    with notify.telling_of_many([ticket.id for ticket, _following, changes in passed if changes]):
        for ticket, following, changes in passed:
            if changes:
                _tell(actor, ticket, following, regrouped="group_id" in changes)
    return {ticket.id: following for ticket, following, _changes in passed}


def _pass_to(ticket: Ticket, following: Group) -> dict[str, list[Any]]:
    if following.id != ticket.group_id and ticket.group_id is not None:
        ticket.reassignments += 1
    changes: dict[str, Any] = {"group_id": following.id, "assignee_id": None}
    if following.id != ticket.group_id:
        changes["level"] = following.level
    recorded = set_changes(ticket, changes)
    if recorded:
        ticket.assignment_reason = "escalation"
    return recorded


def _tell(actor: Actor, ticket: Ticket, following: Group, *, regrouped: bool) -> None:
    emit(
        TicketAssigned(
            ticket.id,
            ticket.kind,
            group_id=following.id,
            assignee_id=None,
            actor_id=actor.person_id,
            escalated=True,
            regrouped=regrouped,
        )
    )
