"""Every read of people, organisations, sites, groups and tokens, always as far as the actor may see."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from itsm.identity.models import (
    ApiToken,
    Group,
    GroupMember,
    LoginSession,
    Organisation,
    Person,
    Role,
    Site,
    person_role,
)
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import held, session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _

FOUND_LIMIT = 8
PHONE_SIGNS = " -()./+"
PHONE = re.compile(r"[\d\s()./+-]+")
FEWEST_DIGITS, SUBSCRIBER_DIGITS = 3, 8


def visible(actor: Actor) -> ColumnElement[bool]:
    """People whom the actor may know: everyone for staff, oneself and colleagues otherwise."""
    if actor.has("people.read"):
        return true()
    return or_(Person.id == (actor.person_id or 0), Person.organisation_id.in_(actor.organisation_ids))


def list_people(
    actor: Actor,
    *,
    words: str = "",
    conditions: Sequence[ColumnElement[bool]] = (),
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Person]:
    """People by name; `words` finds parts of name, address and phone."""
    size = checked_limit(limit)
    keys = (SortKey("name_key", Person.name_key), SortKey("id", Person.id))
    statement = _with_places(select(Person).where(visible(actor), *conditions)).options(selectinload(Person.roles))
    if words:
        statement = statement.where(matches(words))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.name_key, row.id))


def find_people(actor: Actor, words: str, *, limit: int = FOUND_LIMIT) -> Sequence[Person]:
    """The best few people for what was typed: parts of a name, an address or a phone number; names that begin so first."""
    if not words.strip():
        return []
    statement = _with_places(select(Person).where(visible(actor), Person.active, matches(words)))
    return session.scalars(statement.order_by(*_best_first(words)).limit(limit)).all()


def list_people_by_ids(actor: Actor, person_ids: Collection[int]) -> Sequence[Person]:
    """Active people by id, with organisation and site, as far as the actor may see; one statement."""
    statement = select(Person).where(Person.id.in_(person_ids), visible(actor), Person.active)
    return session.scalars(_with_places(statement).order_by(Person.name_key)).all()


def _best_first(words: str) -> tuple[Any, Any]:
    text = words.strip().lower()
    begins = Person.name_key.startswith(text, autoescape=True)
    word_begins = Person.name_key.contains(f" {text}", autoescape=True)
    return case((begins, 0), (word_begins, 1), else_=2), Person.name_key


def _with_places(statement: Select[Person]) -> Select[Person]:
    return statement.options(joinedload(Person.organisation), joinedload(Person.site))


def matches(words: str) -> ColumnElement[bool]:
    """People whose name holds every word of a text, whose address begins with it, or whose phone number it is part of."""
    text = words.strip().lower()
    named = and_(*(Person.name_key.contains(word, autoescape=True) for word in text.split()))
    found = [named, Person.email.startswith(text, autoescape=True)]
    digits = dialled(text)
    return or_(*found, _digits(Person.phone).contains(digits)) if digits else or_(*found)


def dialled(text: str) -> str:
    """The digits by which a phone number is looked for, however it is written; empty when a text is none.

    Only the last eight of a long number count: what stands before is the country's or the area's and not always written.
    """
    if not PHONE.fullmatch(text):
        return ""
    digits = "".join(str(int(letter)) for letter in text if letter.isdecimal()).lstrip("0")
    return digits[-SUBSCRIBER_DIGITS:] if len(digits) >= FEWEST_DIGITS else ""


def _digits(column: Any) -> ColumnElement[str]:
    for sign in PHONE_SIGNS:
        column = func.replace(column, sign, "")
    return cast("ColumnElement[str]", column)


def get_person(actor: Actor, person_id: int) -> Person:
    """A person with organisation and site; raises `NotFound`."""
    statement = _with_places(select(Person).where(Person.id == person_id, visible(actor)))
    person = session.scalars(statement).first()
    if person is None:
        raise NotFound(_("There is no such person, or you may not see them."))
    return person


def find_by_email(email: str) -> Person | None:
    """The person with this address, in whatever case it is written; for mail, login and commands."""
    statement = _with_places(select(Person).where(Person.email == email.strip().lower()))
    return cast("Person | None", held(session.scalars(statement).first()))


def find_session(secret_sha256: str, uniquifier: str, *, begun_after: datetime) -> tuple[LoginSession, Person] | None:
    """A session and whose it is, while it lasts and the person is active; one statement, which every page makes."""
    given = {"secret_sha256": secret_sha256, "uniquifier": uniquifier, "begun_after": begun_after}
    found = session.execute(_session_and_person(), given).unique().first()
    return (held(found[0]), held(found[1])) if found else None


@cache
def _session_and_person() -> Select[LoginSession, Person]:
    return (
        select(LoginSession, Person)
        .join(Person, Person.id == LoginSession.person_id)
        .where(LoginSession.secret_sha256 == bindparam("secret_sha256"))
        .where(LoginSession.created_at > bindparam("begun_after"))
        .where(Person.fs_uniquifier == bindparam("uniquifier"), Person.active)
        .options(joinedload(Person.roles))
    )


def list_sessions(person_id: int) -> Sequence[LoginSession]:
    """Where a person is signed in, the last used first."""
    statement = select(LoginSession).where(LoginSession.person_id == person_id)
    return session.scalars(statement.order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())).all()


def get_group(group_id: int) -> Group:
    """A support group; raises `NotFound`."""
    group = session.get(Group, group_id)
    if group is None:
        raise NotFound(_("There is no such group."))
    return group


def list_groups(*, active_only: bool = True) -> Sequence[Group]:
    """All support groups by level and name."""
    return session.scalars(_by_level(active_only=active_only)).all()


@cache
def _by_level(*, active_only: bool) -> Select[Group]:
    statement = select(Group).order_by(Group.level, Group.name)
    return statement.where(Group.active) if active_only else statement


def list_members(group_id: int) -> Sequence[Person]:
    """Active people who work in a group, by name."""
    statement = (
        select(Person)
        .join(GroupMember, GroupMember.person_id == Person.id)
        .where(GroupMember.group_id == group_id, Person.active)
    )
    return session.scalars(statement.order_by(Person.name_key)).all()


def member_ids(group_id: int) -> Sequence[int]:
    """Ids of the people who work in a group."""
    return session.scalars(select(GroupMember.person_id).where(GroupMember.group_id == group_id)).all()


def group_sizes() -> dict[int, int]:
    """Group id → number of members."""
    rows = session.execute(select(GroupMember.group_id, func.count()).group_by(GroupMember.group_id)).all()
    return {row[0]: row[1] for row in rows}


def list_staff() -> Sequence[Person]:
    """Active people who work tickets: everyone in a group or with a role beyond end user."""
    working = select(GroupMember.person_id)
    with_role = (
        select(person_role.c.person_id).join(Role, Role.id == person_role.c.role_id).where(Role.name != "end_user")
    )
    statement = select(Person).where(Person.active, or_(Person.id.in_(working), Person.id.in_(with_role)))
    return session.scalars(statement.order_by(Person.name_key)).all()


def list_organisations(actor: Actor) -> Sequence[Organisation]:
    """Organisations in tree order, as far as the actor may see."""
    statement = select(Organisation).order_by(Organisation.path)
    if not actor.has("people.read"):
        statement = statement.where(Organisation.id.in_(actor.organisation_ids))
    return session.scalars(statement).all()


def organisation_subtree(organisation_id: int) -> Sequence[int]:
    """Ids of an organisation and all below it."""
    path = select(Organisation.path).where(Organisation.id == organisation_id).scalar_subquery()
    return session.scalars(select(Organisation.id).where(Organisation.path.startswith(path))).all()


def list_sites() -> Sequence[Site]:
    """All sites by name."""
    return session.scalars(select(Site).order_by(Site.name)).all()


def person_names(person_ids: set[int]) -> dict[int, str]:
    """Names of people by id, in one statement."""
    if not person_ids:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids))).all()
    return {row.id: row.name for row in rows}


def find_token_owner(token_sha256: str) -> tuple[ApiToken, Person] | None:
    """The token that is in force now and its active owner."""
    statement = (
        select(ApiToken, Person)
        .join(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.token_sha256 == token_sha256, ApiToken.revoked_at.is_(None), Person.active)
        .options(joinedload(Person.roles))
    )
    row = session.execute(statement).unique().first()
    if row is None or (row[0].expires_at and row[0].expires_at <= clock.now()):
        return None
    return row[0], held(row[1])


def list_tokens(person_id: int) -> Sequence[ApiToken]:
    """A person's tokens, newest first."""
    return session.scalars(select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.id.desc())).all()


