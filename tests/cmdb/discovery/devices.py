"""Devices and their facts for the tests of discovery's database side."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cmdb.discovery import topology
from cmdb.discovery.facts import DeviceFacts, Interface, Neighbour, SystemFacts
from cmdb.discovery.recording import Recorded, record_device
from itsm.kernel.actor import Actor
from tests.servers.snmp import SnmpServer

LLDP = "1.0.8802.1.1.2.1"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
ARUBA_SWITCH = "1.3.6.1.4.1.47196.4.1.1.1.100"
Rows = tuple[tuple[str, str, str | int], ...]


def store_device(actor: Actor, facts: DeviceFacts, *, at: datetime, site_id: int | None = None) -> Recorded:
    """Record one device and connect it, as a run does with many."""
    recorded = record_device(actor, facts, at=at, site_id=site_id)
    if recorded.left_alone:
        return recorded
    is_changed = topology.store(actor, recorded.ci, facts, at=at)
    return replace(recorded, action="updated") if is_changed and recorded.action == "unchanged" else recorded


def facts_of(address: str = "10.0.0.1", **changes: Any) -> DeviceFacts:
    """A switch with one port, as the reader returns it; `name`, `location`, … go into its system group."""
    system_names = {"description", "object_id", "contact", "name", "location"}
    system = {"name": "access-1", "location": "Rack 1", "object_id": ARUBA_SWITCH} | {
        name: changes.pop(name) for name in list(changes) if name in system_names
    }
    known: dict[str, Any] = {
        "vendor": "HPE Aruba",
        "model": "WS-C2960X",
        "serial": "FOC1234X0AB",
        "firmware": "15.2",
        "kind": "switch",
        "interfaces": (Interface(index=1, name="Gi1/0/1", type=6, mac="00:1b:0d:00:00:01", oper_status="up"),),
    }
    return DeviceFacts(address=address, system=SystemFacts(**system), **(known | changes))


def neighbour(chassis_id: str = "00:c0:ff:ee:00:02", **changes: Any) -> Neighbour:
    """What LLDP says about another device."""
    known: dict[str, Any] = {
        "protocol": "lldp",
        "local_port": "Gi1/0/1",
        "local_index": 1,
        "chassis_id": chassis_id,
        "chassis_kind": "mac",
        "port": "Gi1/0/24",
        "name": "core-1",
    }
    return Neighbour(**(known | changes))


def chassis(serial: str, model: str, mac: str) -> Rows:
    """Overrides of an agent: ENTITY-MIB's chassis and LLDP's own chassis identifier."""
    return (
        (f"{ENTITY}.5.1", "integer", 3),
        (f"{ENTITY}.11.1", "octet_str", serial),
        (f"{ENTITY}.13.1", "octet_str", model),
        (f"{LLDP}.3.1.0", "integer", 4),
        (f"{LLDP}.3.2.0", "octet_str", "0x" + mac.replace(":", "")),
    )


def lldp_neighbour(mac: str, name: str, port: str) -> Rows:
    """Overrides of an agent: one LLDP neighbour on local port 1."""
    return (
        (f"{LLDP}.4.1.1.4.0.1.1", "integer", 4),
        (f"{LLDP}.4.1.1.5.0.1.1", "octet_str", "0x" + mac.replace(":", "")),
        (f"{LLDP}.4.1.1.6.0.1.1", "integer", 5),
        (f"{LLDP}.4.1.1.7.0.1.1", "octet_str", port),
        (f"{LLDP}.4.1.1.9.0.1.1", "octet_str", name),
    )


def switch(folder: Path, name: str, *, rows: Sequence[Any], **options: Any) -> SnmpServer:
    """A real agent that says it is an Aruba switch."""
    return SnmpServer(folder, name=name, object_id=ARUBA_SWITCH, overrides=tuple(rows), **options)
