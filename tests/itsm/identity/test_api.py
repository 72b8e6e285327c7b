"""People, organisations, groups and the audit log as JSON."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itsm.identity import queries, services
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from tests.factories import PASSWORD, Factory

BASE = "/api/v1"


class Caller:
    """Calls the API with a bearer token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, **named: Any) -> Any:
        headers = self.headers | named.pop("headers", {})
        return self.client.open(BASE + path, method=method, headers=headers, **named)


@pytest.fixture
def admin(client: FlaskClient, make: Factory) -> Caller:
    token = make.token(make.person("Alan Admin", roles=("admin",)))
    session.commit()
    return Caller(client, token)


def caller_with(app: Flask, person: Person, *scopes: str) -> Caller:
    token = services.create_token(SYSTEM, person_id=person.id, name="scoped", scopes=scopes)[1]
    session.commit()
    return Caller(app.test_client(), token)


def test_a_person_is_made_read_changed(admin: Caller, make: Factory) -> None:
    make.organisation("House")
    make.group("Net")
    session.commit()
    body = {
        "name": "Grace",
        "email": "grace@example.org",
        "organisation": "House",
        "roles": ["agent"],
        "groups": ["Net"],
    }
    made = admin("POST", "/people", json=body)
    assert made.status_code == 201
    person = made.json
    assert person["organisation"] == "House"
    assert (person["roles"], person["groups"], person["can_sign_in"]) == (["agent"], ["Net"], False)
    assert made.headers["Location"] == f"{BASE}/people/{person['id']}"
    read = admin("GET", f"/people/{person['id']}")
    assert read.headers["ETag"] == made.headers["ETag"]
    change = {"phone": "123", "roles": ["end_user"], "groups": []}
    changed = admin("PATCH", f"/people/{person['id']}", json=change, headers={"If-Match": read.headers["ETag"]})
    assert changed.status_code == 200
    assert (changed.json["phone"], changed.json["roles"], changed.json["groups"]) == ("123", ["end_user"], [])
    stale = admin("PATCH", f"/people/{person['id']}", json={"phone": "4"}, headers={"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    assert admin("PATCH", f"/people/{person['id']}", json={"phone": "4"}).status_code == 428


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "a fine passphrase"), ("fs_uniquifier", "x"), ("roles", ["emperor"]), ("email", "x"), ("id", 1),
        ("organisation", "None such"), ("manager", "nobody@example.org"), ("timezone", "Moon/Crater"), ("groups", ["None"]),
        ("access_version", 5), ("organisation", "9" * 40),
    ],
)  # fmt: skip
def test_wrong_and_unknown_fields_are_named(admin: Caller, field: str, value: object) -> None:
    answer = admin("POST", "/people", json={"name": "x", field: value})
    assert answer.status_code == 422
    assert any(field in name for name in answer.json["errors"])


def test_a_repeat_with_the_same_key_makes_one_person(admin: Caller) -> None:
    headers = {"Idempotency-Key": "one"}
    first = admin("POST", "/people", json={"name": "Once"}, headers=headers)
    second = admin("POST", "/people", json={"name": "Once"}, headers=headers)
    assert first.json["id"] == second.json["id"]
    assert session.query(Person).filter_by(name="Once").count() == 1


def test_no_password_or_hash_ever_leaves(admin: Caller, make: Factory) -> None:
    person = make.person(password=PASSWORD)
    session.commit()
    for path in ("/people", f"/people/{person.id}", "/audit"):
        text = admin("GET", path).get_data(as_text=True)
        for secret in ("argon2", 'password"', person.fs_uniquifier, "token_sha256"):
            assert secret not in text, (path, secret)


def test_roles_need_their_own_right(app: Flask, make: Factory) -> None:
    boss, agent = make.person(roles=("admin",)), make.person(roles=("agent",))
    narrow = caller_with(app, boss, "people.edit", "people.read")
    tag = {"If-Match": f'"{agent.version}"'}
    for roles in (["admin"], ["end_user"], []):
        assert narrow("PATCH", f"/people/{agent.id}", json={"roles": roles}, headers=tag).status_code == 403
    assert narrow("POST", "/people", json={"name": "x", "roles": ["admin"]}).status_code == 403
    assert (
        narrow(
            "PATCH", f"/people/{boss.id}", json={"phone": "1"}, headers={"If-Match": f'"{boss.version}"'}
        ).status_code
        == 403
    )
    session.expire_all()
    assert [role.name for role in agent.roles] == ["agent"]


def test_agents_read_people_but_neither_change_them_nor_see_their_rights(app: Flask, make: Factory) -> None:
    agent = make.person(roles=("agent",))
    ask = caller_with(app, agent)
    row = ask("GET", f"/people/{agent.id}").json
    assert "roles" not in row
    assert "groups" not in row
    for method, path in (("POST", "/people"), ("PATCH", f"/people/{agent.id}"), ("POST", "/groups"), ("GET", "/audit")):
        assert ask(method, path, json={"name": "x"} if method != "GET" else None).status_code == 403
    requester = caller_with(app, make.person())
    for path in ("/people", "/groups", "/organisations", "/audit"):
        assert requester("GET", path).status_code == 403


