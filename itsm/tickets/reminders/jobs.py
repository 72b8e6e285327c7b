"""Scheduled work: telling reminders that are due."""

from itsm.kernel import clock
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome, each
from itsm.kernel.text import _
from itsm.tickets.reminders import queries, services


def tell_due() -> Outcome:
    """Tell every reminder that is due, each in its own transaction."""
    with unit_of_work():
        ids = queries.list_due(clock.now())
    return each(ids, services.tell, job="reminders.tell")


JOBS = (Job("reminders.tell", _("Tell reminders"), tell_due, every_seconds=20),)
