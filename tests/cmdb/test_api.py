"""The CMDB through the API, as the contract says."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cmdb import queries, schemas
from itsm.kernel.actor import SYSTEM
from tests.factories import Factory
from tests.statements import counted

CIS = "/api/v1/cis"
INCIDENTS = "/api/v1/incidents"


def headers(make: Factory, *roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {make.token(make.person(roles=roles))}"}


@pytest.fixture
def editor(app: Flask, make: Factory) -> dict[str, str]:
    """Headers of a CMDB editor's token."""
    return headers(make, "cmdb_editor")


@pytest.fixture
def agent(app: Flask, make: Factory) -> dict[str, str]:
    """Headers of an agent's token."""
    return headers(make, "agent")


def created(client: FlaskClient, editor: dict[str, str], **facts: Any) -> dict[str, Any]:
    answer = client.post(CIS, json={"class": "server", "name": "srv"} | facts, headers=editor)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json
    return body


def test_a_ci_is_created_read_changed(client: FlaskClient, make: Factory, editor: dict[str, str]) -> None:
    make.person("Anna", email="anna@example.org")
    body = created(client, editor, owner="anna@example.org", attributes={"memory_mb": 4096}, criticality=1)
    assert (body["class"], body["state"], body["owner"]) == ("server", "in_operation", "anna@example.org")
    address = f"{CIS}/{body['id']}"
    read = client.get(address, headers=editor)
    assert (read.json, read.headers["ETag"]) == (body, '"1"')
    tagged = editor | {"If-Match": read.headers["ETag"]}
    answer = client.patch(address, json={"attributes": {"cores": 8}, "state": "under_maintenance"}, headers=tagged)
    assert (answer.status_code, answer.json["attributes"]) == (200, {"memory_mb": 4096, "cores": 8})
    assert answer.json["state"] == "under_maintenance"
    assert client.patch(address, json={"name": "x"}, headers=tagged).status_code == 412
    assert client.patch(address, json={"name": "x"}, headers=editor).status_code == 428
    fresh = editor | {"If-Match": answer.headers["ETag"]}
    assert client.patch(address, json={"state": "planned"}, headers=fresh).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"class": "spaceship"}, "class"),
        ({"class": "service"}, "class"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"state": "asleep"}, "state"),
        ({"criticality": 0}, "criticality"),
        ({"owner": "nobody@example.org"}, "owner"),
        ({"site": "Atlantis"}, "site"),
        ({"attributes": {"memory_mb": "much"}}, "memory_mb"),
        ({"attributes": {"no_such": 1}}, "no_such"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_input_names_the_field(
    client: FlaskClient, editor: dict[str, str], change: dict[str, Any], field: str
) -> None:
    answer = client.post(CIS, json={"class": "server", "name": "srv"} | change, headers=editor)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_repeat_with_the_same_key_makes_one_ci(client: FlaskClient, editor: dict[str, str]) -> None:
    keyed = editor | {"Idempotency-Key": "k1"}
    first, again = created(client, keyed), created(client, keyed)
    assert first["id"] == again["id"]
    assert len(client.get(CIS, headers=editor).json["items"]) == 1


def test_rights(client: FlaskClient, make: Factory, agent: dict[str, str]) -> None:
    ci, service = make.ci("secret"), make.ci("Mail", class_key="business_service")
    person = make.person()
    mine = make.ci("mine", class_key="pc", owner_id=person.id)
    outside = {"Authorization": f"Bearer {make.token(person)}"}
    assert client.get(CIS).status_code == 401
    assert [each["name"] for each in client.get(CIS, headers=outside).json["items"]] == ["Mail", "mine"]
    assert client.get(f"{CIS}/{mine.id}", headers=outside).status_code == 200
    assert client.get(f"{CIS}/{ci.id}", headers=outside).status_code == 404
    for address in (f"{CIS}/{service.id}/impact", "/api/v1/relations"):
        assert client.get(address, headers=outside).status_code == 403
    assert client.post(CIS, json={"class": "server", "name": "x"}, headers=agent).status_code == 403
    assert client.get(f"{CIS}/{ci.id}/impact", headers=agent).status_code == 200


def test_lists_filter_and_page(client: FlaskClient, make: Factory, agent: dict[str, str]) -> None:
    for name, class_key in (("a1", "switch"), ("a2", "router"), ("b1", "server")):
        make.ci(name, class_key=class_key, criticality=1 if name == "b1" else 3)

    def names(question: str) -> list[str]:
        answer = client.get(f"{CIS}?{question}", headers=agent)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json["items"]]

    assert names("class=network_device") == ["a1", "a2"]
    assert names("q=criticality+%3D+1") == ["b1"]
    assert names("words=a1") == ["a1"]
    first = client.get(f"{CIS}?limit=2", headers=agent).json
    assert [each["name"] for each in first["items"]] == ["a1", "a2"]
    assert names(f"limit=2&cursor={first['next']}") == ["b1"]
    for wrong in ("q=colour+%3D+1", "sort=colour", "limit=0", "cursor=x"):
        assert client.get(f"{CIS}?{wrong}", headers=agent).status_code == 422, wrong


