"""People whom a note addresses with `@` and their name. Rule: K5."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from itsm.identity.models import Group, GroupMember, Person, Role, person_role
from itsm.identity.queries import matches
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.module import registry
from itsm.tickets.models import Ticket

MOST_WORDS = 4
MOST_MENTIONS = 20
MOST_FOUND = 8
_AT = re.compile(r"(?<![\w@.])@(\S+(?:[ \u00a0]+\S+){0,3})")
_AROUND = ".,;:!?()[]{}<>«»“”\"'،؛؟"


def names_in(text: str) -> list[list[str]]:
    """What may be names after each `@`, longest first: `@Ada Lovelace asks` gives `ada lovelace asks`, `ada lovelace`, `ada`."""
    found = []
    for match in _AT.finditer(text):
        words = match[1].lower().split()[:MOST_WORDS]
        names = [" ".join(words[:number]).strip(_AROUND) for number in range(len(words), 0, -1)]
        found.append([name for name in dict.fromkeys(names) if name])
    return found[:MOST_MENTIONS]


def people_in(ticket: Ticket, text: str) -> Sequence[Person]:
    """Staff whom a text addresses by their whole name and who may read the ticket; a name that two bear is nobody's."""
    candidates = names_in(text)
    if not candidates:
        return []
    wanted = {name for names in candidates for name in names}
    by_name: dict[str, list[Person]] = {}
    for person in session.scalars(select(Person).where(Person.name_key.in_(wanted), *_readers(ticket))):
        by_name.setdefault(person.name_key, []).append(person)
    found: dict[int, Person] = {}
    for names in candidates:
        people = next((by_name[name] for name in names if name in by_name), [])
        if len(people) == 1:
            found[people[0].id] = people[0]
    return list(found.values())


def _readers(ticket: Ticket) -> list[ColumnElement[bool]]:
    """Active staff who may read the ticket: of a restricted group only its members and administrators."""
    roles = {*registry().permissions["tickets.read"].roles, "admin"}
    conditions: list[ColumnElement[bool]] = [Person.active.is_(True), Person.id.in_(_with_roles(roles))]
    group = session.get(Group, ticket.group_id) if ticket.group_id is not None else None
    if group is not None and group.restricted:
        members = select(GroupMember.person_id).where(GroupMember.group_id == group.id)
        conditions.append(or_(Person.id.in_(members), Person.id.in_(_with_roles({"admin"}))))
    return conditions


def _with_roles(names: set[str]) -> Any:
    return (
        select(person_role.c.person_id).join(Role, Role.id == person_role.c.role_id).where(Role.name.in_(sorted(names)))
    )


def suggest(actor: Actor, ticket: Ticket, words: str) -> Sequence[Person]:
    """Staff for what is being typed after `@`, by name."""
    if not words.strip():
        return []
    statement = select(Person).where(and_(matches(words), Person.id != actor.person_id), *_readers(ticket))
    return session.scalars(statement.order_by(Person.name_key).limit(MOST_FOUND)).all()
