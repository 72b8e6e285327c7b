"""Scheduled work of the forecast: learning how long clocks took."""

from datetime import timedelta

from sqlalchemy import delete, insert

from itsm.kernel import clock
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.text import _
from sla.forecast import backtest as forecast_backtest
from sla.forecast import queries as forecast_queries
from sla.forecast.estimate import REMEMBERED, Durations
from sla.forecast.models import SlaDuration

LEARN_AFTER = timedelta(hours=20)
EVERY_SECONDS = 900.0
WRITTEN_AT_ONCE = 500


def learn() -> int:
    """Learn durations anew from the clocks that ended in the last twelve months; answers the number of sorts of clocks."""
    now, found = clock.now(), Durations()
    for each in forecast_queries.ended_clocks(now - REMEMBERED, now):
        found.add(each.case, each.ended_at, each.seconds)
    rows = [{"key": key, "seconds": list(seconds), "learned_at": now} for key, seconds in found.items()]
    with unit_of_work():
        session.execute(delete(SlaDuration))
        for start in range(0, len(rows), WRITTEN_AT_ONCE):
            session.execute(insert(SlaDuration), rows[start : start + WRITTEN_AT_ONCE])
    return len(rows)


def learn_daily() -> Outcome:
    """Learn unless it was done within 20 hours."""
    with unit_of_work():
        learned_at = forecast_queries.learned_at()
    if learned_at is not None and learned_at > clock.now() - LEARN_AFTER:
        return Outcome()
    return Outcome(done=learn())


FORECAST_JOBS = (
    Job("sla.learn", _("Learn how long tickets take, for the forecast"), learn_daily, every_seconds=EVERY_SECONDS),
)
FORECAST_TASKS = {forecast_backtest.TASK: forecast_backtest.run_task}
