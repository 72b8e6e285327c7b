"""Scheduled work on incidents: closing what is resolved, waking what waited."""

from datetime import timedelta

from incident import queries
from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import Job, Outcome, each
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets import services


def close_resolved() -> Outcome:
    """Close incidents that nobody reopened for the configured number of days."""
    with unit_of_work():
        ids = queries.list_to_close(clock.now() - timedelta(days=settings().close_after_days))
    return each(ids, _close, job="incident.close")


def _close(incident_id: int) -> None:
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    if incident.state == "resolved":
        services.take_step(SYSTEM, incident, "close")


def wake_waiting() -> Outcome:
    """Take up incidents again whose wake-up instant has come."""
    with unit_of_work():
        ids = queries.list_to_wake(clock.now())
    return each(ids, _wake, job="incident.wake")


def _wake(incident_id: int) -> None:
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    if incident.state == "on_hold":
        services.take_step(SYSTEM, incident, "resume", fields={"note": str(_("The planned time has come."))})


JOBS = (
    Job("incident.close", _("Close resolved incidents"), close_resolved, every_seconds=300),
    Job("incident.wake", _("Wake incidents on hold"), wake_waiting, every_seconds=30),
)
