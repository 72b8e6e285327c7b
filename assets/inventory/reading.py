"""From bytes to the canonical inventory, whichever agent wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass

from assets.inventory import computer, network_gear
from assets.inventory.agent_xml import parse_xml
from assets.inventory.document import Document
from assets.inventory.glpi_json import parse_json
from assets.inventory.model import DeviceKind, Inventory
from assets.inventory.row import Notes, Row
from assets.inventory.wire import InventoryRefused, inflate, sniff
from itsm.kernel.text import _

INVENTORY_ACTIONS = frozenset({"inventory", "netinventory", "injector"})

SECTION_SOURCES: dict[str, tuple[str, ...]] = {
    "hardware": ("hardware", "network_device"),
    "bios": ("bios", "network_device"),
    "last_user": ("users",),
    "operating_system": ("operatingsystem",),
    "users": ("users",),
    "cpus": ("cpus",),
    "memories": ("memories",),
    "networks": ("networks",),
    "storages": ("storages",),
    "drives": ("drives",),
    "software": ("softwares",),
    "monitors": ("monitors",),
    "printers": ("printers",),
    "batteries": ("batteries",),
    "antivirus": ("antivirus",),
    "virtual_machines": ("virtualmachines",),
    "remote_access": ("remote_mgmt",),
    "ports": ("network_ports",),
    "neighbours": ("network_ports",),
    "components": ("network_components",),
    "page_counters": ("pagecounters",),
    "supplies": ("cartridges", "consumables"),
}
"""For each canonical section, the sections of an agent's document that bring it."""

