"""Every read of incidents."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.search import queries as search
from itsm.tickets import policy, queries

SIMILAR_SHOWN = 5
WORD = re.compile(r"\w{4,}")


def get_incident(actor: Actor, number: str, *, lock: bool = False) -> Incident:
    """The incident with this number (`INC0000123`)."""
    return queries.get_ticket(actor, Incident, number, lock=lock)


def list_similar(
    actor: Actor, *, title: str, ignore_id: int | None = None, limit: int = SIMILAR_SHOWN
) -> Sequence[Incident]:
    """Resolved incidents whose words resemble a title, best first, so that their solutions can be used again."""
    words = WORD.findall(title)[:8]
    if not words:
        return []
    ids = search.find_ids("ticket", " ".join(words), any_word=True, limit=40)
    statement = select(Incident).where(
        Incident.id.in_(ids), Incident.unfinished == 0, Incident.resolution != "", policy.visible(actor)
    )
    found = {row.id: row for row in session.scalars(statement) if row.id != ignore_id}
    return [found[each] for each in ids if each in found][:limit]


def list_to_close(before: datetime, *, limit: int = 500) -> Sequence[int]:
    """Ids of incidents resolved before an instant and not closed yet, for the closing job."""
    statement = select(Incident.id).where(Incident.state_category == "resolved", Incident.resolved_at < before)
    return session.scalars(statement.order_by(Incident.id).limit(limit)).all()


def list_to_wake(now: datetime, *, limit: int = 500) -> Sequence[int]:
    """Ids of incidents on hold whose wake-up instant has come."""
    statement = select(Incident.id).where(Incident.state_category == "waiting", Incident.wake_at <= now)
    return session.scalars(statement.order_by(Incident.id).limit(limit)).all()
