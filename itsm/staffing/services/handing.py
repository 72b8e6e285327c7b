"""Passing open tickets from one person to another: to a deputy, or to balance the load of a team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from itsm.identity import queries as identity
from itsm.kernel import undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid, ItsmError
from itsm.kernel.text import _, plural
from itsm.staffing.models import Absence
from itsm.tickets import queries as tickets_queries
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket

HANDED = "staffing.handed"


@dataclass
class Handed:
    """What became of a hand-over: the tickets that were passed on, why others were not, and the step to take it back."""

    done: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, ItsmError]] = field(default_factory=list)
    step: undo.Undo | None = None


def hand_over(actor: Actor, absence: Absence, ticket_ids: Sequence[int], *, back: str = "/") -> Handed:
    """Give these open tickets of an absent person to the deputy; what cannot be given is answered with its reason."""
    if absence.deputy_id is None:
        raise Invalid.field("deputy_id", _("This absence names no deputy. Name one first."))
    handed = Handed()
    before = []
    for ticket_id in sorted(ticket_ids):
        ticket = _locked(actor, ticket_id)
        if ticket.assignee_id != absence.person_id or not ticket.unfinished:
            continue
        try:
            with session.begin_nested():
                before.append(_give(actor, ticket, absence.deputy_id, reason="deputy"))
            handed.done.append(ticket)
        except ItsmError as error:
            handed.refused.append((ticket, error))
    handed.step = _remember(actor, before, absence.deputy_id, back)
    return handed


def reassign(
    actor: Actor, ticket_id: int, *, assignee_id: int | None, version: int | None = None, back: str = "/"
) -> undo.Undo | None:
    """Give one ticket to another member of its group, or back to the group; answers the step to take it back."""
    ticket = _locked(actor, ticket_id)
    before = _give(actor, ticket, assignee_id, reason="hand", version=version)
    return _remember(actor, [before], assignee_id, back)


def _locked(actor: Actor, ticket_id: int) -> Ticket:
    tickets.locked_if_exists(ticket_id)
    return tickets_queries.get_by_id(actor, ticket_id)


def _give(
    actor: Actor, ticket: Ticket, assignee_id: int | None, *, reason: str, version: int | None = None
) -> list[Any]:
    """Assign within the ticket's group; answers [ticket id, who had it]."""
    before = [ticket.id, ticket.assignee_id]
    tickets.assign(actor, ticket, group_id=ticket.group_id, assignee_id=assignee_id, reason=reason, version=version)
    return before


def _remember(actor: Actor, before: list[list[Any]], assignee_id: int | None, back: str) -> undo.Undo | None:
    if not before:
        return None
    name = identity.person_names({assignee_id}).get(assignee_id, "") if assignee_id else _("nobody")
    title = plural("%(num)s ticket given to %(name)s", "%(num)s tickets given to %(name)s", len(before), name=name)
    return undo.remember(actor, HANDED, title=title, payload={"to": assignee_id, "tickets": before}, back=back)


def give_back(actor: Actor, payload: Mapping[str, Any]) -> None:
    """Take a hand-over back: every ticket returns to whoever had it, or none does."""
    for ticket_id, before in payload["tickets"]:
        ticket = _locked(actor, int(ticket_id))
        if ticket.assignee_id != payload["to"]:
            raise Conflict(_("%(number)s was given to somebody else meanwhile.", number=ticket.number))
        _give(actor, ticket, before, reason="hand")