_KNOWN_BUT_NOT_KEPT = frozenset(
    [
        "accesslog",
        "accountinfo",
        "bios",
        "cameras",
        "controllers",
        "databases_services",
        "download",
        "envs",
        "error",
        "firewall",
        "firewalls",
        "firmwares",
        "hardware",
        "history",
        "inputs",
        "itmgmt_comments",
        "javainfos",
        "licenseinfos",
        "local_groups",
        "local_users",
        "logical_volumes",
        "modems",
        "officepack",
        "operatingsystem",
        "physical_volumes",
        "ports",
        "powersupplies",
        "processes",
        "registry",
        "repository",
        "rudder",
        "saas",
        "sensors",
        "simcards",
        "slots",
        "sounds",
        "usbdevices",
        "versionclient",
        "versionprovider",
        "videos",
        "volume_groups",
        "device",
        "provider",
    ]
)
_KNOWN = _KNOWN_BUT_NOT_KEPT | {source for sources in SECTION_SOURCES.values() for source in sources}
_KINDS: dict[str, DeviceKind] = {
    "networkequipment": "network",
    "networking": "network",
    "printer": "printer",
    "computer": "computer",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """An inventory with what was odd in the document that it came from."""

    inventory: Inventory
    warnings: tuple[str, ...]


def parse_document(data: bytes) -> Document:
    """Decode one message of any agent from its inflated bytes, or raise InventoryRefused."""
    return parse_json(data) if sniff(data) == "json" else parse_xml(data)


def read_inventory(data: bytes, *, agent_id: str = "") -> Reading:
    """Read an inventory from inflated bytes, as posted by an agent or written to a file by it.

    ``agent_id`` is what the agent said of itself beside the body. A document that breaks its schema is read as far as
    it can be, with warnings; InventoryRefused is raised only for one that is no inventory or names no device.
    """
    document = parse_document(data)
    if document.action not in INVENTORY_ACTIONS:
        text = _("is %(action)s, not an inventory", action=repr(document.action[:40]))
        raise InventoryRefused("action", text)
    return inventory_of(document, agent_id=agent_id)


def read_body(body: bytes, *, agent_id: str = "") -> Reading:
    """Read an inventory as it lies in a file or on the wire, compressed or not; see ``read_inventory``."""
    return read_inventory(inflate(body)[0], agent_id=agent_id)


def inventory_of(document: Document, *, agent_id: str = "") -> Reading:
    """Turn a decoded message into the canonical inventory, or raise InventoryRefused."""
    if not (document.device_id or agent_id):
        raise InventoryRefused("deviceid", _("is missing"))
    notes = Notes()
    content = _content(document, notes)
    if not content:
        raise InventoryRefused("content", _("is missing or empty"))
    _note_unknown_sections(content, notes)
    inventory = _inventory(document, Row(content, "content", notes), agent_id=agent_id)
    return Reading(inventory, document.warnings + notes.texts())


def _content(document: Document, notes: Notes) -> Mapping[str, object]:
    if document.format == "xml" and document.action == "netinventory":
        return network_gear.from_device_element(document.content, notes)
    return document.content


def _note_unknown_sections(content: Mapping[str, object], notes: Notes) -> None:
    for key in content:
        if key not in _KNOWN:
            notes.add(f"content.{key[:40]}", "is not a known section")


def _kind(document: Document, content: Row) -> DeviceKind:
    """What the message says that the device is; else what its device section says; else a computer."""
    stated = document.item_type or content.row("network_device").text("type")
    return _KINDS.get(stated.lower(), "network" if content.has("network_device") else "computer")


def _sections(content: Row) -> frozenset[str]:
    found = {section for section, sources in SECTION_SOURCES.items() if content.has(*sources)}
    hardware = content.row("hardware")
    if hardware.has("osname"):
        found.add("operating_system")
    if hardware.has("lastloggeduser"):
        found.add("last_user")
    return frozenset(found)


def _inventory(document: Document, content: Row, *, agent_id: str) -> Inventory:
    hardware = content.row("hardware")
    bios = content.row("bios")
    device = content.row("network_device")
    system = content.row("operatingsystem")
    return Inventory(
        agent_kind=document.agent_kind,
        device_id=document.device_id,
        kind=_kind(document, content),
        agent_id=agent_id,
        agent_version=document.agent_version,
        tag=document.tag,
        is_partial=document.is_partial,
        sections=_sections(content),
        name=hardware.text("name") or device.text("name"),
        workgroup=hardware.text("workgroup"),
        chassis=hardware.text("chassis_type") or bios.text("type"),
        virtual_system=hardware.text("vmsystem"),
        uuid=hardware.text("uuid"),
        memory_mb=_first_size(hardware.size("memory"), device.size("memory", "ram")),
        swap_mb=hardware.size("swap"),
        mac=device.mac("mac"),
        addresses=computer.addresses(device.texts("ips")),
        firmware=device.text("firmware"),
        location=device.text("location"),
        contact=device.text("contact"),
        description=hardware.text("description") or device.text("description"),
        serial=bios.text("ssn") or device.text("serial"),
        mainboard_serial=bios.text("msn"),
        enclosure_serial=bios.text("enclosureserial"),
        manufacturer=bios.text("smanufacturer") or device.text("manufacturer"),
        model=bios.text("smodel") or device.text("model"),
        sku=bios.text("skunumber"),
        asset_tag=bios.text("assettag") or device.text("assettag"),
        bios_manufacturer=bios.text("bmanufacturer"),
        bios_version=bios.text("bversion"),
        bios_released_on=bios.day("bdate"),
        fqdn=system.text("fqdn"),
        domain=system.text("dns_domain"),
        operating_system=computer.operating_system(content),
        last_user=hardware.text("lastloggeduser"),
        users=computer.users(content),
        cpus=computer.cpus(content),
        memories=computer.memories(content),
        networks=computer.networks(content),
        storages=computer.storages(content),
        drives=computer.drives(content),
        software=computer.software(content),
        monitors=computer.monitors(content),
        printers=computer.printers(content),
        batteries=computer.batteries(content),
        antivirus=computer.antivirus(content),
        virtual_machines=computer.virtual_machines(content),
        remote_access=computer.remote_access(content),
        ports=network_gear.ports(content),
        neighbours=network_gear.neighbours(content),
        components=network_gear.components(content),
        page_counters=network_gear.page_counters(content),
        supplies=network_gear.supplies(content),
    )


def _first_size(first: int | None, second: int | None) -> int | None:
    return second if first is None else first
