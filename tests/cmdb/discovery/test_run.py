"""Whole runs: sweep, collect, errors and the JSON shape."""

import json
import logging
from typing import Any

import pytest

from cmdb.discovery.client import Client, Credential, Settings, V2Credential, V3Credential
from cmdb.discovery.run import SILENT_LISTED_MAX, DiscoveryResult, Progress, discover, result_as_json
from cmdb.discovery.targets import AddressNotAllowed, Guard, InvalidTarget
from tests.cmdb.discovery.conftest import OPERATOR, recording
from tests.cmdb.discovery.replay import Recording, ReplayClient
from tests.servers.snmp import SnmpServer, free_udp_port

GUARD = Guard(["10.0.0.0/8"], ["10.0.0.7"])
PUBLIC = V2Credential("public")
DEVICES = {f"10.0.0.{n}": recording(name) for n, name in enumerate(("switch", "printer", "ups", "odd"), start=1)}


class Strange(ReplayClient):
    """A client whose device sends what no code expects."""

    async def walk(self, address: str, oid: str, *, max_varbinds: int = 0) -> Any:
        if address == "10.0.0.2":
            raise ZeroDivisionError("division by zero")
        return await super().walk(address, oid, max_varbinds=max_varbinds or 1000)


def replayed(credential: Credential, *, guard: Guard, settings: Settings | None = None) -> Client[Any]:
    return ReplayClient(credential, DEVICES, guard=guard, settings=settings)


def run(*targets: str, **more: Any) -> DiscoveryResult:
    options: dict[str, Any] = {"guard": GUARD, "client_factory": replayed, "packets_per_second": 5000} | more
    return discover(list(targets), [PUBLIC], **options)


def test_devices_of_a_network_are_read_and_silence_is_no_answer() -> None:
    result = run("10.0.0.0/29")
    assert (result.scanned, result.answered) == (6, 4)
    assert [(one.address, one.kind) for one in result.devices] == [
        ("10.0.0.1", "switch"),
        ("10.0.0.2", "printer"),
        ("10.0.0.3", "ups"),
        ("10.0.0.4", "switch"),
    ]
    assert [(one.address, one.text) for one in result.errors] == [("10.0.0.5", "no answer"), ("10.0.0.6", "no answer")]
    assert result.credentials_used == dict.fromkeys(DEVICES, 0)


def test_json_has_the_shape_of_the_command() -> None:
    document = result_as_json(run("10.0.0.1"))
    assert set(document) == {"scanned", "answered", "devices", "errors", "seconds"}
    (device,) = document["devices"]
    expected = {"address", "name", "sys_object_id", "vendor", "model", "serial", "kind", "interfaces", "neighbours"}
    assert expected <= set(device)
    assert (device["interfaces"], len(device["neighbours"])) == (4, 5)
    assert device["neighbours"][0] == {
        "protocol": "lldp",
        "local_port": "Te1/0/1",
        "chassis_id": "00:c0:ff:ee:00:01",
        "port": "Eth1/7",
        "name": "core-1",
        "address": "10.20.0.1",
        "description": "Core switch",
    }
    json.dumps(document)


def test_learnt_neighbours_are_never_contacted_and_could_not_be() -> None:
    guards: list[Guard] = []
    seen: set[str] = set()

    class Watched(ReplayClient):
        def _open(self, address: str) -> Recording:
            seen.add(address)
            return super()._open(address)

    def watched(credential: Credential, *, guard: Guard, settings: Settings | None = None) -> Client[Any]:
        guards.append(guard)
        return Watched(credential, DEVICES, guard=guard, settings=settings)

    run("10.0.0.1", client_factory=watched)
    assert seen == {"10.0.0.1"}
    for guard in guards:
        with pytest.raises(AddressNotAllowed, match="outside of this run's targets"):
            guard.check("10.20.0.1")


def test_excluded_addresses_are_left_out_and_refused_ones_reported() -> None:
    result = run("10.0.0.7", "192.168.1.0/30", "8.8.8.8")
    assert result.scanned == 0
    assert [(one.address, one.text) for one in result.errors] == [
        ("192.168.1.0/30", "not contacted: is outside of the allowed ranges (2 addresses)"),
        ("8.8.8.8", "not contacted: is a public address, which is not switched on"),
    ]


