"""Reading one device, from recordings and from a real agent."""

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.discovery.client import Client, NoAnswer, Row, Settings, V2Credential, open_client
from cmdb.discovery.client.base import Budget
from cmdb.discovery.collect import collect
from cmdb.discovery.facts import ArpEntry, DeviceFacts, Interface
from cmdb.discovery.targets import Guard
from tests.cmdb.discovery.conftest import recording
from tests.cmdb.discovery.replay import Recording, ReplayClient
from tests.properties import examples
from tests.servers.snmp import SnmpServer

ADDRESS = "10.0.0.1"
GUARD = Guard(["10.0.0.0/8"])
LLDP_REMOTE = "1.0.8802.1.1.2.1.4.1.1"


def read(device: Recording, **settings_: Any) -> DeviceFacts:
    return read_with(replay(device, **settings_))


def replay(device: Recording, **settings_: Any) -> ReplayClient:
    return ReplayClient(V2Credential("x"), {ADDRESS: device}, guard=GUARD, settings=Settings(**settings_))


def read_with(client: Client[Any], address: str = ADDRESS) -> DeviceFacts:
    async def run() -> DeviceFacts:
        async with client:
            return await collect(client, address)

    return asyncio.run(run())


def changed(name: str, values: Mapping[str, Any]) -> Recording:
    """Return a recording with some values replaced, or left out where None."""
    rows: dict[str, Any] = dict(recording(name).rows) | dict(values)
    return Recording.from_dict({oid: value for oid, value in rows.items() if value is not None})


@pytest.fixture(scope="module")
def switch() -> DeviceFacts:
    return read(recording("switch"))


def test_switch_is_identified_by_its_first_chassis(switch: DeviceFacts) -> None:
    assert (switch.vendor, switch.model, switch.serial) == ("Cisco", "WS-C2960X-48TS-L", "FOC1234X0AB")
    assert (switch.kind, switch.firmware, switch.chassis_id) == ("switch", "15.2(2)E6", "00:a1:b2:00:00:00")
    assert (switch.name, switch.location) == ("access-1.example.org", "Building A, rack 3")
    assert (switch.contact, switch.system.uptime_seconds) == ("noc@example.org", 86_400)


def test_every_member_of_a_stack_is_a_chassis_but_a_power_supply_is_none(switch: DeviceFacts) -> None:
    assert [(one.index, one.serial) for one in switch.chassis] == [(1001, "FOC1234X0AB"), (2001, "FOC1234X0CD")]


def test_interfaces_have_names_speeds_states_and_addresses(switch: DeviceFacts) -> None:
    assert [one.name for one in switch.interfaces] == ["Vl1", "Gi1/0/1", "Gi1/0/2", "Te1/0/1"]
    assert switch.interfaces[0].addresses == ("10.20.0.5/24", "2001:db8::5/64")
    assert switch.interfaces[3] == Interface(
        index=10149,
        name="Te1/0/1",
        description="TenGigabitEthernet1/0/1",
        alias="uplink",
        type=6,
        mtu=9198,
        speed_bps=10_000_000_000,
        mac="00:a1:b2:00:00:04",
        admin_status="up",
        oper_status="up",
    )
    assert (switch.interfaces[2].admin_status, switch.interfaces[2].oper_status) == ("down", "down")


def test_lldp_neighbours_are_on_the_interface_that_the_local_port_names(switch: DeviceFacts) -> None:
    uplink = next(one for one in switch.neighbours if one.protocol == "lldp" and one.name == "core-1")
    assert (uplink.local_port, uplink.local_index) == ("Te1/0/1", 10149)
    assert (uplink.chassis_id, uplink.port, uplink.address) == ("00:c0:ff:ee:00:01", "Eth1/7", "10.20.0.1")


def test_name_of_the_local_port_wins_over_its_number() -> None:
    facts = read(changed("switch", {"1.3.6.1.2.1.17.1.4.1.2.49": 10101}))
    uplink = next(one for one in facts.neighbours if one.protocol == "lldp" and one.name == "core-1")
    assert (uplink.local_port, uplink.local_index) == ("Te1/0/1", 10149)


def test_two_neighbours_on_one_port_are_both_kept(switch: DeviceFacts) -> None:
    found = [one for one in switch.neighbours if one.local_index == 10101 and one.protocol == "lldp"]
    assert [(one.chassis_id, one.chassis_kind, one.port, one.name) for one in found] == [
        ("00:c0:ff:ee:0b:0b", "mac", "00:c0:ff:ee:0b:0c", ""),
        ("vmnic3", "name", "vmnic3", "esx-1.example.org"),
    ]


