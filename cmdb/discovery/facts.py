"""What a device says about itself, as frozen values; None and empty stand for what it does not say."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["switch", "router", "firewall", "printer", "ups", "server", "access_point", "storage", "other"]
KINDS: tuple[Kind, ...] = (
    "switch",
    "router",
    "firewall",
    "printer",
    "ups",
    "server",
    "access_point",
    "storage",
    "other",
)


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """The system group of SNMPv2-MIB; ``services`` is the bit mask of sysServices."""

    description: str = ""
    object_id: str = ""
    uptime_seconds: int | None = None
    contact: str = ""
    name: str = ""
    location: str = ""
    services: int | None = None


@dataclass(frozen=True, slots=True)
class Chassis:
    """A chassis of ENTITY-MIB; a stack has one for each member."""

    index: int
    description: str = ""
    name: str = ""
    vendor: str = ""
    model: str = ""
    serial: str | None = None
    hardware: str = ""
    firmware: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface; ``type`` is the IANAifType number, ``addresses`` are ``address/prefix`` texts."""

    index: int
    name: str = ""
    description: str = ""
    alias: str = ""
    type: int | None = None
    mtu: int | None = None
    speed_bps: int | None = None
    mac: str | None = None
    admin_status: str = "unknown"
    oper_status: str = "unknown"
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a device heard from another; ``local_index`` is the ifIndex when the local port could be mapped to one."""

    protocol: Literal["lldp", "cdp"]
    local_port: str
    local_index: int | None
    chassis_id: str
    chassis_kind: str
    port: str
    port_description: str = ""
    name: str = ""
    address: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ArpEntry:
    """An address and the MAC address that the device resolved it to."""

    interface_index: int
    address: str
    mac: str


@dataclass(frozen=True, slots=True)
class BridgePort:
    """Stations learnt on a port; ``macs`` is empty where there are too many for it to be an end station's port."""

    interface_index: int | None
    bridge_port: int
    count: int
    macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """A printer's supply; without ``level_percent`` the device knows at most that it ``has_some``."""

    description: str
    type: int | None = None
    level_percent: int | None = None
    has_some: bool = False


@dataclass(frozen=True, slots=True)
class PrinterFacts:
    """Printer-MIB basics; ``page_count`` is the life count of the first marker."""

    page_count: int | None = None
    supplies: tuple[Supply, ...] = ()


@dataclass(frozen=True, slots=True)
class UpsFacts:
    """UPS-MIB basics."""

    battery_status: str = "unknown"
    charge_percent: int | None = None
    runtime_seconds: int | None = None
    load_percent: int | None = None


@dataclass(frozen=True, slots=True)
class TableError:
    """A table that could not be read, or not to its end."""

    table: str
    text: str


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Everything read from one device; ``evidence_varbinds`` counts the values that it rests on."""

    address: str
    system: SystemFacts
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    kind: Kind = "other"
    chassis_id: str | None = None
    chassis: tuple[Chassis, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    arp: tuple[ArpEntry, ...] = ()
    bridge: tuple[BridgePort, ...] = ()
    printer: PrinterFacts | None = None
    ups: UpsFacts | None = None
    errors: tuple[TableError, ...] = ()
    evidence_varbinds: int = 0
    profile: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The device's own name."""
        return self.system.name

    @property
    def location(self) -> str:
        """Where the device says it stands."""
        return self.system.location

    @property
    def contact(self) -> str:
        """Whom the device names as its contact."""
        return self.system.contact
