"""Every read of the outbox."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, case, func, select

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import require

STATES = ("waiting", "sending", "dead", "held", "sent")
LISTED = (
    OutboxMessage.id,
    OutboxMessage.channel,
    OutboxMessage.recipient,
    OutboxMessage.event_key,
    OutboxMessage.state,
    OutboxMessage.attempts,
    OutboxMessage.next_at,
    OutboxMessage.last_error,
    OutboxMessage.created_at,
    OutboxMessage.sent_at,
    OutboxMessage.payload,
)


def list_messages(
    actor: Actor, *, state: str = "", limit: int | None = None, cursor: str | None = None
) -> Page[Row[Any]]:
    """Outgoing messages, newest first, of one state or of all."""
    require(actor, "admin.open")
    size = checked_limit(limit)
    statement = select(*LISTED)
    if state:
        statement = statement.where(OutboxMessage.state == state)
    rows = session.execute(
        keyset(statement, (SortKey("id", OutboxMessage.id, descending=True),), limit=size, cursor=cursor)
    ).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.id,))


def count_by_state(actor: Actor) -> dict[str, int]:
    """State → number of messages; states without any are 0."""
    require(actor, "admin.open")
    rows = session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all()
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in rows}


def count_recent(address: str, ticket_id: int) -> tuple[int, int]:
    """How many confirmations an address got in the last hour, and how many notices about one ticket."""
    since = clock.now() - timedelta(hours=1)
    confirmations = func.coalesce(func.sum(case((OutboxMessage.event_key.startswith("opened:"), 1), else_=0)), 0)
    about_ticket = OutboxMessage.event_key.contains(f":{ticket_id}:", autoescape=True)
    notices = func.coalesce(func.sum(case((about_ticket, 1), else_=0)), 0)
    statement = select(confirmations, notices).where(
        OutboxMessage.recipient == address, OutboxMessage.created_at > since, OutboxMessage.state != "held"
    )
    row = session.execute(statement).one()
    return int(row[0]), int(row[1])


def list_dead_ids() -> Sequence[int]:
    """Ids of messages that were given up."""
    return session.scalars(select(OutboxMessage.id).where(OutboxMessage.state == "dead")).all()
