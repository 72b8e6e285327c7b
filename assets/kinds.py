"""Kinds of assets, with the icon that stands for each and the CI classes that inventories give them."""

from itsm.kernel.text import _

KINDS = {
    "laptop": _("Laptop"),
    "desktop": _("Desktop computer"),
    "server": _("Server"),
    "monitor": _("Monitor"),
    "docking": _("Docking station"),
    "phone": _("Phone"),
    "tablet": _("Tablet"),
    "printer": _("Printer"),
    "network": _("Network device"),
    "storage": _("Storage"),
    "peripheral": _("Peripheral"),
    "furniture": _("Furniture"),
    "other": _("Other"),
}
ICONS = {
    "laptop": "device-laptop",
    "desktop": "device-desktop",
    "monitor": "device-desktop",
    "server": "server",
    "phone": "device-mobile",
    "tablet": "device-mobile",
    "printer": "printer",
    "network": "router",
    "storage": "database",
}
DEFAULT_ICON = "box"
