"""Scheduled work: looking for bursts, and reminding of updates that are due."""

from incident.major import queries, services
from itsm.kernel import clock
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome, each
from itsm.kernel.text import _


def find_bursts() -> Outcome:
    """Keep the candidates in step with the latest incidents."""
    with unit_of_work():
        return Outcome(done=services.note_bursts())


def remind_of_updates() -> Outcome:
    """Remind who speaks of every update that is due."""
    with unit_of_work():
        ids = queries.list_update_due(clock.now())
    return each(ids, services.remind_communicator, job="major.remind")


JOBS = (
    Job("major.bursts", _("Look for major incidents"), find_bursts, every_seconds=30),
    Job("major.remind", _("Remind of updates on major incidents"), remind_of_updates, every_seconds=30),
)
