"""Changing what a ticket says, who works on it and how urgent it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import IllegalTransition, Invalid
from itsm.kernel.events import emit
from itsm.kernel.records import check_version, get, set_changes
from itsm.kernel.text import _
from itsm.tickets import queries
from itsm.tickets.events import TicketAssigned, TicketChanged
from itsm.tickets.models import NO_DUE, Ticket
from itsm.tickets.priority import priority_of
from itsm.tickets.services.escalating import NO_HIGHER_LEVEL, NO_MANAGER
from itsm.tickets.services.journal import require_work, write_entry, write_journal
from itsm.tickets.services.links import watch

FACTS = frozenset({"title", "description", "impact", "urgency", "category_id", "requester_id", "organisation_id"})


def change_facts(actor: Actor, ticket: Ticket, *, version: int | None, changes: Mapping[str, Any]) -> None:
    """Change title, description, impact, urgency, category, requester or a kind's own columns named in `own_facts`."""
    require_work(actor, ticket)
    check_version(ticket, version, current=queries.facts_of(ticket))
    unknown = changes.keys() - FACTS - type(ticket).own_facts
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This field cannot be changed here."))
    recorded = set_changes(ticket, _with_organisation(ticket, changes))
    if ("impact" in recorded or "urgency" in recorded) and not ticket.priority_reason:
        recorded |= set_changes(ticket, {"priority": priority_of(ticket.impact, ticket.urgency)})
    _finish_change(actor, ticket, recorded)


def _with_organisation(ticket: Ticket, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """A ticket of another requester belongs to that person's organisation, whose people may read it."""
    requester_id = changes.get("requester_id")
    if requester_id is None or requester_id == ticket.requester_id or "organisation_id" in changes:
        return changes
    return {**changes, "organisation_id": get(Person, requester_id).organisation_id}


def override_priority(
    actor: Actor, ticket: Ticket, *, priority: int | None, reason: str, version: int | None = None
) -> None:
    """Set a priority against the matrix, with a reason that is kept; `priority=None` returns to the matrix."""
    require_work(actor, ticket)
    check_version(ticket, version)
    if priority is not None and not reason.strip():
        raise Invalid.field("reason", _("Say why the priority differs from impact and urgency."))
    chosen = priority if priority is not None else priority_of(ticket.impact, ticket.urgency)
    recorded = set_changes(
        ticket, {"priority": chosen, "priority_reason": reason.strip() if priority is not None else ""}
    )
    _finish_change(actor, ticket, recorded)


def _finish_change(actor: Actor, ticket: Ticket, recorded: Mapping[str, Any]) -> None:
    if not recorded:
        return
    session.flush()
    write_journal(actor, ticket, "change", changes=recorded)
    emit(TicketChanged(ticket.id, ticket.kind, fields=frozenset(recorded), actor_id=actor.person_id))


def assign(
    actor: Actor,
    ticket: Ticket,
    *,
    group_id: int | None,
    assignee_id: int | None = None,
    reason: str = "hand",
    version: int | None = None,
    escalated: bool = False,
) -> None:
    """Give a ticket to a group and, if named, to a person who works in it."""
    require_work(actor, ticket)
    check_version(ticket, version)
    if group_id is None and assignee_id is not None:
        group_id = ticket.group_id
    if assignee_id is not None and group_id is not None and assignee_id not in identity.member_ids(group_id):
        raise Invalid.field("assignee_id", _("This person does not work in that group."))
    changes: dict[str, Any] = {"group_id": group_id, "assignee_id": assignee_id}
    if group_id and group_id != ticket.group_id:
        changes["level"] = get(Group, group_id).level
        if ticket.group_id is not None:
            ticket.reassignments += 1
    recorded = set_changes(ticket, changes)
    if not recorded:
        return
    ticket.assignment_reason = reason
    session.flush()
    write_journal(actor, ticket, "change", changes=recorded)
    emit(
        TicketAssigned(
            ticket.id,
            ticket.kind,
            group_id=group_id,
            assignee_id=assignee_id,
            actor_id=actor.person_id,
            escalated=escalated,
            regrouped="group_id" in recorded,
        )
    )


def escalate(actor: Actor, ticket: Ticket, *, note: str = "", group_id: int | None = None) -> Group:
    """Functional escalation: pass the ticket to the group with more skill, with a note that goes along. Rule: I4.

    The next group is `group_id`, else the one that the present group names, else any active group of the next level.
    """
    require_work(actor, ticket)
    following = get(Group, group_id) if group_id else queries.next_level_group(ticket)
    if following is None:
        raise IllegalTransition(NO_HIGHER_LEVEL)
    if note.strip():
        write_entry(actor, ticket, kind="internal", body=note)
    assign(actor, ticket, group_id=following.id, reason="escalation", escalated=True)
    return following


def escalate_to_manager(actor: Actor, ticket: Ticket, *, note: str = "") -> Person:
    """Hierarchical escalation: the manager of the ticket's group is told and watches it from now on. Rule: I5."""
    require_work(actor, ticket)
    group = get(Group, ticket.group_id) if ticket.group_id else None
    if group is None or group.manager_id is None:
        raise Invalid.field("group", NO_MANAGER)
    manager = get(Person, group.manager_id)
    watch(actor, ticket, person_id=manager.id)
    write_entry(actor, ticket, kind="internal", body=note) if note.strip() else None
    write_journal(actor, ticket, "change", changes={"escalated_to_manager": [None, manager.name]})
    emit(TicketChanged(ticket.id, ticket.kind, fields=frozenset({"escalated_to_manager"}), actor_id=actor.person_id))
    return manager


def set_due(
    ticket_id: int,
    *,
    state: str,
    due_at: datetime | None,
    from_at: datetime | None,
    left_seconds: int | None,
    target_seconds: int | None,
) -> None:
    """Keep the most pressing clock's due instant on the ticket, so that lists sort and show it without a join.

    Called by the clocks' keeper, who flushes; not a change by anyone, so it is neither journalled nor versioned.
    """
    ticket = session.get(Ticket, ticket_id)
    if ticket is not None:
        ticket.due_state, ticket.due_at = state, due_at or NO_DUE
        ticket.due_from_at, ticket.due_left_seconds, ticket.due_target_seconds = from_at, left_seconds, target_seconds
