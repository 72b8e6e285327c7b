"""Links between tickets, and who watches one."""

from sqlalchemy import delete

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.tickets import queries
from itsm.tickets.models import Ticket, TicketLink, Watcher
from itsm.tickets.services.journal import add_watcher, require_work, write_journal


def add_link(actor: Actor, source: Ticket, target: Ticket, *, relation: str) -> None:
    """`link` for services that have checked the actor's right by their own rule."""
    check_link(source, target, relation=relation)
    if queries.find_link(source.id, target.id, relation) is not None:
        return
    session.add(TicketLink(source_id=source.id, target_id=target.id, relation=relation))
    session.flush()
    write_journal(actor, source, "change", changes={f"link.{relation}": [None, target.number]})
    write_journal(actor, target, "change", changes={f"linked.{relation}": [None, source.number]})


def check_link(source: Ticket, target: Ticket, *, relation: str) -> None:
    """Raise `Invalid` unless some module declares this relation for these kinds of tickets, and they are two."""
    rule = registry().link_rules.get(relation)
    kinds = (source.kind, target.kind)
    if rule is None or rule.source_kind not in (None, kinds[0]) or rule.target_kind not in (None, kinds[1]):
        raise Invalid.field("relation", _("These two cannot be linked in this way."))
    if source.id == target.id:
        raise Invalid.field("target", _("A ticket cannot be linked to itself."))


def link(actor: Actor, source: Ticket, target: Ticket, *, relation: str) -> None:
    """Link two tickets by a relation that some module declares; linking again changes nothing."""
    require_work(actor, source)
    add_link(actor, source, target, relation=relation)


def unlink(actor: Actor, ticket: Ticket, link_id: int) -> None:
    """Remove a link of this ticket."""
    require_work(actor, ticket)
    row = get(TicketLink, link_id)
    if ticket.id not in (row.source_id, row.target_id):
        raise Invalid.field("link", _("This link belongs to another ticket."))
    session.delete(row)
    session.flush()
    write_journal(actor, ticket, "change", changes={f"link.{row.relation}": [row.target_id, None]})


def watch(actor: Actor, ticket: Ticket, *, person_id: int) -> None:
    """Let a person watch a ticket; people add themselves, staff may add anyone."""
    if person_id != actor.person_id:
        require_work(actor, ticket)
    add_watcher(actor, ticket, person_id)


def unwatch(actor: Actor, ticket: Ticket, *, person_id: int) -> None:
    """Stop watching."""
    if person_id != actor.person_id:
        require_work(actor, ticket)
    session.execute(delete(Watcher).where(Watcher.ticket_id == ticket.id, Watcher.person_id == person_id))
