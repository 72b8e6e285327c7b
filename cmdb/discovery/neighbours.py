"""Neighbours heard by LLDP and CDP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cmdb.discovery.client import Value
from cmdb.discovery.facts import Interface, Neighbour
from cmdb.discovery.interfaces import typed_address
from cmdb.discovery.tables import Column, Index, TableReader
from cmdb.discovery.values import identifier, mac, number, packed_address, text

_LLDP: Final = "1.0.8802.1.1.2.1"
_LOCAL_CHASSIS_KIND: Final = f"{_LLDP}.3.1.0"
_LOCAL_CHASSIS: Final = f"{_LLDP}.3.2.0"
_LOCAL_PORT_ENTRY: Final = f"{_LLDP}.3.7.1"
_REMOTE_ENTRY: Final = f"{_LLDP}.4.1.1"
_REMOTE_ADDRESS: Final = f"{_LLDP}.4.2.1.3"
_CDP_ENTRY: Final = "1.3.6.1.4.1.9.9.23.1.2.1.1"
_CHASSIS_KINDS: Final = {1: "component", 2: "alias", 3: "port", 4: "mac", 5: "address", 6: "name", 7: "local"}
_PORT_KINDS: Final = {1: "alias", 2: "component", 3: "mac", 4: "address", 5: "name", 6: "circuit", 7: "local"}


@dataclass(frozen=True, slots=True)
class Ports:
    """How a local port number of LLDP becomes an interface.

    The number is often but not always the ifIndex: lldpLocPortTable's own identifier and description are compared with
    names first, then the number is taken for a bridge port, and only at last for an ifIndex.
    """

    interfaces: Mapping[int, Interface]
    by_name: Mapping[str, int]
    by_mac: Mapping[str, int]
    base_ports: Mapping[int, int]
    identifiers: Mapping[int, str] = field(default_factory=dict)
    descriptions: Mapping[int, str] = field(default_factory=dict)

    def index(self, port: int) -> int | None:
        """Return the ifIndex of a local port number."""
        for spelled in (self.identifiers.get(port, ""), self.descriptions.get(port, "")):
            found = self.by_name.get(spelled) or self.by_mac.get(spelled)
            if found is not None:
                return found
        return self.base_ports.get(port) or (port if port in self.interfaces else None)

    def name(self, port: int) -> str:
        """Return the name of a local port number."""
        interface = self.interfaces.get(self.index(port) or 0)
        return (interface.name if interface else "") or self.identifiers.get(port) or str(port)


def ports_of(interfaces: Sequence[Interface], base_ports: Mapping[int, int]) -> Ports:
    """Build the map from a device's interfaces; names and addresses that occur twice are of no use and left out."""
    names: dict[str, set[int]] = {}
    macs: dict[str, set[int]] = {}
    for one in interfaces:
        for name in {one.name, one.description} - {""}:
            names.setdefault(name, set()).add(one.index)
        if one.mac:
            macs.setdefault(one.mac, set()).add(one.index)
    return Ports({one.index: one for one in interfaces}, _unique(names), _unique(macs), base_ports)


def _unique(found: Mapping[str, set[int]]) -> dict[str, int]:
    return {name: next(iter(indexes)) for name, indexes in found.items() if len(indexes) == 1}


async def read_local_chassis(reader: TableReader) -> str | None:
    """Read the identifier that the device announces by LLDP."""
    values = await reader.values("lldp", (_LOCAL_CHASSIS_KIND, _LOCAL_CHASSIS))
    kind = _CHASSIS_KINDS.get(number(values.get(_LOCAL_CHASSIS_KIND)) or 0, "")
    return identifier(values.get(_LOCAL_CHASSIS), kind=kind) or None


async def read_lldp(reader: TableReader, ports: Ports) -> tuple[Neighbour, ...]:
    """Read LLDP-MIB's remote systems; one port may have several."""
    chassis = await reader.column("lldp", f"{_REMOTE_ENTRY}.5")
    if not chassis:
        return ()
    remote = {5: chassis} | await reader.columns("lldp", _REMOTE_ENTRY, (4, 6, 7, 8, 9, 10))
    ports = await _with_local_ports(reader, ports)
    addresses = _management_addresses(await reader.column("lldp addresses", _REMOTE_ADDRESS))
    return tuple(_lldp_neighbour(index, remote, ports, addresses) for index in sorted(chassis) if len(index) == 3)


async def _with_local_ports(reader: TableReader, ports: Ports) -> Ports:
    local = await reader.columns("lldp local ports", _LOCAL_PORT_ENTRY, (2, 3, 4))
    identifiers = {index[0]: _identified(_PORT_KINDS, local[2].get(index), value) for index, value in local[3].items()}
    descriptions = {index[0]: text(value, limit=255) for index, value in local[4].items()}
    return Ports(ports.interfaces, ports.by_name, ports.by_mac, ports.base_ports, identifiers, descriptions)


def _identified(kinds: Mapping[int, str], kind: Value | None, value: Value | None) -> str:
    return identifier(value, kind=kinds.get(number(kind) or 0, ""))


def _lldp_neighbour(
    index: Index, remote: Mapping[int, Column], ports: Ports, addresses: Mapping[Index, str]
) -> Neighbour:
    local = index[1]
    kind = _CHASSIS_KINDS.get(number(remote[4].get(index)) or 0, "")
    return Neighbour(
        protocol="lldp",
        local_port=ports.name(local),
        local_index=ports.index(local),
        chassis_id=_chassis(remote[5].get(index), kind),
        chassis_kind=kind,
        port=_identified(_PORT_KINDS, remote[6].get(index), remote[7].get(index)),
        port_description=text(remote[8].get(index), limit=255),
        name=text(remote[9].get(index), limit=255),
        address=addresses.get(index),
        description=text(remote[10].get(index)),
    )


def _chassis(value: Value | None, kind: str) -> str:
    """Return the chassis identifier; six octets that are no text are a MAC address whatever their kind says."""
    if not kind and isinstance(value, bytes) and len(value) == 6 and not value.isascii():
        return mac(value) or ""
    return identifier(value, kind=kind)


def _management_addresses(column: Column) -> dict[Index, str]:
    """Return the first usable address of each remote system; the address is part of the index."""
    found: dict[Index, str] = {}
    for index in sorted(column):
        address = typed_address(index[3:])
        if address is not None:
            found.setdefault(index[:3], address)
    return found


async def read_cdp(reader: TableReader, ports: Ports) -> tuple[Neighbour, ...]:
    """Read the CDP cache; the first number of its index is the local ifIndex."""
    devices = await reader.column("cdp", f"{_CDP_ENTRY}.6")
    if not devices:
        return ()
    remote = {6: devices} | await reader.columns("cdp", _CDP_ENTRY, (4, 7, 8, 17))
    return tuple(_cdp_neighbour(index, remote, ports) for index in sorted(devices) if len(index) == 2)


def _cdp_neighbour(index: Index, remote: Mapping[int, Column], ports: Ports) -> Neighbour:
    interface = ports.interfaces.get(index[0])
    device = identifier(remote[6].get(index), kind="name")
    address = remote[4].get(index)
    return Neighbour(
        protocol="cdp",
        local_port=interface.name if interface else str(index[0]),
        local_index=index[0] if interface else None,
        chassis_id=device,
        chassis_kind="name",
        port=text(remote[7].get(index), limit=255),
        name=text(remote[17].get(index), limit=255) or device,
        address=packed_address(address) if isinstance(address, bytes) else None,
        description=text(remote[8].get(index)),
    )
