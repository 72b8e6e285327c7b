"""Changes as JSON."""

from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from cmdb import services as cmdb
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from tests.factories import Factory

WINDOW = {"planned_start_at": "2026-11-20T22:00:00+01:00", "planned_end_at": "2026-11-20T23:00:00+01:00"}


def auth_of(make: Factory, person: Person) -> dict[str, str]:
    token = make.token(person)
    session.commit()
    return {"Authorization": f"Bearer {token}"}


def headers(make: Factory, *roles: str) -> dict[str, str]:
    return auth_of(make, make.person(roles=roles or ("agent",)))


def post(client: FlaskClient, address: str, body: dict[str, Any], auth: dict[str, str]) -> Any:
    return client.post(f"/api/v1{address}", json=body, headers=auth)


def read(client: FlaskClient, address: str, auth: dict[str, str]) -> Any:
    return client.get(f"/api/v1{address}", headers=auth)


def patch(client: FlaskClient, address: str, body: dict[str, Any], auth: dict[str, str], tag: str | None = None) -> Any:
    match = {"If-Match": tag} if tag else {}
    return client.patch(f"/api/v1{address}", json=body, headers=auth | match)


def step(client: FlaskClient, number: str, name: str, auth: dict[str, str], **fields: str) -> Any:
    return post(client, f"/changes/{number}/transitions", {"name": name, "fields": fields}, auth)


def test_a_normal_change_from_draft_to_review(client: FlaskClient, make: Factory) -> None:
    cmdb.create_ci(SYSTEM, class_key="server", name="db-1")
    voter = make.person(roles=("cab_member",), email="voter@example.org")
    agent, manager, approver = headers(make), headers(make, "change_manager"), auth_of(make, voter)
    body = {"title": "New disk", "type": "normal", "risk_level": "low", "risk_reason": "Mirrored", "ci": ["db-1"]}
    made = post(client, "/changes", body | WINDOW | {"approvers": ["voter@example.org"]}, agent)
    assert (made.status_code, made.json["state"], made.json["type"]) == (201, "draft", "normal")
    assert datetime.fromisoformat(made.json["planned_start_at"]) == datetime(2026, 11, 20, 21, tzinfo=UTC)
    number = made.json["number"]
    assert made.headers["Location"].endswith(number)
    assert post(client, f"/changes/{number}/approvals", {"vote": "approve"}, approver).status_code == 404
    assert step(client, number, "request", agent).status_code == 200
    assert step(client, number, "assess", agent).status_code == 403
    assert step(client, number, "assess", manager).json["state"] == "assessed"
    for name in ("authorise", "schedule", "implement", "close"):
        assert step(client, number, name, manager).status_code == 409
    voted = post(client, f"/changes/{number}/approvals", {"vote": "approve", "reason": "Fine"}, approver)
    assert (voted.status_code, voted.json["state"], voted.json["votes"][0]["vote"]) == (201, "approved", "approve")
    assert post(client, f"/changes/{number}/approvals", {"vote": "approve"}, approver).status_code == 409
    for name, state in (("schedule", "scheduled"), ("implement", "implementing"), ("finish", "review")):
        assert step(client, number, name, agent).json["state"] == state
    assert step(client, number, "close", agent).status_code == 422
    assert step(client, number, "close", agent, review_outcome="great", review_notes="x").status_code == 422
    closed = step(client, number, "close", agent, review_outcome="failed", review_notes="Disk was too small")
    assert (closed.json["state"], closed.json["review_outcome"]) == ("closed", "failed")
    listed = read(client, f"/changes/{number}/approvals", agent).json["items"]
    assert [item["votes"][0]["approver"] for item in listed] == ["voter@example.org"]


def test_the_requester_cannot_approve_by_api(client: FlaskClient, make: Factory) -> None:
    requester = make.person(roles=("admin", "change_manager", "cab_member"), email="asks@example.org")
    make.person(roles=("cab_member",), email="voter@example.org")
    auth = auth_of(make, requester)
    own = post(client, "/changes", {"title": "x", "approvers": ["asks@example.org"]}, auth)
    assert own.status_code == 422
    assert "approvers" in own.json["errors"]
    body = {"title": "x", "risk_reason": "y", "approvers": ["voter@example.org"]}
    number = post(client, "/changes", body, auth).json["number"]
    for name in ("request", "assess"):
        assert step(client, number, name, auth).status_code == 200
    assert post(client, f"/changes/{number}/approvals", {"vote": "approve"}, auth).status_code == 403
    assert step(client, number, "authorise", auth).status_code == 409
    address = f"/changes/{number}"
    tag = read(client, address, auth).headers["ETag"]
    for changes in ({"approvers": ["asks@example.org"]}, {"requester": "voter@example.org"}, {"state": "authorised"}):
        assert patch(client, address, changes, auth, tag).status_code == 422
    assert read(client, address, auth).json["state"] == "assessed"


