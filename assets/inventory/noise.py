"""Differences between two inventories that say nothing about the machine: measurements that move by themselves."""

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import Any

BOOT_TIME_TOLERANCE_SECONDS = 120
"""Agents compute the start from the running time, which moves it by a second or so with each run."""

FREE_SPACE_TOLERANCE = 0.05
"""Share of a volume's size by which its free space may move without being a change."""

CAPACITY_TOLERANCE = 0.05
"""Share by which the measured capacity of a battery may move."""

MEMORY_TOLERANCE_MB = 64
"""What a kernel or a graphics unit may reserve more or less of memory from one start to the next."""

MEASURED: dict[str, frozenset[str]] = {
    "ports": frozenset({"is_up", "speed_mbps", "is_full_duplex", "learned_macs"}),
    "networks": frozenset({"is_up", "speed_mbps"}),
    "page_counters": frozenset({"pages"}),
    "supplies": frozenset({"level_percent"}),
    "virtual_machines": frozenset({"status"}),
    "batteries": frozenset({"voltage_mv"}),
}
"""Fields that are readings of the moment; they are stored and never reported as changes."""


def is_noise(section: str, name: str, before: Any, after: Any, *, entry: Mapping[str, Any]) -> bool:
    """Whether the difference of one field is below what counts as a change; ``entry`` is what the field belongs to."""
    if name in MEASURED.get(section, frozenset()):
        return True
    if before is None or after is None:
        return False
    if (section, name) == ("networks", "addresses"):
        return _networks_of(before) == _networks_of(after)
    return _is_within_tolerance(section, name, before, after, entry=entry)


def _is_within_tolerance(section: str, name: str, before: Any, after: Any, *, entry: Mapping[str, Any]) -> bool:
    if (section, name) == ("operating_system", "booted_at"):
        moved = datetime.fromisoformat(after) - datetime.fromisoformat(before)
        return abs(moved.total_seconds()) <= BOOT_TIME_TOLERANCE_SECONDS
    allowed = {
        ("drives", "free_mb"): FREE_SPACE_TOLERANCE * (entry.get("total_mb") or 0),
        ("batteries", "real_capacity_mwh"): CAPACITY_TOLERANCE * (entry.get("capacity_mwh") or 0),
        ("hardware", "memory_mb"): MEMORY_TOLERANCE_MB,
        ("hardware", "swap_mb"): MEMORY_TOLERANCE_MB,
    }.get((section, name))
    return allowed is not None and bool(abs(after - before) <= allowed)


def _networks_of(addresses: list[str]) -> set[str]:
    """IPv6 addresses count by their /64, because hosts change the rest for privacy; IPv4 addresses count whole."""
    return {_network_of(address) for address in addresses}


def _network_of(address: str) -> str:
    parsed = ipaddress.ip_address(address)
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
