"""Agreements that are chosen by the CIs a ticket concerns. Rule: SLA-choice."""

import pytest
from flask import Flask
from sqlalchemy import select

from cmdb import services as cmdb
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.tickets import filters, services
from itsm.tickets.models import Ticket
from tests.factories import Factory
from tests.journal import whole_journal
from tests.sla.conftest import HOUR, Agreements, after, at, clock_row
from tests.statements import counted

SHORT = {("resolution", priority): HOUR for priority in range(1, 6)}
SOLVED = {"resolution_code": "fixed", "resolution": "New fan"}


def agreements_noted(ticket: Ticket) -> list[list[str | None]]:
    journal = whole_journal(ticket.id)
    return [entry.changes["agreement"] for entry in journal if "agreement" in entry.changes]


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        ('ci.class = "Server"', True),
        ("ci.class = hypervisor", True),
        ('ci.class = "Printer"', False),
        ('ci = "HV-1"', True),
        ('ci ~ "v-1"', True),
        ('ci = "hv-2"', False),
        ('ci != "hv-2"', True),
        ("ci is not empty", True),
        ("ci is empty", False),
        ('ci.class = "Printer" or (kind = incident and ci in ("hv-1", "x"))', True),
    ],
)
def test_a_condition_on_cis_holds_when_the_ticket_is_opened(
    app: Flask, make: Factory, agreements: Agreements, condition: str, *, applies: bool
) -> None:
    machine = make.ci("hv-1", class_key="hypervisor")
    chosen = agreements.make(condition=condition)
    incident = make.incident(ci_ids=[machine.id])
    assert (clock_row(incident).agreement_id == chosen.id) is applies
    # The same words ask the database for the same tickets.
    found = session.scalars(select(Ticket.id).where(*filters.conditions(SYSTEM, condition))).all()
    assert found == ([incident.id] if applies else [])


def test_any_of_several_cis_is_enough_and_none_is_none(app: Flask, make: Factory, agreements: Agreements) -> None:
    printer, server = make.ci(class_key="printer"), make.ci()
    chosen = agreements.make(condition='ci.class = "Server"')
    assert clock_row(make.incident(ci_ids=[printer.id, server.id])).agreement_id == chosen.id
    assert clock_row(make.incident(ci_ids=[printer.id])).agreement_id != chosen.id
    assert clock_row(make.incident()).agreement_id != chosen.id


def test_a_ci_named_later_or_taken_off_decides_again(app: Flask, make: Factory, agreements: Agreements) -> None:
    agent, server = make.actor(), make.ci()
    servers = agreements.make("Servers", condition='ci.class = "Server"', targets=SHORT)
    incident = make.incident(agent, impact=3, urgency=3)
    standard = clock_row(incident).agreement_id
    with at(0.5):
        cmdb.attach_ci(agent, incident, server)
    row = clock_row(incident)
    # Measured from the original start: it is due an hour after the ticket was recorded. Rule: C5.
    assert (row.agreement_id, row.due_at) == (servers.id, after(1))
    with at(0.75):
        cmdb.detach_ci(agent, incident, server)
    assert clock_row(incident).agreement_id == standard
    assert agreements_noted(incident) == [["Standard", "Servers"], ["Servers", "Standard"]]


def test_a_ci_named_after_the_end_moves_no_clock(app: Flask, make: Factory, agreements: Agreements) -> None:
    agent, server = make.actor(), make.ci()
    servers = agreements.make("Servers", condition='ci.class = "Server"', targets=SHORT)
    incident = make.incident(agent)
    with at(2):
        services.take_step(agent, incident, "resolve", fields=SOLVED)
        cmdb.attach_ci(agent, incident, server)
    assert clock_row(incident).agreement_id != servers.id
    assert agreements_noted(incident) == []


def test_a_class_that_is_not_there_is_refused(app: Flask, make: Factory, agreements: Agreements) -> None:
    with pytest.raises(Invalid) as refusal:
        agreements.make(condition='ci.class = "Spaceship"')
    assert set(refusal.value.errors) == {"condition"}


def test_a_condition_on_cis_costs_one_statement_a_field_and_nothing_without_one(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    server = make.ci()

    def cost() -> int:
        make.incident(ci_ids=[server.id])
        with counted() as seen:
            make.incident(ci_ids=[server.id])
        return len(seen)

    plain = cost()
    agreements.make(condition='ci.class = "Server"')
    assert cost() == plain + 1
