"""What the demo organisation has agreed on besides the standard: with its own groups, with a supplier, and updates."""

from sqlalchemy import select

from itsm.demo.made import Company
from itsm.identity import services as identity
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.agreements.services import StepInput
from sla.models import Agreement, BusinessHours

HOUR = 3600
SUPPLIER = "Nordic IT Supply"
UPDATES = {1: HOUR, 2: 4 * HOUR}
POSSESSION = {1: 4 * HOUR, 2: 8 * HOUR, 3: 16 * HOUR, 4: 40 * HOUR, 5: 80 * HOUR}
REPAIR = {1: 9 * HOUR, 2: 18 * HOUR, 3: 27 * HOUR, 4: 45 * HOUR, 5: 90 * HOUR}


def write_agreements(made: Company) -> None:
    """One agreement with all groups, one contract with a supplier, and a promise of updates for what is urgent."""
    del made
    with unit_of_work():
        office = session.scalars(select(BusinessHours).where(BusinessHours.name == "Office hours")).one()
        _promise_updates()
        agreement_services.create_agreement(
            SYSTEM,
            facts={
                "kind": "ola",
                "name": "Between the groups",
                "condition": "kind = incident",
                "calendar_id": office.id,
            },
            targets={("acceptance", priority): HOUR * priority for priority in POSSESSION}
            | {("resolution", priority): seconds for priority, seconds in POSSESSION.items()},
            steps=[StepInput("resolution", 80, ("notify_group",))],
        )
        supplier = identity.create_organisation(SYSTEM, name=SUPPLIER)
        agreement_services.create_agreement(
            SYSTEM,
            facts={
                "kind": "uc",
                "name": "Repair contract",
                "condition": "kind = incident",
                "calendar_id": office.id,
                "supplier_id": supplier.id,
            },
            targets={("resolution", priority): seconds for priority, seconds in REPAIR.items()},
            steps=[],
        )


def _promise_updates() -> None:
    standard = session.scalars(select(Agreement).where(Agreement.name == "Standard")).one()
    targets = {(row.metric, row.priority): row.seconds for row in agreement_queries.show_agreement(standard.id).targets}
    targets |= {("update", priority): seconds for priority, seconds in UPDATES.items()}
    agreement_services.change_agreement(SYSTEM, standard, facts={}, targets=targets)
