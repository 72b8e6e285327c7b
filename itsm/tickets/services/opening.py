"""Recording a new ticket that a kind's own service prepared."""

from collections.abc import Iterator
from contextlib import contextmanager

from itsm.fields import values as own_values
from itsm.identity.models import Group, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.events import emit
from itsm.kernel.lifecycle import UNFINISHED
from itsm.kernel.records import get
from itsm.tickets import policy, queries
from itsm.tickets.events import TicketOpened
from itsm.tickets.models import NO_DUE, Ticket
from itsm.tickets.priority import priority_of
from itsm.tickets.services.journal import write_journal
from itsm.tickets.services.steps import lifecycle_of


def open_ticket(
    actor: Actor,
    ticket: Ticket,
    *,
    group_id: int | None = None,
    assignee_id: int | None = None,
    acknowledge: bool = True,
) -> None:
    """Record a new ticket that is whole as its kind's own service prepared it; `opening` is for one that is not."""
    with opening(actor, ticket, group_id=group_id, assignee_id=assignee_id, acknowledge=acknowledge):
        pass


@contextmanager
def opening(
    actor: Actor,
    ticket: Ticket,
    *,
    group_id: int | None = None,
    assignee_id: int | None = None,
    acknowledge: bool = True,
) -> Iterator[None]:
    """Record a new ticket that a kind's own service prepared (title, description, requester, impact, urgency, category).

    What belongs to the ticket from the start (its CIs) is added within; subscribers are told at the end, so that an
    agreement is chosen by the whole ticket. Sets state, priority, organisation and group (given, else by category),
    writes journal and audit.
    Without `acknowledge` the requester gets no confirmation (automatic mail must not be answered).
    """
    now = clock.now()
    cycle = lifecycle_of(ticket)
    ticket.state, ticket.state_category = cycle.initial, cycle.category(cycle.initial)
    ticket.unfinished = int(cycle.category(cycle.initial) in UNFINISHED)
    ticket.created_at = ticket.updated_at = now
    ticket.opened_by_id = actor.person_id
    if not ticket.priority_reason:
        ticket.priority = priority_of(ticket.impact, ticket.urgency)
    if ticket.requester_id and ticket.organisation_id is None:
        ticket.organisation_id = get(Person, ticket.requester_id).organisation_id
    _route(ticket, group_id)
    ticket.assignee_id = assignee_id
    ticket.due_at, ticket.due_state, ticket.version = NO_DUE, "", 1
    session.add(ticket)
    session.flush()
    own_values.keep(ticket.kind, ticket.id, {}, ticket.custom)
    _write_opening(actor, ticket)
    yield
    emit(
        TicketOpened(
            ticket.id,
            ticket.kind,
            actor_id=actor.person_id,
            channel=ticket.channel,
            at=now,
            acknowledge=acknowledge,
        )
    )


def _route(ticket: Ticket, group_id: int | None) -> None:
    if group_id is None and ticket.category_id is not None:
        group_id = queries.default_group_id(ticket.category_id)
        ticket.assignment_reason = "category" if group_id else ""
    elif group_id is not None:
        ticket.assignment_reason = "hand"
    if group_id is None:
        group_id, ticket.assignment_reason = queries.front_group_id(), "front"
    ticket.group_id = group_id
    ticket.level = get(Group, group_id).level if group_id else 1


def _write_opening(actor: Actor, ticket: Ticket) -> None:
    facts = (
        "state",
        "state_category",
        "priority",
        "impact",
        "urgency",
        "category_id",
        "group_id",
        "assignee_id",
        "level",
    )
    write_journal(
        actor,
        ticket,
        "created",
        body=ticket.description,
        changes={name: [None, getattr(ticket, name)] for name in facts} | own_values.difference({}, ticket.custom),
        by_requester=policy.is_requester(actor, ticket),
    )
