"""Who sees and changes what in the CMDB."""

import pytest
from flask import Flask
from sqlalchemy import select

from cmdb import policy
from cmdb.models import Ci
from itsm.identity.services import ROLES
from itsm.kernel.actor import ANONYMOUS, SYSTEM, Actor
from itsm.kernel.db import session
from tests.factories import Factory

EDITORS = {"cmdb_editor", "admin", "change_manager", "asset_manager"}
READERS = EDITORS | {"agent", "supervisor", "manager"}


@pytest.mark.parametrize("role", ROLES)
def test_roles(app: Flask, make: Factory, role: str) -> None:
    actor = make.actor(role)
    assert (policy.can_read_all(actor), policy.can_edit(actor)) == (role in READERS, role in EDITORS)


def seen(actor: Actor) -> set[str]:
    return set(session.scalars(select(Ci.name).where(policy.visible(actor))))


def test_requesters_see_own_equipment_and_business_services(app: Flask, make: Factory) -> None:
    person = make.person()
    make.ci("own", class_key="pc", owner_id=person.id)
    make.ci("other", class_key="pc", owner_id=make.person().id)
    make.ci("mail", class_key="business_service")
    make.ci("backend", class_key="technical_service")
    everything = {"own", "other", "mail", "backend"}
    assert seen(make.actor_of(person)) == {"own", "mail"}
    assert seen(ANONYMOUS) == set()
    assert seen(SYSTEM) == seen(make.actor("agent")) == everything


def test_who_names_cis_on_a_ticket(app: Flask, make: Factory) -> None:
    person = make.person()
    incident = make.incident(make.actor_of(person))
    assert policy.can_attach(make.actor("agent"), incident)
    assert policy.can_attach(make.actor_of(person), incident)
    assert not policy.can_attach(make.actor("end_user"), incident)
    assert not policy.can_attach(make.actor("manager"), incident)
