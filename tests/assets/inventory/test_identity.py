from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.inventory.identity import (
    clean_make,
    clean_name,
    clean_serial,
    clean_uuid,
    evidence_macs,
    identity_keys,
    is_same_uuid,
    maker_of,
    swapped_uuid,
)
from assets.inventory.model import Inventory, NetworkInterface

UUID = "4c4c4544-0034-3010-8048-b6c04f503732"
SWAPPED = "44454c4c-3400-1030-8048-b6c04f503732"
WIRED = NetworkInterface(name="enp0s25", mac="b8:6b:23:e0:5c:81", type="ethernet", driver="e1000e", is_virtual=False)
COMPUTER = Inventory("glpi", "pc-1-2026", agent_id="a1", name="PC-1", serial="CZC1234567", manufacturer="HP", uuid=UUID)


def test_uuids_are_equal_in_either_byte_order() -> None:
    assert swapped_uuid(UUID) == SWAPPED
    assert is_same_uuid(UUID, SWAPPED)
    assert is_same_uuid(UUID, UUID)
    assert not is_same_uuid(UUID, UUID[:-1] + "3")
    assert not is_same_uuid("", "")


@given(st.uuids())
def test_swapping_twice_changes_nothing(value: object) -> None:
    assert swapped_uuid(swapped_uuid(str(value))) == str(value)


@pytest.mark.parametrize("text", [UUID, UUID.upper(), "{" + UUID + "}", UUID.replace("-", ""), f" {UUID} "])
def test_uuids_have_one_spelling(text: str) -> None:
    assert clean_uuid(text) == UUID


def test_the_scanned_s_is_dropped_only_from_hp_serials() -> None:
    assert clean_serial("SCZC1234567", manufacturer="Hewlett-Packard") == "CZC1234567"
    assert clean_serial("SCZC1234567", manufacturer="Samsung") == "SCZC1234567"
    assert clean_serial("SGH1234567", manufacturer="HP") == "SGH1234567"


@pytest.mark.parametrize(
    ("text", "maker"),
    [
        ("Dell Inc.", "dell"),
        ("Hewlett-Packard", "hp"),
        ("HP", "hp"),
        ("ASUSTeK COMPUTER INC.", "asus"),
        ("Cisco Systems, Inc.", "cisco"),
        ("System manufacturer", ""),
        ("", ""),
        ("Micro-Star International Co., Ltd.", "msi"),
    ],
)
def test_makers_have_one_name(text: str, maker: str) -> None:
    assert maker_of(text) == maker


@pytest.mark.parametrize("text", ["System Product Name", "Product Name", "All Series", "To be filled by O.E.M."])
def test_placeholder_models_are_dropped(text: str) -> None:
    assert clean_make(text) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PC-1.example.org", "pc-1"),
        ("localhost.localdomain", ""),
        ("(none)", ""),
        ("localhost-7", "localhost-7"),
        ("", ""),
    ],
)
def test_names(text: str, name: str) -> None:
    assert clean_name(text) == name


def test_a_wired_interface_is_evidence() -> None:
    assert evidence_macs([WIRED, WIRED]) == (WIRED.mac,)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_virtual": True},
        {"is_management": True},
        {"type": "bridge"},
        {"type": "loopback"},
        {"name": "docker0"},
        {"name": "veth12ab"},
        {"name": "VMware Virtual Ethernet Adapter for VMnet8"},
        {"name": "Cisco AnyConnect Virtual Miniport"},
        {"name": "Bluetooth Device (Personal Area Network)"},
        {"mac": "00:0c:29:aa:bb:cc"},
        {"mac": "02:fc:00:00:00:01"},
        {"driver": "r8152"},
        {"driver": "cdc_ncm"},
        {"pnp_id": "USB\\VID_0BDA&PID_8153"},
        {"name": "enp57s0u1u4"},
        {"name": "enxb86b23e05c81"},
        {"name": "Realtek USB GbE Family Controller"},
        {"model": "Thunderbolt Docking Station"},
    ],
    ids=str,
)
def test_other_interfaces_are_no_evidence(changes: dict[str, object]) -> None:
    assert evidence_macs([replace(WIRED, **changes)]) == ()  # type: ignore[arg-type]  # each case names one real field


@pytest.mark.parametrize("name", ["Intel(R) Ethernet I219-LM", "eth0", "brand-new0", "Busboard 1"])
def test_a_name_that_only_resembles_a_virtual_one_is_kept(name: str) -> None:
    assert evidence_macs([replace(WIRED, name=name)]) == (WIRED.mac,)


def test_keys_of_a_computer() -> None:
    keys = identity_keys(replace(COMPUTER, networks=(WIRED,), fqdn="pc-1.Example.org"))
    assert (keys.source_id, keys.serial, keys.serial_source, keys.maker) == ("a1", "CZC1234567", "system", "hp")
    assert (keys.uuid, keys.macs, keys.name, keys.domain) == (UUID, (WIRED.mac,), "pc-1", "example.org")
    assert keys.has_strong_key


def test_a_missing_serial_falls_back_to_enclosure_then_mainboard() -> None:
    junk = replace(COMPUTER, serial="To be filled by O.E.M.", mainboard_serial="MB77X1", enclosure_serial="EN77X1")
    assert (identity_keys(junk).serial, identity_keys(junk).serial_source) == ("EN77X1", "enclosure")
    board = replace(junk, enclosure_serial="Chassis Serial Number")
    assert (identity_keys(board).serial, identity_keys(board).serial_source) == ("MB77X1", "mainboard")


@pytest.mark.parametrize("system", ["BSDJail", "LXC", "Docker", "OpenVZ"])
def test_containers_do_not_inherit_the_keys_of_their_host(system: str) -> None:
    keys = identity_keys(replace(COMPUTER, virtual_system=system))
    assert (keys.serial, keys.serial_source, keys.uuid) == ("", "", "")


def test_virtual_machines_keep_their_own_uuid() -> None:
    assert identity_keys(replace(COMPUTER, virtual_system="VMware")).uuid == UUID


def test_a_machine_without_any_key_is_known_by_its_agent_alone() -> None:
    keys = identity_keys(Inventory("ocs", "pc-1-2026", name="pc-1"))
    assert (keys.source_id, keys.name, keys.has_strong_key) == ("pc-1-2026", "pc-1", False)


def test_network_gear_is_known_by_its_chassis_address() -> None:
    switch = Inventory("glpi", "sw", kind="network", mac="8c:60:4f:8d:ae:fc", networks=(WIRED,))
    assert identity_keys(switch).macs == ("8c:60:4f:8d:ae:fc",)
    assert identity_keys(replace(switch, mac="00:00:5e:00:01:01")).macs == ()
