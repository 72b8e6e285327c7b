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
