"""Makes records for tests, through the same services that people use."""

import itertools
from typing import Any

from flask.testing import FlaskClient

from assets import services as asset_services
from assets.models import Asset
from change import services as change_services
from change.models import Change
from cmdb import services as cmdb_services
from cmdb.models import Ci, Relation
from incident import services as incident_services
from incident.models import Incident
from itsm.identity import services as identity
from itsm.identity.actors import actor_of
from itsm.identity.models import Group, Organisation, Person
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.tickets.models import Category
from problem import services as problem_services
from problem.models import Problem

PASSWORD = "correct horse battery"


class Factory:
    """Each method makes one record; whatever is not given has a sensible value."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)

    def person(
        self, name: str = "", *, roles: tuple[str, ...] = ("end_user",), groups: tuple[Group, ...] = (), **facts: Any
    ) -> Person:
        number = next(self.numbers)
        name = name or f"Person {number}"
        facts.setdefault("email", f"person{number}@example.org")
        person = identity.create_person(SYSTEM, name=name, roles=roles, **facts)
        if groups:
            identity.set_groups_of_person(SYSTEM, person.id, [group.id for group in groups])
            session.refresh(person)
        return person

    def actor(self, *roles: str, groups: tuple[Group, ...] = (), channel: str = "web", **facts: Any) -> Actor:
        return self.actor_of(self.person(roles=roles or ("agent",), groups=groups, **facts), channel=channel)

    def actor_of(self, person: Person, channel: str = "web") -> Actor:
        session.refresh(person)
        return actor_of(person, channel=channel)

    def group(self, name: str = "", *, level: int = 1, **facts: Any) -> Group:
        return identity.create_group(SYSTEM, name=name or f"Group {next(self.numbers)}", level=level, **facts)

    def organisation(self, name: str = "", parent: Organisation | None = None) -> Organisation:
        return identity.create_organisation(
            SYSTEM, name=name or f"Organisation {next(self.numbers)}", parent_id=parent.id if parent else None
        )

    def category(self, name: str = "", *, group: Group | None = None, parent: Category | None = None) -> Category:
        row = Category(
            name=name or f"Category {next(self.numbers)}",
            group_id=group.id if group else None,
            parent_id=parent.id if parent else None,
        )
        session.add(row)
        session.flush()
        row.path = f"{parent.path if parent else '/'}{row.id}/"
        session.flush()
        return row

    def incident(self, actor: Actor = SYSTEM, **facts: Any) -> Incident:
        facts.setdefault("title", "Cannot print labels")
        return incident_services.open_incident(actor, **facts)

    def problem(self, actor: Actor = SYSTEM, **facts: Any) -> Problem:
        facts.setdefault("title", "Label printers lose their settings")
        return problem_services.open_problem(actor, **facts)

    def change(self, actor: Actor = SYSTEM, **facts: Any) -> Change:
        facts.setdefault("title", "Replace the core switch")
        facts.setdefault("risk_reason", "Two people have done it before")
        return change_services.open_change(actor, **facts)

    def ci(self, name: str = "", *, class_key: str = "server", actor: Actor = SYSTEM, **facts: Any) -> Ci:
        return cmdb_services.create_ci(actor, class_key=class_key, name=name or f"CI {next(self.numbers)}", **facts)

    def relation(self, source: Ci, target: Ci, type_key: str = "depends_on") -> Relation:
        return cmdb_services.relate(SYSTEM, source_id=source.id, target_id=target.id, type_key=type_key)

    def asset(self, actor: Actor = SYSTEM, **facts: Any) -> Asset:
        return asset_services.record_asset(actor, **{"name": "ThinkPad T14", "kind": "laptop", **facts})

    def token(self, person: Person) -> str:
        return identity.create_token(SYSTEM, person_id=person.id, name="test")[1]

    def sign_in(self, client: FlaskClient, person: Person) -> FlaskClient:
        """Put a person's session into a client without the login page (which has its own tests)."""
        secret = identity.begin_session(person, address="127.0.0.1", user_agent="tests")
        session.commit()
        with client.session_transaction() as cookie:
            cookie["login"] = secret
            cookie["_user_id"] = person.fs_uniquifier
            cookie["_fresh"] = True
            cookie["fs_cc"] = "set"
        return client
