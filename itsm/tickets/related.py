"""What the query language asks across a ticket's relations: people, linked tickets, journal, watchers.

Each way leads only to what the asking actor may read, so that a filter tells nothing of what is hidden.
"""

from collections.abc import Iterable

from sqlalchemy import select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from itsm.identity import queries as people
from itsm.identity.filters import lookup_person, person_fields, suggest_people
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.text import Message, _
from itsm.query.fields import Field, FieldType, Lookup
from itsm.query.relations import Relation
from itsm.tickets import policy, queries
from itsm.tickets.models import JournalEntry, Ticket, TicketLink, Watcher

OF_PERSON = ("name", "email", "vip", "active", "organisation", "site")
OF_TICKET = ("title", "kind", "state", "state.category", "priority", "group", "assignee", "requester", "category")
SAID = ("created", "public", "internal", "work")


def fields_for(actor: Actor, own: Iterable[Field]) -> list[Field]:
    """Fields of related records for staff; `own` are the fields of the ticket itself, which linked tickets have as well."""
    known = {field.name: field for field in own}
    of_ticket = [known[name] for name in OF_TICKET]
    of_person = [field for field in person_fields() if field.name in OF_PERSON]
    linked = (_parent(actor), _links(actor))
    persons = (
        _person(actor, "requester", _("Requester"), Ticket.requester_id),
        _person(actor, "assignee", _("Assignee"), Ticket.assignee_id),
    )
    return [
        number_field(actor),
        *(relation.column(FieldType.REFERENCE, Ticket.id, lookup=_lookup_number(actor)) for relation in linked),
        *(relation.field(field) for relation in linked for field in of_ticket),
        *(relation.field(field) for relation in persons for field in of_person),
        _watcher().column(FieldType.PERSON, Watcher.person_id, lookup=lookup_person, suggest=suggest_people(actor)),
        journal_field(actor),
    ]  # fmt: skip


def number_field(actor: Actor) -> Field:
    """The ticket's own number, such as INC0000123."""
    return Field(
        name="number",
        type=FieldType.REFERENCE,
        title=_("Number"),
        get=lambda record: record.id,
        expression=Ticket.id,
        lookup=_lookup_number(actor),
    )


def journal_field(actor: Actor) -> Field:
    """What people wrote on the ticket, as far as the actor may read it: the requester's side finds no internal notes."""
    told = JournalEntry.kind.in_(SAID) if policy.is_staff(actor) else JournalEntry.kind.in_(("created", "public"))
    rows = select().select_from(JournalEntry).where(told, ~JournalEntry.retracted)
    relation = Relation(name="journal", title=_("Journal"), near=Ticket.id, far=JournalEntry.ticket_id, rows=rows)
    return relation.column(FieldType.TEXT, JournalEntry.body)


def _lookup_number(actor: Actor) -> Lookup:
    def lookup(number: str) -> list[int]:
        found = queries.find_ticket(actor, number)
        return [found.id] if found is not None else []

    return lookup


def _person(actor: Actor, name: str, title: Message, near: InstrumentedAttribute[int | None]) -> Relation:
    rows = select().select_from(Person).where(people.visible(actor))
    return Relation(name=name, title=title, near=near, far=Person.id, rows=rows, single=True)


def _parent(actor: Actor) -> Relation:
    to_parent = select().select_from(TicketLink).join(Ticket, Ticket.id == TicketLink.target_id)
    rows = to_parent.where(TicketLink.relation == "child_of", policy.visible(actor))
    return Relation(name="parent", title=_("Parent"), near=Ticket.id, far=TicketLink.source_id, rows=rows)


def _links(actor: Actor) -> Relation:
    """Tickets that a link joins with this one, whichever way it points."""
    both = union_all(
        select(TicketLink.source_id.label("near_id"), TicketLink.target_id.label("far_id")),
        select(TicketLink.target_id, TicketLink.source_id),
    ).subquery("ends")
    rows = select().select_from(both).join(Ticket, Ticket.id == both.c.far_id).where(policy.visible(actor))
    return Relation(name="links", title=_("Linked ticket"), near=Ticket.id, far=both.c.near_id, rows=rows)


def _watcher() -> Relation:
    rows = select().select_from(Watcher)
    return Relation(name="watcher", title=_("Watcher"), near=Ticket.id, far=Watcher.ticket_id, rows=rows)
