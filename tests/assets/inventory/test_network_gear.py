import pytest

from assets.inventory.model import Component, Neighbour, PageCounter, Supply, Vlan
from assets.inventory.reading import read_inventory
from tests.assets.inventory.documents import SNMP_QUERY, read_glpi


def test_a_switch_from_an_xml_message() -> None:
    inventory = read_inventory(SNMP_QUERY).inventory
    assert (inventory.kind, inventory.name, inventory.serial) == ("network", "sw-1", "FOC1234X0AB")
    assert (inventory.manufacturer, inventory.model, inventory.firmware) == ("Cisco", "C9300", "17.3")
    assert (inventory.mac, inventory.addresses) == ("00:11:22:33:44:00", ("192.0.2.1", "192.0.2.2"))
    assert inventory.description == "core switch"
    assert inventory.components == (Component(index=1, contained_index=0, serial="FOC1234X0AB"),)
    assert inventory.page_counters == (PageCounter("total", 12),)
    assert inventory.supplies == (Supply("tonerblack", 80),)


def test_its_ports_neighbours_and_bridge_table() -> None:
    inventory = read_inventory(SNMP_QUERY).inventory
    first, second = inventory.ports
    assert (first.number, first.speed_mbps, first.is_up, first.learned_macs) == (1, 1000, True, ())
    assert first.vlans == (Vlan(10, "office"),)
    assert second.learned_macs == ("00:11:22:00:00:01", "00:11:22:00:00:02")
    assert second.member_numbers == (3, 4)
    assert inventory.neighbours == (
        Neighbour(1, "Gi1/0/1", "sw-2", "", "00:11:22:33:55:00", "Gi1/0/48", "", "192.0.2.9"),
    )


def test_of_several_devices_the_first_is_taken_with_a_warning() -> None:
    second = b"<DEVICE><INFO><NAME>sw-9</NAME></INFO></DEVICE></CONTENT>"
    reading = read_inventory(SNMP_QUERY.replace(b"</CONTENT>", second))
    assert reading.inventory.name == "sw-1"
    assert reading.warnings == ("content.device: only the first of 2 devices was taken",)


@pytest.mark.parametrize(
    ("cartridge", "expected"),
    [
        ({"tonerblack": "71"}, Supply("tonerblack", 71)),
        ({"tonerblack": "71%"}, Supply("tonerblack", 71)),
        ({"tonerblack": "OK"}, Supply("tonerblack", None, "OK")),
        ({"tonerblack": "1200pages"}, Supply("tonerblack", None, "1200pages")),
        ({"tonerblack": "101"}, Supply("tonerblack", None, "101")),
        ({"name": "drum", "value": "9"}, Supply("drum", 9)),
        ({"type": "toner", "color": "cyan", "value": "9"}, Supply("toner cyan", 9)),
    ],
)
def test_supplies(cartridge: dict[str, str], expected: Supply) -> None:
    assert read_glpi(cartridges=[cartridge]).supplies == (expected,)


def test_counters_that_are_no_number_are_left_out() -> None:
    inventory = read_glpi(pagecounters={"total": 5, "color": "lots", "black": -3})
    assert inventory.page_counters == (PageCounter("total", 5),)


def test_only_flagged_ports_have_neighbours() -> None:
    connections = [{"mac": ["00:11:22:00:00:01"], "sysname": "x"}]
    ports = [{"ifnumber": 1, "lldp": True, "connections": connections}, {"ifnumber": 2, "connections": connections}]
    inventory = read_glpi(network_ports=ports)
    assert [neighbour.port_number for neighbour in inventory.neighbours] == [1]
    assert [port.learned_macs for port in inventory.ports] == [(), ("00:11:22:00:00:01",)]
