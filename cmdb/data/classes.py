"""CI classes at the start: parents before children; titles are shown in the reader's language."""

from typing import Any, NamedTuple

from itsm.kernel.text import noop


class ClassSeed(NamedTuple):
    """One class as it is written at the start."""

    key: str
    title: str
    parent: str | None = None
    icon: str = "box"
    attributes: tuple[dict[str, Any], ...] = ()
    abstract: bool = False
    shown_to_requesters: bool = False


def attribute(name: str, title: str, kind: str = "text", **facts: Any) -> dict[str, Any]:
    """One attribute definition with its defaults."""
    return {"name": name, "title": title, "type": kind, "unit": "", "required": False, "choices": [], **facts}


HOURS = ("24x7", "office", "extended")
CLASSES = (
    ClassSeed(
        "configuration_item", noop("Configuration item"), abstract=True,
        attributes=(attribute("description", noop("Description")),),
    ),
    ClassSeed("service", noop("Service"), "configuration_item", "apps", abstract=True),
    ClassSeed(
        "business_service", noop("Business service"), "service", "world", shown_to_requesters=True,
        attributes=(
            attribute("service_hours", noop("Service hours"), "choice", choices=list(HOURS)),
            attribute("users", noop("People who use it"), "number"),
        ),
    ),
    ClassSeed("technical_service", noop("Technical service"), "service", "activity"),
    ClassSeed(
        "software_component", noop("Software component"), "configuration_item", "apps", abstract=True,
        attributes=(
            attribute("software_version", noop("Version")),
            attribute("vendor", noop("Vendor")),
            attribute("address", noop("Address"), "url"),
        ),
    ),
    ClassSeed("application", noop("Application"), "software_component", "apps"),
    ClassSeed(
        "database", noop("Database"), "software_component", "database",
        attributes=(attribute("engine", noop("Engine")), attribute("size_gb", noop("Size"), "number", unit="GB")),
    ),
    ClassSeed("middleware", noop("Middleware"), "software_component", "stack-2"),
    ClassSeed("software", noop("Software"), "software_component", "versions"),
    ClassSeed(
        "cluster", noop("Cluster"), "configuration_item", "affiliate",
        attributes=(attribute("members_needed", noop("Members needed"), "number"),),
    ),
    ClassSeed(
        "device", noop("Device"), "configuration_item", "cpu",
        attributes=(
            attribute("manufacturer", noop("Manufacturer")),
            attribute("model", noop("Model")),
            attribute("ip_address", noop("IP address"), "ip"),
            attribute("mac_address", noop("MAC address"), "mac"),
            attribute("firmware", noop("Firmware")),
            attribute("location", noop("Location")),
            attribute("contact", noop("Contact")),
        ),
    ),
    ClassSeed(
        "computer", noop("Computer"), "device", "server", abstract=True,
        attributes=(
            attribute("operating_system", noop("Operating system")),
            attribute("os_version", noop("Version of the operating system")),
            attribute("processor", noop("Processor")),
            attribute("cores", noop("Cores"), "number"),
            attribute("memory_mb", noop("Memory"), "number", unit="MB"),
            attribute("disk_gb", noop("Disk"), "number", unit="GB"),
        ),
    ),
    ClassSeed("server", noop("Server"), "computer", "server"),
    ClassSeed("hypervisor", noop("Hypervisor"), "server", "cloud"),
    ClassSeed("virtual_machine", noop("Virtual machine"), "computer", "box"),
    ClassSeed(
        "pc", noop("PC"), "computer", "device-desktop",
        attributes=(
            attribute("form", noop("Form"), "choice", choices=["desktop", "laptop", "tablet", "thin client", "other"]),
            attribute("last_user", noop("Last user")),
        ),
    ),
    ClassSeed(
        "mobile", noop("Mobile device"), "device", "device-mobile",
        attributes=(
            attribute("phone_number", noop("Phone number")),
            attribute("imei", noop("IMEI")),
            attribute("operating_system", noop("Operating system")),
        ),
    ),
    ClassSeed(
        "network_device", noop("Network device"), "device", "router",
        attributes=(attribute("ports", noop("Ports"), "number"),),
    ),
    ClassSeed("switch", noop("Switch"), "network_device", "sitemap"),
    ClassSeed("router", noop("Router"), "network_device", "router"),
    ClassSeed("firewall", noop("Firewall"), "network_device", "shield-lock"),
    ClassSeed("access_point", noop("Access point"), "network_device", "wifi"),
    ClassSeed("load_balancer", noop("Load balancer"), "network_device", "arrows-exchange"),
    ClassSeed(
        "printer", noop("Printer"), "device", "printer",
        attributes=(
            attribute("page_count", noop("Pages printed"), "number"),
            attribute("colour", noop("Prints in colour"), "boolean"),
        ),
    ),
    ClassSeed(
        "ups", noop("UPS"), "device", "bolt",
        attributes=(
            attribute("charge_percent", noop("Charge"), "number", unit="%"),
            attribute("runtime_seconds", noop("Run time"), "number", unit="s"),
        ),
    ),
    ClassSeed(
        "storage", noop("Storage"), "device", "database",
        attributes=(attribute("capacity_gb", noop("Capacity"), "number", unit="GB"),),
    ),
    ClassSeed("place", noop("Place"), "configuration_item", "map-pin", abstract=True),
    ClassSeed("building", noop("Building"), "place", "building"),
    ClassSeed("room", noop("Room"), "place", "map-pin", attributes=(attribute("floor", noop("Floor")),)),
    ClassSeed(
        "rack", noop("Rack"), "place", "layout-sidebar",
        attributes=(attribute("height_units", noop("Height"), "number", unit="U"),),
    ),
    ClassSeed(
        "certificate", noop("Certificate"), "configuration_item", "certificate",
        attributes=(
            attribute("subject", noop("Subject")),
            attribute("issuer", noop("Issuer")),
            attribute("valid_until", noop("Valid until"), "date", required=True),
        ),
    ),
)  # fmt: skip
