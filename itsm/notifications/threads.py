"""Conversations by mail: the Message-IDs that we issue and those that came from outside."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from itsm.kernel.db import session
from itsm.kernel.runtime import settings
from itsm.notifications.message_ids import SignedReference, sign_message_id, verify_message_id
from itsm.notifications.models import ThreadMessage

REFERENCES_SHOWN = 10
LONGEST_REFERENCE = 250
PARTICIPANTS_KEPT = 50
MESSAGES_READ = 200
_UNFIT = re.compile(r"[^A-Za-z0-9.-]")


@dataclass(frozen=True)
class Thread:
    """What a mail on a ticket answers: Message-IDs from outside, oldest first, and the mailbox that got the last one."""

    message_ids: tuple[str, ...] = ()
    received_by: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """In-Reply-To and References; empty for a ticket that nobody mailed about. Rule: R10 (RFC 5322 3.6.4)."""
        if not self.message_ids:
            return {}
        return {"In-Reply-To": self.message_ids[-1], "References": " ".join(self.message_ids)}


Rows = Mapping[int, Sequence[Row[Any]]]
_cause: ContextVar[Thread | None] = ContextVar("cause", default=None)
_read: ContextVar[Rows] = ContextVar("read", default={})  # noqa: B039 (nobody writes to it)


@contextmanager
def answering(message_id: str, *, received_by: str) -> Iterator[None]:
    """Mails queued inside the block answer this mail, whose ticket may not have a number yet. Rule: R10."""
    token = _cause.set(Thread((message_id,) if _is_fit(message_id) else (), received_by))
    try:
        yield
    finally:
        _cause.reset(token)


def issue_message_id(kind: str, number: str, key: str) -> str:
    """A signed Message-ID of this installation. Rule: R22."""
    return sign_message_id(_secret(), installation=_installation(), kind=kind, number=number, key=key)


def read_message_id(message_id: str) -> SignedReference | None:
    """What one of our own Message-IDs names; None when it is not ours."""
    return verify_message_id(_secret(), _installation(), message_id)


def _secret() -> bytes:
    return settings().secret_key.encode()


def _installation() -> str:
    return _UNFIT.sub("-", settings().installation)[:200].strip("-.") or "itsm"


def note_message(ticket_id: int, message_id: str, *, received_by: str, participants: Iterable[str]) -> None:
    """Keep that a mail from outside belongs to a ticket."""
    session.add(
        ThreadMessage(
            ticket_id=ticket_id,
            message_id=message_id,
            message_id_sha256=_digest(message_id),
            received_by=received_by,
            participants=sorted({address.lower() for address in participants})[:PARTICIPANTS_KEPT],
        )
    )
    session.flush()


def find_ticket_ids(message_ids: Sequence[str]) -> dict[str, int]:
    """Message-ID from outside → the ticket that it belongs to, in one statement."""
    digests = {_digest(message_id): message_id for message_id in message_ids}
    if not digests:
        return {}
    columns = (ThreadMessage.message_id_sha256, ThreadMessage.ticket_id)
    statement = select(*columns).where(ThreadMessage.message_id_sha256.in_(digests)).order_by(ThreadMessage.id)
    return {digests[row.message_id_sha256]: row.ticket_id for row in session.execute(statement)}


def is_participant(ticket_id: int, address: str) -> bool:
    """Whether an address stood in the headers of some mail on the ticket."""
    statement = select(ThreadMessage.participants).where(ThreadMessage.ticket_id == ticket_id)
    rows = session.scalars(statement.order_by(ThreadMessage.id.desc()).limit(MESSAGES_READ))
    return any(address.lower() in participants for participants in rows)


def cause() -> Thread:
    """The mail from outside that is being handled now; empty when there is none."""
    return _cause.get() or Thread()


def thread_of(ticket_id: int) -> Thread:
    """The conversation on a ticket, as far as the headers of a new mail need it."""
    known = _read.get()
    rows = known[ticket_id] if ticket_id in known else _latest([ticket_id]).get(ticket_id, [])
    present = cause()
    shown = dict.fromkeys(
        (*(row.message_id for row in reversed(rows) if _is_fit(row.message_id)), *present.message_ids)
    )
    return Thread(tuple(shown), present.received_by or (rows[0].received_by if rows else ""))


@contextmanager
def read_together(ticket_ids: Collection[int]) -> Iterator[None]:
    """Read the conversations on many tickets in one statement, for the mails that are written inside the block."""
    nothing: Rows = dict.fromkeys(ticket_ids, ())
    token = _read.set({**nothing, **_latest(ticket_ids)})
    try:
        yield
    finally:
        _read.reset(token)


def _latest(ticket_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """The latest mails from outside on each ticket, the last one first."""
    place = func.row_number().over(partition_by=ThreadMessage.ticket_id, order_by=ThreadMessage.id.desc())
    columns = (ThreadMessage.ticket_id, ThreadMessage.id, ThreadMessage.message_id, ThreadMessage.received_by)
    numbered = select(*columns, place.label("place")).where(ThreadMessage.ticket_id.in_(ticket_ids)).subquery()
    statement = select(numbered).where(numbered.c.place <= REFERENCES_SHOWN).order_by(numbered.c.id.desc())
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.ticket_id].append(row)
    return found


def _is_fit(message_id: str) -> bool:
    is_made_up = message_id.endswith("@missing.invalid>")
    return not is_made_up and len(message_id) <= LONGEST_REFERENCE and message_id.isascii() and message_id.isprintable()


def short_digest(text: str) -> str:
    """A few letters that stand for a text in a Message-ID."""
    return _digest(text)[:10]


def _digest(message_id: str) -> str:
    return hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest()
