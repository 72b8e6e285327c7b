"""The conversation with agents over HTTP, through the whole application."""

import base64
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assets.inventory import jobs
from assets.inventory.models import InventoryAgent, InventoryBody, InventorySnapshot
from assets.inventory.wire import MAX_RAW_BYTES
from itsm.kernel.db import session
from tests.assets.inventory.documents import FUSION, OCS
from tests.assets.inventory.machines import machine

AGENT_ID = "5b7e9d2c-9f54-11ef-a7a6-0242ac110002"
PROLOG = b"<REQUEST><DEVICEID>pc-1</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>12345678</TOKEN></REQUEST>"
GLPI = {"GLPI-Agent-ID": AGENT_ID, "User-Agent": "GLPI-Agent_v1.12", "Content-Type": "application/x-compress-zlib"}
SECRET = "a secret that agents share"


@pytest.fixture
def configured(app: Flask) -> Iterator[Any]:
    """A way to change settings for one test."""
    before = app.config["ITSM"]

    def change(**values: Any) -> None:
        app.config["ITSM"] = replace(before, **values)

    yield change
    app.config["ITSM"] = before


def counts() -> tuple[int, int, int]:
    """Agents, documents and inventories that are stored."""
    tables = (InventoryAgent, InventoryBody, InventorySnapshot)
    return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)  # type: ignore[return-value]


def test_the_recorded_conversation_of_a_glpi_agent(client: FlaskClient) -> None:
    """First run: PROLOG in XML, CONTACT, inventory; as GLPI Agent 1.12 was seen to do it."""
    prolog = client.post("/front/inventory.php", data=zlib.compress(PROLOG), headers=GLPI)
    assert (prolog.status_code, json.loads(zlib.decompress(prolog.data))) == (200, {"status": "pending"})
    contact = {
        "action": "contact",
        "deviceid": "pc-1",
        "name": "GLPI-Agent",
        "version": "1.12",
        "installed-tasks": ["inventory"],
        "tag": "t7",
    }
    answer = client.post("/front/inventory.php", data=zlib.compress(json.dumps(contact).encode()), headers=GLPI)
    reply = json.loads(zlib.decompress(answer.data))
    assert reply["status"] == "ok"
    assert list(reply["tasks"]) == ["inventory"]
    assert "deploy" in reply["disabled"]
    document = zlib.compress(machine("pc-1", serial="ABC1234"))
    done = client.post("/front/inventory.php", data=document, headers=GLPI)
    assert (done.status_code, json.loads(zlib.decompress(done.data))) == (200, {"status": "ok"})
    agent = session.scalars(select(InventoryAgent)).one()
    assert (agent.source_id, agent.kind, agent.tag, agent.address) == (AGENT_ID, "glpi", "t7", "127.0.0.1")
    assert jobs.import_waiting().done == 1
    assert session.scalars(select(InventoryAgent.ci_id)).one() is not None
    assert session.scalars(select(InventorySnapshot)).one().serial == "ABC1234"


def test_a_partial_inventory_first_makes_the_next_one_full(client: FlaskClient) -> None:
    contact = json.dumps({"action": "contact", "deviceid": "pc-1", "name": "GLPI-Agent", "version": "1.12"}).encode()
    part = machine("pc-1", serial="ABC1234", partial=True)
    assert client.post("/inventory", data=part, headers=GLPI).json == {"status": "ok"}
    jobs.import_waiting()
    assert counts() == (1, 1, 0)
    forced = client.post("/inventory", data=contact, headers=GLPI)
    assert b"<RESPONSE>SEND</RESPONSE>" in forced.data
    client.post("/inventory", data=machine("pc-1", serial="ABC1234"), headers=GLPI)
    jobs.import_waiting()
    assert counts() == (1, 2, 1)
    assert client.post("/inventory", data=contact, headers=GLPI).json["status"] == "ok"  # type: ignore[index]


