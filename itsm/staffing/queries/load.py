"""Reads of load: how many open tickets people have, and how many they take at most."""

from collections.abc import Collection

from sqlalchemy import func, select

from itsm.kernel.db import session
from itsm.staffing.models import WorkLimit
from itsm.tickets.models import Ticket


def open_counts(person_ids: Collection[int]) -> dict[int, int]:
    """Person id → number of their open tickets, whatever the group; from an index alone."""
    statement = select(Ticket.assignee_id, func.count()).where(
        Ticket.unfinished == 1, Ticket.assignee_id.in_(person_ids)
    )
    rows = session.execute(statement.group_by(Ticket.assignee_id)) if person_ids else ()
    return {row[0]: row[1] for row in rows if row[0] is not None}


def limits_of(person_ids: Collection[int], *, lock: bool = False) -> dict[int, int]:
    """Person id → most open tickets, of those who have a limit; `lock` makes choices of the same people queue."""
    statement = select(WorkLimit).where(WorkLimit.person_id.in_(person_ids)).order_by(WorkLimit.person_id)
    rows = session.scalars(statement.with_for_update() if lock else statement) if person_ids else ()
    return {row.person_id: row.most_open for row in rows}
