"""Which record of ours stands for which record of another system, so that an import that runs again changes nothing."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, session

CHUNK = 500


class ExternalReference(Base):
    """A record of `kind` that `system` knows under `external_id`; `record_id` is our id of it."""

    __tablename__ = "external_reference"
    __table_args__ = (UniqueConstraint("kind", "system", "external_id"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    system: Mapped[str]
    external_id: Mapped[str]
    record_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def known_ids(kind: str, system: str, external_ids: Iterable[str]) -> dict[str, int]:
    """Ids of our records for those external ones that were taken over before."""
    wanted, found = sorted(set(external_ids)), dict[str, int]()
    for start in range(0, len(wanted), CHUNK):
        statement = select(ExternalReference.external_id, ExternalReference.record_id).where(
            ExternalReference.kind == kind,
            ExternalReference.system == system,
            ExternalReference.external_id.in_(wanted[start : start + CHUNK]),
        )
        found |= {row.external_id: row.record_id for row in session.execute(statement)}
    return found


def remember(kind: str, system: str, external_id: str, *, record_id: int) -> None:
    """Note which record of ours an external one became."""
    session.add(ExternalReference(kind=kind, system=system, external_id=external_id, record_id=record_id))
    session.flush()
