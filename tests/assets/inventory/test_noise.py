from collections.abc import Mapping
from typing import Any

import pytest

from assets.inventory.changes import as_data, compare
from tests.assets.inventory.documents import read_glpi


def labels(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    changes = compare(as_data(read_glpi(**before)), as_data(read_glpi(**after)))
    return [f"{change.section} {change.kind}" for change in changes]


@pytest.mark.parametrize(
    ("boot_time", "expected"),
    [
        ("2026-03-02 07:00:01", []),
        ("2026-03-02 06:58:00", []),
        ("2026-03-02 07:02:01", ["operating_system changed"]),
        ("2026-03-03 07:00:00", ["operating_system changed"]),
    ],
)
def test_the_time_of_start_moves_a_little(boot_time: str, expected: list[str]) -> None:
    before = {"operatingsystem": {"name": "Debian", "boot_time": "2026-03-02 07:00:00"}}
    assert labels(before, {"operatingsystem": {"name": "Debian", "boot_time": boot_time}}) == expected


@pytest.mark.parametrize(
    ("free", "expected"), [(550, []), (450, []), (449, ["drives changed"]), (551, ["drives changed"])]
)
def test_free_space_moves_by_a_share_of_the_volume(free: int, expected: list[str]) -> None:
    before = {"drives": [{"type": "/", "total": 1000, "free": 500}]}
    assert labels(before, {"drives": [{"type": "/", "total": 1000, "free": free}]}) == expected


def test_a_drive_that_grew_is_a_change() -> None:
    before = {"drives": [{"type": "/", "total": 1000, "free": 500}]}
    assert labels(before, {"drives": [{"type": "/", "total": 2000, "free": 500}]}) == ["drives changed"]


@pytest.mark.parametrize(("memory", "expected"), [(7908, []), (7872, []), (16000, ["hardware changed"])])
def test_memory_moves_by_what_the_kernel_reserves(memory: int, expected: list[str]) -> None:
    assert labels({"hardware": {"memory": 7909}}, {"hardware": {"memory": memory}}) == expected


def test_privacy_addresses_change_without_a_change() -> None:
    def network(*addresses: str) -> dict[str, object]:
        return {"networks": [{"description": "eth0", "ipaddress6": address} for address in addresses]}

    assert labels(network("2001:db8::1:2:3:4"), network("2001:db8::9:8:7:6")) == []
    assert labels(network("2001:db8::1"), network("2001:db8:1::1")) == ["networks changed"]


def test_an_ipv4_address_counts_whole() -> None:
    before = {"networks": [{"description": "eth0", "ipaddress": "192.0.2.1"}]}
    after = {"networks": [{"description": "eth0", "ipaddress": "192.0.2.2"}]}
    assert labels(before, after) == ["networks changed"]


@pytest.mark.parametrize(
    ("section", "before", "after"),
    [
        ("pagecounters", {"total": 1}, {"total": 2}),
        ("cartridges", [{"black": "70"}], [{"black": "69"}]),
        ("virtualmachines", [{"name": "v", "status": "on"}], [{"name": "v", "status": "off"}]),
        ("network_ports", [{"ifnumber": 1, "ifstatus": 1}], [{"ifnumber": 1, "ifstatus": 2}]),
        (
            "network_ports",
            [{"ifnumber": 1, "connections": [{"mac": "00:11:22:33:44:55"}]}],
            [{"ifnumber": 1, "connections": []}],
        ),
        (
            "batteries",
            [{"name": "b", "capacity": 100, "real_capacity": 90}],
            [{"name": "b", "capacity": 100, "real_capacity": 86}],
        ),
    ],
)
def test_readings_of_the_moment_are_no_change(section: str, before: object, after: object) -> None:
    assert labels({section: before}, {section: after}) == []


def test_a_battery_that_wore_out_is_a_change() -> None:
    before = {"batteries": [{"name": "b", "capacity": 100, "real_capacity": 90}]}
    after = {"batteries": [{"name": "b", "capacity": 100, "real_capacity": 70}]}
    assert labels(before, after) == ["batteries changed"]


def test_a_replaced_supply_is_a_change() -> None:
    assert labels({"cartridges": [{"black": "70"}]}, {"cartridges": [{"cyan": "70"}]}) == [
        "supplies removed",
        "supplies added",
    ]
