import json
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.inventory.changes import as_data
from assets.inventory.identity import identity_keys
from assets.inventory.reading import read_body, read_inventory
from assets.inventory.wire import Coding, InventoryRefused, deflate
from tests.assets.inventory.documents import FUSION, OCS, SNMP_QUERY, glpi, read_glpi, sample
from tests.properties import examples


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "agent", "programs"),
    [("fusioninventory.xml", "fusioninventory", 1121), ("ocs.xml", "ocs", 1121), ("glpi-agent.json", "glpi", 1118)],
)
def test_one_machine_seen_by_three_agents(name: str, agent: str, programs: int) -> None:
    reading = read_inventory(sample(name))
    inventory = reading.inventory
    assert (inventory.agent_kind, inventory.kind, inventory.name) == (agent, "computer", "pc-lab-0001")
    assert (inventory.serial, inventory.uuid, inventory.memory_mb) == ("", "", 24105)
    assert len(inventory.software) == programs
    eth0 = next(network for network in inventory.networks if network.name == "eth0")
    assert (eth0.mac, eth0.addresses[0], eth0.speed_mbps) == ("02:fc:00:00:00:01", "192.0.2.2", None)
    assert (inventory.cpus[0].cores, inventory.cpus[0].threads, inventory.storages[0].size_mb) == (2, 2, 274877)
    assert reading.warnings == ()
    assert not identity_keys(inventory).has_strong_key


@pytest.mark.samples
def test_a_switch_cluster() -> None:
    inventory = read_inventory(sample("glpi-format/networkequipment_1.json")).inventory
    assert (inventory.kind, inventory.name) == ("network", "ucs6248up-cluster-pa3-B")
    assert (inventory.serial, inventory.model, inventory.firmware) == (
        "SSI1912014B",
        "UCS 6248UP 48-Port",
        "5.0(3)N2(4.02b)",
    )
    assert (len(inventory.ports), len(inventory.neighbours), len(inventory.components)) == (183, 5, 66)
    assert inventory.neighbours[0].system_name == "sw2-mgmt-eqnx"
    assert inventory.neighbours[0].remote_port == "FastEthernet0/2"


@pytest.mark.samples
def test_an_access_switch() -> None:
    inventory = read_inventory(sample("glpi-format/networkequipment_3.json")).inventory
    assert (inventory.name, inventory.serial, inventory.firmware) == ("HP-2530-48G", "CN5BFP62CP", "YA.15.12.0015")
    learning = [port for port in inventory.ports if port.learned_macs]
    assert (len(inventory.ports), len(inventory.neighbours), len(learning)) == (61, 21, 13)
    assert len({neighbour.port_number for neighbour in inventory.neighbours}) == 21
    assert identity_keys(inventory).macs == ("b0:5a:da:10:10:80",)


@pytest.mark.samples
def test_a_printer() -> None:
    inventory = read_inventory(sample("glpi-format/printer_1.json")).inventory
    assert (inventory.kind, inventory.model, inventory.serial) == ("printer", "HP LaserJet M507", "PHCVN191TG")
    assert {counter.name: counter.pages for counter in inventory.page_counters} == {"rectoverso": 831, "total": 1802}
    assert [(supply.name, supply.level_percent) for supply in inventory.supplies] == [("tonerblack", 71)]


@pytest.mark.samples
def test_computers_with_firmware_have_strong_keys() -> None:
    keys = identity_keys(read_inventory(sample("glpi-format/computer_3.json")).inventory)
    assert (keys.serial, keys.serial_source, keys.maker) == ("8C554721F", "system", "toshiba")
    assert keys.uuid == "0055adc9-1d3a-e411-8043-b05d95113232"
    assert (keys.name, keys.domain) == ("lf014", "glpi-project.infra")
    assert keys.macs == ("30:3a:64:ee:65:88", "b8:6b:23:e0:5c:81")


@pytest.mark.samples
def test_a_usb_dock_is_no_evidence() -> None:
    keys = identity_keys(read_inventory(sample("glpi-format/computer_1.json")).inventory)
    assert keys.macs == ("44:85:00:2b:90:bc",)


