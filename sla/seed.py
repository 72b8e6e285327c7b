"""Base data: two calendars and one agreement that any installation can start with."""

from sqlalchemy import select

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.text import noop
from sla.agreements import services as agreement_services
from sla.agreements.services import StepInput
from sla.calendars import services as calendar_services
from sla.metrics import held
from sla.models import Agreement, BusinessHours

HOUR = 3600
OFFICE_DAYS = ("mon", "tue", "wed", "thu", "fri")
ALL_DAYS = (*OFFICE_DAYS, "sat", "sun")
# Priority -> seconds of response, seconds of resolution.
STANDARD_TARGETS = {
    1: (HOUR // 2, 4 * HOUR),
    2: (HOUR, 8 * HOUR),
    3: (4 * HOUR, 24 * HOUR),
    4: (8 * HOUR, 40 * HOUR),
    5: (16 * HOUR, 80 * HOUR),
}
STANDARD_STEPS = (
    StepInput("response", 50, ("notify_group",)),
    StepInput("response", 75, ("notify_assignee", "notify_group")),
    StepInput("response", 100, ("notify_manager",)),
    StepInput("resolution", 50, ("notify_assignee",)),
    StepInput("resolution", 75, ("notify_assignee", "notify_group")),
    StepInput("resolution", 100, ("raise_level", "notify_manager")),
)


def seed() -> None:
    """Write calendars and the standard agreement where there are none yet."""
    held.renew_first()
    if session.scalar(select(BusinessHours.id).limit(1)) is not None or session.scalar(select(Agreement.id).limit(1)):
        return
    office = calendar_services.create_calendar(
        SYSTEM,
        name=noop("Office hours"),
        timezone="Europe/Stockholm",
        definition={"weekly": {day: [["08:00", "17:00"]] for day in OFFICE_DAYS}},
    )
    calendar_services.create_calendar(
        SYSTEM,
        name=noop("Around the clock"),
        timezone="UTC",
        definition={"weekly": {day: [["00:00", "24:00"]] for day in ALL_DAYS}},
    )
    agreement_services.create_agreement(
        SYSTEM,
        facts={"name": noop("Standard"), "condition": "kind = incident", "calendar_id": office.id},
        targets={
            (metric, priority): seconds[index]
            for priority, seconds in STANDARD_TARGETS.items()
            for index, metric in enumerate(("response", "resolution"))
        },
        steps=STANDARD_STEPS,
    )
