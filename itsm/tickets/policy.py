"""Who may see and do what with tickets of any kind. A kind's own package adds its own permissions."""

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from itsm.kernel.actor import Actor
from itsm.kernel.lifecycle import Transition
from itsm.tickets.models import Ticket, Watcher


def visible(actor: Actor) -> ColumnElement[bool]:
    """Tickets that the actor may read.

    Everyone reads what they asked for or watch. Staff read all others but those of restricted groups that are not theirs;
    who sees colleagues' tickets reads those of the own organisation and below, again without those groups.
    """
    if actor.grants_all:
        return true()
    if actor.is_anonymous:
        return false()
    if actor.has("tickets.read") and not actor.hidden_group_ids:
        return true()  # most of staff: before anything is composed that nobody asks
    own = or_(
        Ticket.requester_id == actor.person_id,
        Ticket.id.in_(select(Watcher.ticket_id).where(Watcher.person_id == actor.person_id)),
    )
    if actor.has("tickets.read"):
        return or_(_outside_hidden_groups(actor), own)
    if actor.organisation_ids:
        return or_(own, and_(of_colleagues(actor), _outside_hidden_groups(actor)))
    return own


def of_colleagues(actor: Actor) -> ColumnElement[bool]:
    """Tickets of the organisations whose tickets the actor may read, of the kinds that are for colleagues' eyes."""
    mappers = Ticket.__mapper__.polymorphic_map
    kinds = [kind for kind, mapper in mappers.items() if mapper.class_.read_by_colleagues]
    return and_(Ticket.kind.in_(kinds), Ticket.organisation_id.in_(actor.organisation_ids))


def _outside_hidden_groups(actor: Actor) -> ColumnElement[bool]:
    return or_(Ticket.group_id.is_(None), Ticket.group_id.not_in(actor.hidden_group_ids))


def is_staff(actor: Actor) -> bool:
    """Whether the actor sees the inside of tickets: internal notes, work log, clocks."""
    return actor.has("tickets.read")


def can_work(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor may change a ticket's facts, assign it and write internal notes."""
    return actor.has(f"{ticket.kind}.edit")


def is_requester(actor: Actor, ticket: Ticket) -> bool:
    """Whether the ticket is the actor's own."""
    return actor.person_id is not None and ticket.requester_id == actor.person_id


def can_reply(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor may write a public entry: staff, and whoever may read it from the requester's side."""
    return can_work(actor, ticket) or not is_staff(actor) or is_requester(actor, ticket)


def can_step(actor: Actor, ticket: Ticket, permission: str) -> bool:
    """Whether the actor holds a step's permission; steps marked `requester` are the requester's own as well."""
    if permission == "requester":
        return is_requester(actor, ticket) or can_work(actor, ticket)
    return actor.has(permission)


def can_take(actor: Actor, ticket: Ticket, step: Transition) -> bool:
    """Whether the actor may take a step: by its permission, and by its roles if it names some."""
    in_role = not step.roles or actor.grants_all or bool(actor.roles & set(step.roles))
    return in_role and can_step(actor, ticket, step.permission)
