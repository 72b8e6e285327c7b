"""Dashboards over the API."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import Factory
from tests.itsm.reports.conftest import Month

Caller = Callable[..., Any]


@pytest.fixture
def caller(client: FlaskClient, make: Factory) -> Caller:
    token = make.token(make.person("Maria Manager", roles=("manager",)))

    def call(method: str, path: str = "", data: Any = None, **headers: str) -> Any:
        headers["Authorization"] = f"Bearer {token}"
        return client.open(f"/api/v1/dashboards{path}", method=method, json=data, headers=headers)

    return call


def test_a_dashboard_is_made_arranged_read_and_deleted(month: Month, caller: Caller) -> None:
    made = caller("POST", "", {"name": "Mine", "like": "problems"})
    assert made.status_code == 201
    path, tiles = f"/{made.get_json()['id']}", made.get_json()["tiles"]
    places = [{"key": tile["key"], "width": 12, "height": 1} for tile in reversed(tiles)]
    assert caller("PATCH", path, {"places": places}).status_code == 428
    changed = caller("PATCH", path, {"name": "Ours", "places": places}, **{"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200
    assert [tile["key"] for tile in changed.get_json()["tiles"]] == [place["key"] for place in places]
    assert caller("PATCH", path, {"name": "Again"}, **{"If-Match": made.headers["ETag"]}).status_code == 412
    assert caller("POST", f"{path}/tiles", {"source": "note", "text": "Read this"}).status_code == 201
    etag = caller("GET", path).headers["ETag"]
    tile = caller("PATCH", f"{path}/tiles/{tiles[1]['key']}", {"warn_above": 3}, **{"If-Match": etag})
    assert {each["warn_above"] for each in tile.get_json()["tiles"]} == {None, 3.0}
    assert caller("DELETE", f"{path}/tiles/{tiles[0]['key']}").status_code == 204
    found = caller("GET", path).get_json()
    assert (found["name"], len(found["tiles"])) == ("Ours", len(tiles))
    assert caller("DELETE", path).status_code == 204
    assert caller("GET", path).status_code == 404


def test_figures_are_those_of_the_caller(month: Month, caller: Caller) -> None:
    items = {item["key"]: item for item in caller("GET", "/service/figures").get_json()["items"]}
    assert items["incidents_open"]["answer"]["rows"][0]["figure_1"] == 3
    assert items["incidents_open"]["shape"] == "value"
    assert items["open_by_group"]["answer"]["columns"][0]["name"] == "group_1"


def test_ready_ones_are_listed_and_cannot_be_changed(caller: Caller) -> None:
    listed = caller("GET").get_json()["items"]
    assert {"id": "service", "kept": False, "version": None}.items() <= listed[0].items()
    assert caller("PATCH", "/service", {"name": "x"}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": ""}, "name"), ({"name": "x", "scope": "world"}, "scope"), ({"name": "x", "colour": 1}, "colour")],
)
def test_wrong_input_names_its_field(caller: Caller, body: dict[str, Any], field: str) -> None:
    answer = caller("POST", "", body)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_who_is_not_staff_has_no_dashboards(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('end_user',)))}"}
    assert client.get("/api/v1/dashboards", headers=headers).status_code == 403
