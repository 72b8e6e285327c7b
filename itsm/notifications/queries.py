"""Every read of the outbox."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, select

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import require

STATES = ("waiting", "sending", "dead", "held", "sent")
CONFIRMATION = "opened:"  # how the keys of confirmations begin
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


@dataclass
class Recent:
    """What one address got in the last hour: the keys of its mails, how many confirm, how many tell of each record."""

    keys: set[str] = field(default_factory=set)
    confirmations: int = 0
    by_record: Counter[str] = field(default_factory=Counter)

    def note(self, event_key: str) -> None:
        """Count one mail, once: a key that is known already queues no second one."""
        if event_key not in self.keys:
            self.keys.add(event_key)
            self.confirmations += event_key.startswith(CONFIRMATION)
            _kind, _colon, rest = event_key.partition(":")
            self.by_record[rest.partition(":")[0]] += 1  # mails on a ticket have its id there

    def about(self, ticket_id: int) -> int:
        """How many mails told of a ticket."""
        return self.by_record[str(ticket_id)]


def recent_mails(addresses: Collection[str]) -> dict[str, Recent]:
    """What addresses got in the last hour; those that got nothing are left out. One statement."""
    found: dict[str, Recent] = defaultdict(Recent)
    if addresses:
        statement = select(OutboxMessage.recipient, OutboxMessage.event_key).where(
            OutboxMessage.recipient.in_(addresses),
            OutboxMessage.created_at > clock.now() - timedelta(hours=1),
            OutboxMessage.state != "held",
        )
        for recipient, event_key in session.execute(statement):
            found[recipient].note(event_key)
    return dict(found)


def list_dead_ids() -> Sequence[int]:
    """Ids of messages that were given up."""
    return session.scalars(select(OutboxMessage.id).where(OutboxMessage.state == "dead")).all()
