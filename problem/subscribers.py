"""What happens because of a problem: its flag follows its state, and linked incidents hear of workaround and solution."""

from collections.abc import Sequence

from sqlalchemy import select

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.events import Subscription
from itsm.kernel.text import Message, _
from itsm.tickets import queries, services
from itsm.tickets.events import TicketChanged, TicketMoved
from itsm.tickets.models import Ticket
from problem.models import Problem
from problem.queries import CAUSED_BY

NUMBERS_NAMED = 20


def keep_known_error(event: TicketMoved) -> None:
    """A problem is a known error once it is analysed, until it is resolved, left, or analysed again. Rule: B4.

    An accepted risk stays what it was: a cause that is known and remains.
    """
    if event.kind != "problem" or event.after in {"fix_in_progress", "risk_accepted"}:
        return
    problem = session.get_one(Problem, event.ticket_id)
    problem.known_error = event.after == "known_error"
    session.flush()


def tell_workaround(event: TicketChanged) -> None:
    """A new or changed workaround becomes a note on every unfinished incident of the problem. Rule: B3."""
    if event.kind != "problem" or "workaround" not in event.fields:
        return
    problem = session.get_one(Problem, event.ticket_id)
    if problem.workaround:
        text = _("Workaround from %(number)s:\n%(body)s", number=problem.number, body=problem.workaround)
        _tell(_unfinished(problem), text)


def tell_solution(event: TicketMoved) -> None:
    """A resolved problem becomes a note on every unfinished incident of it. Rule: B3."""
    if event.kind == "problem" and event.after == "resolved":
        problem = session.get_one(Problem, event.ticket_id)
        text = _("%(number)s is resolved:\n%(body)s", number=problem.number, body=problem.resolution)
        _tell(_unfinished(problem), text)


def note_open_incidents(event: TicketMoved) -> None:
    """Closing a problem whose incidents are still open is allowed, and leaves a note that names them. Rule: B5."""
    if event.kind != "problem" or event.after != "closed":
        return
    problem = session.get_one(Problem, event.ticket_id)
    still_open = _unfinished(problem)
    if still_open:
        numbers = ", ".join(incident.number for incident in still_open[:NUMBERS_NAMED])
        text = _(
            "Closed while %(count)s of its incidents were open: %(numbers)s", count=len(still_open), numbers=numbers
        )
        _tell([problem], text)


def _unfinished(problem: Problem) -> Sequence[Ticket]:
    ids = queries.linked_ids(problem.id, CAUSED_BY, outgoing=False)
    return session.scalars(select(Ticket).where(Ticket.id.in_(ids), Ticket.unfinished == 1).order_by(Ticket.id)).all()


def _tell(tickets: Sequence[Ticket], text: Message) -> None:
    for ticket in tickets:
        services.write_entry(SYSTEM, ticket, kind="internal", body=str(text))


SUBSCRIPTIONS = (
    Subscription(TicketMoved, keep_known_error),
    Subscription(TicketMoved, tell_solution),
    Subscription(TicketMoved, note_open_incidents),
    Subscription(TicketChanged, tell_workaround),
)
