"""The builder as JSON."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import Factory
from tests.itsm.reports.conftest import Month

QUESTION: dict[str, Any] = {
    "data_set": "incidents",
    "measures": [{"kind": "count"}, {"kind": "percentile", "field": "resolution.time", "percent": 90}],
    "dimensions": [{"field": "group"}],
    "period": "any",
}


@pytest.fixture
def caller(client: FlaskClient, make: Factory) -> Any:
    token = make.token(make.person(roles=("manager",)))
    headers = {"Authorization": f"Bearer {token}"}

    def call(method: str, path: str, body: Any = None, **more: str) -> Any:
        return client.open(f"/api/v1/reports{path}", method=method, json=body, headers=headers | more)

    return call


def test_data_sets_name_their_fields_and_figures(caller: Any) -> None:
    items = {item["name"]: item for item in caller("GET", "/data-sets").get_json()["items"]}
    assert {"tickets", "incidents", "problems", "changes", "sla_resolution"} <= items.keys()
    incidents = items["incidents"]
    assert {"name": "group", "title": "Group", "type": "group"} in incidents["fields"]
    assert "mean:resolution.time" in [each["name"] for each in incidents["measures"]]
    assert incidents["instants"][0]["name"] == "created"


def test_a_question_is_answered(month: Month, caller: Any) -> None:
    found = caller("POST", "/answers", QUESTION).get_json()
    assert found["rows"][0]["group_1"] == "Service desk"
    assert found["rows"][0]["figure_1"] == 9
    assert found["total"]["figure_1"] == 10
    assert found["drill"][0]["figure_1"] == '(kind = incident) and (group = "Service desk")'
    assert [column["kind"] for column in found["columns"]] == ["text", "count", "seconds"]
    assert found["chart"]["$schema"].startswith("https://vega.github.io/")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"filter": "nonsense = 1"}, "filter"),
        ({"measures": [{"kind": "mean", "field": "title"}]}, "measure_1"),
        ({"measures": []}, "measures"),
        ({"colour": "red"}, "colour"),
        ({"dimensions": [{"field": "group"}] * 3}, "dimensions"),
        ({"period": "custom", "first": "2026-11-02", "end": "2026-11-01"}, "to"),
    ],
)
def test_a_wrong_question_names_the_field(caller: Any, changed: dict[str, Any], field: str) -> None:
    answer = caller("POST", "/answers", QUESTION | changed)
    assert answer.status_code == 422
    assert any(name.startswith(field) for name in answer.get_json()["errors"])


def test_questions_are_kept_changed_and_deleted(month: Month, caller: Any) -> None:
    made = caller("POST", "/saved", {"name": "By group", "question": QUESTION})
    assert made.status_code == 201
    assert made.get_json()["question"]["data_set"] == "incidents"
    path, etag = f"/saved/{made.get_json()['id']}", made.headers["ETag"]
    assert caller("PATCH", path, {"name": "Groups"}).status_code == 428
    changed = caller("PATCH", path, {"name": "Groups"}, **{"If-Match": etag})
    assert changed.get_json()["name"] == "Groups"
    assert caller("PATCH", path, {"name": "Again"}, **{"If-Match": etag}).status_code == 412
    assert [item["name"] for item in caller("GET", "/saved").get_json()["items"]] == ["Groups"]
    assert caller("GET", f"{path}/answer").get_json()["total"]["figure_1"] == 10
    assert caller("DELETE", path).status_code == 204
    assert caller("GET", path).status_code == 404


def test_who_may_not_read_reports_is_refused(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('end_user',)))}"}
    assert client.post("/api/v1/reports/answers", json=QUESTION, headers=headers).status_code == 403
    assert client.get("/api/v1/reports/data-sets", headers=headers).status_code == 403


def test_an_agent_without_the_data_gets_none_of_it(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    answer = client.post("/api/v1/reports/answers", json=QUESTION | {"data_set": "wages"}, headers=headers)
    assert answer.status_code == 404
