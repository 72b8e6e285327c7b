"""Letting mail in at the door, and looking at what became of it."""

from sqlalchemy import func, select

from itsm.channels.mail import services
from itsm.channels.mail.models import IncomingMail, Mailbox
from itsm.channels.mail.reasons import Outcome
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import queries as tickets
from itsm.tickets.models import JournalEntry, Ticket
from tests.channels.mail.letters import letter, waiting
from tests.journal import whole_journal


def receive(raw: bytes, mailbox: Mailbox | None = None) -> Outcome:
    """What becomes of a mail that came to the desk, or to a mailbox."""
    return services.receive(raw, mailbox)


def ticket_of(outcome: Outcome) -> Ticket:
    """The ticket that a mail opened or joined, as it is now."""
    found = tickets.find_ticket(SYSTEM, outcome.ticket or "")
    assert found is not None
    session.refresh(found)
    return found


def entries(ticket: Ticket) -> list[JournalEntry]:
    """Its journal, oldest first."""
    return whole_journal(ticket.id)


def last_mail_row() -> IncomingMail:
    """The row of the mail that came last."""
    found = session.scalars(select(IncomingMail).order_by(IncomingMail.id.desc())).first()
    assert found is not None
    return found


def number_of_tickets() -> int:
    """How many tickets there are."""
    return session.scalar(select(func.count()).select_from(Ticket)) or 0


def new_ticket(**facts: str) -> tuple[Ticket, str]:
    """A ticket opened by mail and the Message-ID of the confirmation that it got."""
    ticket = ticket_of(receive(letter(**facts)))
    return ticket, waiting()[-1].payload["headers"]["Message-ID"]
