"""The work that journal entries tell of, with its cost. Rule: K6."""

from itsm.kernel.db import session
from itsm.kernel.records import get
from itsm.tickets.models import JournalEntry
from itsm.tickets.worktime.models import ActivityType, WorkRecord


def cost_of(minutes: int, hour_minor: int) -> int:
    """What minutes cost at a rate for an hour, in minor units, half a unit rounded up. Rule: K6."""
    return (minutes * hour_minor * 2 + 60) // 120


def record_work(entry: JournalEntry, *, activity_id: int | None) -> WorkRecord | None:
    """Keep the work that a journal entry tells of, with its cost as of now; None where it tells of no minutes."""
    if not entry.minutes:
        return None
    activity = get(ActivityType, activity_id) if activity_id is not None else None
    row = WorkRecord(
        entry_id=entry.id,
        ticket_id=entry.ticket_id,
        person_id=entry.actor_id,
        activity_id=activity.id if activity else None,
        minutes=entry.minutes,
        cost_minor=cost_of(entry.minutes, activity.hour_minor) if activity else 0,
        currency=activity.currency if activity else "",
        at=entry.at,
    )
    session.add(row)
    session.flush()
    return row
