"""Scheduled work on incidents: closing what is resolved, waking what waited."""

from datetime import datetime

from incident import queries
from incident.models import Incident
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import Job, Outcome, each
from itsm.kernel.text import _
from itsm.tickets import services
from itsm.tickets.notify import warn_of_closing
from itsm.tickets.working_hours import next_at_work


def close_resolved() -> Outcome:
    """Warn of closing and close incidents that nobody reopened for as many days as their category says. Rule: Q6."""
    with unit_of_work():
        soon = queries.list_to_warn()
    warned = each(soon, _warn, job="incident.close")
    with unit_of_work():
        ids = queries.list_to_close()
    closed = each(ids, _close, job="incident.close")
    return Outcome(warned.done + closed.done, warned.failed + closed.failed, warned.errors + closed.errors)


def _warn(incident_id: int) -> None:
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    if incident.state_category == "resolved":
        incident.close_warned_at = clock.now()
        session.flush()
        warn_of_closing(incident)


def _close(incident_id: int) -> None:
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    if services.is_possible(incident, "close"):
        services.take_step(SYSTEM, incident, "close")


def wake_waiting() -> Outcome:
    """Take up incidents again whose wake-up instant has come, in the working hours of their person. Rule: Q5."""
    with unit_of_work():
        ids = queries.list_to_wake(clock.now())
    return each(ids, _wake, job="incident.wake")


def _wake(incident_id: int) -> None:
    incident = session.get_one(Incident, incident_id, with_for_update=True)
    later = next_at_work(incident.assignee_id, clock.now())
    if later > clock.now():
        _postpone(incident, later)
    elif services.is_possible(incident, "resume"):
        services.take_step(SYSTEM, incident, "resume", fields={"note": str(_("The planned time has come."))})


def _postpone(incident: Incident, later: datetime) -> None:
    """Wake it when its person is at work, and say so. Rule: Q5."""
    note = str(_("It wakes up when the person it is assigned to is at work."))
    before, incident.wake_at = incident.wake_at, later
    session.flush()
    services.write_journal(SYSTEM, incident, "change", body=note, changes={"wake_at": [before, later]})


JOBS = (
    Job("incident.close", _("Close resolved incidents"), close_resolved, every_seconds=300),
    Job("incident.wake", _("Wake incidents on hold"), wake_waiting, every_seconds=30),
)
