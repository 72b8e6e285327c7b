"""Scheduled work: opening recurring tickets that are due."""

from itsm.kernel import clock
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome, each
from itsm.kernel.text import _
from itsm.recurring import queries, services


def open_due() -> Outcome:
    """Open the tickets that are due, each in its own transaction."""
    with unit_of_work():
        ids = queries.list_due(clock.now())
    return each(ids, services.run_due, job="recurring.open")


JOBS = (Job("recurring.open", _("Open recurring tickets"), open_due, every_seconds=30),)
