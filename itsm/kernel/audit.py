"""The audit log: one entry for every change of anything, chained with a key that is held outside the database.

Each entry carries a keyed digest of its content when it is written. A job then seals entries in order: it numbers
them without gaps and chains each to the one before. Sealing apart from writing keeps writers from queueing behind
one another. `verify` finds any change, gap or cut.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, BigId, session
from itsm.kernel.runtime import settings
from itsm.kernel.text import noop

GENESIS = "0" * 64
SEAL_BATCH = 2000


class AuditEntry(Base):
    """One change: who, when, what, from what to what, through which channel."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str]
    channel: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(BigId)
    changes: Mapped[dict[str, Any]]  # field -> [before, after]
    digest: Mapped[str]  # keyed digest of the content, hex
    number: Mapped[int | None] = mapped_column(BigId, unique=True)  # given when sealed, without gaps
    chain: Mapped[str | None]  # keyed digest over the previous chain value and this digest, hex


@dataclass(frozen=True)
class Verdict:
    """Result of `verify`: how many sealed entries hold, and what is wrong with the first that does not (translatable)."""

    checked: int
    broken_number: int | None = None
    reason: str = ""


def record(
    actor: Actor,
    action: str,
    *,
    subject_kind: str,
    subject_id: int | None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit entry in the present transaction. Secrets must never be among `changes`."""
    record_many(actor, [(action, subject_kind, subject_id, dict(changes or {}))])


def record_many(actor: Actor, entries: list[tuple[str, str, int | None, dict[str, Any]]]) -> None:
    """Write several audit entries (action, subject kind, subject id, changes) in one statement."""
    at = clock.now()
    rows = []
    for action, kind, subject_id, changes in entries:
        row: dict[str, Any] = {
            "at": at,
            "actor_id": actor.person_id,
            "actor_name": actor.name,
            "channel": actor.channel,
            "action": action,
            "subject_kind": kind,
            "subject_id": subject_id,
            "changes": jsonable(changes),
        }
        rows.append(row | {"digest": _digest(row)})
    session.execute(insert(AuditEntry), rows)


def jsonable(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change values as JSON can hold them (instants as text)."""
    plain: dict[str, Any] = json.loads(json.dumps(changes, default=str))
    return plain


def _key() -> bytes:
    configured = settings()
    material = configured.audit_key or f"audit:{configured.secret_key}"
    return hashlib.sha256(material.encode()).digest()


def _digest(row: Mapping[str, Any]) -> str:
    at: datetime = row["at"]
    content = [at.isoformat(), row["actor_id"], row["actor_name"], row["channel"], row["action"]]
    content += [row["subject_kind"], row["subject_id"], row["changes"]]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


def _link(previous: str, digest: str, number: int) -> str:
    return hmac.new(_key(), f"{previous}{number}{digest}".encode(), hashlib.sha256).hexdigest()


def seal(limit: int = SEAL_BATCH) -> int:
    """Number and chain entries that are not sealed yet; answers how many were sealed."""
    last = session.execute(
        select(AuditEntry.number, AuditEntry.chain)
        .where(AuditEntry.number.is_not(None))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    ).first()
    number, chain = (last.number or 0, last.chain or GENESIS) if last else (0, GENESIS)
    open_rows = session.execute(
        select(AuditEntry.id, AuditEntry.digest).where(AuditEntry.number.is_(None)).order_by(AuditEntry.id).limit(limit)
    ).all()
    sealed = []
    for row in open_rows:
        number += 1
        chain = _link(chain, row.digest, number)
        sealed.append({"id": row.id, "number": number, "chain": chain})
    if sealed:
        session.execute(update(AuditEntry), sealed)
    return len(sealed)


def head() -> tuple[int, str]:
    """Number and chain value of the newest sealed entry, to be kept outside of the database."""
    last = session.execute(
        select(AuditEntry.number, AuditEntry.chain)
        .where(AuditEntry.number.is_not(None))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    ).first()
    return (last.number or 0, last.chain or GENESIS) if last else (0, GENESIS)


def verify(*, anchored: tuple[int, str] | None = None) -> Verdict:
    """Check every sealed entry's content, numbering and chain, and that the anchored head is still among them."""
    expected, chain, checked = 1, GENESIS, 0
    for entry in _sealed():
        if entry.number != expected:
            return Verdict(checked, expected, noop("entry is missing"))
        content = {name: getattr(entry, name) for name in AuditEntry.__table__.columns.keys()}  # noqa: SIM118
        if not hmac.compare_digest(_digest(content), entry.digest):
            return Verdict(checked, expected, noop("entry was changed"))
        chain = _link(chain, entry.digest, expected)
        if not hmac.compare_digest(chain, entry.chain or ""):
            return Verdict(checked, expected, noop("chain does not hold"))
        if anchored and anchored[0] == expected and anchored[1] != chain:
            return Verdict(checked, expected, noop("differs from the anchored head"))
        expected, checked = expected + 1, checked + 1
    if anchored and anchored[0] >= expected:
        return Verdict(checked, expected, noop("log was cut: the anchored head lies beyond its end"))
    return Verdict(checked)


def _sealed() -> Iterator[AuditEntry]:
    statement = select(AuditEntry).where(AuditEntry.number.is_not(None)).order_by(AuditEntry.number)
    return iter(session.scalars(statement.execution_options(yield_per=1000)))
