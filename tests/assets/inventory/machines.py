"""Inventories of machines for the tests of reconciliation, as a GLPI agent would send them."""

import json
from typing import Any

from assets.inventory import services
from assets.inventory.recording import ImportResult
from itsm.kernel.actor import SYSTEM


def machine(
    device_id: str,
    *,
    name: str = "pc-0042",
    serial: str = "",
    maker: str = "Dell Inc.",
    uuid: str = "",
    macs: tuple[str, ...] = (),
    dock: str = "",
    partial: bool = False,
    **content: Any,
) -> bytes:
    """One machine's inventory; `dock` is the hardware address of a USB network adapter."""
    networks = [{"description": f"eth{place}", "mac": mac, "virtualdev": False} for place, mac in enumerate(macs)]
    networks += [{"description": "enx0011", "mac": dock, "virtualdev": False, "driver": "r8152"}] if dock else []
    sections: dict[str, Any] = {
        "bios": {"ssn": serial, "smanufacturer": maker, "smodel": "Latitude 7440"},
        "hardware": {"name": name, "uuid": uuid, "memory": 16000, "chassis_type": "Laptop", "vmsystem": "Physical"},
        "versionclient": "GLPI-Agent_v1.12",
    }
    if networks:
        sections["networks"] = networks
    root = {"action": "inventory", "deviceid": device_id, "itemtype": "Computer", "content": sections | content}
    return json.dumps(root | ({"partial": True} if partial else {})).encode()


def audit(device_id: str, *, agent_id: str = "", **facts: Any) -> ImportResult:
    """Import one machine's inventory."""
    return services.import_body(SYSTEM, machine(device_id, **facts), agent_id=agent_id)
