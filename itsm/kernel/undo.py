"""Taking back what was just done: a step remembers what was before, and the module that took it can restore that.

A handler restores exactly what the payload holds, through the module's own services, or raises `Conflict` that names what
has changed since. It runs in the transaction of the request that asks for it, so that all of a step comes back or nothing.
What had left the process already cannot come back: the handler answers what that is, in words.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import Base, BigId, LongText, session, unit_of_work
from itsm.kernel.errors import Conflict, NotFound
from itsm.kernel.jobs import Outcome
from itsm.kernel.text import Message, _

KEPT_FOR = timedelta(hours=24)
MOST_SHOWN = 50

UndoHandler = Callable[[Actor, Mapping[str, Any]], Message | None]


class Undo(Base):
    """One step that its actor can take back until `expires_at`.

    `kind` names the handler; `title` says what was done, in the actor's language; `back` is the page where it happened;
    `payload` is what the handler needs.
    """

    __tablename__ = "undo"
    __table_args__ = (
        Index("ix_undo_person_id_id", "person_id", "id"),
        Index("ix_undo_expires_at", "expires_at"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(LongText)
    back: Mapped[str] = mapped_column(LongText, default="/")
    payload: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    @property
    def stays(self) -> str:
        """What could not be taken back, in the actor's words; empty for nothing."""
        return str(self.payload.get("stays", ""))


def remember(actor: Actor, kind: str, *, title: Any, payload: Mapping[str, Any], back: str = "/") -> Undo | None:
    """Keep what a step needs to be taken back; None for the system, which takes nothing back."""
    if actor.person_id is None:
        return None
    row = Undo(
        person_id=actor.person_id,
        kind=kind,
        title=str(title),
        back=back,
        payload=audit.jsonable(payload),
        expires_at=clock.now() + KEPT_FOR,
    )
    session.add(row)
    session.flush()
    return row


def list_recent(actor: Actor) -> Sequence[Undo]:
    """What the actor did lately and can still take back, newest first."""
    mine = select(Undo).where(Undo.person_id == actor.person_id, Undo.undone_at.is_(None))
    return session.scalars(mine.where(Undo.expires_at > clock.now()).order_by(Undo.id.desc()).limit(MOST_SHOWN)).all()


def take_back(actor: Actor, undo_id: int, handlers: Mapping[str, UndoHandler]) -> Undo:
    """Restore what was before a step of the actor's own; raises `NotFound` or `Conflict` when that is no longer possible."""
    mine = select(Undo).where(Undo.id == undo_id, Undo.person_id == actor.person_id)
    row = session.scalars(mine.with_for_update()).first()
    if row is None or row.kind not in handlers:
        raise NotFound(_("There is nothing of that kind to take back."))
    if row.undone_at is not None:
        raise Conflict(_("This was taken back already."))
    if row.expires_at <= clock.now():
        raise Conflict(_("This can no longer be taken back: it happened more than a day ago."))
    stays = handlers[row.kind](actor, row.payload)
    row.payload = {**row.payload, "stays": str(stays or "")}
    row.undone_at = clock.now()
    session.flush()
    audit.record(actor, "step.undone", subject_kind="undo", subject_id=row.id, changes={"step": [row.title, None]})
    return row


def forget_old() -> Outcome:
    """Drop steps that can no longer be taken back."""
    with unit_of_work():
        session.execute(delete(Undo).where(Undo.expires_at < clock.now()))
    return Outcome(done=0)
