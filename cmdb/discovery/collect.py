"""Reading one device: its system group, identity, interfaces, neighbours and what is particular to its kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cmdb.discovery import appliances
from cmdb.discovery.client import AgentFault, Client, Value
from cmdb.discovery.facts import Chassis, DeviceFacts, Kind, SystemFacts
from cmdb.discovery.interfaces import read_arp, read_base_ports, read_bridge, read_interfaces
from cmdb.discovery.neighbours import ports_of, read_cdp, read_lldp, read_local_chassis
from cmdb.discovery.profiles import Identity, Profile, ProfileSet, identify, load_profiles
from cmdb.discovery.tables import TableReader
from cmdb.discovery.values import number, serial, text

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
SYS_CONTACT: Final = "1.3.6.1.2.1.1.4.0"
SYS_NAME: Final = "1.3.6.1.2.1.1.5.0"
SYS_LOCATION: Final = "1.3.6.1.2.1.1.6.0"
SYS_SERVICES: Final = "1.3.6.1.2.1.1.7.0"
_SYSTEM: Final = (SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, SYS_CONTACT, SYS_NAME, SYS_LOCATION, SYS_SERVICES)
_STANDARD: Final = (
    appliances.PRINTER_MODEL,
    appliances.PRINTER_SERIAL,
    appliances.UPS_VENDOR,
    appliances.UPS_MODEL,
    appliances.UPS_FIRMWARE,
)
_ENTITY_ENTRY: Final = "1.3.6.1.2.1.47.1.1.1.1"
_ENTITY_CLASS: Final = f"{_ENTITY_ENTRY}.5"
_CHASSIS_CLASS: Final = 3
_CHASSIS_MAX_COUNT: Final = 16
_LAYER_2: Final = 0x02
_LAYER_3: Final = 0x04


@dataclass(frozen=True, slots=True)
class _Answers:
    """What identity rests on."""

    profile: Profile
    identity: Identity
    values: Mapping[str, Value]
    chassis: tuple[Chassis, ...]

    def has(self, oid: str) -> bool:
        """Whether the device gave a text for an object."""
        return bool(text(self.values.get(oid)))


async def collect(client: Client[Any], address: str, *, profiles: ProfileSet | None = None) -> DeviceFacts:
    """Read one device.

    Raises SnmpFailure when the system group cannot be read, and AddressNotAllowed; each other table that fails costs
    only itself and is listed in ``errors``.
    """
    system = _system(await client.get(address, _SYSTEM))
    reader = TableReader(client, address)
    answers = await _identify(reader, system, profiles or load_profiles())
    kind = _kind(answers, system)
    interfaces = await read_interfaces(reader)
    base_ports = await read_base_ports(reader)
    ports = ports_of(interfaces, base_ports)
    lldp, cdp = await read_lldp(reader, ports), await read_cdp(reader, ports)
    own = frozenset(one.mac for one in interfaces if one.mac)
    return DeviceFacts(
        address=address,
        system=system,
        vendor=_vendor(answers),
        model=_model(answers, kind),
        serial=_serial(answers),
        firmware=_firmware(answers),
        kind=kind,
        chassis_id=await read_local_chassis(reader),
        chassis=answers.chassis,
        interfaces=interfaces,
        neighbours=lldp + cdp,
        arp=await read_arp(reader),
        bridge=await read_bridge(reader, base_ports, own),
        printer=await appliances.read_printer(reader) if kind == "printer" else None,
        ups=await appliances.read_ups(reader) if kind == "ups" else None,
        errors=tuple(reader.errors),
        evidence_varbinds=client.varbinds_used(address),
        profile=answers.profile.name,
    )


def _system(values: Mapping[str, Value]) -> SystemFacts:
    if not values:
        raise AgentFault("the device answers but has no system group")
    uptime = number(values.get(SYS_UP_TIME))
    return SystemFacts(
        description=text(values.get(SYS_DESCR)),
        object_id=text(values.get(SYS_OBJECT_ID), limit=255),
        uptime_seconds=None if uptime is None else uptime // 100,
        contact=text(values.get(SYS_CONTACT), limit=255),
        name=text(values.get(SYS_NAME), limit=255),
        location=text(values.get(SYS_LOCATION), limit=255),
        services=number(values.get(SYS_SERVICES)),
    )


async def _identify(reader: TableReader, system: SystemFacts, profiles: ProfileSet) -> _Answers:
    profile = profiles.match(system.object_id)
    if profiles.is_generic(profile):
        profile = profiles.probed(await reader.values("identity", profiles.probes)) or profile
    values = await reader.values("identity", profile.oids + _STANDARD)
    return _Answers(profile, identify(profile, system, values), values, await _read_chassis(reader))


async def _read_chassis(reader: TableReader) -> tuple[Chassis, ...]:
    classes = await reader.column("entity", _ENTITY_CLASS)
    indexes = [index[0] for index, value in sorted(classes.items()) if number(value) == _CHASSIS_CLASS]
    return tuple([await _read_one_chassis(reader, index) for index in indexes[:_CHASSIS_MAX_COUNT]])


async def _read_one_chassis(reader: TableReader, index: int) -> Chassis:
    oids = {column: f"{_ENTITY_ENTRY}.{column}.{index}" for column in (2, 7, 8, 9, 10, 11, 12, 13)}
    values = await reader.values("entity", oids.values())
    read = {column: text(values.get(oid), limit=255) for column, oid in oids.items()}
    return Chassis(
        index=index,
        description=read[2],
        name=read[7],
        hardware=read[8],
        firmware=read[9],
        software=read[10],
        serial=serial(values.get(oids[11])),
        vendor=read[12],
        model=read[13],
    )


def _serial(answers: _Answers) -> str | None:
    """Return the serial number of ENTITY-MIB, else of Printer-MIB, else the vendor's; an engine identifier is none."""
    by_entity = next((one.serial for one in answers.chassis if one.serial), None)
    return by_entity or serial(answers.values.get(appliances.PRINTER_SERIAL)) or answers.identity.serial


def _model(answers: _Answers, kind: Kind) -> str | None:
    by_entity = next((one.model for one in answers.chassis if one.model), None)
    standard = {"printer": appliances.PRINTER_MODEL, "ups": appliances.UPS_MODEL}.get(kind, "")
    return by_entity or answers.identity.model or text(answers.values.get(standard), limit=100) or None


def _firmware(answers: _Answers) -> str | None:
    by_entity = next((one.software or one.firmware for one in answers.chassis if one.software or one.firmware), None)
    by_ups = text(answers.values.get(appliances.UPS_FIRMWARE), limit=100)
    return by_entity or answers.identity.firmware or by_ups or None


def _vendor(answers: _Answers) -> str | None:
    by_entity = next((one.vendor for one in answers.chassis if one.vendor), None)
    return answers.identity.vendor or by_entity or text(answers.values.get(appliances.UPS_VENDOR), limit=100) or None


def _kind(answers: _Answers, system: SystemFacts) -> Kind:
    """Return the kind by profile, else by the standard MIBs answered, else by the layers of sysServices."""
    if answers.identity.kind is not None:
        return answers.identity.kind
    if answers.has(appliances.PRINTER_SERIAL):
        return "printer"
    if answers.has(appliances.UPS_MODEL):
        return "ups"
    services = system.services or 0
    if services & _LAYER_2:
        return "switch"
    return "router" if services & _LAYER_3 else "other"
