"""Every read of mailboxes and incoming mail."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from itsm.channels.mail.models import IncomingMail, Mailbox
from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import get, require
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets.models import Ticket

STATES = ("quarantined", "done", "ignored", "stored")


def own_addresses() -> frozenset[str]:
    """Addresses of the desk itself, lower case."""
    return frozenset({settings().mail_from.lower(), *session.scalars(select(Mailbox.address))})


def list_people_with(addresses: Sequence[str]) -> Sequence[Person]:
    """Active people who have one of these addresses."""
    if not addresses:
        return []
    return session.scalars(select(Person).where(Person.email.in_(addresses), Person.active).order_by(Person.id)).all()


def find_by_key(unique_key: str) -> IncomingMail | None:
    """The mail that was delivered before under this key."""
    return session.scalars(select(IncomingMail).where(IncomingMail.unique_key == unique_key)).first()


def get_mailbox(actor: Actor, mailbox_id: int) -> Mailbox:
    """A mailbox, for its administrators."""
    require(actor, "mail.edit")
    return get(Mailbox, mailbox_id)


def get_mailbox_by_name(name: str) -> Mailbox:
    """The mailbox of this name or address, for the command that an MTA calls."""
    statement = select(Mailbox).where((Mailbox.name == name) | (Mailbox.address == name.lower())).order_by(Mailbox.id)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound(_("There is no mailbox “%(name)s”.", name=name))
    return found


def list_mailboxes(actor: Actor) -> Sequence[Row[Any]]:
    """Mailboxes with the name of their group."""
    require(actor, "mail.edit")
    columns: tuple[Any, ...] = (Mailbox, Group.name.label("group_name"))
    statement = select(*columns).outerjoin(Group, Group.id == Mailbox.group_id)
    return session.execute(statement.order_by(Mailbox.name)).all()


def list_polled_ids() -> Sequence[int]:
    """Ids of active mailboxes that are read by IMAP."""
    return session.scalars(select(Mailbox.id).where(Mailbox.active, Mailbox.host != "").order_by(Mailbox.id)).all()


def count_by_mailbox(actor: Actor) -> dict[int | None, dict[str, int]]:
    """Mailbox id (None: piped in without one) → state → number of mails."""
    require(actor, "mail.edit")
    statement = select(IncomingMail.mailbox_id, IncomingMail.state, func.count())
    counts: dict[int | None, dict[str, int]] = {}
    for row in session.execute(statement.group_by(IncomingMail.mailbox_id, IncomingMail.state)):
        counts.setdefault(row[0], dict.fromkeys(STATES, 0))[row[1]] = row[2]
    return counts


def list_incoming(
    actor: Actor, *, state: str = "", limit: int | None = None, cursor: str | None = None
) -> Page[Row[Any]]:
    """Incoming mails with mailbox and ticket, newest first; one statement."""
    require(actor, "mail.edit")
    size = checked_limit(limit)
    columns: tuple[Any, ...] = (IncomingMail, Mailbox.name.label("mailbox_name"), Ticket.kind.label("ticket_kind"))
    statement = (
        select(*columns)
        .outerjoin(Mailbox, Mailbox.id == IncomingMail.mailbox_id)
        .outerjoin(Ticket, Ticket.id == IncomingMail.ticket_id)
    )
    if state:
        statement = statement.where(IncomingMail.state == state)
    keys = (SortKey("id", IncomingMail.id, descending=True),)
    rows = session.execute(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.IncomingMail.id,))


def get_incoming(actor: Actor, mail_id: int) -> IncomingMail:
    """One incoming mail, for administrators."""
    require(actor, "mail.edit")
    return get(IncomingMail, mail_id)
