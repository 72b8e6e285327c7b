"""What the parts of the demo organisation hand on to one another."""

from dataclasses import dataclass, field

from cmdb.models import Ci
from itsm.identity.models import Group, Organisation, Person, Site
from itsm.tickets.models import Category


@dataclass
class Company:
    """What was made, by name."""

    sites: dict[str, Site] = field(default_factory=dict)
    departments: dict[tuple[str, str], Organisation] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    cis: dict[str, Ci] = field(default_factory=dict)
    pcs: dict[int, Ci] = field(default_factory=dict)  # by owner
