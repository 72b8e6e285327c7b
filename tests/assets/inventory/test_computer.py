from datetime import UTC, date, datetime

import pytest

from assets.inventory.model import Cpu, Drive, NetworkInterface, Software, User
from assets.inventory.reading import read_inventory
from tests.assets.inventory.documents import FUSION, OCS, read_glpi


def test_fusioninventory_sections() -> None:
    inventory = read_inventory(FUSION).inventory
    assert (inventory.name, inventory.serial, inventory.manufacturer) == ("pc-0042", "CZC1234567", "HP")
    assert inventory.bios_released_on == date(2026, 2, 28)
    assert inventory.cpus == (Cpu(name="Core i5", speed_mhz=2800, cores=4, threads=8),)
    assert inventory.operating_system.booted_at == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert inventory.fqdn == "pc-0042.example.org"
    assert inventory.software == (Software("bash", "5.2", installed_on=date(2026, 2, 3)),)
    assert (inventory.last_user, inventory.memory_mb, inventory.tag) == ("kim", 16000, "site-7")


def test_addresses_of_one_interface_are_joined() -> None:
    (interface,) = read_inventory(FUSION).inventory.networks
    assert interface.addresses == ("192.0.2.7", "fe80::1")
    assert (interface.mac, interface.speed_mbps, interface.is_up) == ("b8:6b:23:e0:5c:81", 1000, True)
    assert interface.is_virtual is False


def test_ocs_sections() -> None:
    inventory = read_inventory(OCS).inventory
    assert (inventory.operating_system.name, inventory.operating_system.version) == ("Debian GNU/Linux 12", "12")
    assert inventory.cpus == (Cpu(name="Core i5", architecture="x86_64", cores=4, threads=8),)
    assert inventory.description == "Büro Süd"
    assert inventory.storages[0].size_mb == 274877
    assert [(program.name, program.installed_on) for program in inventory.software] == [
        ("bash", date(2025, 5, 24)),
        ("dash", None),
    ]
    assert inventory.software[0].architecture == "amd64"


def test_an_ocs_interface_has_its_address_in_one_field_for_both_families() -> None:
    assert read_inventory(OCS).inventory.networks == (
        NetworkInterface(name="eth0", mac="b8:6b:23:e0:5c:81", speed_mbps=1000, addresses=("fe80::1",)),
    )


@pytest.mark.parametrize(
    ("speed", "expected"),
    [
        ("0", None),
        ("-1", None),
        ("4294967295", None),
        ("100", 100),
        ("1 Gbps", 1000),
        ("1000000000", 1000),
        ("-1 Mbps", None),
    ],
)
def test_interface_speed(speed: str, expected: int | None) -> None:
    inventory = read_glpi(networks=[{"description": "eth0", "speed": speed}])
    assert inventory.networks[0].speed_mbps == expected


@pytest.mark.parametrize(("cores", "threads", "expected"), [(2, 1, 2), (2, 4, 4), (4, 2, 8), (0, 1, 1), (None, 2, 2)])
def test_threads_of_one_core_become_all_threads(cores: int | None, threads: int, expected: int) -> None:
    assert read_glpi(cpus=[{"core": cores, "thread": threads}]).cpus[0].threads == expected


@pytest.mark.parametrize(("status", "expected"), [("Yes", True), ("No", False), ("Partially", False), (None, None)])
def test_encryption_of_a_drive(status: str | None, expected: bool | None) -> None:
    drive = read_glpi(drives=[{"letter": "C:", "type": "Local Disk", "total": 100, "encrypt_status": status}]).drives[0]
    assert drive == Drive(mount_point="C:", total_mb=100, is_encrypted=expected)


def test_software_without_a_name_is_left_out_and_twins_are_one() -> None:
    inventory = read_glpi(softwares=[{"name": "a"}, {"name": ""}, {"name": "a"}, {"guid": "{1}"}])
    assert [program.name for program in inventory.software] == ["a", "{1}"]


def test_users_keep_their_domain() -> None:
    inventory = read_glpi(users=[{"login": "kim", "domain": "EXAMPLE"}, {"domain": "x"}])
    assert inventory.users == (User("kim", "EXAMPLE"),)


def test_the_other_lists() -> None:
    inventory = read_glpi(
        memories=[{"capacity": 4096, "speed": "1600 MT/s", "numslots": 1, "serialnumber": "12"}],
        monitors=[{"caption": "U2412M", "serial": "X1"}],
        printers=[{"name": "p", "network": True}],
        batteries=[{"name": "b", "capacity": 5000, "real_capacity": 4000, "date": "2019-07-06"}],
        antivirus=[{"name": "av", "enabled": True, "uptodate": False}],
        virtualmachines=[{"name": "vm", "uuid": "C37F7CE8-AF95-4676-B454-0959F2C5E162", "vcpu": 2}],
        remote_mgmt=[{"type": "teamviewer", "id": "123"}, {"id": "lost"}],
    )
    assert (inventory.memories[0].capacity_mb, inventory.memories[0].speed_mts) == (4096, 1600)
    assert inventory.monitors[0].serial == "X1"
    assert inventory.printers[0].is_network is True
    assert (inventory.batteries[0].real_capacity_mwh, inventory.batteries[0].made_on) == (4000, date(2019, 7, 6))
    assert (inventory.antivirus[0].is_enabled, inventory.antivirus[0].is_up_to_date) == (True, False)
    assert inventory.virtual_machines[0].uuid == "c37f7ce8-af95-4676-b454-0959f2c5e162"
    assert [access.identifier for access in inventory.remote_access] == ["123"]
