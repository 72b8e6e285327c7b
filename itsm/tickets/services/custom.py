"""Values of a ticket's fields of the site's own. Rule: F1 to F3."""

from collections.abc import Mapping
from typing import Any

from itsm.fields import values
from itsm.fields.kinds import Draft
from itsm.fields.layout import has_scopes
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.events import emit
from itsm.kernel.records import check_version, set_changes
from itsm.tickets import queries
from itsm.tickets.events import TicketChanged
from itsm.tickets.models import Ticket
from itsm.tickets.priority import priority_of
from itsm.tickets.services.journal import require_work, write_journal


def draft_of(ticket: Ticket) -> Draft:
    """The ticket as its form; also of one that is about to be opened."""
    priority = ticket.priority or priority_of(ticket.impact, ticket.urgency)
    facts = {
        "title": ticket.title,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "priority": priority,
        "channel": ticket.channel,
    }
    scope_ids = queries.category_line(ticket.category_id) if has_scopes(ticket.kind) else ()
    return Draft(facts, dict(ticket.custom or {}), scope_ids)


def fill_in(actor: Actor, ticket: Ticket, given: Mapping[str, Any] | None) -> None:
    """The values with which a ticket is opened; None where no form asked for them (mail), which requires nothing.

    Raises `Invalid` that names every faulty field. Opening the ticket keeps their index.
    """
    if given is not None:
        ticket.custom = values.checked_values(actor, ticket.kind, draft_of(ticket), given, whole=True)


def change_custom(
    actor: Actor, ticket: Ticket, given: Mapping[str, Any], *, version: int | None = None, whole: bool = False
) -> None:
    """Change some values of a ticket's own fields; `whole` when the form was given as a whole. None clears a field."""
    require_work(actor, ticket)
    check_version(ticket, version, current=queries.facts_of(ticket))
    before = dict(ticket.custom)
    after = values.checked_values(actor, ticket.kind, draft_of(ticket), given, whole=whole)
    if not set_changes(ticket, {"custom": after}):
        return
    values.keep(ticket.kind, ticket.id, before, after)
    session.flush()
    changes = values.difference(before, after)
    write_journal(actor, ticket, "change", changes=changes)
    emit(TicketChanged(ticket.id, ticket.kind, fields=frozenset(changes), actor_id=actor.person_id))