def test_management_address_is_read_from_the_index_with_and_without_length(switch: DeviceFacts) -> None:
    by_chassis = {one.chassis_id: one.address for one in switch.neighbours if one.protocol == "lldp"}
    assert by_chassis == {"00:c0:ff:ee:00:01": "10.20.0.1", "00:c0:ff:ee:0b:0b": None, "vmnic3": "10.20.0.9"}


def test_cdp_neighbours_are_on_the_interface_of_their_index(switch: DeviceFacts) -> None:
    found = [one for one in switch.neighbours if one.protocol == "cdp"]
    assert [(one.local_port, one.name, one.port, one.address, one.description) for one in found] == [
        ("Gi1/0/1", "SEP00C0FFEE0B0B", "Port 1", None, "Cisco IP Phone 8841"),
        ("Te1/0/1", "core-1", "Ethernet1/7", "10.20.0.1", "N9K-C93180YC-EX"),
    ]


def test_both_arp_tables_are_merged_without_broadcast(switch: DeviceFacts) -> None:
    assert switch.arp == (
        ArpEntry(1, "10.20.0.1", "00:c0:ff:ee:00:01"),
        ArpEntry(1, "10.20.0.77", "00:c0:ff:ee:0c:0c"),
        ArpEntry(1, "2001:db8::9", "00:c0:ff:ee:00:09"),
    )


def test_bridge_leaves_out_port_0_multicast_own_addresses_and_stations_of_uplinks(switch: DeviceFacts) -> None:
    assert [(one.interface_index, one.count, one.macs) for one in switch.bridge] == [
        (10101, 1, ("00:c0:ff:ee:0c:0c",)),
        (10149, 12, ()),
    ]


def test_printer_has_supplies_and_page_count() -> None:
    facts = read(recording("printer"))
    assert (facts.kind, facts.vendor, facts.model, facts.serial) == ("printer", "HP", "HP LaserJet M507", "PHCVN191TG")
    assert facts.printer is not None
    assert facts.printer.page_count == 48_211
    assert [(one.description, one.level_percent, one.has_some) for one in facts.printer.supplies] == [
        ("Black Cartridge 89X", 64, True),
        ("Fuser kit", None, True),
        ("Waste toner", None, False),
    ]


def test_ups_has_battery_and_the_serial_number_of_the_unit() -> None:
    facts = read(recording("ups"))
    assert (facts.kind, facts.vendor, facts.model) == ("ups", "APC", "Smart-UPS 1500")
    assert (facts.serial, facts.firmware) == ("AS1234567890", "UPS 08.3")
    assert facts.ups is not None
    assert (facts.ups.battery_status, facts.ups.charge_percent) == ("normal", 100)
    assert (facts.ups.runtime_seconds, facts.ups.load_percent) == (2520, 23)


def test_chassis_identifiers_are_read_as_ascii_octets_and_network_addresses() -> None:
    facts = read(recording("odd"))
    assert facts.chassis_id == "00:11:22:33:44:55"
    assert [(one.chassis_id, one.port) for one in facts.neighbours] == [
        ("10.56.32.113", "7"),
        ("10.56.32.114", "00:11:22:33:44:77"),
        ("00:11:22:33:44:66", "Gi0/1"),
    ]


def test_local_port_is_a_bridge_port_before_it_is_an_interface_index() -> None:
    facts = read(recording("odd"))
    assert [(one.local_port, one.local_index) for one in facts.neighbours] == [
        ("ethernet1/2", 1_000_000_002),
        ("3", None),
        ("ethernet1/1", 1_000_000_001),
    ]


def test_table_that_runs_in_a_circle_costs_only_itself() -> None:
    facts = read(recording("odd"))
    assert [(one.table, one.text) for one in facts.errors] == [("arp", "the device sent OIDs that do not increase")]
    assert [one.address for one in facts.arp] == ["10.0.0.1", "10.0.0.2"]


def test_empty_texts_are_tolerated() -> None:
    facts = read(recording("odd"))
    assert (facts.name, facts.vendor, facts.model, facts.serial) == ("", None, None, None)
    assert facts.kind == "switch"


@pytest.mark.parametrize(
    ("failing", "table"),
    [
        ("1.3.6.1.2.1.47.1.1.1.1.5", "entity"),
        ("1.3.6.1.2.1.2.2.1.2", "interfaces"),
        (f"{LLDP_REMOTE}.5", "lldp"),
        ("1.3.6.1.4.1.9.9.23.1.2.1.1.6", "cdp"),
        ("1.3.6.1.2.1.4.22.1.2", "arp"),
        ("1.3.6.1.2.1.17.7.1.2.2.1.2", "bridge"),
    ],
)
def test_table_that_fails_is_listed_and_the_others_are_read(failing: str, table: str, switch: DeviceFacts) -> None:
    facts = read(dataclasses.replace(recording("switch"), failing=frozenset({failing})))
    assert [(one.table, one.text) for one in facts.errors] == [(table, "no answer")]
    whole = {name: bool(getattr(switch, name)) for name in ("interfaces", "neighbours", "arp", "bridge", "chassis")}
    partial = {name: bool(getattr(facts, name)) for name in whole}
    assert sum(whole.values()) - sum(partial.values()) <= 1


