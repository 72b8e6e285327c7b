"""Whether those who get a mail may read the ticket that it is about: a mail says no more than its reader may read."""

from collections.abc import Collection

from sqlalchemy import select

from itsm.identity.actors import actor_of
from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from itsm.tickets import policy
from itsm.tickets.models import Ticket


def hidden_from(person_id: int, tickets: Collection[Ticket]) -> set[int]:
    """Ids of those tickets that a person may not read; one statement, none where the person's groups alone tell."""
    person = session.get(Person, person_id)
    if person is None:
        return {ticket.id for ticket in tickets}
    actor = actor_of(person, channel="mail")
    doubtful = {ticket.id for ticket in tickets if not _surely_reads(actor, ticket)}
    if not doubtful:
        return set()
    readable = select(Ticket.id).where(Ticket.id.in_(doubtful), policy.visible(actor))
    return doubtful - set(session.scalars(readable))


def _surely_reads(actor: Actor, ticket: Ticket) -> bool:
    """What `policy.visible` allows without looking at watchers and colleagues."""
    if actor.grants_all or policy.is_requester(actor, ticket):
        return True
    return policy.is_staff(actor) and ticket.group_id not in actor.hidden_group_ids


def is_hidden_from_group(group_id: int | None, ticket: Ticket) -> bool:
    """Whether the own address of a group may not learn of a ticket: one of a restricted group that is another."""
    if ticket.group_id is None or ticket.group_id == group_id:
        return False
    owner = session.get(Group, ticket.group_id)
    return owner is not None and owner.restricted


def said_instead() -> Message:
    """What a mail says in place of a ticket's words."""
    return _(
        "You may not read this ticket, so this mail says no more about it. If you need to know, ask who works on it."
    )
