"""People, units, groups and categories for load data."""

from sqlalchemy import select

from itsm.identity.models import Group, Organisation, Person
from itsm.kernel.db import session
from itsm.seeding.writing import write
from itsm.tickets.models import Category

GROUPS = 20
ORGANISATIONS = 30


def add_people(number: int) -> None:
    """People, units, groups and categories, once."""
    if session.scalar(select(Group.id).where(Group.name == "Load group 1")):
        return
    write(Organisation, [{"name": f"Load unit {index}", "path": "/"} for index in range(1, ORGANISATIONS + 1)])
    write(Group, [{"name": f"Load group {index}", "level": 1 + index % 3} for index in range(1, GROUPS + 1)])
    units = list(session.scalars(select(Organisation.id).where(Organisation.name.startswith("Load unit"))))
    write(
        Person,
        [
            {
                "name": f"Load Person {index}",
                "name_key": f"load person {index}",
                "email": f"load{index}@load.example",
                "organisation_id": units[index % len(units)],
            }
            for index in range(1, number + 1)
        ],
    )
    write(Category, [{"name": f"Load category {index}", "path": "/"} for index in range(1, 13)])
