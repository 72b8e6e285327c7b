"""The canonical inventory: what every agent's format is turned into.

Sizes are whole megabytes as the agents report them, speeds carry their unit in the name, and a text that is unknown is
empty. Environment variables, processes, licence keys, shell accounts and keys are never part of it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

AgentKind = Literal["glpi", "fusioninventory", "ocs"]
DeviceKind = Literal["computer", "network", "printer"]


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """The operating system; ``booted_at`` is read as UTC where the agent names no offset."""

    name: str = ""
    full_name: str = ""
    version: str = ""
    service_pack: str = ""
    kernel_name: str = ""
    kernel_version: str = ""
    architecture: str = ""
    installed_on: date | None = None
    booted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cpu:
    """One processor package; ``threads`` counts all of them, not those of one core."""

    name: str = ""
    manufacturer: str = ""
    architecture: str = ""
    serial: str = ""
    speed_mhz: int | None = None
    cores: int | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class MemoryModule:
    """One memory slot with its module; ``speed_mts`` is in million transfers a second."""

    slot: int | None = None
    caption: str = ""
    description: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    type: str = ""
    capacity_mb: int | None = None
    speed_mts: int | None = None


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """One network interface with all its addresses; ``mac`` is twelve lower-case hex digits in pairs, or empty."""

    name: str = ""
    mac: str = ""
    type: str = ""
    driver: str = ""
    manufacturer: str = ""
    model: str = ""
    pci_id: str = ""
    pnp_id: str = ""
    speed_mbps: int | None = None
    mtu_bytes: int | None = None
    is_up: bool | None = None
    is_virtual: bool | None = None
    is_management: bool = False
    gateway: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storage:
    """One disk or other storage device."""

    name: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    type: str = ""
    interface: str = ""
    size_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Drive:
    """One mounted volume."""

    volume: str = ""
    mount_point: str = ""
    label: str = ""
    file_system: str = ""
    serial: str = ""
    total_mb: int | None = None
    free_mb: int | None = None
    is_encrypted: bool | None = None
    encryption: str = ""


@dataclass(frozen=True, slots=True)
class Software:
    """One installed program; ``source`` is where the agent found it (deb, rpm, registry)."""

    name: str
    version: str = ""
    publisher: str = ""
    architecture: str = ""
    source: str = ""
    installed_on: date | None = None


@dataclass(frozen=True, slots=True)
class User:
    """One account that was logged in."""

    login: str
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Monitor:
    """One screen; ``description`` is mostly its week and year of manufacture."""

    caption: str = ""
    manufacturer: str = ""
    serial: str = ""
    description: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True)
class AttachedPrinter:
    """One printer queue of a computer."""

    name: str = ""
    driver: str = ""
    port: str = ""
    serial: str = ""
    is_network: bool | None = None


@dataclass(frozen=True, slots=True)
class Battery:
    """One battery; capacities in milliwatt-hours, ``voltage_mv`` in millivolts."""

    name: str = ""
    manufacturer: str = ""
    serial: str = ""
    chemistry: str = ""
    capacity_mwh: int | None = None
    real_capacity_mwh: int | None = None
    voltage_mv: int | None = None
    made_on: date | None = None


@dataclass(frozen=True, slots=True)
class Antivirus:
    """One virus scanner."""

    name: str = ""
    company: str = ""
    version: str = ""
    base_version: str = ""
    is_enabled: bool | None = None
    is_up_to_date: bool | None = None


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """One machine hosted by the computer."""

    name: str = ""
    uuid: str = ""
    status: str = ""
    type: str = ""
    subsystem: str = ""
    memory_mb: int | None = None
    cpus: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteAccess:
    """One remote control program with the number that it is reached by."""

    type: str
    identifier: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Vlan:
    """One virtual LAN on a port."""

    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """One interface of network gear: ``number`` is its ifIndex, ``type`` its IANA ifType.

    ``learned_macs`` are the hardware addresses in its bridge table, sorted.
    """

    number: int | None = None
    name: str = ""
    description: str = ""
    alias: str = ""
    mac: str = ""
    type: int | None = None
    mtu_bytes: int | None = None
    speed_mbps: int | None = None
    is_enabled: bool | None = None
    is_up: bool | None = None
    is_full_duplex: bool | None = None
    is_trunk: bool | None = None
    addresses: tuple[str, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    member_numbers: tuple[int, ...] = ()
    learned_macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a port heard by LLDP or CDP from the other end of its cable."""

    port_number: int | None = None
    port_name: str = ""
    system_name: str = ""
    system_description: str = ""
    system_mac: str = ""
    remote_port: str = ""
    model: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One physical part of network gear (chassis, module, power supply, stack member)."""

    index: int | None = None
    contained_index: int | None = None
    type: str = ""
    name: str = ""
    description: str = ""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class PageCounter:
    """One page counter of a printer."""

    name: str
    pages: int


@dataclass(frozen=True, slots=True)
class Supply:
    """One consumable of a printer; where it tells no share, ``level_percent`` is None and ``state`` its own text."""

    name: str
    level_percent: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """One machine as one agent saw it once.

    ``sections`` names the canonical sections that the agent sent (see ``SECTION_FIELDS``); a section that is not in it
    is unknown, not empty. ``agent_id`` is the GLPI agent's own UUID, ``device_id`` the host name with the time of the
    agent's first start.
    """

    agent_kind: AgentKind
    device_id: str
    kind: DeviceKind = "computer"
    agent_id: str = ""
    agent_version: str = ""
    tag: str = ""
    is_partial: bool = False
    sections: frozenset[str] = frozenset()
    name: str = ""
    workgroup: str = ""
    chassis: str = ""
    virtual_system: str = ""
    uuid: str = ""
    memory_mb: int | None = None
    swap_mb: int | None = None
    mac: str = ""
    addresses: tuple[str, ...] = ()
    firmware: str = ""
    location: str = ""
    contact: str = ""
    description: str = ""
    serial: str = ""
    mainboard_serial: str = ""
    enclosure_serial: str = ""
    manufacturer: str = ""
    model: str = ""
    sku: str = ""
    asset_tag: str = ""
    bios_manufacturer: str = ""
    bios_version: str = ""
    bios_released_on: date | None = None
    fqdn: str = ""
    domain: str = ""
    operating_system: OperatingSystem = OperatingSystem()
    last_user: str = ""
    users: tuple[User, ...] = ()
    cpus: tuple[Cpu, ...] = ()
    memories: tuple[MemoryModule, ...] = ()
    networks: tuple[NetworkInterface, ...] = ()
    storages: tuple[Storage, ...] = ()
    drives: tuple[Drive, ...] = ()
    software: tuple[Software, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    printers: tuple[AttachedPrinter, ...] = ()
    batteries: tuple[Battery, ...] = ()
    antivirus: tuple[Antivirus, ...] = ()
    virtual_machines: tuple[VirtualMachine, ...] = ()
    remote_access: tuple[RemoteAccess, ...] = ()
    ports: tuple[Port, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    components: tuple[Component, ...] = ()
    page_counters: tuple[PageCounter, ...] = ()
    supplies: tuple[Supply, ...] = ()


RECORD_FIELDS: dict[str, tuple[str, ...]] = {
    "hardware": (
        "name",
        "workgroup",
        "chassis",
        "virtual_system",
        "uuid",
        "memory_mb",
        "swap_mb",
        "mac",
        "addresses",
        "firmware",
        "location",
        "contact",
        "description",
    ),
    "bios": (
        "serial",
        "mainboard_serial",
        "enclosure_serial",
        "manufacturer",
        "model",
        "sku",
        "asset_tag",
        "bios_manufacturer",
        "bios_version",
        "bios_released_on",
    ),
    "last_user": ("last_user",),
}
"""Sections that hold single values, with the fields of Inventory that belong to each."""

LIST_SECTIONS: tuple[str, ...] = (
    "users",
    "cpus",
    "memories",
    "networks",
    "storages",
    "drives",
    "software",
    "monitors",
    "printers",
    "batteries",
    "antivirus",
    "virtual_machines",
    "remote_access",
    "ports",
    "neighbours",
    "components",
    "page_counters",
    "supplies",
)
"""Sections that hold a list; each is the field of Inventory of the same name."""

SECTIONS: tuple[str, ...] = (*RECORD_FIELDS, "operating_system", *LIST_SECTIONS)
"""Every canonical section, in the order in which records and changes list them."""