def test_after_the_budget_is_used_up_nothing_more_is_asked() -> None:
    facts = read(recording("switch"), budget=Budget(60.0, 45))
    assert facts.name == "access-1.example.org"
    assert facts.errors[-1].text == "the device's budget of values is used up"
    assert len(facts.errors) <= 2


def test_silent_device_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match=r"^no answer$"):
        read(Recording(()))


def test_engine_identifier_is_never_asked_for() -> None:
    client = replay(recording("odd"))
    read_with(client)
    assert not [oid for oid in client.requested if oid.startswith("1.3.6.1.6.3.10")]


def test_whole_tables_are_never_walked() -> None:
    client = replay(recording("switch"))
    read_with(client)
    assert not {"1.3.6.1.2.1.2.2", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.2.1.1"} & set(client.requested)


def test_names_that_occur_twice_do_not_place_a_neighbour() -> None:
    twice = {f"1.3.6.1.2.1.31.1.1.1.1.{index}": b"port" for index in (10101, 10149)}
    twice |= {f"1.3.6.1.2.1.2.2.1.2.{index}": b"port" for index in (10101, 10149)}
    twice |= {"1.0.8802.1.1.2.1.3.7.1.3.49": b"port", "1.0.8802.1.1.2.1.3.7.1.4.49": b"port"}
    facts = read(changed("switch", twice | {"1.3.6.1.2.1.17.1.4.1.2.49": None}))
    uplink = next(one for one in facts.neighbours if one.name == "core-1")
    assert (uplink.local_index, uplink.local_port) == (None, "port")


@given(
    st.lists(
        st.tuples(
            st.sampled_from([row[0] for name in ("switch", "printer", "ups", "odd") for row in recording(name).rows]),
            st.one_of(st.binary(max_size=40), st.integers(-(2**31), 2**64 - 1), st.just("0.0"), st.just("1.2.3.4")),
        ),
        max_size=12,
    )
)
@settings(max_examples=examples(80), deadline=None)
def test_any_value_anywhere_is_survived(changes: list[Row]) -> None:
    facts = read(changed("switch", dict(changes)))
    assert facts.interfaces
    assert len(facts.system.name) <= 255


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=24), max_size=5))
@settings(max_examples=examples(60), deadline=None)
def test_any_index_is_survived(indexes: list[list[int]]) -> None:
    bases = (f"{LLDP_REMOTE}.5", "1.0.8802.1.1.2.1.4.2.1.3", "1.3.6.1.2.1.4.34.1.3", "1.3.6.1.2.1.4.35.1.4",
             "1.3.6.1.2.1.4.22.1.2", "1.3.6.1.2.1.17.7.1.2.2.1.2", "1.3.6.1.4.1.9.9.23.1.2.1.1.6")  # fmt: skip
    rows = {f"{base}.{'.'.join(map(str, index))}": 1 for base in bases for index in indexes}
    assert read(changed("switch", rows)).model == "WS-C2960X-48TS-L"


def test_real_agent_is_read(agent: SnmpServer, loopback: Guard) -> None:
    settings_ = Settings(port=agent.port, timeout_seconds=2.0)
    facts = read_with(open_client(V2Credential("public"), guard=loopback, settings=settings_), "127.0.0.1")
    assert (facts.name, facts.location, facts.serial) == ("access-2", "Rack 9", "FOC1234X0AB")
    assert (facts.vendor, facts.model) == ("Cisco", "WS-C2960X-48TS-L")
    assert "lo" in {one.name for one in facts.interfaces}
    assert "127.0.0.1/8" in {address for one in facts.interfaces for address in one.addresses}
    (neighbour,) = facts.neighbours
    assert (neighbour.chassis_id, neighbour.port, neighbour.name) == ("00:c0:ff:ee:00:01", "Gi1/0/24", "access-1")
    assert neighbour.address == "10.20.0.1"
    assert facts.errors == ()


def test_real_agent_without_a_serial_number_has_none(plain_agent: SnmpServer, loopback: Guard) -> None:
    settings_ = Settings(port=plain_agent.port, timeout_seconds=2.0)
    facts = read_with(open_client(V2Credential("public"), guard=loopback, settings=settings_), "127.0.0.1")
    assert (facts.serial, facts.kind, facts.neighbours) == (None, "server", ())
    assert facts.firmware
    assert facts.errors == ()
