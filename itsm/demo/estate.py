"""What Nordhav Foods runs: services on applications on servers on hypervisors, networks and equipment at three sites."""

from typing import Any, NamedTuple


class Thing(NamedTuple):
    """A CI: class, name, site, attributes, criticality, names of what it depends on with the relation."""

    class_key: str
    name: str
    place: str
    attributes: dict[str, Any]
    criticality: int = 3
    relations: tuple[tuple[str, str], ...] = ()  # (relation type, name of the other CI)


SERVICES = (
    ("Order entry", 1, ("app-orders", "app-crm")),
    ("Warehouse and shipping", 1, ("app-warehouse", "app-labels")),
    ("Production control", 1, ("app-production",)),
    ("E-mail and calendar", 2, ("app-mail",)),
    ("Finance and payroll", 2, ("app-finance",)),
    ("File shares", 2, ("app-files",)),
    ("Printing", 3, ("app-print",)),
    ("Remote access", 2, ("app-vpn",)),
    ("Intranet", 4, ("app-intranet",)),
    ("Telephony", 2, ("app-telephony",)),
)
APPLICATIONS = {  # application -> servers, databases
    "app-orders": (("vm-orders-1", "vm-orders-2"), ("db-orders",)),
    "app-crm": (("vm-crm-1",), ("db-crm",)),
    "app-warehouse": (("vm-wms-1", "vm-wms-2"), ("db-wms",)),
    "app-labels": (("vm-wms-1",), ()),
    "app-production": (("vm-mes-1",), ("db-mes",)),
    "app-mail": (("vm-mail-1",), ()),
    "app-finance": (("vm-fin-1",), ("db-fin",)),
    "app-files": (("vm-files-1", "vm-files-2"), ()),
    "app-print": (("vm-print-1",), ()),
    "app-vpn": (("vm-vpn-1",), ()),
    "app-intranet": (("vm-web-1",), ("db-web",)),
    "app-telephony": (("vm-pbx-1",), ()),
}
DATABASES = {
    "db-orders": "vm-sql-1",
    "db-crm": "vm-sql-1",
    "db-wms": "vm-sql-2",
    "db-mes": "vm-sql-2",
    "db-fin": "vm-sql-1",
    "db-web": "vm-sql-2",
}
HYPERVISORS = ("hv-sto-1", "hv-sto-2", "hv-mad-1", "hv-ath-1")
PC_MODELS = (("Lenovo", "ThinkPad T14"), ("Dell", "Latitude 5450"), ("HP", "EliteBook 840"))
SWITCHES = {"sto": 4, "mad": 3, "ath": 3}
PRINTERS = {"sto": 4, "mad": 3, "ath": 3}
ACCESS_POINTS = {"sto": 4, "mad": 3, "ath": 3}
NETS = {"sto": 10, "mad": 20, "ath": 30}


def things() -> list[Thing]:
    """Every CI except the people's PCs, suppliers before consumers."""
    return [*_network(), *_machine_room(), *_software(), *_equipment()]


def _network() -> list[Thing]:
    found = []
    for place, number in SWITCHES.items():
        net = NETS[place]
        found.append(Thing("ups", f"ups-{place}-1", place, {"manufacturer": "APC", "model": "Smart-UPS 3000"}, 2))
        firewall = {"manufacturer": "Fortinet", "model": "FG-100F", "ip_address": f"10.{net}.0.1"}
        found.append(Thing("firewall", f"fw-{place}-1", place, firewall, 1, (("powered_by", f"ups-{place}-1"),)))
        router = {"manufacturer": "Cisco", "model": "C8300", "ip_address": f"10.{net}.0.2"}
        found.append(Thing("router", f"rt-{place}-1", place, router, 1, (("connects_to", f"fw-{place}-1"),)))
        core = {"manufacturer": "HPE Aruba", "model": "CX 6300", "ip_address": f"10.{net}.0.10", "ports": 52}
        relations = (("connects_to", f"rt-{place}-1"), ("powered_by", f"ups-{place}-1"))
        found.append(Thing("switch", f"sw-{place}-core", place, core, 1, relations))
        for index in range(1, number + 1):
            access = {
                "manufacturer": "HPE Aruba",
                "model": "2930F",
                "ip_address": f"10.{net}.0.{10 + index}",
                "ports": 48,
            }
            found.append(
                Thing("switch", f"sw-{place}-{index}", place, access, 2, (("connects_to", f"sw-{place}-core"),))
            )
    return found


def _machine_room() -> list[Thing]:
    found = [
        Thing("storage", "san-sto-1", "sto", {"manufacturer": "NetApp", "model": "AFF C250", "capacity_gb": 120_000}, 1)
    ]
    for name in HYPERVISORS:
        place = name.split("-")[1]
        relations: tuple[tuple[str, str], ...] = (("connects_to", f"sw-{place}-core"), ("powered_by", f"ups-{place}-1"))
        if place == "sto":
            relations += (("stores_on", "san-sto-1"),)
        found.append(
            Thing(
                "hypervisor",
                name,
                place,
                {"manufacturer": "Dell", "model": "PowerEdge R750", "cores": 64},
                1,
                relations,
            )
        )
    machines = sorted({name for servers, _ in APPLICATIONS.values() for name in servers} | set(DATABASES.values()))
    for index, name in enumerate(machines):
        hypervisor = HYPERVISORS[index % 2]
        attributes = {
            "operating_system": "Debian 12",
            "cores": 4,
            "memory_mb": 16_384,
            "ip_address": f"10.10.1.{index + 10}",
        }
        found.append(Thing("virtual_machine", name, "sto", attributes, 2, (("virtualised_by", hypervisor),)))
    return found


def _software() -> list[Thing]:
    found = [
        Thing("database", name, "sto", {"engine": "PostgreSQL 15"}, 2, (("runs_on", host),))
        for name, host in DATABASES.items()
    ]
    for name, (servers, databases) in APPLICATIONS.items():
        relations = tuple(("runs_on", server) for server in servers) + tuple(
            ("uses", database) for database in databases
        )
        found.append(Thing("application", name, "sto", {}, 2, relations))
    for name, criticality, applications in SERVICES:
        relations = tuple(("depends_on", application) for application in applications)
        found.append(
            Thing("business_service", name, "sto", {"service_hours": "office", "users": 60}, criticality, relations)
        )
    return found


def _equipment() -> list[Thing]:
    found = []
    for place, access_switches in SWITCHES.items():
        net = NETS[place]
        for index in range(1, PRINTERS[place] + 1):
            switch = f"sw-{place}-{1 + index % access_switches}"
            attributes = {
                "manufacturer": "Zebra" if index == 1 else "HP",
                "model": "ZT411" if index == 1 else "LaserJet M507",
            }
            attributes["ip_address"] = f"10.{net}.3.{index}"
            relations = (("connects_to", switch), ("uses", "app-print"))
            found.append(Thing("printer", f"prn-{place}-{index:02d}", place, attributes, 3, relations))
        for index in range(1, ACCESS_POINTS[place] + 1):
            attributes = {"manufacturer": "HPE Aruba", "model": "AP-535", "ip_address": f"10.{net}.2.{index}"}
            uplink = (("connects_to", f"sw-{place}-{1 + index % access_switches}"),)
            found.append(Thing("access_point", f"ap-{place}-{index:02d}", place, attributes, 3, uplink))
    return found
