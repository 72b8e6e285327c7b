"""Builds the `Actor` of a person: roles, rights and groups, read once and kept until `access_version` changes."""

from collections import OrderedDict
from dataclasses import replace

from sqlalchemy import select

from itsm.identity.models import Group, GroupMember, Organisation, Person, Role, person_role
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.module import registry
from itsm.kernel.runtime import settings

CACHED_ACTORS = 2000

_actors: OrderedDict[tuple[int, int, int], Actor] = OrderedDict()


def actor_of(person: Person, *, channel: str) -> Actor:
    """The actor that stands for a person; two or three statements the first time, none after that."""
    key = (person.id, person.access_version, id(registry()))
    actor = _actors.get(key)
    if actor is None:
        actor = _actors[key] = _build(person)
        if len(_actors) > CACHED_ACTORS:
            _actors.popitem(last=False)
    return replace(actor, channel=channel, language=_language(person), timezone=_timezone(person), name=person.name)


def _language(person: Person) -> str:
    return person.language or settings().language


def _timezone(person: Person) -> str:
    return person.timezone or settings().timezone


def _build(person: Person) -> Actor:
    names = session.scalars(
        select(Role.name)
        .join(person_role, person_role.c.role_id == Role.id)
        .where(person_role.c.person_id == person.id)
    )
    roles = frozenset(names)
    groups = session.execute(
        select(Group.id, Group.restricted, GroupMember.person_id).outerjoin(
            GroupMember, (GroupMember.group_id == Group.id) & (GroupMember.person_id == person.id)
        )
    ).all()
    mine = frozenset(row.id for row in groups if row.person_id is not None)
    return Actor(
        person_id=person.id,
        name=person.name,
        permissions=registry().permissions_of(roles),
        roles=roles,
        group_ids=mine,
        hidden_group_ids=frozenset()
        if "admin" in roles
        else frozenset(row.id for row in groups if row.restricted) - mine,
        organisation_ids=_subtree(person) if person.sees_colleagues else frozenset(),
        grants_all="admin" in roles,
    )


def _subtree(person: Person) -> frozenset[int]:
    if person.organisation_id is None:
        return frozenset()
    path = select(Organisation.path).where(Organisation.id == person.organisation_id).scalar_subquery()
    return frozenset(session.scalars(select(Organisation.id).where(Organisation.path.startswith(path))))


def forget_actors() -> None:
    """Drop all cached actors (between tests)."""
    _actors.clear()
