"""Every read of incidents."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select

from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.lifecycles import active
from itsm.search import queries as search
from itsm.tickets import closing, policy, queries

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
    readable = search.Readable(Incident.id, policy.visible(actor))
    ids = search.find_alike("ticket", " ".join(words), readable=readable, limit=40)
    statement = select(Incident).where(
        Incident.id.in_(ids), Incident.unfinished == 0, Incident.resolution != "", policy.visible(actor)
    )
    found = {row.id: row for row in session.scalars(statement) if row.id != ignore_id}
    return [found[each] for each in ids if each in found][:limit]


def list_to_close(*, limit: int = 500) -> Sequence[int]:
    """Ids of incidents resolved so long ago that they close by themselves, for the closing job. Rule: Q6."""
    return session.scalars(_closable(closing.closes_after).limit(limit)).all()


def list_to_warn(*, limit: int = 500) -> Sequence[int]:
    """Ids of incidents that close soon and whose requester was not warned since the resolution. Rule: Q6."""
    statement = _closable(closing.warns_after).where(
        or_(Incident.close_warned_at.is_(None), Incident.close_warned_at < Incident.resolved_at)
    )
    return session.scalars(statement.limit(limit)).all()


def _closable(after_days: Callable[[closing.Period], int | None]) -> Select[int]:
    statement = select(Incident.id).where(
        Incident.state_category == "resolved",
        Incident.state.in_(active("incident").states_with("close")),
        closing.resolved_long_enough(after_days),
    )
    return statement.order_by(Incident.id)


def list_to_wake(now: datetime, *, limit: int = 500) -> Sequence[int]:
    """Ids of incidents on hold whose wake-up instant has come."""
    statement = select(Incident.id).where(
        Incident.state_category == "waiting",
        Incident.wake_at <= now,
        Incident.state.in_(active("incident").states_with("resume")),
    )
    return session.scalars(statement.order_by(Incident.id).limit(limit)).all()
