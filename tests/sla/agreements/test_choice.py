"""Which agreement applies, by specificity, and why. Rule: SLA-choice."""

from flask import Flask

from cmdb import services as cmdb
from itsm.kernel.actor import SYSTEM
from sla.agreements.choice import Choice
from tests.factories import Factory
from tests.sla.conftest import HOUR, Agreements, after, clock_row

RESOLUTION = {("resolution", priority): HOUR for priority in range(1, 6)}


def test_an_agreement_for_a_service_applies_to_what_an_outage_of_the_cis_reaches(
    app: Flask, make: Factory, agreements: Agreements
) -> None:
    shop, host, other = make.ci("Web shop", class_key="business_service"), make.ci("web-1"), make.ci("lab-1")
    cmdb.relate(SYSTEM, source_id=shop.id, target_id=host.id, type_key="runs_on")
    general = agreements.make("General", targets=RESOLUTION, order=1)
    special = agreements.make("Web shop", targets=RESOLUTION, order=50, service_id=shop.id)
    assert clock_row(make.incident(ci_ids=[host.id])).agreement_id == special.id
    assert clock_row(make.incident(ci_ids=[shop.id])).agreement_id == special.id
    assert clock_row(make.incident(ci_ids=[other.id])).agreement_id == general.id
    assert clock_row(make.incident()).agreement_id == general.id


def test_each_agreement_that_was_looked_at_says_why(app: Flask, make: Factory, agreements: Agreements) -> None:
    north, south = make.organisation("North"), make.organisation("South")
    service = make.ci("Payroll", class_key="business_service")
    agreements.make("Near", organisation_id=north.id, targets=RESOLUTION)
    agreements.make("Elsewhere", organisation_id=south.id, targets=RESOLUTION)
    agreements.make("Payroll", service_id=service.id, targets=RESOLUTION)
    agreements.make("Problems", condition="kind = problem", targets=RESOLUTION)
    agreements.make("Over", valid_to=after(-1), targets=RESOLUTION)
    incident = make.incident(requester_id=make.person(organisation_id=north.id).id)
    said = {each.offer.terms.agreement_name: each.verdict for each in Choice(incident).considered("sla")}
    assert said == {
        "Near": "applies",
        "Elsewhere": "organisation",
        "Payroll": "service",
        "Problems": "condition",
        "Over": "not_valid",
        "Standard": "less_specific",
    }


def test_the_group_named_comes_before_everything_else(app: Flask, make: Factory, agreements: Agreements) -> None:
    network, north = make.group("Network"), make.organisation("North")
    agreements.make("Anybody near", kind="ola", organisation_id=north.id, targets=RESOLUTION)
    named = agreements.make("Network", kind="ola", group_id=network.id, order=90, targets=RESOLUTION)
    incident = make.incident(requester_id=make.person(organisation_id=north.id).id, group_id=network.id)
    chosen = Choice(incident).ola(network.id)
    assert chosen is not None
    assert chosen.agreement_id == named.id
