"""Saying which configuration items a ticket concerns."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from cmdb import policy
from cmdb.models import Ci, TicketCi
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.events import emit
from itsm.kernel.text import _
from itsm.tickets import services as tickets
from itsm.tickets.events import TicketChanged
from itsm.tickets.models import Ticket

MOST_CIS = 200


def attach_ci(actor: Actor, ticket: Ticket, ci: Ci, *, origin: str = "hand") -> None:
    """Say that a ticket concerns a CI; already said is no error. Raises `Forbidden`."""
    attach_cis(actor, ticket, [ci.id], origin=origin)


def attach_cis(
    actor: Actor, ticket: Ticket, ci_ids: Sequence[int], *, origin: str = "hand", opening: bool = False
) -> None:
    """Say that a ticket concerns these CIs, in a fixed number of statements however many an outage reaches. Rule: C4.

    `opening` is for within `tickets.services.opening`: subscribers hear of the ticket, and so of its CIs, after it.
    Raises `Invalid` for the field `ci` when the actor may not see one of them.
    """
    if not ci_ids:
        return
    if len(ci_ids) > MOST_CIS:
        raise Invalid.field(
            "ci", _("Name at most %(most)s CIs at once, best the one that the others depend on.", most=MOST_CIS)
        )
    _require_attach(actor, ticket)
    names, known = _standing(actor, ticket, ci_ids)
    unknown = [ci_id for ci_id in ci_ids if ci_id not in names]
    if unknown:
        raise Invalid.field("ci", _("There is no CI “%(name)s”, or you may not see it.", name=unknown[0]))
    fresh = [ci_id for ci_id in names if ci_id not in known]
    if fresh:
        now = clock.now()
        rows = [{"ticket_id": ticket.id, "ci_id": ci_id, "origin": origin, "created_at": now} for ci_id in fresh]
        session.execute(insert(TicketCi), rows)
        changed = {"ci": [None, ", ".join(names[ci_id] for ci_id in fresh)]}
        tickets.write_journal(actor, ticket, "change", changes=changed)
        if not opening:
            _tell(actor, ticket)


def inherit_cis(ticket: Ticket, earlier: Ticket) -> None:
    """A ticket that is being opened concerns what the one that it continues concerned, whoever opens it."""
    statement = (
        select(TicketCi.ci_id).where(TicketCi.ticket_id == earlier.id).order_by(TicketCi.created_at, TicketCi.ci_id)
    )
    attach_cis(SYSTEM, ticket, session.scalars(statement.limit(MOST_CIS)).all(), origin="continued", opening=True)


def _standing(actor: Actor, ticket: Ticket, ci_ids: Sequence[int]) -> tuple[dict[int, str], set[int]]:
    """Names of the CIs that the actor may see, and ids of those that the ticket names already; one statement."""
    statement = (
        select(Ci.id, Ci.name, TicketCi.ticket_id)
        .outerjoin(TicketCi, (TicketCi.ci_id == Ci.id) & (TicketCi.ticket_id == ticket.id))
        .where(Ci.id.in_(ci_ids), policy.visible(actor))
    )
    rows = {row.id: row for row in session.execute(statement)}
    named = {ci_id: rows[ci_id].name for ci_id in ci_ids if ci_id in rows}  # in the order in which they were given
    return named, {ci_id for ci_id, row in rows.items() if row.ticket_id is not None}


def detach_ci(actor: Actor, ticket: Ticket, ci: Ci) -> None:
    """Say that a ticket does not concern a CI after all."""
    _require_attach(actor, ticket)
    result = session.execute(delete(TicketCi).where(TicketCi.ticket_id == ticket.id, TicketCi.ci_id == ci.id))
    if getattr(result, "rowcount", 0):
        tickets.write_journal(actor, ticket, "change", changes={"ci": [ci.name, None]})
        _tell(actor, ticket)


def _require_attach(actor: Actor, ticket: Ticket) -> None:
    if not policy.can_attach(actor, ticket):
        raise Forbidden(_("You may read this ticket but not change it."))


def _tell(actor: Actor, ticket: Ticket) -> None:
    emit(TicketChanged(ticket.id, ticket.kind, fields=frozenset({"ci"}), actor_id=actor.person_id))
