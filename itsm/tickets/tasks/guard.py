"""What open tasks forbid. Rule: K4."""

from itsm.kernel.errors import IllegalTransition
from itsm.kernel.text import _
from itsm.tickets.models import Ticket
from itsm.tickets.tasks import queries

NAMED = 5


def require_finished(ticket: Ticket) -> None:
    """Raise `IllegalTransition` that names the required tasks which are open. Rule: K4."""
    titles = open_titles(ticket)
    if titles:
        raise IllegalTransition(
            _("Required tasks are still open: %(titles)s. Finish them, or resolve despite them.", titles=titles)
        )


def open_titles(ticket: Ticket) -> str:
    """Titles of the ticket's required tasks that are open, as one text; empty when none is."""
    titles = queries.open_required(ticket.id)
    return ", ".join(titles[:NAMED]) + ("…" if len(titles) > NAMED else "")