@pytest.mark.parametrize(
    "address",
    [
        "/inventory",
        "/inventory/",
        "/front/inventory.php",
        "/marketplace/glpiinventory/",
        "/marketplace/glpiinventory",
        "/plugins/fusioninventory/",
        "/plugins/fusioninventory/front/communication.php",
        "/plugins/glpiinventory/",
        "/ocsinventory",
        "/ocsinventory/",
    ],
)
def test_every_address_that_agents_use_leads_here(client: FlaskClient, address: str) -> None:
    answer = client.post(address, data=FUSION)
    assert (answer.status_code, counts()) == (200, (1, 1, 0))
    config = client.get(f"{address}?action=getConfig&machineid=x")
    assert config.json == {"configValidityPeriod": 600, "schedule": []}


def test_ocs_is_answered_with_zlib(client: FlaskClient) -> None:
    answer = client.post(
        "/ocsinventory", data=zlib.compress(OCS), headers={"User-Agent": "OCS-NG_unified_unix_agent_v2.10.0"}
    )
    assert answer.content_type == "application/x-compress"
    assert b"NO_ACCOUNT_UPDATE" in zlib.decompress(answer.data)


BASIC = {"Authorization": f"Basic {base64.b64encode(f'agent:{SECRET}'.encode()).decode()}"}
WRONG = {"Authorization": f"Basic {base64.b64encode(b'agent:guess').decode()}"}


@pytest.mark.parametrize("headers", [{}, WRONG, {"Authorization": "Basic !!!"}, {"Authorization": f"Bearer {SECRET}"}])
def test_who_is_not_enrolled_gets_401_before_the_body_is_read(
    client: FlaskClient, configured: Any, headers: dict[str, str]
) -> None:
    configured(demo=False, inventory_secret=SECRET)

    body = io.BytesIO(FUSION)
    answer = client.post("/inventory", input_stream=body, content_length=len(FUSION), headers=headers)
    assert body.tell() == 0
    if headers.get("Authorization", "").startswith("Bearer"):
        assert answer.status_code == 401
        return
    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="itsm"'
    assert answer.headers["Connection"] == "close"
    assert counts() == (0, 0, 0)


def test_the_shared_secret_admits(client: FlaskClient, configured: Any) -> None:
    configured(demo=False, inventory_secret=SECRET)
    assert client.post("/inventory", data=FUSION, headers=BASIC).status_code == 200
    assert counts() == (1, 1, 0)


@pytest.mark.parametrize(
    ("values", "address", "status"),
    [
        ({"demo": False}, "127.0.0.1", 401),
        ({"demo": True}, "127.0.0.1", 200),
        ({"demo": True}, "192.0.2.7", 401),
        ({"demo": False, "inventory_networks": "10.0.0.0/8, 192.0.2.0/24"}, "192.0.2.7", 200),
        ({"demo": False, "inventory_networks": "10.0.0.0/8, 192.0.2.0/24"}, "198.51.100.7", 401),
        ({"demo": False, "inventory_networks": "2001:db8::/32"}, "2001:db8::7", 200),
    ],
)
def test_networks_admit(
    client: FlaskClient, configured: Any, values: dict[str, Any], address: str, status: int
) -> None:
    configured(**values)
    answer = client.post("/inventory", data=FUSION, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "body: is empty"),
        (b"hello", "body: is not valid deflate data"),
        (zlib.compress(bytes(80_000_000)), "body: inflates to more than 15564400 bytes"),
        (zlib.compress(FUSION)[:-30], "body: is cut off: the compressed data ends too early"),
        (bytes(MAX_RAW_BYTES + 1), f"body: is larger than {MAX_RAW_BYTES} bytes"),
        (b'{"action": "inventory", "deviceid": "x", "content": {}}', "content: is missing or empty"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words_that_the_agent_shows(
    client: FlaskClient, body: bytes, text: str
) -> None:
    answer = client.post("/inventory", data=body, headers=GLPI)
    assert answer.status_code == 400
    message = answer.json["message"]  # type: ignore[index]
    assert message == text or (text.startswith("body: inflates") and message.startswith("body: inflates to more than"))
    jobs.import_waiting()
    assert counts() == (0, 0, 0)


def test_xml_agents_read_the_refusal_as_xml(client: FlaskClient) -> None:
    answer = client.post(
        "/inventory",
        data=b"<REQUEST><QUERY>INVENTORY</QUERY></REQUEST>",
        headers={"User-Agent": "FusionInventory-Agent_v2.6"},
    )
    assert answer.status_code == 400
    assert b"<ERROR>deviceid: is missing</ERROR>" in answer.data