def test_the_list_costs_the_same_for_one_and_many(client: FlaskClient, make: Factory, agent: dict[str, str]) -> None:
    owner, group = make.person(), make.group()

    def cost() -> int:
        with counted() as statements:
            assert client.get(CIS, headers=agent).status_code == 200
        return len(statements)

    make.ci(owner_id=owner.id, group_id=group.id)
    cost()
    one = cost()
    for _number in range(30):
        make.ci(owner_id=make.person().id, group_id=group.id)
    assert cost() == one


def test_classes(client: FlaskClient, editor: dict[str, str], agent: dict[str, str]) -> None:
    classes = "/api/v1/ci-classes"
    listed = {each["key"]: each for each in client.get(classes, headers=agent).json["items"]}
    assert (listed["pc"]["parent"], listed["computer"]["abstract"]) == ("computer", True)
    assert "memory_mb" in {each["name"] for each in listed["pc"]["inherited"]}
    new = {"key": "robot", "title": "Robot", "parent": "device", "attributes": [{"name": "arms", "type": "number"}]}
    assert client.post(classes, json=new, headers=agent).status_code == 403
    assert client.post(classes, json=new, headers=editor).status_code == 201
    assert client.post(classes, json=new, headers=editor).status_code == 422
    assert client.post(classes, json=new | {"key": "x", "parent": "?"}, headers=editor).status_code == 422
    read = client.get(f"{classes}/robot", headers=agent)
    tagged = editor | {"If-Match": read.headers["ETag"]}
    assert client.patch(f"{classes}/robot", json={"title": "Arm"}, headers=tagged).json["title"] == "Arm"
    assert client.patch(f"{classes}/robot", json={"title": "Leg"}, headers=tagged).status_code == 412
    assert client.get(f"{classes}/none", headers=agent).status_code == 404
    assert created(client, editor, **{"class": "robot"}, attributes={"arms": 2})["attributes"] == {"arms": 2}


def test_relations(client: FlaskClient, make: Factory, editor: dict[str, str], agent: dict[str, str]) -> None:
    program, server = make.ci("crm", class_key="application"), make.ci("srv")
    relations = "/api/v1/relations"
    new = {"source": "crm", "target": str(server.id), "type": "runs_on"}
    assert client.post(relations, json=new, headers=agent).status_code == 403
    answer = client.post(relations, json=new, headers=editor)
    assert (answer.status_code, answer.json["source"], answer.json["target_name"]) == (201, program.id, "srv")
    for wrong, field in (({"source": "?"}, "source"), ({"type": "eats"}, "type"), ({"target": "crm"}, "target")):
        refused = client.post(relations, json=new | wrong, headers=editor)
        assert (refused.status_code, list(refused.json["errors"])) == (422, [field])
    assert client.get(f"{relations}?ci={server.id}", headers=agent).json["items"] == [answer.json]
    address = f"{relations}/{answer.json['id']}"
    assert client.get(address, headers=agent).json == answer.json
    assert client.delete(address, headers=agent).status_code == 403
    assert client.delete(address, headers=editor).status_code == 204
    assert client.get(address, headers=agent).status_code == 404


