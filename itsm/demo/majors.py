"""What recurs at Nordhav Foods, and one major incident that was fought and is over but for its review."""

from datetime import timedelta

from incident.major import services as major
from incident.services import open_incident
from itsm.demo.made import Company
from itsm.identity.actors import actor_of
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.notifications.services import silenced
from itsm.recurring import services as recurring
from itsm.tickets.reminders import services as reminders

RECURRING = (  # name, title, rule, minute of the day
    ("Backup check", "Restore a file from last night's backup", "FREQ=WEEKLY;BYDAY=MO", 9 * 60),
    ("Licence count", "Compare licences with installations", "FREQ=MONTHLY;BYDAY=1TU", 10 * 60),
)
REPORTERS = ("Carmen Ibáñez", "Nikos Alexiou", "Linnea Ek")


def write_majors(made: Company) -> None:
    """Write two recurring tickets, a reminder, and a major incident with parts and updates."""
    with unit_of_work(), silenced():
        for name, title, rule, minute in RECURRING:
            facts = {"rule": rule, "minute": minute, "timezone": "Europe/Stockholm", "starts_on": clock.now().date()}
            recurring.create_recurrence(SYSTEM, name=name, title=title, **facts)
        lead = actor_of(session.merge(made.people["Anna Karlsson"]), channel="web")
        first, *others = [
            open_incident(SYSTEM, title=f"No connection to the ERP ({name})", requester_id=made.people[name].id)
            for name in REPORTERS
        ]
        major.declare(lead, first, reason="Three sites cannot book orders", headline="ERP")
        major.absorb(lead, first, [each.id for each in others])
        major.post_update(lead, first, body="The database of the ERP is restarted.", phase="identified")
        reminders.remind(lead, first, at=clock.now() + timedelta(hours=4), note="Ask the supplier")
