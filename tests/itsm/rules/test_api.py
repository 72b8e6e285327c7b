"""Rules and macros through the API."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.kernel.db import session
from itsm.rules import macros
from itsm.rules.models import Rule
from tests.factories import Factory
from tests.itsm.rules.conftest import MakeRule, priority
from tests.statements import counted

DRAFT: dict[str, Any] = {
    "name": "Warehouse",
    "trigger": {"on": "changed", "fields": ["title"]},
    "condition": "title ~ warehouse",
    "actions": [{"do": "assign", "group_id": "Warehouse team"}, {"do": "note", "text": "{{ticket.number}}"}],
    "active": True,
}


@pytest.fixture
def caller(make: Factory) -> dict[str, str]:
    return {"Authorization": f"Bearer {make.token(make.person(roles=('admin',)))}"}


def test_a_rule_is_made_read_changed_and_removed(client: FlaskClient, make: Factory, caller: dict[str, str]) -> None:
    make.group("Warehouse team")
    made = client.post("/api/v1/rules", json=DRAFT, headers=caller)
    assert made.status_code == 201, made.text
    assert made.json["trigger"] == {"on": "changed", "fields": ["title"]}
    assert made.json["actions"][0] == {"do": "assign", "group_id": "Warehouse team"}
    address = made.headers["Location"]
    refused = client.patch(address, json={"stop": True}, headers=caller)
    assert refused.status_code == 428
    changed = client.patch(address, json={"stop": True}, headers=caller | {"If-Match": made.headers["ETag"]})
    assert (changed.status_code, changed.json["stop"], changed.json["condition"]) == (200, True, "title ~ warehouse")
    assert [row["name"] for row in client.get("/api/v1/rules", headers=caller).json["items"]] == ["Warehouse"]
    assert client.delete(address, headers=caller).status_code == 204
    assert client.get(address, headers=caller).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"condition": "nonsense ="}, "condition"),
        ({"actions": []}, "actions"),
        ({"actions": [{"do": "set_priority", "priority": [1], "reason": "x"}]}, "actions.0.priority"),
        ({"actions": [{"do": ["x"]}]}, "actions.0.do"),
        ({"trigger": {"on": "schedule"}}, "every_minutes"),
        ({"kinds": ["spaceship"]}, "kinds"),
        ({"name": "   "}, "name"),
        ({"trigger": {"on": "never"}}, "trigger.on"),
        ({"trigger": {"on": "schedule", "at": "25:00"}}, "trigger.at"),
    ],
)
def test_what_is_wrong_is_named(
    client: FlaskClient, make: Factory, caller: dict[str, str], changes: dict[str, Any], field: str
) -> None:
    make.group("Warehouse team")
    answer = client.post("/api/v1/rules", json=DRAFT | changes, headers=caller)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
    assert session.scalars(select(Rule)).all() == []


def test_conflicts_are_told(client: FlaskClient, rule: MakeRule, caller: dict[str, str]) -> None:
    rule(priority(1), name="Loud")
    calm = rule(priority(4), name="Calm")
    assert "Loud" in client.get(f"/api/v1/rules/{calm.id}", headers=caller).json["findings"][0]


def test_a_rule_is_tried_and_its_firings_are_read(
    client: FlaskClient, make: Factory, rule: MakeRule, caller: dict[str, str]
) -> None:
    ticket = make.incident()
    row = rule(priority(1), condition="impact = 4")
    tried = client.post(f"/api/v1/rules/{row.id}/try", json={"days": 7}, headers=caller).json
    assert (tried["state"], tried["trial"]["found"]) == ("done", 1)
    assert tried["trial"]["hits"][0]["ticket"] == ticket.number
    assert tried["trial"]["hits"][0]["changes"]["priority"][1] == "Critical"
    real = make.incident()
    fired = client.get(f"/api/v1/rules/{row.id}/firings", headers=caller).json["items"]
    assert [(each["ticket"], each["outcome"], each["done"]) for each in fired] == [
        (real.number, "done", ["priority: Critical"])
    ]
    assert client.get("/api/v1/rules/tries/999999", headers=caller).status_code == 404


def test_macros(client: FlaskClient, make: Factory, caller: dict[str, str]) -> None:
    body = {"name": "Calm", "scope": "all", "actions": [{"do": "set_urgency", "urgency": 4}]}
    made = client.post("/api/v1/macros", json=body, headers=caller)
    assert made.status_code == 201, made.text
    one, two = make.incident(), make.problem()
    ran = client.post(f"{made.headers['Location']}/run", json={"tickets": [one.number, two.number]}, headers=caller)
    assert [(each["ticket"], each["error"]) for each in ran.json] == [(one.number, None), (two.number, None)]
    assert ran.json[0]["done"] == ["urgency: Can wait"]
    assert one.urgency == 4
    missing = client.post(f"{made.headers['Location']}/run", json={"tickets": ["INC9999999"]}, headers=caller)
    assert missing.status_code == 422
    changed = client.patch(
        made.headers["Location"], json={"active": False}, headers=caller | {"If-Match": made.headers["ETag"]}
    )
    assert changed.json["active"] is False
    off = client.post(f"{made.headers['Location']}/run", json={"tickets": [one.number]}, headers=caller)
    assert off.status_code == 409
    assert [row["name"] for row in client.get("/api/v1/macros", headers=caller).json["items"]] == ["Calm"]
    assert client.delete(made.headers["Location"], headers=caller).status_code == 204


def test_statements_do_not_grow_with_what_rules_and_macros_name(
    client: FlaskClient, make: Factory, caller: dict[str, str], rule: MakeRule
) -> None:
    admin, counts = make.actor("admin"), []
    for number in range(6):
        group, category = make.group(), make.category()
        person = make.person(roles=("agent",), groups=(group,))
        assign = {"do": "assign", "group_id": group.name, "assignee_id": person.email}
        sort = {"do": "set_category", "category_id": category.name}
        approve = {"do": "approve", "people": [person.email]}
        macro = macros.create_macro(admin, {"name": f"M{number}", "scope": "all", "actions": [assign, sort]})
        last = rule(assign, sort, approve, {"do": "macro", "macro_id": macro.id})
        if number in (1, 5):
            paths = ("/api/v1/rules", "/api/v1/macros", f"/api/v1/rules/{last.id}")
            counts.append([asked(client, path, caller) for path in paths])
    assert counts[0] == counts[1]
    actions = client.get("/api/v1/rules", headers=caller).json["items"][-1]["actions"]
    assert actions[0] == {"do": "assign", "group_id": group.name, "assignee_id": person.email}
    assert actions[1:3] == [{"do": "set_category", "category_id": category.name}, approve]


def asked(client: FlaskClient, path: str, caller: dict[str, str]) -> int:
    client.get(path, headers=caller)
    with counted() as seen:
        assert client.get(path, headers=caller).status_code == 200
    return len(seen)
