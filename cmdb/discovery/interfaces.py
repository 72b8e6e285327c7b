"""Interfaces, their addresses, the ARP tables and the stations behind bridge ports."""

from collections.abc import Iterable, Mapping
from typing import Final

from cmdb.discovery.client import Value
from cmdb.discovery.facts import ArpEntry, BridgePort, Interface
from cmdb.discovery.tables import Column, Index, TableReader
from cmdb.discovery.values import is_group_mac, mac, number, packed_address, text

STATIONS_ON_AN_END_PORT: Final = 8

_IF_ENTRY: Final = "1.3.6.1.2.1.2.2.1"
_IF_X_ENTRY: Final = "1.3.6.1.2.1.31.1.1.1"
_IP_ADDR_ENTRY: Final = "1.3.6.1.2.1.4.20.1"
_IP_ADDRESS_ENTRY: Final = "1.3.6.1.2.1.4.34.1"
_IP_NET_TO_MEDIA: Final = "1.3.6.1.2.1.4.22.1.2"
_IP_NET_TO_PHYSICAL: Final = "1.3.6.1.2.1.4.35.1.4"
_BASE_PORT_INDEX: Final = "1.3.6.1.2.1.17.1.4.1.2"
_FDB: Final = "1.3.6.1.2.1.17.4.3.1.2"
_Q_FDB: Final = "1.3.6.1.2.1.17.7.1.2.2.1.2"
_UNKNOWN_SPEED: Final = 2**32 - 1
_ADMIN_STATUS: Final = {1: "up", 2: "down", 3: "testing"}
_OPER_STATUS: Final = _ADMIN_STATUS | {5: "dormant", 6: "not_present", 7: "lower_layer_down"}


async def read_interfaces(reader: TableReader) -> tuple[Interface, ...]:
    """Read the chosen columns of ifTable and ifXTable with the addresses of both address tables."""
    basic = await reader.columns("interfaces", _IF_ENTRY, (2, 3, 4, 5, 6, 7, 8))
    extended = await reader.columns("interfaces (extended)", _IF_X_ENTRY, (1, 15, 18))
    indexes = sorted({index for column in (basic[2], basic[3], extended[1]) for index in column if len(index) == 1})
    if not indexes:
        return ()
    addresses = await _read_addresses(reader)
    return tuple(_interface(index, basic, extended, addresses.get(index[0], [])) for index in indexes)


def _interface(
    index: Index, basic: Mapping[int, Column], extended: Mapping[int, Column], addresses: Iterable[str]
) -> Interface:
    description = text(basic[2].get(index), limit=255)
    return Interface(
        index=index[0],
        name=text(extended[1].get(index), limit=255) or description,
        description=description,
        alias=text(extended[18].get(index), limit=255),
        type=number(basic[3].get(index)),
        mtu=number(basic[4].get(index)),
        speed_bps=_speed(number(basic[5].get(index)), number(extended[15].get(index))),
        mac=mac(basic[6].get(index)),
        admin_status=_ADMIN_STATUS.get(number(basic[7].get(index)) or 0, "unknown"),
        oper_status=_OPER_STATUS.get(number(basic[8].get(index)) or 0, "unknown"),
        addresses=tuple(sorted(set(addresses))),
    )


def _speed(basic_bps: int | None, high_mbps: int | None) -> int | None:
    """Return bits a second: ifHighSpeed where it is given, as ifSpeed ends at 4.29 Gbit/s.

    Rule: RFC 2863 section 3.1.8.
    """
    if high_mbps:
        return high_mbps * 1_000_000
    return basic_bps if basic_bps and basic_bps != _UNKNOWN_SPEED else None