def test_silent_addresses_of_a_large_network_are_only_counted_unless_expected() -> None:
    result = run("10.1.0.0/23", "10.0.0.9", remembered={"10.1.0.5": 0}, passes=1)
    assert result.scanned == 511 > SILENT_LISTED_MAX
    assert [one.address for one in result.errors] == ["10.0.0.9", "10.1.0.5"]


def test_device_that_breaks_the_reader_costs_only_itself() -> None:
    def strange(credential: Credential, *, guard: Guard, settings: Settings | None = None) -> Client[Any]:
        return Strange(credential, DEVICES, guard=guard, settings=settings)

    result = run("10.0.0.1-10.0.0.3", client_factory=strange)
    assert [one.address for one in result.devices] == ["10.0.0.1", "10.0.0.3"]
    assert [(one.address, one.text) for one in result.errors] == [
        ("10.0.0.2", "the device's answer cannot be read (ZeroDivisionError)")
    ]


def test_more_than_a_slash_16_needs_confirmation() -> None:
    with pytest.raises(InvalidTarget, match="must be confirmed"):
        run("10.0.0.0/15")


def test_a_credential_is_needed() -> None:
    with pytest.raises(ValueError, match="credentials"):
        discover(["10.0.0.1"], [], guard=GUARD)


def test_cancelled_run_reads_nothing_more() -> None:
    result = run("10.0.0.0/24", cancelled=lambda: True)
    assert result.was_cancelled
    assert result.devices == ()


def test_progress_tells_both_phases() -> None:
    told: list[Progress] = []
    run("10.0.0.0/29", on_progress=told.append)
    assert [one.phase for one in told][-1] == "collect"
    assert told[-1] == Progress("collect", 4, 4)
    assert {one.phase for one in told} == {"sweep", "collect"}


def test_real_agent_is_discovered_among_dead_addresses(agent: SnmpServer, loopback: Guard) -> None:
    result = discover(["127.0.0.1-127.0.0.4"], [V2Credential("public")], guard=loopback, port=agent.port, passes=1)
    assert (result.scanned, result.answered) == (4, 1)
    (device,) = result.devices
    assert (device.name, device.serial, len(device.neighbours)) == ("access-2", "FOC1234X0AB", 1)
    assert [(one.address, one.text) for one in result.errors] == [
        (f"127.0.0.{number}", "no answer") for number in (2, 3, 4)
    ]


def test_real_agent_with_v3_is_discovered(agent: SnmpServer, loopback: Guard) -> None:
    credential = V3Credential("operator", "SHA", OPERATOR.auth_key, "AES", OPERATOR.priv_key)
    result = discover(["127.0.0.1"], [credential], guard=loopback, port=agent.port, passes=1)
    assert [one.name for one in result.devices] == ["access-2"]


def test_wrong_v3_key_is_said_and_wrong_community_is_no_answer(agent: SnmpServer, loopback: Guard) -> None:
    wrong = V3Credential("operator", "SHA", "not-the-passphrase", "AES", OPERATOR.priv_key)
    refused = discover(["127.0.0.1"], [wrong], guard=loopback, port=agent.port, passes=1)
    assert (refused.answered, refused.devices) == (1, ())
    assert "authentication was refused" in refused.errors[0].text
    silent = discover(["127.0.0.1"], [V2Credential("wrong")], guard=loopback, port=agent.port, passes=1)
    assert [(one.address, one.text) for one in silent.errors] == [("127.0.0.1", "no answer")]


def test_nobody_listening_is_no_answer_and_never_down(loopback: Guard) -> None:
    result = discover(["127.0.0.1"], [PUBLIC], guard=loopback, port=free_udp_port(), passes=1)
    assert result.answered == 0
    assert [one.text for one in result.errors] == ["no answer"]


def test_no_secret_appears_in_the_result_its_json_or_the_log(
    agent: SnmpServer, loopback: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials: list[Credential] = [
        V3Credential("operator", "SHA", "wrong-auth-s3cret", "AES", "wrong-priv-s3cret"),
        V2Credential("wrong-c0mmunity"),
        V2Credential("s3cret-community"),
    ]
    result = discover(["127.0.0.1-127.0.0.2"], credentials, guard=loopback, port=agent.port, passes=1)
    assert result.credentials_used == {"127.0.0.1": 2}
    everything = repr(result) + json.dumps(result_as_json(result)) + caplog.text
    for secret in ("wrong-auth-s3cret", "wrong-priv-s3cret", "wrong-c0mmunity", "s3cret-community"):
        assert secret not in everything
