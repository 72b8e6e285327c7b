import json
import zlib
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.inventory.protocol import (
    AgentContacted,
    AgentIdentity,
    AgentReply,
    AgentRequest,
    AgentState,
    InventoryReceived,
    ProtocolSettings,
    expiration_hours,
    respond,
)
from assets.inventory.reading import read_inventory
from assets.inventory.wire import Coding, deflate, inflate
from tests.assets.inventory.documents import DEVICE_ID, FUSION, OCS, SNMP_QUERY, glpi

AGENT_ID = "1d4e1a52-0f3c-11f0-9c1a-00155d012345"
GLPI_AGENT = "GLPI-Agent_v1.12-dev"
FUSION_AGENT = "FusionInventory-Agent_v2.6-3"
OCS_AGENT = "OCS-NG_unified_unix_agent_v2.10.0"
CONTACT = json.dumps({"action": "contact", "deviceid": DEVICE_ID, "name": "GLPI-Agent", "version": "1.12", "tag": "t"})
PROLOG = f"<REQUEST><DEVICEID>{DEVICE_ID}</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>12345678</TOKEN></REQUEST>"


def ask(
    body: str | bytes,
    *,
    agent: str = GLPI_AGENT,
    agent_id: str = "",
    coding: Coding = Coding.ZLIB,
    state: AgentState = AgentState.UNKNOWN,
) -> AgentReply:
    data = body.encode() if isinstance(body, str) else body
    request = AgentRequest("POST", deflate(data, coding), agent_id=agent_id, user_agent=agent)
    return respond(request, lambda _: state)


def as_json(reply: AgentReply) -> dict[str, object]:
    answer: dict[str, object] = json.loads(inflate(reply.body)[0])
    return answer


def as_xml(reply: AgentReply) -> Element:
    return fromstring(inflate(reply.body)[0])


@pytest.mark.parametrize("agent", [FUSION_AGENT, OCS_AGENT, GLPI_AGENT])
def test_a_prolog_without_an_agent_id_is_told_to_send(agent: str) -> None:
    reply = ask(PROLOG, agent=agent)
    assert reply.status == 200
    assert as_xml(reply).findtext("RESPONSE") == "SEND"
    assert 20 <= int(as_xml(reply).findtext("PROLOG_FREQ", "")) <= 28


def test_a_glpi_agents_prolog_is_moved_on_to_json() -> None:
    reply = ask(PROLOG, agent_id=AGENT_ID)
    assert as_json(reply) == {"status": "pending"}
    assert reply.event == AgentContacted(AgentIdentity("glpi", AGENT_ID, DEVICE_ID, GLPI_AGENT))


@pytest.mark.parametrize("state", [AgentState.UNKNOWN, AgentState.KNOWN])
def test_a_contact_gets_one_task_and_everything_dangerous_disabled(state: AgentState) -> None:
    answer = as_json(ask(CONTACT, agent_id=AGENT_ID, state=state))
    assert answer["status"] == "ok"
    assert isinstance(answer["expiration"], int)
    assert answer["tasks"] == {
        "inventory": {"server": "glpi", "version": "10.0.18", "no-category": "process,environment"}
    }
    assert {"esx", "deploy", "collect", "wakeonlan", "remoteinventory"} <= set(answer["disabled"])  # type: ignore[call-overload]


def test_a_full_inventory_is_received() -> None:
    reply = ask(glpi(), agent_id=AGENT_ID.upper())
    assert as_json(reply) == {"status": "ok"}
    event = reply.event
    assert isinstance(event, InventoryReceived)
    assert event.agent == AgentIdentity("glpi", AGENT_ID, DEVICE_ID, "GLPI-Agent_v1.12")
    assert (event.data, event.format, event.is_partial, event.needs_full) == (glpi(), "json", False, False)
    assert event.sha256 == ask(glpi(), agent_id=AGENT_ID, coding=Coding.GZIP).event.sha256  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("state", "needs_full"), [(AgentState.KNOWN, False), (AgentState.UNKNOWN, True), (AgentState.NEEDS_FULL, True)]
)
def test_a_partial_inventory_is_always_accepted(state: AgentState, needs_full: bool) -> None:
    reply = ask(glpi(partial=True), agent_id=AGENT_ID, state=state)
    assert as_json(reply) == {"status": "ok"}
    assert isinstance(reply.event, InventoryReceived)
    assert (reply.event.is_partial, reply.event.needs_full) == (True, needs_full)


def test_a_full_inventory_is_forced_over_the_old_protocol() -> None:
    """CONTACT answered in XML, then PROLOG answered with SEND, then a full XML inventory, then JSON again."""
    contact = ask(CONTACT, agent_id=AGENT_ID, state=AgentState.NEEDS_FULL)
    assert as_xml(contact).tag == "REPLY"
    prolog = ask(PROLOG, agent_id=AGENT_ID, state=AgentState.NEEDS_FULL)
    assert as_xml(prolog).findtext("RESPONSE") == "SEND"
    full = ask(FUSION, agent_id=AGENT_ID, state=AgentState.NEEDS_FULL)
    assert isinstance(full.event, InventoryReceived)
    assert (full.event.agent.source_id, full.event.is_partial, full.event.needs_full) == (AGENT_ID, False, False)
    assert as_json(ask(PROLOG, agent_id=AGENT_ID, state=AgentState.KNOWN)) == {"status": "pending"}


@pytest.mark.parametrize("body", [FUSION, SNMP_QUERY], ids=["inventory", "snmp"])
def test_fusioninventory_gets_a_reply_element(body: bytes) -> None:
    reply = ask(body, agent=FUSION_AGENT)
    assert as_xml(reply).tag == "REPLY"
    assert list(as_xml(reply)) == []
    assert isinstance(reply.event, InventoryReceived)
    assert read_inventory(reply.event.data).inventory.name in ("pc-0042", "sw-1")