def test_patch_follows_etags_and_the_decision(client: FlaskClient, make: Factory) -> None:
    voter = make.person(roles=("cab_member",), email="voter@example.org")
    auth = headers(make)
    body = {"title": "x", "type": "emergency", "approvers": ["voter@example.org"]}
    made = post(client, "/changes", body, auth)
    assert made.status_code == 201
    number, tag = made.json["number"], made.headers["ETag"]
    address = f"/changes/{number}"
    assert patch(client, address, {"plan": "a"}, auth).status_code == 428
    changed = patch(client, address, {"plan": "a", "outage_expected": True} | WINDOW, auth, tag)
    assert (changed.status_code, changed.json["outage_expected"]) == (200, True)
    assert patch(client, address, {"plan": "b"}, auth, tag).status_code == 412
    assert post(client, f"{address}/approvals", {"vote": "approve"}, auth_of(make, voter)).status_code == 201
    tag = read(client, address, auth).headers["ETag"]
    assert patch(client, address, {"plan": "b"}, auth, tag).status_code == 409
    assert read(client, address, auth).json["plan"] == "a"


def test_wrong_input_names_the_field(client: FlaskClient, make: Factory) -> None:
    auth = headers(make)
    for body, field in (
        ({}, "title"),
        ({"title": "x", "type": "huge"}, "type"),
        ({"title": "x", "type": "standard"}, "model"),
        ({"title": "x", "type": "standard", "model": "Unknown"}, "model"),
        ({"title": "x", "type": "emergency"}, "approvers"),
        ({"title": "x", "approvers": ["nobody@example.org"]}, "approvers"),
        ({"title": "x", "risk_level": "none"}, "risk_level"),
        ({"title": "x", "planned_start_at": "2026-11-20T22:00:00"}, "planned_start_at"),
        ({"title": "x", "planned_start_at": WINDOW["planned_start_at"]}, "planned_end_at"),
        ({"title": "x", "ci": ["no-such-box"]}, "ci"),
        ({"title": "x", "state": "authorised"}, "state"),
        ({"title": "x", "review_outcome": "successful"}, "review_outcome"),
    ):
        answer = post(client, "/changes", body, auth)
        assert answer.status_code == 422, body
        assert field in str(answer.json["errors"])


def test_rights(client: FlaskClient, make: Factory) -> None:
    change = make.change(SYSTEM)
    session.commit()
    outside = headers(make, "end_user")
    assert post(client, "/changes", {"title": "x"}, outside).status_code == 403
    assert read(client, f"/changes/{change.number}", outside).status_code == 404
    assert read(client, f"/changes/{change.number}/approvals", outside).status_code == 404
    assert post(client, f"/changes/{change.number}/approvals", {"vote": "approve"}, headers(make)).status_code == 403
    assert (
        post(client, f"/changes/{change.number}/approvals", {"vote": "approve"}, headers(make, "admin")).status_code
        == 409
    )
    assert client.get("/api/v1/changes").status_code == 401


def test_how_a_change_is_decided_on_is_read_by_staff_and_approvers_only(client: FlaskClient, make: Factory) -> None:
    requester = make.person()
    change = make.change(SYSTEM, requester_id=requester.id)
    session.commit()
    address = f"/changes/{change.number}"
    auth = auth_of(make, requester)
    assert read(client, address, auth).status_code == 200
    assert read(client, f"{address}/approvals", auth).status_code == 403
    assert read(client, f"{address}/approvals", headers(make)).status_code == 200


def test_the_requesters_side_reads_no_plan_and_no_review(client: FlaskClient, make: Factory) -> None:
    inside = {"plan", "test_plan", "backout_plan", "risk_level", "risk_reason", "review_outcome", "review_notes"}
    requester = make.person()
    change = make.change(SYSTEM, requester_id=requester.id, plan="Swap it", backout_plan="Swap it back")
    session.commit()
    own = read(client, f"/changes/{change.number}", auth_of(make, requester)).json
    assert not inside & own.keys()
    assert own["title"] == change.title
    assert inside <= read(client, f"/changes/{change.number}", headers(make)).json.keys()
