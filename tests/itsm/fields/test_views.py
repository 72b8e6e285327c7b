"""Own fields on pages and in the API."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident.models import Incident
from itsm.kernel.db import session
from itsm.tickets import custom
from tests.factories import Factory
from tests.itsm.fields.conftest import Define
from tests.itsm.web.browser import csrf_token
from tests.statements import counted

DEVICES = {"choices": [{"key": "laptop", "titles": {"en": "Laptop"}}, {"key": "phone", "titles": {"en": "Phone"}}]}


def post(client: FlaskClient, path: str, fields: dict[str, str]) -> Any:
    return client.post(path, data={"csrf_token": csrf_token(client), **fields})


def text_of(answer: object) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))  # type: ignore[attr-defined]


def agent(app: Flask, make: Factory, role: str = "agent") -> FlaskClient:
    group = make.group()
    return make.sign_in(app.test_client(), make.person(roles=(role,), groups=(group,)))


def test_the_call_form_asks_and_the_incident_shows_and_changes_in_place(
    app: Flask, define: Define, make: Factory
) -> None:
    define("device", "choice", options=DEVICES, titles={"en": "Device", "sv": "Enhet"})
    define("serial", show_if="custom.device = laptop", require_if="impact <= 2", position=200)
    client = agent(app, make)
    page = text_of(client.get("/incidents/new"))
    assert "Device" in page
    assert 'name="custom.serial"' not in page
    form = {"title": "Screen is dark", "impact": "2", "urgency": "3", "custom.device": "laptop"}
    refused = post(client, "/incidents/new", form)
    assert refused.status_code == 422
    assert 'name="custom.serial"' in text_of(refused)  # without a script the answer asks for it
    assert "This is needed." in text_of(refused)
    saved = post(client, "/incidents/new", form | {"custom.serial": "S-77"})
    assert saved.status_code == 302
    incident = session.scalars(select(Incident)).one()
    assert incident.custom == {"device": "laptop", "serial": "S-77"}
    record = text_of(client.get(saved.headers["Location"]))
    assert "Laptop" in record
    assert "Device: Laptop" in record  # in the story
    change = {"version": str(incident.version), "custom.device": "phone", "custom.serial": "S-77"}
    assert post(client, f"/tickets/{incident.id}/custom", change).status_code == 302
    session.expire_all()
    assert session.get_one(Incident, incident.id).custom["device"] == "phone"


def test_the_part_is_asked_anew_when_the_form_changes_and_is_empty_when_nothing_changes(
    app: Flask, define: Define, make: Factory
) -> None:
    define("device", "choice", options=DEVICES)
    define("serial", show_if="custom.device = laptop", position=200)
    client = agent(app, make)
    changed = post(client, "/fields/form/incident", {"custom.device": "laptop", "custom_shown": "device"})
    assert changed.status_code == 200
    assert 'name="custom.serial"' in text_of(changed)
    same = post(client, "/fields/form/incident", {"custom.device": "phone", "custom_shown": "device"})
    assert same.status_code == 204


def test_a_wrong_value_on_the_record_comes_back_with_its_fault(app: Flask, define: Define, make: Factory) -> None:
    define("weight", "number")
    client = agent(app, make)
    incident = make.incident()
    answer = post(client, f"/tickets/{incident.id}/custom", {"version": "1", "custom.weight": "heavy"})
    assert answer.status_code == 422
    page = text_of(answer)
    assert 'value="heavy"' in page
    assert "This must be a number." in page


def test_requesters_are_asked_and_shown_only_what_is_theirs(app: Flask, define: Define, make: Factory) -> None:
    define("room", audience="edit", titles={"en": "Room"})
    define("cost", "number", titles={"en": "Cost centre"})
    person = make.person(roles=("end_user",))
    client = make.sign_in(app.test_client(), person)
    page = text_of(client.get("/portal/new"))
    assert "Room" in page
    assert "Cost centre" not in page
    saved = post(client, "/portal/new", {"title": "No light", "impact": "4", "urgency": "3", "custom.room": "12"})
    assert saved.status_code == 302
    incident = session.scalars(select(Incident)).one()
    assert incident.custom == {"room": "12"}
    incident.custom = {"room": "12", "cost": 77123}
    shown = text_of(client.get(saved.headers["Location"]))
    assert "Room" in shown
    assert "77123" not in shown
    assert client.get(f"/api/v1/incidents/{incident.number}").get_json()["custom"] == {"room": "12"}


def test_the_api_is_strict_and_names_the_field(app: Flask, define: Define, make: Factory) -> None:
    define("weight", "number")
    client = app.test_client()
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    refused = client.post("/api/v1/incidents", json={"title": "x", "custom": {"wight": 3}}, headers=headers)
    assert refused.status_code == 422
    assert set(refused.get_json()["errors"]) == {"custom.wight"}
    made = client.post("/api/v1/incidents", json={"title": "x", "custom": {"weight": 3}}, headers=headers)
    assert made.get_json()["custom"] == {"weight": 3}
    changed = client.patch(
        made.headers["Location"],
        json={"custom": {"weight": None}},
        headers=headers | {"If-Match": made.headers["ETag"]},
    )
    assert changed.get_json()["custom"] == {}


def test_administrators_add_change_and_preview_fields(app: Flask, make: Factory) -> None:
    client = agent(app, make, "admin")
    assert "New field" in text_of(client.get("/admin/fields"))
    assert "Several choices" in text_of(client.get("/admin/fields/new?kind=incident"))
    form = {
        "kind": "incident", "type": "choice", "key": "device", "title_en": "Device", "title_sv": "Enhet", "active": "true",
        "in_lists": "true", "audience": "edit", "choices": "laptop = Laptop | sv = Bärbar\n- fax = Fax",
    }  # fmt: skip
    assert post(client, "/admin/fields/new", form).status_code == 302
    listed = client.get("/api/v1/fields?kind=incident").get_json()["items"]
    assert listed[0]["options"]["choices"] == [
        {"key": "laptop", "titles": {"en": "Laptop", "sv": "Bärbar"}, "offered": True},
        {"key": "fax", "titles": {"en": "Fax"}, "offered": False},
    ]
    address = f"/admin/fields/{listed[0]['id']}"
    assert "laptop = Laptop | sv = Bärbar" in client.get(address).get_data(as_text=True)
    broken = post(client, address, {"version": "1", "type": "choice", "title_en": "Device", "show_if": "nothing = 1"})
    assert broken.status_code == 422
    for address in ("/admin/fields/preview/incident", "/admin/fields/preview/incident?as=requester"):
        preview = text_of(client.get(address))
        assert "Laptop" in preview
        assert "Fax" not in preview


def test_columns_of_lists_cost_two_statements_however_many_rows(app: Flask, define: Define, make: Factory) -> None:
    define("room", in_lists=True, titles={"en": "Room"})
    define("owner", "person", in_lists=True)
    define("cost", "number")
    agent, owner = make.actor("agent"), make.person("Vera Owner")
    ids = [make.incident(custom={"room": f"<{number}>", "owner": owner.id}).id for number in range(6)]
    titles = custom.column_titles(agent)
    assert [str(title) for title in titles.values()] == ["Room", "Owner"]
    with app.test_request_context(), counted() as statements:
        found = custom.columns(agent, titles.keys(), ids)
    assert len(statements) == 2
    assert str(found["custom.room"][ids[3]]) == "&lt;3&gt;"
    assert found["custom.owner"][ids[0]] == "Vera Owner"
    assert custom.column_titles(make.actor("end_user")) == {}


def test_an_own_title_is_shown_and_escaped(client: FlaskClient, define: Define, make: Factory) -> None:
    define("room", titles={"en": "Room <b>"})
    page = make.sign_in(client, make.person(roles=("admin",))).get("/admin/fields").text
    assert "Room &lt;b&gt;" in page
