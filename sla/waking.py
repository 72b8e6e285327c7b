"""Which clocks are to be looked at, and when the next one is: each one statement, by the index of `next_step_at`."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from itsm.kernel.db import session
from sla.models import SlaClock


def list_waking(now: datetime, *, limit: int, without: Collection[int] = ()) -> Sequence[int]:
    """The tickets of at most `limit` clocks that are to be looked at now, the longest waiting first, one id a clock.

    Neither grouped nor joined: the database reads the beginning of one index, however many clocks are open.
    """
    statement = select(SlaClock.ticket_id).where(SlaClock.next_step_at <= now)
    if without:
        statement = statement.where(SlaClock.ticket_id.not_in(without))
    return session.scalars(statement.order_by(SlaClock.next_step_at, SlaClock.ticket_id).limit(limit)).all()


def next_waking(*, without: Collection[int] = ()) -> datetime | None:
    """When a clock is to be looked at next; None when none is."""
    statement = select(SlaClock.next_step_at).where(SlaClock.next_step_at.is_not(None))
    if without:
        statement = statement.where(SlaClock.ticket_id.not_in(without))
    return session.scalar(statement.order_by(SlaClock.next_step_at).limit(1))
