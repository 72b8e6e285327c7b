"""An inventory in words: sections with titles, and changes as lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itsm.kernel.text import Message, _

SECTION_TITLES: dict[str, Message] = {
    "source": _("Inventory agent"), "hardware": _("Machine"), "bios": _("Firmware and serial numbers"),
    "last_user": _("Last user"),
    "operating_system": _("Operating system"), "users": _("Users"), "cpus": _("Processors"), "memories": _("Memory"),
    "networks": _("Network"), "storages": _("Disks"), "drives": _("Volumes"), "software": _("Software"),
    "monitors": _("Monitors"), "printers": _("Printers"), "batteries": _("Batteries"), "antivirus": _("Virus scanners"),
    "virtual_machines": _("Virtual machines"), "remote_access": _("Remote access"), "ports": _("Ports"),
    "neighbours": _("Neighbours"), "components": _("Components"), "page_counters": _("Page counters"),
    "supplies": _("Supplies"),
}  # fmt: skip
CHANGE_KINDS: dict[str, Message] = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}
COLUMNS: dict[str, tuple[str, ...]] = {
    "cpus": ("name", "cores", "threads", "speed_mhz"),
    "memories": ("caption", "type", "capacity_mb", "speed_mts", "serial"),
    "networks": ("name", "mac", "addresses", "speed_mbps", "model"),
    "storages": ("name", "model", "serial", "size_mb", "interface"),
    "drives": ("mount_point", "volume", "file_system", "total_mb", "free_mb"),
    "monitors": ("caption", "manufacturer", "serial"),
    "printers": ("name", "driver", "port"),
    "batteries": ("name", "serial", "capacity_mwh", "real_capacity_mwh"),
    "antivirus": ("name", "version", "is_enabled", "is_up_to_date"),
    "virtual_machines": ("name", "type", "status", "memory_mb"),
    "remote_access": ("type", "identifier", "version"),
    "users": ("login", "domain"),
    "ports": ("number", "name", "alias", "mac", "is_up", "speed_mbps"),
    "neighbours": ("port_name", "system_name", "remote_port", "address"),
    "components": ("name", "model", "serial", "firmware"),
    "page_counters": ("name", "pages"),
    "supplies": ("name", "level_percent", "state"),
}
COLUMN_TITLES: dict[str, Message] = {
    "name": _("Name"), "cores": _("Cores"), "threads": _("Threads"), "speed_mhz": _("MHz"), "caption": _("Name"),
    "type": _("Type"), "capacity_mb": _("MB"), "speed_mts": _("MT/s"), "serial": _("Serial number"), "mac": _("MAC address"),
    "addresses": _("Addresses"), "speed_mbps": _("Mbit/s"), "model": _("Model"), "size_mb": _("MB"),
    "interface": _("Interface"), "mount_point": _("Mounted at"), "volume": _("Volume"), "file_system": _("File system"),
    "total_mb": _("MB"), "free_mb": _("MB free"), "manufacturer": _("Manufacturer"), "driver": _("Driver"),
    "port": _("Port"), "capacity_mwh": _("mWh"), "real_capacity_mwh": _("mWh measured"), "version": _("Version"),
    "is_enabled": _("On"), "is_up_to_date": _("Up to date"), "status": _("Status"), "memory_mb": _("MB"),
    "identifier": _("Identifier"), "login": _("Login"), "domain": _("Domain"), "number": _("Number"), "alias": _("Alias"),
    "is_up": _("Up"), "port_name": _("Port"), "system_name": _("System"), "remote_port": _("Remote port"),
    "address": _("Address"), "firmware": _("Firmware"), "pages": _("Pages"), "level_percent": _("Per cent"),
    "state": _("State"),
}  # fmt: skip
ROWS_SHOWN = 500


@dataclass(frozen=True)
class Section:
    """One section as a table: titles of its columns, and rows of texts."""

    title: Message
    columns: list[Message]
    rows: list[list[str]]
    is_stale: bool


def sections(data: Mapping[str, Any]) -> list[Section]:
    """The list sections that hold something, except the programs."""
    return [_section(name, data) for name in COLUMNS if data.get(name)]


def _section(name: str, data: Mapping[str, Any]) -> Section:
    columns = COLUMNS[name]
    rows = [[words(entry.get(column)) for column in columns] for entry in data[name][:ROWS_SHOWN]]
    return Section(
        SECTION_TITLES[name], [COLUMN_TITLES[column] for column in columns], rows, name in data.get("stale", [])
    )


def words(value: Any) -> str:
    """A value as a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("yes")) if value else str(_("no"))
    if isinstance(value, list):
        return ", ".join(words(inner) for inner in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {words(inner)}" for name, inner in value.items() if inner not in (None, "", []))
    return str(value)


@dataclass(frozen=True)
class ChangeLine:
    """One difference from the audit before."""

    title: Message
    kind: Message
    label: str
    before: str
    after: str


def change_lines(changes: Sequence[Mapping[str, Any]]) -> list[ChangeLine]:
    """The differences in words."""
    return [
        ChangeLine(
            SECTION_TITLES.get(change["section"], change["section"]),
            CHANGE_KINDS.get(change["kind"], change["kind"]),
            str(change["label"]),
            "" if change["kind"] == "added" else words(change["before"]),
            "" if change["kind"] == "removed" else words(change["after"]),
        )
        for change in changes
    ]