async def _read_addresses(reader: TableReader) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    old = await reader.columns("addresses", _IP_ADDR_ENTRY, (2, 3))
    for index, interface in old[2].items():
        address = packed_address(bytes(index)) if len(index) == 4 and max(index) < 256 else None
        if address is not None:
            found.setdefault(number(interface) or 0, []).append(f"{address}/{_prefix_of_mask(old[3].get(index))}")
    new = await reader.columns("addresses (IPv6)", _IP_ADDRESS_ENTRY, (3, 5))
    for index, interface in new[3].items():
        address = typed_address(index)
        if address is not None and (prefix := _prefix_of_pointer(new[5].get(index), address)) is not None:
            found.setdefault(number(interface) or 0, []).append(f"{address}/{prefix}")
    return found


def _prefix_of_mask(mask: Value | None) -> int:
    parts = text(mask, limit=15).split(".")
    if len(parts) != 4 or not all(part.isdigit() for part in parts):
        return 32
    return sum(int(part).bit_count() for part in parts)


def _prefix_of_pointer(pointer: Value | None, address: str) -> int | None:
    """Return the prefix length, which is the last number of a pointer into ipAddressPrefixTable.

    Without one an IPv4 address is left to the older table.
    """
    last = text(pointer).rpartition(".")[2]
    if last.isdigit() and 0 < int(last) <= 128:
        return int(last)
    return 128 if ":" in address else None


def typed_address(index: Index) -> str | None:
    """Return the address at the start of an index: type, length, octets; some devices leave the length out."""
    if len(index) < 5 or index[0] not in (1, 2, 3, 4):
        return None
    length = 4 if index[0] in (1, 3) else 16
    octets = index[2 : 2 + length] if index[1] in (4, 8, 16, 20) and len(index) >= 2 + length else index[1 : 1 + length]
    if len(octets) != length or max(octets) > 255:
        return None
    return packed_address(bytes(octets))


async def read_arp(reader: TableReader) -> tuple[ArpEntry, ...]:
    """Read and merge both ARP tables; the newer one holds IPv6 neighbours too."""
    found: dict[tuple[int, str], ArpEntry] = {}
    for index, value in (await reader.column("arp", _IP_NET_TO_MEDIA)).items():
        if len(index) == 5 and max(index[1:]) < 256:
            _add_arp(found, index[0], packed_address(bytes(index[1:])), value)
    for index, value in (await reader.column("arp (IPv6)", _IP_NET_TO_PHYSICAL)).items():
        _add_arp(found, index[0], typed_address(index[1:]), value)
    return tuple(found[key] for key in sorted(found))


def _add_arp(found: dict[tuple[int, str], ArpEntry], interface: int, address: str | None, value: Value) -> None:
    resolved = mac(value)
    if address is not None and resolved is not None and not is_group_mac(resolved):
        found[interface, address] = ArpEntry(interface, address, resolved)


async def read_base_ports(reader: TableReader) -> dict[int, int]:
    """Read which ifIndex a bridge port is."""
    column = await reader.column("bridge ports", _BASE_PORT_INDEX)
    return {index[0]: interface for index, value in column.items() if (interface := number(value))}


async def read_bridge(
    reader: TableReader, base_ports: Mapping[int, int], own: frozenset[str]
) -> tuple[BridgePort, ...]:
    """Read the stations behind each bridge port; port 0, multicast and the device's own addresses are left out."""
    stations: dict[int, set[str]] = {}
    table = await reader.column("bridge", _Q_FDB) or await reader.column("bridge", _FDB)
    for index, value in table.items():
        port, station = number(value), _station(index)
        if port and station and station not in own and not is_group_mac(station):
            stations.setdefault(port, set()).add(station)
    return tuple(_bridge_port(port, stations[port], base_ports) for port in sorted(stations))


def _station(index: Index) -> str | None:
    """Return the MAC address at the end of an index; a VLAN's number may stand before it."""
    octets = index[-6:]
    return mac(bytes(octets)) if len(octets) == 6 and max(octets) < 256 else None


def _bridge_port(port: int, stations: set[str], base_ports: Mapping[int, int]) -> BridgePort:
    is_end_port = len(stations) <= STATIONS_ON_AN_END_PORT
    return BridgePort(base_ports.get(port), port, len(stations), tuple(sorted(stations)) if is_end_port else ())
