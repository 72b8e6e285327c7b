"""Loads the demo organisation, part by part, each in its own transaction."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import delete, select

from cmdb import services as cmdb
from itsm.demo import company, estate
from itsm.demo.agreements import write_agreements
from itsm.demo.automation import write_automation
from itsm.demo.dashboards import write_dashboards
from itsm.demo.desk import write_views
from itsm.demo.fields import write_fields
from itsm.demo.history import write_history
from itsm.demo.licences import write_licences
from itsm.demo.made import Company
from itsm.demo.majors import write_majors
from itsm.demo.records import write_records
from itsm.demo.staffing import write_staffing
from itsm.demo.workplace import write_workplace
from itsm.identity import services as identity
from itsm.identity.actors import forget_actors
from itsm.identity.models import Person
from itsm.kernel import preferences
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.runtime import settings
from itsm.tickets.models import Category

LOADED = "demo.loaded"
LOGINS_FILE = "demo-logins.txt"


def load(tell: Callable[[str], None]) -> None:
    """Make the demo organisation where it is not yet."""
    if preferences.get(LOADED):
        tell("The demo organisation is there already.")
        return
    made = Company()
    for title, part in (
        ("people", _people),
        ("equipment", _estate),
        ("what is agreed", write_agreements),
        ("three months of work", write_history),
        ("assets, problems and changes", write_records),
        ("licences", write_licences),
        ("skills, absence and on-call", write_staffing),
        ("rules and macros", write_automation),
        ("views of the desk", write_views),
        ("a dashboard", write_dashboards),
        ("what recurs and a major incident", write_majors),
        ("fields of its own", write_fields),
        ("texts, checklists and tasks", write_workplace),
    ):
        tell(f"Demo: {title} …")
        part(made)
        forget_actors()
    with unit_of_work():
        # What the demo's history would have mailed is long past; nobody is to get it now.
        session.execute(delete(OutboxMessage))
        preferences.put(SYSTEM, LOADED, value=True)
    with unit_of_work():
        _give_logins()


def _people(made: Company) -> None:
    with unit_of_work():
        root = identity.create_organisation(SYSTEM, name=company.COMPANY)
        for place in company.PLACES:
            made.sites[place.key] = identity.create_site(
                SYSTEM, name=place.name, city=place.city, country=place.country, timezone=place.timezone
            )
            unit = identity.create_organisation(SYSTEM, name=place.unit, parent_id=root.id)
            for department in company.DEPARTMENTS:
                made.departments[place.key, department] = identity.create_organisation(
                    SYSTEM, name=f"{department} {place.city}", parent_id=unit.id
                )
        for worker in company.IT_STAFF:
            _worker(made, worker)
        for place_key, departments in company.OTHERS.items():
            for department, names in departments.items():
                for name in names:
                    _worker(made, company.Worker(name, place_key, department, f"{department} staff"))
        _groups(made)
        _categories(made)


def _worker(made: Company, worker: company.Worker) -> None:
    place = next(each for each in company.PLACES if each.key == worker.place)
    number = len(made.people) + 1
    made.people[worker.name] = identity.create_person(
        SYSTEM,
        name=worker.name,
        email=f"{_address_part(worker.name)}@nordhav.example",
        roles=("end_user", *worker.roles),
        title=worker.title,
        phone=f"+{ {'SE': 46, 'ES': 34, 'GR': 30}[place.country] } 555 01 {number:02d}",
        organisation_id=made.departments[worker.place, worker.department].id,
        site_id=made.sites[worker.place].id,
        language=worker.language or place.language,
        timezone=place.timezone,
    )


def _address_part(name: str) -> str:
    plain = name.lower().translate(str.maketrans("åäöáéíóúüñç", "aaoaeiouunc"))
    return ".".join(plain.split())


def _groups(made: Company) -> None:
    for name, level, _next, manager in company.GROUPS:
        members = [made.people[each.name].id for each in company.IT_STAFF if name in each.groups]
        made.groups[name] = identity.create_group(
            SYSTEM, name=name, level=level, manager_id=made.people[manager].id, member_ids=members
        )
    for name, _level, following, _manager in company.GROUPS:
        if following:
            made.groups[name].escalates_to_id = made.groups[following].id
    session.flush()


def _categories(made: Company) -> None:
    for name, parent, group in company.CATEGORIES:
        row = Category(
            name=name,
            parent_id=made.categories[parent].id if parent else None,
            group_id=made.groups[group].id,
        )
        session.add(row)
        session.flush()
        row.path = f"{made.categories[parent].path if parent else '/'}{row.id}/"
        made.categories[name] = row
    session.flush()


def _estate(made: Company) -> None:
    with unit_of_work():
        for thing in estate.things():
            made.cis[thing.name] = cmdb.create_ci(
                SYSTEM,
                class_key=thing.class_key,
                name=thing.name,
                attributes=thing.attributes,
                site_id=made.sites[thing.place].id,
                criticality=thing.criticality,
            )
            for type_key, other in thing.relations:
                cmdb.relate(SYSTEM, source_id=made.cis[thing.name].id, target_id=made.cis[other].id, type_key=type_key)
        for number, person in enumerate(made.people.values(), start=1):
            _computer(made, person, number)


def _computer(made: Company, person: Person, number: int) -> None:
    place = next(key for key, site in made.sites.items() if site.id == person.site_id)
    maker, model = estate.PC_MODELS[number % len(estate.PC_MODELS)]
    net, access = estate.NETS[place], 1 + number % estate.SWITCHES[place]
    pc = cmdb.create_ci(
        SYSTEM,
        class_key="pc",
        name=f"PC-{place.upper()}-{number:04d}",
        attributes={
            "manufacturer": maker,
            "model": model,
            "operating_system": "Windows 11",
            "memory_mb": 16_384,
            "form": "laptop",
            "ip_address": f"10.{net}.10.{number}",
        },
        site_id=person.site_id,
        owner_id=person.id,
        serial=f"NH{number:05d}X",
    )
    made.pcs[person.id] = pc
    cmdb.relate(SYSTEM, source_id=pc.id, target_id=made.cis[f"sw-{place}-{access}"].id, type_key="connects_to")


def _give_logins() -> None:
    """Give some people of the demo a random password each, so that the product can be tried from every side."""
    lines = []
    for person in session.scalars(select(Person).where(Person.name.in_(company.LOGINS)).order_by(Person.id)):
        password = secrets.token_urlsafe(9)
        identity.change_password(SYSTEM, person, password)
        lines.append(f"{person.email}\t{password}\t{person.title}")
    path = Path(settings().data_dir) / LOGINS_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.write("\n".join(lines) + "\n")
