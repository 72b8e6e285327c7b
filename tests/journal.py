"""The journal of a ticket as tests read it."""

from sqlalchemy import select

from itsm.kernel.db import session
from itsm.tickets.models import JournalEntry


def whole_journal(ticket_id: int) -> list[JournalEntry]:
    """Every entry in order, whoever may read it."""
    statement = select(JournalEntry).where(JournalEntry.ticket_id == ticket_id).order_by(JournalEntry.id)
    return list(session.scalars(statement))