def page_of_organisations(
    actor: Actor, *, words: str = "", limit: int | None = None, cursor: str | None = None
) -> Page[Organisation]:
    """One page of organisations in tree order, as far as the actor may see."""
    size = checked_limit(limit)
    keys = (SortKey("path", Organisation.path), SortKey("id", Organisation.id))
    statement = select(Organisation).where(_named(Organisation.name, words))
    if not actor.has("people.read"):
        statement = statement.where(Organisation.id.in_(actor.organisation_ids))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.path, row.id))


def page_of_sites(*, words: str = "", limit: int | None = None, cursor: str | None = None) -> Page[Site]:
    """One page of sites by name."""
    size = checked_limit(limit)
    keys = (SortKey("name", Site.name), SortKey("id", Site.id))
    statement = select(Site).where(_named(Site.name, words))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.name, row.id))


def page_of_groups(*, words: str = "", limit: int | None = None, cursor: str | None = None) -> Page[Group]:
    """One page of groups, active or not, by level and name."""
    size = checked_limit(limit)
    keys = (SortKey("level", Group.level), SortKey("name", Group.name), SortKey("id", Group.id))
    statement = select(Group).where(_named(Group.name, words))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.level, row.name, row.id))


def _named(column: Any, words: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.icontains(words.strip(), autoescape=True) if words.strip() else true()
    return condition


def get_organisation(actor: Actor, organisation_id: int) -> Organisation:
    """An organisation that the actor may see; raises `NotFound`."""
    row = session.get(Organisation, organisation_id)
    if row is None or not (actor.has("people.read") or row.id in actor.organisation_ids):
        raise NotFound(_("There is no such organisation, or you may not see it."))
    return row


def get_site(site_id: int) -> Site:
    """A site; raises `NotFound`."""
    row = session.get(Site, site_id)
    if row is None:
        raise NotFound(_("There is no such site."))
    return row


def organisation_names(organisation_ids: set[int]) -> dict[int, str]:
    """Names of organisations by id, in one statement."""
    if not organisation_ids:
        return {}
    statement = select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisation_ids))
    return {row.id: row.name for row in session.execute(statement)}


