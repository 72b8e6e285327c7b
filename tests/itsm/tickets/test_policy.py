"""Who reads which ticket: a truth table over kinds of people."""

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.kernel.actor import ANONYMOUS, SYSTEM, Actor
from itsm.kernel.db import session
from itsm.tickets import policy, services
from itsm.tickets.models import Ticket
from tests.factories import Factory


def readable(actor: Actor) -> set[int]:
    return set(session.scalars(select(Ticket.id).where(policy.visible(actor))))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("requester", {"own"}),
        ("sees colleagues", {"own", "colleague"}),
        ("watcher", {"own", "elsewhere"}),
        ("agent", {"own", "colleague", "elsewhere"}),
        ("member", {"own", "colleague", "elsewhere", "restricted"}),
        ("admin", {"own", "colleague", "elsewhere", "restricted"}),
        ("anonymous", set()),
    ],
)
def test_visible(app: Flask, make: Factory, who: str, expected: set[str]) -> None:
    unit = make.organisation("Unit")
    below, other = make.organisation("Below", parent=unit), make.organisation("Other")
    secret_group = make.group("Secret", restricted=True)
    roles = {"agent": ("agent",), "member": ("agent",), "admin": ("admin",)}.get(who, ("end_user",))
    groups = (secret_group,) if who == "member" else ()
    person = make.person(
        who, roles=roles, groups=groups, organisation_id=unit.id, sees_colleagues=who == "sees colleagues"
    )
    tickets = {
        "own": make.incident(requester_id=person.id),
        "colleague": make.incident(requester_id=make.person(organisation_id=below.id).id),
        "elsewhere": make.incident(requester_id=make.person(organisation_id=other.id).id),
        "restricted": make.incident(requester_id=make.person(organisation_id=other.id).id, group_id=secret_group.id),
    }
    actor = ANONYMOUS if who == "anonymous" else make.actor_of(person)
    if who == "watcher":
        services.watch(actor, tickets["elsewhere"], person_id=person.id)
    seen = readable(actor)
    assert {name for name, ticket in tickets.items() if ticket.id in seen} == expected


def test_colleagues_do_not_read_what_a_restricted_group_works_on(app: Flask, make: Factory) -> None:
    unit, secret_group = make.organisation(), make.group("People matters", restricted=True)
    head = make.person("Head", organisation_id=unit.id, sees_colleagues=True)
    colleague = make.person(organisation_id=unit.id)
    hidden = make.incident(title="Complaint about Head", requester_id=colleague.id, group_id=secret_group.id)
    shown = make.incident(requester_id=colleague.id)
    own = make.incident(requester_id=head.id, group_id=secret_group.id)
    assert readable(make.actor_of(head)) == {shown.id, own.id}
    services.assign(SYSTEM, hidden, group_id=make.group().id)
    assert hidden.id in readable(make.actor_of(head))