def test_people_page_and_are_found_in_the_query_language(admin: Caller, make: Factory) -> None:
    for number in range(7):
        make.person(f"Pat {number}", vip=number == 3)
    session.commit()
    first = admin("GET", "/people?limit=5&q=pat").json
    rest = admin("GET", f"/people?limit=5&q=pat&cursor={first['next']}").json
    assert [row["name"] for row in first["items"] + rest["items"]] == [f"Pat {number}" for number in range(7)]
    assert rest["next"] is None
    vips = admin("GET", "/people", query_string={"q": "vip = true and name ~ Pat"}).json
    assert [row["name"] for row in vips["items"]] == ["Pat 3"]
    for wrong in ("q=nonsense+%3D+1", "sort=password", "limit=0", "cursor=x"):
        assert admin("GET", f"/people?{wrong}").status_code == 422, wrong


def test_organisations(admin: Caller) -> None:
    top = admin("POST", "/organisations", json={"name": "Top"}).json
    below = admin("POST", "/organisations", json={"name": "Below", "parent": "Top"})
    assert (below.status_code, below.json["parent"], below.json["parent_id"]) == (201, "Top", top["id"])
    assert [row["name"] for row in admin("GET", "/organisations").json["items"]][-2:] == ["Top", "Below"]
    loop = admin(
        "PATCH", f"/organisations/{top['id']}", json={"parent": "Below"}, headers={"If-Match": f'"{top["version"]}"'}
    )
    assert loop.status_code == 422
    moved = admin(
        "PATCH",
        f"/organisations/{below.json['id']}",
        json={"parent": None},
        headers={"If-Match": below.headers["ETag"]},
    )
    assert (moved.status_code, moved.json["parent"]) == (200, None)


def test_groups(admin: Caller, make: Factory) -> None:
    member = make.person(email="member@example.org")
    make.group("Second", level=2)
    session.commit()
    body = {
        "name": "First",
        "level": 1,
        "escalates_to": "Second",
        "members": ["member@example.org"],
        "manager": "member@example.org",
    }
    made = admin("POST", "/groups", json=body)
    assert made.status_code == 201
    assert (made.json["members"], made.json["manager"], made.json["escalates_to"]) == (
        ["member@example.org"],
        "member@example.org",
        "Second",
    )
    assert list(queries.member_ids(made.json["id"])) == [member.id]
    path, tag = f"/groups/{made.json['id']}", {"If-Match": made.headers["ETag"]}
    assert admin("PATCH", path, json={"members": ["nobody@example.org"]}, headers=tag).status_code == 422
    changed = admin("PATCH", path, json={"members": [], "level": 3}, headers=tag)
    assert (changed.json["members"], changed.json["level"]) == ([], 3)
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert [row["name"] for row in admin("GET", "/groups?q=fir").json["items"]] == ["First"]


def test_the_audit_log_is_read_by_administrators(admin: Caller, make: Factory) -> None:
    person = make.person("Grace")
    session.commit()
    rows = admin("GET", f"/audit?subject_kind=person&subject_id={person.id}").json["items"]
    assert [row["action"] for row in rows] == ["person.created"]
    assert rows[0]["changes"]["name"] == [None, "Grace"]


def test_a_restricted_group_is_opened_by_its_members_or_an_administrator_only(
    app: Flask, admin: Caller, make: Factory
) -> None:
    supervisor = make.person("Sam", roles=("supervisor",), email="sam@example.org")
    group = make.group("People matters", restricted=True)
    session.commit()
    outsider = caller_with(app, supervisor)
    path = f"/groups/{group.id}"
    for body in ({"members": ["sam@example.org"]}, {"restricted": False}):
        tag = {"If-Match": outsider("GET", path).headers["ETag"]}
        assert outsider("PATCH", path, json=body, headers=tag).status_code == 403
    assert list(queries.member_ids(group.id)) == []
    tag = {"If-Match": admin("GET", path).headers["ETag"]}
    joined = admin("PATCH", path, json={"members": ["sam@example.org"]}, headers=tag)
    assert joined.status_code == 200
    tag = {"If-Match": joined.headers["ETag"]}
    assert outsider("PATCH", path, json={"level": 2}, headers=tag).status_code == 200


def test_what_colleagues_see_follows_the_organisation_tree_at_once(app: Flask, make: Factory) -> None:
    unit = make.organisation("Unit")
    part = make.organisation("Part", parent=unit)
    head = make.person(organisation_id=unit.id, sees_colleagues=True)
    assert make.actor_of(head).organisation_ids == {unit.id, part.id}
    services.edit_organisation(SYSTEM, part.id, version=None, changes={"parent_id": None})
    assert make.actor_of(head).organisation_ids == {unit.id}
    fresh = make.organisation("Fresh", parent=unit)
    assert make.actor_of(head).organisation_ids == {unit.id, fresh.id}