def test_impact_has_the_shape_of_the_contract(client: FlaskClient, make: Factory, agent: dict[str, str]) -> None:
    server = make.ci("srv")
    program = make.ci("crm", class_key="application")
    service = make.ci("Sales", class_key="business_service", attributes={"users": 40})
    make.relation(program, server, "runs_on")
    make.relation(service, program)
    body = client.get(f"{CIS}/{server.id}/impact", headers=agent).json
    assert schemas.ImpactOutput().validate(body) == {}
    for part, schema in (
        (body["edges"][0], schemas.ImpactEdgeOutput()),
        (body["nodes"][0], schemas.ImpactNodeOutput()),
    ):
        assert part.keys() == {field.data_key or name for name, field in schema.fields.items()}
    assert body.keys() == schemas.ImpactOutput().fields.keys()
    assert body["root"]["id"] == server.id
    assert body["nodes"][1] == {
        "id": service.id,
        "name": "Sales",
        "class": "business_service",
        "status": "in_operation",
        "criticality": 3,
        "depth": 2,
        "via": [program.id],
        "degraded": False,
    }
    assert [each["id"] for each in body["services"]] == [service.id]
    assert (body["people_affected"], body["truncated"], body["direction"]) == (40, False, "down")
    assert {(each["supplier"], each["consumer"]) for each in body["edges"]} == {
        (server.id, program.id),
        (program.id, service.id),
    }
    short = client.get(f"{CIS}/{server.id}/impact?depth=1", headers=agent).json
    assert ([each["name"] for each in short["nodes"]], short["beyond_depth"]) == (["crm"], True)
    up = client.get(f"{CIS}/{service.id}/impact?direction=up", headers=agent).json
    assert [each["name"] for each in up["nodes"]] == ["crm", "srv"]
    for wrong in ("direction=sideways", "depth=0", "depth=999"):
        assert client.get(f"{CIS}/{server.id}/impact?{wrong}", headers=agent).status_code == 422


def test_an_incident_is_opened_with_cis(client: FlaskClient, make: Factory, agent: dict[str, str]) -> None:
    printer, server = make.ci("label printer", class_key="printer"), make.ci("srv")
    opening = {"title": "No labels", "ci": ["Label Printer", str(server.id)]}
    body = client.post(INCIDENTS, json=opening, headers=agent).json
    assert [(each["id"], each["name"], each["class"]) for each in body["ci"]] == [
        (printer.id, "label printer", "printer"),
        (server.id, "srv", "server"),
    ]
    refused = client.post(INCIDENTS, json=opening | {"ci": ["no such"]}, headers=agent)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["ci"])
    assert queries.open_tickets_of(SYSTEM, [printer.id])[0].title == "No labels"


def test_a_hub_costs_what_a_leaf_costs(client: FlaskClient, make: Factory, agent: dict[str, str]) -> None:
    make.group("Desk")
    hub, leaf = make.ci("hub", class_key="switch"), make.ci("leaf", class_key="pc")
    for _number in range(25):
        make.relation(make.ci(), hub)

    def cost(*names: str) -> int:
        with counted() as statements:
            answer = client.post(INCIDENTS, json={"title": "No network", "ci": list(names)}, headers=agent)
        assert answer.status_code == 201
        return len(statements)

    cost("leaf")
    assert cost(hub.name) == cost(leaf.name) == cost("hub", "leaf") <= 20


@pytest.mark.parametrize("field", ["owner", "group", "site", "organisation"])
def test_a_requester_finds_out_about_nobody_by_filtering_cis(client: FlaskClient, make: Factory, field: str) -> None:
    own = headers(make, "end_user")
    answer = client.get(CIS, query_string={"q": f'{field} = "x"'}, headers=own)
    assert answer.status_code == 422
    assert f"There is no field “{field}”" in answer.json["errors"]["q"][0]
    assert client.get(CIS, query_string={"q": "name = x"}, headers=own).status_code == 200