@pytest.mark.samples
@pytest.mark.parametrize("name", ["fusioninventory.xml", "ocs.xml", "glpi-agent.json"])
def test_a_cut_sample_is_refused(name: str) -> None:
    data = sample(name)
    for cut in range(0, len(data) - 20, len(data) // 12):
        with pytest.raises(InventoryRefused):
            read_inventory(data[:cut])


@pytest.mark.parametrize(
    "document", [FUSION, OCS, SNMP_QUERY, glpi(cpus=[{"name": "x"}])], ids=["fi", "ocs", "snmp", "glpi"]
)
def test_a_cut_document_is_refused_at_every_cut(document: bytes) -> None:
    for cut in range(len(document) - 1):
        with pytest.raises(InventoryRefused):
            read_inventory(document[:cut])


@pytest.mark.parametrize("document", [FUSION, OCS, glpi()], ids=["fusion", "ocs", "glpi"])
def test_a_file_of_an_agent_is_read_like_a_message(document: bytes) -> None:
    for coding in Coding:
        assert read_body(deflate(document, coding), agent_id="a1") == read_inventory(document, agent_id="a1")


def test_what_breaks_the_schema_becomes_a_warning() -> None:
    reading = read_inventory(glpi(cpus=[{"name": "x", "speed": "fast"}], drives="none", gadgets=[1]))
    assert reading.inventory.cpus[0].name == "x"
    assert reading.warnings == (
        "content.gadgets: is not a known section",
        "content.cpus.speed: is not a whole number",
        "content.drives: has an entry that is not an object",
    )


def test_sections_tell_what_was_sent() -> None:
    assert read_glpi(partial=True, antivirus=[]).sections == {"hardware", "bios", "antivirus"}
    assert read_inventory(SNMP_QUERY).inventory.sections == {
        "hardware",
        "bios",
        "ports",
        "neighbours",
        "components",
        "page_counters",
        "supplies",
    }
    assert {"last_user", "operating_system"} <= read_inventory(FUSION).inventory.sections


@pytest.mark.parametrize(
    ("root", "field"),
    [
        ({"content": {"bios": {}}}, "deviceid"),
        ({"deviceid": "x", "content": {}}, "content"),
        ({"deviceid": "x", "action": "contact"}, "action"),
        ({"deviceid": "x", "action": "inventory"}, "content"),
    ],
)
def test_what_is_no_inventory_is_refused_with_the_field(root: dict[str, object], field: str) -> None:
    with pytest.raises(InventoryRefused) as refused:
        read_inventory(json.dumps(root).encode())
    assert refused.value.field == field


@pytest.mark.parametrize("word", ["hunter2", "secret-plan", "AAAAA-BBBBB", "XXXXX-YYYYY"])
def test_private_data_is_never_part_of_an_inventory(word: str) -> None:
    assert word.encode() in FUSION
    assert word not in repr(read_inventory(FUSION))


def test_markup_stays_plain_text() -> None:
    inventory = read_glpi(softwares=[{"name": "<img onerror=alert(1)>", "publisher": "'); DROP TABLE ci;--"}])
    assert inventory.software[0].name == "<img onerror=alert(1)>"
    assert inventory.software[0].publisher == "'); DROP TABLE ci;--"
    escaped = FUSION.replace(b"<NAME>bash</NAME>", b"<NAME>&lt;script&gt;</NAME>")
    assert read_inventory(escaped).inventory.software[0].name == "<script>"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
FIELDS = st.sampled_from(
    [
        "name",
        "version",
        "mac",
        "macaddr",
        "ipaddress",
        "speed",
        "core",
        "thread",
        "total",
        "free",
        "ips",
        "connections",
        "vlans",
        "aggregate",
        "lldp",
        "ifnumber",
        "ssn",
        "uuid",
        "install_date",
        "boot_time",
        "timezone",
        "network_device",
        "value",
        "type",
        "color",
        "capacity",
        "status",
        "encrypt_status",
    ]
)
SECTIONS = st.sampled_from(
    [
        "bios",
        "hardware",
        "cpus",
        "networks",
        "drives",
        "softwares",
        "operatingsystem",
        "network_ports",
        "network_device",
        "cartridges",
        "pagecounters",
        "monitors",
        "users",
        "memories",
        "storages",
        "batteries",
        "virtualmachines",
        "antivirus",
        "network_components",
        "remote_mgmt",
    ]
)
ROWS = st.dictionaries(FIELDS, VALUES, max_size=5)
CONTENTS = st.dictionaries(SECTIONS, VALUES | ROWS | st.lists(ROWS, max_size=3), min_size=1, max_size=6)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONTENTS)
def test_any_content_gives_a_record(content: dict[str, object]) -> None:
    data = json.dumps({"deviceid": "x", "content": content}).encode()
    inventory = read_inventory(data).inventory
    identity_keys(inventory)
    json.dumps(as_data(inventory)).encode()


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_a_damaged_document_is_read_or_refused(data: st.DataObject) -> None:
    document = bytearray(data.draw(st.sampled_from([FUSION, OCS, SNMP_QUERY, glpi(cpus=[{"core": 2}])])))
    for _ in range(data.draw(st.integers(1, 6))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    body = zlib.compress(bytes(document)) if data.draw(st.booleans()) else bytes(document)
    with suppress(InventoryRefused):
        as_data(read_body(body).inventory)