@pytest.mark.parametrize("coding", list(Coding))
def test_ocs_is_always_answered_with_zlib(coding: Coding) -> None:
    reply = ask(OCS, agent=OCS_AGENT, coding=coding)
    assert b"<RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>" in zlib.decompress(reply.body)
    assert reply.content_type == "application/x-compress"


def test_ocs_errors_are_zlib_too() -> None:
    request = AgentRequest("POST", b"\x78\x9cnonsense", user_agent=OCS_AGENT)
    reply = respond(request, lambda _: AgentState.UNKNOWN)
    assert reply.status == 400
    assert fromstring(zlib.decompress(reply.body)).findtext("ERROR") == "body: is not valid zlib data"


@pytest.mark.parametrize(
    ("coding", "media_type"),
    [
        (Coding.PLAIN, "application/json"),
        (Coding.ZLIB, "application/x-compress-zlib"),
        (Coding.GZIP, "application/x-compress-gzip"),
    ],
)
def test_an_answer_comes_in_the_coding_of_the_request(coding: Coding, media_type: str) -> None:
    reply = ask(CONTACT, agent_id=AGENT_ID, coding=coding)
    assert inflate(reply.body)[1] is coding
    assert reply.content_type == media_type
    assert reply.headers["Cache-Control"] == "no-store"


def test_agents_are_told_by_their_body_when_their_name_is_missing() -> None:
    assert ask(OCS, agent="", coding=Coding.PLAIN).content_type == "application/x-compress"
    assert ask(FUSION, agent="curl/8", coding=Coding.PLAIN).content_type == "application/xml"
    assert ask(glpi(), agent="", coding=Coding.PLAIN).content_type == "application/json"


def test_get_config_answers_an_empty_schedule() -> None:
    request = AgentRequest("GET", query={"action": "getConfig", "machineid": "x"}, user_agent=FUSION_AGENT)
    reply = respond(request, lambda _: AgentState.UNKNOWN)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert json.loads(reply.body) == {"configValidityPeriod": 600, "schedule": []}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused(method: str) -> None:
    reply = respond(AgentRequest(method), lambda _: AgentState.UNKNOWN)
    assert reply.status == 400
    assert reply.event is None


def test_credentials_are_never_handed_out() -> None:
    reply = ask('{"action": "get_params", "deviceid": "x", "params_id": 1, "use": ["all"]}', agent_id=AGENT_ID)
    assert as_json(reply) == {"status": "ok", "credentials": []}


@pytest.mark.parametrize("inner", ["<AGENT><START>1</START></AGENT>", "<AGENT><END>1</END></AGENT>"])
def test_the_frame_of_a_network_inventory_is_accepted_without_an_event(inner: str) -> None:
    body = f"<REQUEST><CONTENT>{inner}</CONTENT><DEVICEID>x</DEVICEID><QUERY>SNMPQUERY</QUERY></REQUEST>"
    reply = ask(body, agent=FUSION_AGENT)
    assert (reply.status, as_xml(reply).tag, reply.event) == (200, "REPLY", None)


@pytest.mark.parametrize(
    ("body", "agent", "text"),
    [
        (b"", GLPI_AGENT, "body: is empty"),
        (b'{"action": "inventory", "content": {"bios": {}}}', GLPI_AGENT, "deviceid: is missing"),
        (b'{"action": "inventory", "deviceid": "x"}', GLPI_AGENT, "content: is missing or empty"),
        (b'{"action": "explode", "deviceid": "x"}', GLPI_AGENT, "action: 'explode' is not served"),
        (b"<REQUEST><QUERY>DEPLOY</QUERY></REQUEST>", FUSION_AGENT, "query: 'deploy' is not served"),
        (b"<html>", FUSION_AGENT, "body: is not well-formed XML (line 1, column 6)"),
        (b"<html/>", FUSION_AGENT, "body: is not an agent's request: its root element is 'html'"),
    ],
)
def test_refusals_say_why_in_the_agents_own_format(body: bytes, agent: str, text: str) -> None:
    reply = respond(AgentRequest("POST", body, user_agent=agent), lambda _: AgentState.UNKNOWN)
    assert (reply.status, reply.event) == (400, None)
    if agent == GLPI_AGENT:
        assert json.loads(reply.body) == {"status": "error", "message": text}
    else:
        assert fromstring(reply.body).findtext("ERROR") == text


def test_an_identifier_that_is_too_long_is_refused() -> None:
    reply = ask(json.dumps({"action": "contact", "deviceid": "x" * 300}), agent_id=AGENT_ID)
    assert json.loads(reply.body)["message"] == "deviceid: is longer than 255 characters"


def test_private_data_never_reaches_the_event() -> None:
    reply = ask(FUSION, agent=FUSION_AGENT)
    assert isinstance(reply.event, InventoryReceived)
    assert b"hunter2" not in reply.event.data


def test_reports_are_spread_over_a_fleet_and_stable_for_one_agent() -> None:
    settings = ProtocolSettings(interval_hours=24, spread_hours=4)
    hours = [expiration_hours(f"agent-{number}", settings) for number in range(900)]
    assert hours == [expiration_hours(f"agent-{number}", settings) for number in range(900)]
    assert set(hours) == set(range(20, 29))
    assert all(60 <= hours.count(hour) <= 140 for hour in range(20, 29))


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), st.sampled_from(["", OCS_AGENT, GLPI_AGENT]))
def test_any_request_gets_an_answer_with_a_body(body: bytes, agent: str) -> None:
    reply = respond(AgentRequest("POST", body, user_agent=agent), lambda _: AgentState.UNKNOWN)
    assert reply.status in (200, 400)
    assert inflate(reply.body)[0]
