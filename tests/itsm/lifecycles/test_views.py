"""The editor of life cycles, without a script."""

import copy
import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident.lifecycle import LIFECYCLE
from itsm.kernel.actor import SYSTEM
from itsm.kernel.lifecycles import active, definition_of
from itsm.kernel.module import registry
from itsm.lifecycles import checks
from itsm.lifecycles.drawing import draw
from itsm.tickets import services as tickets
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token

ADDRESS = "/admin/lifecycles/incident"


@pytest.fixture
def admin(app: Flask, make: Factory) -> FlaskClient:
    return make.sign_in(app.test_client(), make.person(roles=("admin",)))


def form_of(definition: dict[str, Any]) -> dict[str, Any]:
    """The editor's form, as a browser would send it."""
    form: dict[str, Any] = {"initial": definition["initial"], "then": "save"}
    for part in ("states", "steps"):
        for number, row in enumerate(definition[part], 1):
            for name, value in row.items():
                if name == "titles":
                    form |= {f"{part}.{number}.title_{code}": text for code, text in value.items()}
                elif isinstance(value, bool):
                    form |= {f"{part}.{number}.{name}": "true"} if value else {}
                else:
                    form[f"{part}.{number}.{name}"] = value
    return form


def post(client: FlaskClient, path: str, fields: dict[str, Any]) -> Any:
    return client.post(path, data={"csrf_token": csrf_token(client), **fields})


def test_every_life_cycle_is_shown_with_its_picture(admin: FlaskClient) -> None:
    page = admin.get("/admin/lifecycles").text
    assert page.count('<svg class="ci-map lifecycle-map"') == len(checks.editable())
    for name in checks.editable():
        assert admin.get(f"/admin/lifecycles/{name}").status_code == 200
    assert admin.get("/admin/lifecycles/asset").status_code == 404


def test_saving_what_is_shown_changes_nothing(admin: FlaskClient) -> None:
    assert post(admin, ADDRESS, form_of(definition_of(LIFECYCLE))).status_code == 302
    assert active("incident") is LIFECYCLE


def test_a_state_is_added_and_a_faulty_one_is_marked(admin: FlaskClient) -> None:
    definition = copy.deepcopy(definition_of(LIFECYCLE))
    form = form_of(definition) | {
        "states.101.name": "check",
        "states.101.category": "active",
        "states.101.title_sv": "Kontroll",
    }
    refused = post(admin, ADDRESS, form)
    assert refused.status_code == 422
    assert "No step leads here from the first state." in refused.text
    assert "Kontroll" in refused.text  # nothing typed is lost
    row = {"name": "look", "from": ["new"], "to": "check", "permission": "incident.edit"}
    ways = {f"steps.201.{name}": value for name, value in row.items()}
    ways |= {
        f"steps.202.{name}": value
        for name, value in (row | {"name": "go_on", "from": ["check"], "to": "in_progress"}).items()
    }
    shown = post(admin, ADDRESS, form | ways | {"then": "show"})
    assert shown.status_code == 200
    assert active("incident") is LIFECYCLE
    assert post(admin, ADDRESS, form | ways).status_code == 302
    assert "check" in active("incident").states
    assert admin.get("/api/v1/lifecycles/incident").get_json()["number"] == 1


def test_a_state_with_tickets_is_removed_only_with_an_answer_where_they_go(admin: FlaskClient, make: Factory) -> None:
    incident = make.incident()
    tickets.take_step(SYSTEM, incident, "hold", fields={"hold_reason": "supplier"})
    form = form_of(definition_of(LIFECYCLE)) | {"states.3.remove": "true"}
    for number, step in enumerate(definition_of(LIFECYCLE)["steps"], 1):
        form[f"steps.{number}.from"] = [state for state in step["from"] if state != "on_hold"]
        if ("on_hold" in (step["to"], *step["from"]) and not form[f"steps.{number}.from"]) or step["to"] == "on_hold":
            form[f"steps.{number}.remove"] = "true"
    question = post(admin, ADDRESS, form)
    assert question.status_code == 200
    assert 'name="moves.on_hold"' in question.text
    carried = question.text.split('name="definition" value="')[1].split('"')[0]
    answer = {
        "confirmed": "1", "definition": carried.replace("&#34;", '"').replace("&amp;", "&"), "moves.on_hold": "in_progress",
    }  # fmt: skip
    assert post(admin, ADDRESS, answer).status_code == 302
    assert (incident.state, incident.state_category) == ("in_progress", "active")
    assert "The life cycle was changed" in admin.get(f"/incidents/{incident.number}").text
    assert post(admin, f"{ADDRESS}/shipped", {}).status_code == 302
    assert active("incident") is LIFECYCLE


def test_a_file_goes_out_and_comes_in_again(admin: FlaskClient) -> None:
    exported = json.loads(admin.get(f"{ADDRESS}/export").text)
    assert exported["lifecycle"] == "incident"
    exported["states"][0]["titles"] = {"en": "Just in"}
    file = (io.BytesIO(json.dumps(exported).encode()), "incident.json")
    shown = post(admin, f"{ADDRESS}/import", {"file": file})
    assert "Just in" in shown.text
    assert active("incident") is LIFECYCLE
    broken = post(admin, f"{ADDRESS}/import", {"file": (io.BytesIO(b"{"), "x.json")})
    assert broken.status_code == 422
    deep = post(admin, f"{ADDRESS}/import", {"file": (io.BytesIO(b"[" * 100_000), "x.json")})
    assert deep.status_code == 422
    wrong = post(admin, f"{ADDRESS}/import", {"file": (io.BytesIO(b'{"states": 1}'), "x.json")})
    assert wrong.status_code == 422


def test_the_api_reads_every_life_cycle(admin: FlaskClient) -> None:
    items = admin.get("/api/v1/lifecycles").get_json()["items"]
    assert [item["name"] for item in items] == checks.editable()
    assert items[0]["definition"]["initial"] == "new"


@pytest.mark.parametrize("mirrored", [False, True])
def test_no_two_boxes_of_a_picture_overlap_and_none_lies_outside(app: Flask, *, mirrored: bool) -> None:
    for name in checks.editable():
        picture = draw(registry().lifecycles[name], mirrored=mirrored)
        places = [(box.x, box.y) for box in picture.boxes]
        assert len(places) == len(set(places)) == len(registry().lifecycles[name].states)
        assert all(0 <= x <= picture.width - 132 and 0 <= y <= picture.height - 44 for x, y in places)
        assert all(abs(y - other) >= 44 for x, y in places for at, other in places if x == at and y != other)
