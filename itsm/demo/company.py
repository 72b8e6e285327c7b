"""Who works at Nordhav Foods: sites, organisations, people, groups, categories."""

from typing import NamedTuple


class Place(NamedTuple):
    """A site with its short name, zone, country, language and the unit of the company there."""

    key: str
    name: str
    city: str
    country: str
    timezone: str
    language: str
    unit: str


class Worker(NamedTuple):
    """A person: name, site, department, job title, roles beyond end user, groups."""

    name: str
    place: str
    department: str
    title: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    language: str = ""


COMPANY = "Nordhav Foods"
LOGINS = (
    "Anna Karlsson",
    "Maryam Rahimi",
    "Petros Tsakiris",
    "Karin Holm",
    "Elena Ruiz",
)  # whose passwords are given away
PLACES = (
    Place("sto", "Stockholm HQ", "Stockholm", "SE", "Europe/Stockholm", "sv", "Nordhav Sverige"),
    Place("mad", "Madrid", "Madrid", "ES", "Europe/Madrid", "es", "Nordhav Iberia"),
    Place("ath", "Athens", "Athens", "GR", "Europe/Athens", "el", "Nordhav Hellas"),
)
DEPARTMENTS = ("Sales", "Logistics", "Finance", "Production", "IT")

GROUPS = (  # name, level, escalates to, manager
    ("Service Desk", 1, "Workplace", "Anna Karlsson"),
    ("Service Desk Madrid", 1, "Workplace", "Anna Karlsson"),
    ("Workplace", 2, "Platform Engineering", "Marcus Sandberg"),
    ("Network", 2, "Platform Engineering", "Petros Tsakiris"),
    ("Servers and Storage", 2, "Platform Engineering", "Marcus Sandberg"),
    ("Business Applications", 2, "Platform Engineering", "Lucía Ferrer"),
    ("Platform Engineering", 3, None, "Karin Holm"),
    ("Security", 3, None, "Karin Holm"),
)

IT_STAFF = (
    Worker("Anna Karlsson", "sto", "IT", "Service desk lead", ("agent", "supervisor"), ("Service Desk",)),
    Worker("Johan Lind", "sto", "IT", "Service desk agent", ("agent",), ("Service Desk",)),
    Worker("Maryam Rahimi", "sto", "IT", "Service desk agent", ("agent",), ("Service Desk",), "fa"),
    Worker("Javier Molina", "mad", "IT", "Service desk agent", ("agent",), ("Service Desk Madrid", "Service Desk")),
    Worker("Carmen Ibáñez", "mad", "IT", "Service desk agent", ("agent",), ("Service Desk Madrid",)),
    Worker(
        "Marcus Sandberg",
        "sto",
        "IT",
        "Workplace engineer",
        ("agent", "asset_manager"),
        ("Workplace", "Servers and Storage"),
    ),
    Worker("Eleni Makri", "ath", "IT", "Workplace engineer", ("agent",), ("Workplace",)),
    Worker("Petros Tsakiris", "ath", "IT", "Network engineer", ("agent", "cmdb_editor"), ("Network",)),
    Worker("Linnea Ek", "sto", "IT", "Network engineer", ("agent",), ("Network",)),
    Worker("Oskar Berg", "sto", "IT", "System engineer", ("agent",), ("Servers and Storage",)),
    Worker("Lucía Ferrer", "mad", "IT", "Application manager", ("agent", "change_manager"), ("Business Applications",)),
    Worker("Nikos Alexiou", "ath", "IT", "Application engineer", ("agent",), ("Business Applications",)),
    Worker(
        "Farid Moradi",
        "sto",
        "IT",
        "Platform engineer",
        ("agent", "cab_member"),
        ("Platform Engineering", "Security"),
        "fa",
    ),
    Worker("Sofia Wallin", "sto", "IT", "Security officer", ("agent", "cab_member"), ("Security",)),
    Worker("Karin Holm", "sto", "IT", "Head of IT", ("manager", "cab_member"), ()),
)

OTHERS = {  # place -> department -> names
    "sto": {
        "Sales": ("Erik Nyström", "Sara Lundgren", "Emma Dahl", "Viktor Åberg"),
        "Logistics": ("Lars Nordin", "Maja Hedlund", "Ali Hosseini"),
        "Finance": ("Birgitta Sjö", "Per Wikström", "Ida Norén"),
        "Production": ("Gustav Palm", "Klara Ström", "Hugo Fransson", "Elsa Björk", "Nils Öberg"),
    },
    "mad": {
        "Sales": ("Elena Ruiz", "Diego Navarro", "Pilar Campos", "Andrés Vega"),
        "Logistics": ("Marta Soler", "Raúl Peña", "Inés Cano"),
        "Finance": ("Beatriz Lozano", "Hugo Prieto"),
        "Production": ("Teresa Gil", "Álvaro Reyes", "Nuria Santos", "Sergio Ramos", "Olga Marín", "Iván Crespo"),
    },
    "ath": {
        "Sales": ("Giorgos Nikolaou", "Katerina Vlachou", "Dimitris Rallis"),
        "Logistics": ("Nikos Pappas", "Sofia Georgiou", "Yannis Doukas", "Anna Kosta"),
        "Finance": ("Maria Economou", "Stelios Zannis"),
        "Production": (
            "Thanos Mavros",
            "Ioanna Petrou",
            "Kostas Lekkas",
            "Vasso Roussou",
            "Alexis Fotiou",
            "Despina Kalli",
        ),
    },
}

CATEGORIES = (  # name, parent, group
    ("Workplace", None, "Service Desk"),
    ("PC and accessories", "Workplace", "Workplace"),
    ("Printing", "Workplace", "Workplace"),
    ("Mail and calendar", "Workplace", "Service Desk"),
    ("Account and password", "Workplace", "Service Desk"),
    ("Network", None, "Network"),
    ("Wi-Fi", "Network", "Network"),
    ("VPN", "Network", "Network"),
    ("Business applications", None, "Business Applications"),
    ("Order entry", "Business applications", "Business Applications"),
    ("Warehouse", "Business applications", "Business Applications"),
    ("Finance system", "Business applications", "Business Applications"),
    ("Servers and storage", None, "Servers and Storage"),
    ("File shares", "Servers and storage", "Servers and Storage"),
    ("Security", None, "Security"),
)
