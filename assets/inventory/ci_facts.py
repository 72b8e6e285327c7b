"""What an inventory says about its CI: class, name and attributes, and the kind of asset that it is."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from assets.inventory.identity import clean_make
from assets.inventory.model import Inventory

AGENT = "agent"
PROBE = "agent_probe"  # an agent that asked the device by SNMP: trusted less than our own poll of it
MB_PER_GB = 1000
_BARE_METAL = frozenset({"", "physical"})
_LAPTOPS = frozenset(
    {"laptop", "notebook", "portable", "sub notebook", "sub-notebook", "convertible", "detachable", "hand held"}
)
_TABLETS = frozenset({"tablet"})
_SERVERS = frozenset(
    {
        "main server chassis",
        "rack mount chassis",
        "server",
        "blade",
        "blade enclosure",
        "multi-system",
        "multi-system chassis",
    }
)
_FORMS = {"laptop": "laptop", "tablet": "tablet", "desktop": "desktop"}


def source_of(inventory: Inventory) -> str:
    """How far its facts are trusted: agents know computers best, our own poll knows network gear and printers best."""
    return AGENT if inventory.kind == "computer" else PROBE


def is_virtual(inventory: Inventory) -> bool:
    """Whether the machine is a guest or a container, which nobody bought."""
    return inventory.kind == "computer" and inventory.virtual_system.strip().lower() not in _BARE_METAL


def shape_of(inventory: Inventory) -> str:
    """What a computer is by its chassis and operating system: laptop, tablet, server or desktop."""
    chassis = inventory.chassis.strip().lower()
    system = f"{inventory.operating_system.name} {inventory.operating_system.full_name}".lower()
    if chassis in _SERVERS or "server" in system:
        return "server"
    if chassis in _LAPTOPS or (not chassis and inventory.batteries):
        return "laptop"
    return "tablet" if chassis in _TABLETS else "desktop"


def class_of(inventory: Inventory) -> str:
    """The class of a new CI."""
    if inventory.kind == "printer":
        return "printer"
    if inventory.kind == "network":
        return "network_device"
    if is_virtual(inventory):
        return "virtual_machine"
    return "server" if shape_of(inventory) == "server" else "pc"


def asset_kind_of(inventory: Inventory) -> str:
    """The kind of a new asset."""
    return inventory.kind if inventory.kind != "computer" else shape_of(inventory)


def name_of(inventory: Inventory) -> str:
    """The name of a new CI: the machine's own, else its model or the device id of its agent."""
    return (
        inventory.name or inventory.fqdn or clean_make(inventory.model) or inventory.device_id or inventory.agent_id
    )[:255]


def facts_of(inventory: Inventory, *, serial: str) -> dict[str, Any]:
    """Attributes of the CI with their values; only for sections that the agent sent, and never emptied."""
    facts = _common(inventory, serial) | (_computer(inventory) if inventory.kind == "computer" else _device(inventory))
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _common(inventory: Inventory, serial: str) -> dict[str, Any]:
    return {
        "name": inventory.name[:255],
        "serial": serial,
        "manufacturer": clean_make(inventory.manufacturer),
        "model": clean_make(inventory.model),
    }


def _computer(inventory: Inventory) -> dict[str, Any]:
    system = inventory.operating_system
    return {
        "operating_system": system.full_name or system.name,
        "os_version": system.version,
        "kernel": system.kernel_version,
        "architecture": system.architecture,
        "processor": _processor(inventory),
        "cores": sum(cpu.cores or 0 for cpu in inventory.cpus) or None,
        "memory_mb": inventory.memory_mb,
        "disk_gb": sum(disk.size_mb or 0 for disk in _disks(inventory)) // MB_PER_GB or None,
        "ip_address": _address(address for network in inventory.networks for address in network.addresses),
        "mac_address": next(
            (network.mac for network in inventory.networks if network.mac and not network.is_virtual), ""
        ),
        "firmware": inventory.bios_version,
        "form": _FORMS.get(shape_of(inventory), "") if not is_virtual(inventory) else "",
        "last_user": inventory.last_user,
        "uuid": inventory.uuid,
        "domain": inventory.domain or inventory.workgroup,
    }


def _processor(inventory: Inventory) -> str:
    names = [cpu.name for cpu in inventory.cpus if cpu.name]
    if not names:
        return ""
    return names[0] if len(names) == 1 else f"{len(names)} × {names[0]}"


def _disks(inventory: Inventory) -> list[Any]:
    return [disk for disk in inventory.storages if "removable" not in disk.type.lower()]


def _device(inventory: Inventory) -> dict[str, Any]:
    pages = [counter.pages for counter in inventory.page_counters if counter.name == "total"]
    return {
        "firmware": inventory.firmware,
        "location": inventory.location,
        "contact": inventory.contact,
        "description": inventory.description,
        "ip_address": _address(inventory.addresses),
        "mac_address": inventory.mac,
        "ports": len(inventory.ports) or None if inventory.kind == "network" else None,
        "page_count": pages[0] if pages and inventory.kind == "printer" else None,
    }


def _address(addresses: Iterable[str]) -> str:
    """The first address by which others reach the machine, IPv4 before IPv6."""
    usable = [address for text in addresses if (address := _parsed(text)) is not None]
    return str(min(usable, key=lambda address: address.version)) if usable else ""


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if address.is_loopback or address.is_link_local or address.is_unspecified else address