def emails_of(person_ids: set[int]) -> dict[int, str]:
    """Addresses of people by id (their name where they have none), in one statement."""
    if not person_ids:
        return {}
    rows = session.execute(select(Person.id, Person.email, Person.name).where(Person.id.in_(person_ids)))
    return {row.id: row.email or row.name for row in rows}


def groups_of_people(person_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Person id → id and name of each group that the person works in, in one statement."""
    found: dict[int, list[tuple[int, str]]] = {}
    statement = (
        select(GroupMember.person_id, Group.id, Group.name)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.person_id.in_(person_ids))
        .order_by(Group.name)
    )
    for row in session.execute(statement):
        found.setdefault(row.person_id, []).append((row.id, row.name))
    return found


def members_of_groups(group_ids: Sequence[int]) -> dict[int, list[int]]:
    """Group id → ids of the people who work in it, in one statement."""
    found: dict[int, list[int]] = {}
    statement = select(GroupMember.group_id, GroupMember.person_id).where(GroupMember.group_id.in_(group_ids))
    for row in session.execute(statement.order_by(GroupMember.person_id)):
        found.setdefault(row.group_id, []).append(row.person_id)
    return found


def ids_by_email(emails: Sequence[str]) -> dict[str, int]:
    """Lower-case address → person id for those that are known, in one statement."""
    wanted = {email.strip().lower() for email in emails}
    rows = session.execute(select(Person.email, Person.id).where(Person.email.in_(wanted)))
    return {str(row.email): row.id for row in rows}
