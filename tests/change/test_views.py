"""Pages of changes."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from change import queries, services
from change.models import Change
from cmdb import services as cmdb
from itsm.approvals import queries as approvals
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import services as ticket_services
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token
from tests.statements import statements_of

HOSTILE = "<img src=x onerror=alert(1)>'\"{{7*7}}"
WINDOW = {"planned_start_at": NOW + timedelta(days=1), "planned_end_at": NOW + timedelta(days=1, hours=2)}


def desk(client: FlaskClient, make: Factory, *roles: str, **facts: Any) -> FlaskClient:
    return make.sign_in(client, make.person(roles=roles or ("agent",), **facts))


def assessed(make: Factory, *approvers: Person, **facts: Any) -> Change:
    change = make.change(make.actor(), approver_ids=[person.id for person in approvers], **facts)
    for step in ("request", "assess"):
        ticket_services.take_step(SYSTEM, change, step)
    session.commit()
    return change


def test_a_change_is_asked_for_on_the_form(client: FlaskClient, make: Factory) -> None:
    cmdb.create_ci(SYSTEM, class_key="server", name="db-1")
    approver = make.person("Vera Voter", roles=("cab_member",))
    session.commit()
    agent = desk(client, make, timezone="Europe/Stockholm")
    page = agent.get("/changes/new").text
    assert "Vera Voter" in page
    data = {
        "csrf_token": csrf_token(agent, "/changes/new"),
        "title": "New disk",
        "type": "normal",
        "reason": "Full",
        "planned_start_at": "2026-11-20T22:00",
        "planned_end_at": "2026-11-20T23:30",
        "risk_level": "high",
        "risk_reason": "Old controller",
        "approver_ids": str(approver.id),
        "ci": "db-1\n\n",
        "outage_expected": "true",
    }
    answer = agent.post("/changes/new", data=data)
    assert answer.status_code == 302
    record = agent.get(answer.location).text
    for words in ("New disk", "Old controller", "db-1", "22:00", "23:30", "An outage is expected."):
        assert words in record
    change = session.query(Change).one()
    assert change.planned_start_at is not None
    assert (change.planned_start_at.hour, change.approver_ids) == (21, [approver.id])  # 22:00 in Stockholm


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"type": "standard"}, "approved model"),
        ({"type": "emergency"}, "Name at least one person"),
        ({"ci": "no-such-box"}, "There is no CI"),
        ({"planned_start_at": "2026-11-20T22:00", "planned_end_at": "2026-11-20T21:00"}, "must end after"),
        ({"planned_start_at": "soon"}, "not a day and time"),
        ({"title": ""}, "Please fill this in"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    client: FlaskClient, make: Factory, wrong: dict[str, str], words: str
) -> None:
    agent = desk(client, make)
    data = {"csrf_token": csrf_token(agent, "/changes/new"), "title": "New disk", "type": "normal", "reason": "Kept"}
    answer = agent.post("/changes/new", data=data | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept" in answer.text


def test_the_record_shows_services_collisions_and_risk_in_words(client: FlaskClient, make: Factory) -> None:
    service = cmdb.create_ci(SYSTEM, class_key="business_service", name=f"Payroll {HOSTILE}")
    host = cmdb.create_ci(SYSTEM, class_key="server", name="db-1")
    cmdb.relate(SYSTEM, source_id=service.id, target_id=host.id, type_key="depends_on")
    change = make.change(SYSTEM, ci_ids=[host.id], **WINDOW)
    other = make.change(SYSTEM, ci_ids=[host.id], title="Move the rack", **WINDOW)
    session.commit()
    page = desk(client, make).get(f"/changes/{change.number}").text
    assert "It touches 1 service" in page
    assert "Payroll &lt;img" in page
    assert "1 other change at the same time" in page
    assert other.number in page
    assert f"/cmdb/map/{host.id}" in page
    assert "There is no back-out plan." in page


def test_hostile_text_stays_text_on_every_page(client: FlaskClient, make: Factory) -> None:
    texts = dict.fromkeys(
        ("title", "description", "reason", "plan", "test_plan", "backout_plan", "risk_reason"), HOSTILE
    )
    approver = make.person(HOSTILE, roles=("cab_member",))
    change = assessed(make, approver, **texts, **WINDOW)
    services.create_model(SYSTEM, name=HOSTILE, plan=HOSTILE)
    session.commit()
    agent = desk(client, make)
    for address in (f"/changes/{change.number}", "/changes", "/changes/calendar", "/changes/new", "/changes/models"):
        page = agent.get(address)
        assert page.status_code == 200
        assert "<img src=x" not in page.text, address


def test_the_approver_votes_on_the_record(client: FlaskClient, make: Factory) -> None:
    approver = make.person(roles=("cab_member",))
    change = assessed(make, approver)
    voter = make.sign_in(client, approver)
    address = f"/changes/{change.number}"
    current = approvals.find_current("change", change.id)
    assert current is not None
    assert f"/approvals/{current.id}/vote" in voter.get(address).text
    data = {"csrf_token": csrf_token(voter, address), "vote": "approve", "back": "record"}
    answer = voter.post(f"/approvals/{current.id}/vote", data=data)
    assert (answer.status_code, answer.location) == (302, address)
    assert "Authorised" in voter.get(address).text


def test_the_requester_finds_no_way_to_approve(client: FlaskClient, make: Factory) -> None:
    requester = make.person(roles=("change_manager", "cab_member", "admin"))
    change = make.change(make.actor_of(requester), approver_ids=[make.person(roles=("cab_member",)).id])
    for step in ("request", "assess"):
        ticket_services.take_step(SYSTEM, change, step)
    session.commit()
    current = approvals.find_current("change", change.id)
    assert current is not None
    own = make.sign_in(client, requester)
    address = f"/changes/{change.number}"
    page = own.get(address).text
    assert f"/approvals/{current.id}/vote" not in page
    token = csrf_token(own, address)
    assert own.post(f"/approvals/{current.id}/vote", data={"csrf_token": token, "vote": "approve"}).status_code == 403
    for step in ("authorise", "implement", "schedule"):
        assert own.post(f"/tickets/{change.id}/steps/{step}", data={"csrf_token": token}).status_code == 409
    plan = {"csrf_token": token, "version": str(change.version), "part": "plan", "approver_ids": str(requester.id)}
    assert own.post(f"{address}/plan", data=plan).status_code == 422
    session.expire_all()
    assert session.get_one(Change, change.id).state == "assessed"


def test_plan_and_window_are_edited_on_the_record(client: FlaskClient, make: Factory) -> None:
    change = make.change(SYSTEM, reason="Old", outage_expected=True)
    session.commit()
    agent = desk(client, make, timezone="UTC")
    address = f"/changes/{change.number}"
    token = csrf_token(agent, address)
    plan = {"csrf_token": token, "version": "1", "part": "plan", "reason": "New", "risk_level": "high"}
    assert agent.post(f"{address}/plan", data=plan).status_code == 302
    session.refresh(change)
    assert (change.reason, change.risk_level, change.outage_expected) == ("New", "high", False)
    stale = agent.post(f"{address}/plan", data=plan | {"reason": "Newer"})
    assert stale.status_code == 409
    assert "Newer" in stale.text
    window = {"csrf_token": token, "version": str(change.version), "part": "window"}
    times = {"planned_start_at": "2026-11-20T22:00", "planned_end_at": "2026-11-20T23:00"}
    assert agent.post(f"{address}/plan", data=window | times).status_code == 302
    session.refresh(change)
    assert (change.has_window, change.reason) == (True, "New")


def test_a_model_is_written_by_one_and_approved_by_another(client: FlaskClient, make: Factory) -> None:
    agent = desk(client, make)
    data = {"csrf_token": csrf_token(agent, "/changes/models"), "name": "Restart", "plan": "1. Restart"}
    assert agent.post("/changes/models", data=data).status_code == 302
    assert agent.post("/changes/models", data=data).status_code == 422  # the name is taken
    model = next(iter(queries.list_models()))
    address = f"/changes/models/{model.id}/approval"
    assert agent.post(address, data={"csrf_token": data["csrf_token"], "approved": "true"}).status_code == 403
    manager = desk(client, make, "change_manager")
    token = csrf_token(manager, "/changes/models")
    assert manager.post(address, data={"csrf_token": token, "approved": "true"}).status_code == 302
    assert "Restart" in manager.get("/changes/new").text


def test_the_calendar_in_english(client: FlaskClient, make: Factory) -> None:
    change = make.change(SYSTEM, title="Patch night", **WINDOW)
    gone = make.change(SYSTEM, title="Never mind", **WINDOW)
    ticket_services.take_step(SYSTEM, gone, "cancel", fields={"note": "x"})
    session.commit()
    page = desk(client, make, timezone="UTC").get("/changes/calendar").text
    assert "November 2026" in page
    assert page.index("Mon</th>") < page.index("Sun</th>")
    assert f"/changes/{change.number}" in page
    assert "Never mind" not in page
    assert 'month=2026-10"' in page
    assert 'month=2026-12"' in page
    assert 'aria-current="date"' in page


def test_the_calendar_in_persian(client: FlaskClient, make: Factory) -> None:
    change = make.change(SYSTEM, title="Patch night", **WINDOW)
    session.commit()
    page = desk(client, make, language="fa", timezone="Asia/Tehran").get("/changes/calendar").text
    assert 'dir="rtl"' in page
    assert "آبان ۱۴۰۵" in page
    assert page.index("شنبه</th>") < page.index("جمعه</th>")
    assert f"/changes/{change.number}" in page
    assert "۱۲:۳۰" in page  # 09:00 UTC in Tehran
    assert 'month=1405-07"' in page
    assert 'month=1405-09"' in page


def test_the_other_month_is_empty(client: FlaskClient, make: Factory) -> None:
    make.change(SYSTEM, title="Patch night", **WINDOW)
    session.commit()
    agent = desk(client, make)
    assert "Patch night" in agent.get("/changes/calendar?month=2026-11").text
    assert "Patch night" not in agent.get("/changes/calendar?month=2027-02").text
    assert agent.get("/changes/calendar?month=%3Cscript%3E").status_code == 200


def test_end_users_are_kept_out(client: FlaskClient, make: Factory) -> None:
    change = make.change(SYSTEM)
    session.commit()
    person = desk(client, make, "end_user")
    for address, status in (
        ("/changes", 403),
        ("/changes/calendar", 403),
        ("/changes/new", 403),
        (f"/changes/{change.number}", 404),
    ):
        assert person.get(address).status_code == status


@pytest.mark.parametrize("address", ["/changes", "/changes/calendar"])
def test_lists_take_a_fixed_number_of_statements(client: FlaskClient, make: Factory, address: str) -> None:
    desk(client, make)
    counts = []
    for more in (1, 6):
        for _each in range(more):
            make.change(SYSTEM, group_id=make.group().id, requester_id=make.person().id, **WINDOW)
        session.commit()
        counts.append(statements_of(client, address))
    assert 1 < counts[0] == counts[1] <= 8
