"""What a change touches and what it collides with."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from change.models import Change
from change.risk import RiskFacts, reasons
from change.touched import collisions_of, touched_by
from cmdb import services as cmdb
from cmdb.models import Ci
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from tests.conftest import NOW
from tests.factories import Factory
from tests.statements import counted


def ci(name: str, class_key: str = "server") -> Ci:
    return cmdb.create_ci(SYSTEM, class_key=class_key, name=name)


def needs(service: Ci, host: Ci) -> None:
    cmdb.relate(SYSTEM, source_id=service.id, target_id=host.id, type_key="depends_on")


def between(make: Factory, start: float, end: float, *cis: Ci, **facts: Any) -> Change:
    return make.change(
        SYSTEM,
        planned_start_at=NOW + timedelta(hours=start),
        planned_end_at=NOW + timedelta(hours=end),
        ci_ids=[each.id for each in cis],
        **facts,
    )


def names_of_collisions(change: Change) -> list[tuple[int, list[str]]]:
    found = collisions_of(SYSTEM, change, touched_by(SYSTEM, change).cis)
    return [(each.change.id, list(each.cis)) for each in found]


def test_services_are_the_union_over_cis_each_once(app: Flask, make: Factory) -> None:
    mail, pay = ci("Mail", "business_service"), ci("Payroll", "business_service")
    one, two = ci("srv-1"), ci("srv-2")
    for service, host in ((mail, one), (mail, two), (pay, two)):
        needs(service, host)
    change = make.change(SYSTEM, ci_ids=[one.id, two.id])
    assert [service.name for service in touched_by(SYSTEM, change).services] == ["Mail", "Payroll"]


def test_people_are_the_union_over_cis(app: Flask, make: Factory) -> None:
    hosts = [ci(f"srv-{number}") for number in range(3)]
    for host in hosts:
        for _number in range(2):
            desk = make.ci(class_key="pc", owner_id=make.person().id)
            needs(desk, host)
    both = make.person()
    for host in hosts:
        needs(make.ci(class_key="pc", owner_id=both.id), host)
    change = make.change(SYSTEM, ci_ids=[host.id for host in hosts])
    assert (touched_by(SYSTEM, change).people, change.touched_people) == (7, 7)


def test_services_that_stand_on_both_of_two_cis_stop(app: Flask, make: Factory) -> None:
    cluster, service = ci("cluster", "cluster"), ci("Payroll", "business_service")
    members = [ci("m1"), ci("m2")]
    for member in members:
        make.relation(member, cluster, "member_of")
    needs(service, cluster)
    one, two = (make.change(SYSTEM, ci_ids=[each.id for each in named]) for named in (members[:1], members))
    assert [[each.degraded for each in touched_by(SYSTEM, each).services] for each in (one, two)] == [[True], [False]]


def test_many_cis_cost_what_one_costs(app: Flask, make: Factory) -> None:
    hosts = [ci(f"srv-{number}") for number in range(30)]
    for host in hosts:
        needs(ci(f"Service of {host.name}", "business_service"), host)
    few, many = (make.change(SYSTEM, ci_ids=[host.id for host in hosts[:number]]) for number in (1, 30))

    def cost(change: Change) -> int:
        with counted() as statements:
            touched = touched_by(SYSTEM, change)
        assert not touched.truncated
        return len(statements)

    assert cost(few) == cost(many) <= 8
    assert len(many.touched_services) == 30


def test_an_approver_without_the_cmdb_sees_what_is_decided_on(app: Flask, make: Factory) -> None:
    host = ci("srv-1")
    needs(ci("Payroll", "business_service"), host)
    change = make.change(SYSTEM, ci_ids=[host.id])
    seen = touched_by(make.actor("cab_member"), change)
    assert ([each.name for each in seen.cis], [each.name for each in seen.services]) == (["srv-1"], ["Payroll"])
    assert touched_by(make.actor("end_user"), change).cis == []


@pytest.mark.parametrize(
    ("start", "end", "collides"),
    [(0, 2, True), (1, 3, True), (-1, 4, True), (1.5, 1.75, True), (2, 4, False), (-2, 0, False), (-2, 0.1, True)],
)
def test_windows_on_the_same_ci_that_overlap_are_flagged(
    app: Flask, make: Factory, start: float, end: float, *, collides: bool
) -> None:
    switch = ci("core-1")
    change, other = between(make, 0, 2, switch), between(make, start, end, switch)
    assert names_of_collisions(change) == ([(other.id, ["core-1"])] if collides else [])
    assert names_of_collisions(other) == ([(change.id, ["core-1"])] if collides else [])


def test_other_cis_and_changes_that_will_not_happen_do_not_collide(app: Flask, make: Factory) -> None:
    switch = ci("core-1")
    change = between(make, 0, 2, switch)
    between(make, 0, 2, ci("core-2"))
    for state in ("cancelled", "rejected", "closed", "review"):
        between(make, 0, 2, switch).state = state
    session.flush()
    assert names_of_collisions(change) == []


def test_a_change_without_window_collides_with_nothing(app: Flask, make: Factory) -> None:
    switch = ci("core-1")
    between(make, 0, 2, switch)
    assert names_of_collisions(make.change(SYSTEM, ci_ids=[switch.id])) == []


def test_risk_tells_its_reasons(app: Flask) -> None:
    assert reasons(RiskFacts()) == []
    facts = RiskFacts(
        emergency=True,
        outage_expected=True,
        services=2,
        people=1,
        collisions=1,
        has_test_plan=False,
        has_backout_plan=False,
    )
    words = " ".join(str(each) for each in reasons(facts))
    for expected in ("emergency", "outage", "2 services", "1 person", "1 other change", "test plan", "back-out plan"):
        assert expected in words
