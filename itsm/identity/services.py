"""Every write to people, organisations, sites, groups, roles and tokens."""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from zoneinfo import available_timezones

from flask_security.utils import hash_password
from sqlalchemy import delete, insert, select, update

from itsm.identity import policy
from itsm.identity.common_passwords import COMMON_PASSWORDS
from itsm.identity.models import ApiToken, Group, GroupMember, Organisation, Person, Role, Site
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import LANGUAGES, Message, _

ROLES = (
    "end_user",
    "agent",
    "supervisor",
    "change_manager",
    "cab_member",
    "asset_manager",
    "cmdb_editor",
    "manager",
    "admin",
)
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
PASSWORD_FORM: Final = "NFKD"  # noqa: S105 (a Unicode normal form)
TOKEN_PREFIX = "itsm_"  # noqa: S105 (a marker, so that leaked tokens can be recognised)
FAILURES_BEFORE_LOCK = 5
LONGEST_LOCK_SECONDS = 900


def seed_roles() -> None:
    """Write the roles of the contract; idempotent."""
    known = set(session.scalars(select(Role.name)))
    session.add_all(Role(name=name) for name in ROLES if name not in known)
    session.flush()


def create_person(
    actor: Actor,
    *,
    name: str,
    email: str | None = None,
    password: str | None = None,
    roles: Iterable[str] = ("end_user",),
    **facts: Any,
) -> Person:
    """Record a person; with `password` the person can sign in. Raises `Invalid` when the address is taken."""
    require(actor, "people.edit")
    _require_grantable(actor, roles)
    address = _free_address(email, ignore_id=None)
    _check_facts(facts, person_id=None)
    person = Person(
        name=name.strip(), name_key=name.strip().lower(), email=address, password=_hashed(password), **facts
    )
    person.roles = _roles(roles)
    session.add(person)
    session.flush()
    audit.record(
        actor,
        "person.created",
        subject_kind="person",
        subject_id=person.id,
        changes={"name": [None, name], "email": [None, address]},
    )
    return person


def edit_person(actor: Actor, person_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Person:
    """Change facts, roles, groups or password of a person.

    `changes` holds column names, and `roles`, `group_ids`, `password` where they change.
    """
    require(actor, "people.edit")
    person = get(Person, person_id)
    _require_may_edit(actor, person)
    check_version(person, version)
    rest = dict(changes)
    _check_facts(rest, person_id=person.id)
    if rest.get("active") is False and person.active:
        _deactivate(actor, person)
    if "roles" in rest:
        _change_roles(actor, person, rest.pop("roles"))
    if "group_ids" in rest:
        set_groups_of_person(actor, person.id, rest.pop("group_ids"))
    if "email" in rest:
        rest["email"] = _free_address(rest["email"], ignore_id=person.id)
    if rest.get("password"):
        change_password(actor, person, rest["password"])
    rest.pop("password", None)
    if "name" in rest:
        rest["name_key"] = rest["name"].strip().lower()
    person.access_version += 1
    apply_changes(actor, person, rest, kind="person")
    session.flush()
    session.refresh(person)
    return person


def change_password(actor: Actor, person: Person, password: str) -> None:
    """Set a password; ends every session and API token of the person."""
    person.password = _hashed(password)
    note_new_password(actor, person)


def note_new_password(actor: Actor, person: Person) -> None:
    """What follows from a new password, by whichever way it was set: sessions, tokens and lock-out end."""
    person.failed_logins, person.locked_until = 0, None
    end_access(person)
    audit.record(actor, "person.password_changed", subject_kind="person", subject_id=person.id)


def end_access(person: Person) -> None:
    """End every session and API token of a person at once, on all servers."""
    person.fs_uniquifier = secrets.token_hex(16)
    person.access_version += 1
    session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    session.flush()


def _deactivate(actor: Actor, person: Person) -> None:
    if person.id == actor.person_id:
        raise Invalid.field("active", _("You cannot deactivate yourself. Ask another administrator."))
    end_access(person)


def password_objection(password: str) -> Message | None:
    """Why a password is not taken, or None: too short, too long, or among the most used ones. Rule: U1 (ASVS 6.2)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return _("A password has 8 to 128 characters; 15 or more are advised.")
    if password.lower() in COMMON_PASSWORDS:
        return _("This password is among the most used ones and would be guessed first. Choose another one.")
    return None


def save_preferences(actor: Actor, changes: Mapping[str, str]) -> None:
    """A person's own language, time zone, theme and phone."""
    allowed = {"language", "timezone", "theme", "phone"}
    if actor.person_id is None or changes.keys() - allowed:
        raise Forbidden(_("Only your own language, time zone, theme and phone can be changed here."))
    check_place_in_time(changes)
    person = get(Person, actor.person_id)
    apply_changes(actor, person, changes, kind="person")


def create_organisation(actor: Actor, *, name: str, parent_id: int | None = None) -> Organisation:
    """Record an organisation below `parent_id` (or as a root)."""
    require(actor, "people.edit")
    _check_exists("parent_id", Organisation, parent_id)
    parent = get(Organisation, parent_id) if parent_id else None
    organisation = create(actor, Organisation(name=name.strip(), parent_id=parent_id, path="/"), kind="organisation")
    organisation.path = f"{parent.path if parent else '/'}{organisation.id}/"
    session.flush()
    _renew_who_sees_colleagues()
    return organisation


def edit_organisation(
    actor: Actor, organisation_id: int, *, version: int | None, changes: Mapping[str, Any]
) -> Organisation:
    """Rename or move an organisation; everything below it moves along. Refuses to move it below itself."""
    require(actor, "people.edit")
    organisation = get(Organisation, organisation_id)
    check_version(organisation, version)
    _check_free_name(Organisation, changes, ignore_id=organisation.id)
    _check_exists("parent_id", Organisation, changes.get("parent_id"))
    if "parent_id" in changes and changes["parent_id"] != organisation.parent_id:
        _move(organisation, changes["parent_id"])
    apply_changes(actor, organisation, changes, kind="organisation")
    return organisation


def _move(organisation: Organisation, parent_id: int | None) -> None:
    parent = get(Organisation, parent_id) if parent_id else None
    if parent and parent.path.startswith(organisation.path):
        raise Invalid.field("parent_id", _("An organisation cannot lie below itself."))
    old, new = organisation.path, f"{parent.path if parent else '/'}{organisation.id}/"
    for below in session.scalars(select(Organisation).where(Organisation.path.startswith(old))):
        below.path = new + below.path[len(old) :]
    _renew_who_sees_colleagues()


def _renew_who_sees_colleagues() -> None:
    # Which organisations lie below one's own is part of these people's cached rights.
    session.execute(update(Person).where(Person.sees_colleagues).values(access_version=Person.access_version + 1))


def create_site(actor: Actor, *, name: str, **facts: Any) -> Site:
    """Record a site."""
    require(actor, "people.edit")
    check_place_in_time(facts)
    return create(actor, Site(name=name.strip(), **facts), kind="site")


def edit_site(actor: Actor, site_id: int, *, changes: Mapping[str, Any]) -> Site:
    """Change a site."""
    require(actor, "people.edit")
    site = get(Site, site_id)
    check_place_in_time(changes)
    _check_free_name(Site, changes, ignore_id=site.id)
    apply_changes(actor, site, changes, kind="site")
    return site


def create_group(actor: Actor, *, name: str, member_ids: Iterable[int] = (), **facts: Any) -> Group:
    """Record a support group and its members."""
    require(actor, "groups.edit")
    _check_group_facts(facts)
    group = create(actor, Group(name=name.strip(), **facts), kind="group")
    set_members(actor, group.id, member_ids)
    if group.restricted:
        _renew_everyone()
    return group


def edit_group(actor: Actor, group_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Group:
    """Change a group; `changes` may hold `member_ids`."""
    require(actor, "groups.edit")
    group = get(Group, group_id)
    _require_inside(actor, {group.id})
    check_version(group, version)
    rest = dict(changes)
    _check_free_name(Group, rest, ignore_id=group.id)
    _check_group_facts(rest)
    if rest.get("escalates_to_id") == group.id:
        raise Invalid.field("escalates_to_id", _("A group cannot escalate to itself."))
    if "member_ids" in rest:
        set_members(actor, group.id, rest.pop("member_ids"))
    if rest.get("restricted", group.restricted) != group.restricted:
        _renew_everyone()
    apply_changes(actor, group, rest, kind="group")
    return group


def _renew_everyone() -> None:
    # Which groups are hidden is part of everyone's cached rights.
    session.execute(update(Person).values(access_version=Person.access_version + 1))


def _require_inside(actor: Actor, group_ids: set[int]) -> None:
    """Nobody opens a restricted group to themselves or others who is not a member; administrators may."""
    if group_ids & actor.hidden_group_ids:
        raise Forbidden(_("This group is restricted. One of its members or an administrator changes it."))


def _check_group_facts(facts: Mapping[str, Any]) -> None:
    _check_exists("manager_id", Person, facts.get("manager_id"))
    _check_exists("escalates_to_id", Group, facts.get("escalates_to_id"))


def set_members(actor: Actor, group_id: int, person_ids: Iterable[int]) -> None:
    """Make these people, and nobody else, the members of a group."""
    require(actor, "groups.edit")
    _require_inside(actor, {group_id})
    wanted = set(person_ids)
    _check_all_exist("member_ids", Person, wanted)
    before = set(session.scalars(select(GroupMember.person_id).where(GroupMember.group_id == group_id)))
    if wanted == before:
        return
    session.execute(
        delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.person_id.in_(before - wanted))
    )
    if wanted - before:
        session.execute(insert(GroupMember), [{"group_id": group_id, "person_id": each} for each in wanted - before])
    _renew_access(before ^ wanted)
    audit.record(
        actor,
        "group.members",
        subject_kind="group",
        subject_id=group_id,
        changes={"members": [sorted(before), sorted(wanted)]},
    )


def set_groups_of_person(actor: Actor, person_id: int, group_ids: Iterable[int]) -> None:
    """Make a person a member of these groups and no others."""
    require(actor, "groups.edit")
    wanted = set(group_ids)
    _check_all_exist("group_ids", Group, wanted)
    before = set(session.scalars(select(GroupMember.group_id).where(GroupMember.person_id == person_id)))
    _require_inside(actor, before ^ wanted)
    session.execute(
        delete(GroupMember).where(GroupMember.person_id == person_id, GroupMember.group_id.in_(before - wanted))
    )
    if wanted - before:
        session.execute(insert(GroupMember), [{"group_id": each, "person_id": person_id} for each in wanted - before])
    if wanted != before:
        _renew_access({person_id})
        audit.record(
            actor,
            "person.groups",
            subject_kind="person",
            subject_id=person_id,
            changes={"groups": [sorted(before), sorted(wanted)]},
        )


def create_token(
    actor: Actor, *, person_id: int, name: str, scopes: Iterable[str] = (), days: int | None = 365
) -> tuple[ApiToken, str]:
    """Make an API token for a person; answers the row and the token itself, which is shown this once."""
    policy.require_own_or(actor, person_id, "people.edit")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        person_id=person_id,
        name=name.strip(),
        token_sha256=token_digest(secret),
        scopes=sorted(scopes),
        expires_at=clock.now() + timedelta(days=days) if days else None,
    )
    session.add(row)
    session.flush()
    audit.record(
        actor,
        "token.created",
        subject_kind="token",
        subject_id=row.id,
        changes={"name": [None, name], "person": [None, person_id]},
    )
    return row, secret


def revoke_token(actor: Actor, token_id: int) -> None:
    """End a token at once."""
    row = get(ApiToken, token_id)
    policy.require_own_or(actor, row.person_id, "people.edit")
    row.revoked_at = clock.now()
    session.flush()
    audit.record(actor, "token.revoked", subject_kind="token", subject_id=row.id)


def token_digest(token: str) -> str:
    """What is stored of a token: its SHA-256 (the token is 256 random bits, so a slow hash adds nothing)."""
    return hashlib.sha256(token.encode()).hexdigest()


def note_failed_login(person: Person) -> None:
    """Count a wrong password; from the fifth on the account waits, doubling from 30 seconds to 15 minutes."""
    session.refresh(person, with_for_update=True)  # simultaneous tries are all counted
    person.failed_logins += 1
    beyond = person.failed_logins - FAILURES_BEFORE_LOCK
    if beyond >= 0:
        person.locked_until = clock.now() + timedelta(seconds=min(30 * 2**beyond, LONGEST_LOCK_SECONDS))
    audit.record(
        Actor(person_id=None, name="login", channel="web"), "login.failed", subject_kind="person", subject_id=person.id
    )


def note_login(person: Person) -> None:
    """A right password: the count of failures starts anew."""
    person.failed_logins, person.locked_until = 0, None
    audit.record(
        Actor(person_id=person.id, name=person.name, channel="web"),
        "login.done",
        subject_kind="person",
        subject_id=person.id,
    )


def is_locked(person: Person) -> bool:
    """Whether the account waits after too many wrong passwords."""
    return person.locked_until is not None and person.locked_until > clock.now()


def _free_address(email: str | None, *, ignore_id: int | None) -> str | None:
    address = (email or "").strip().lower() or None
    if address and session.scalar(select(Person.id).where(Person.email == address, Person.id != (ignore_id or 0))):
        raise Invalid.field("email", _("%(email)s belongs to another person.", email=address))
    return address


def _hashed(password: str | None) -> str | None:
    if password is None:
        return None
    objection = password_objection(password)
    if objection is not None:
        raise Invalid.field("password", objection)
    # The login form compares in this normal form, so that the same letters typed on another keyboard match.
    hashed: str = hash_password(unicodedata.normalize(PASSWORD_FORM, password))
    return hashed


def _check_facts(facts: Mapping[str, Any], *, person_id: int | None) -> None:
    check_place_in_time(facts)
    _check_exists("organisation_id", Organisation, facts.get("organisation_id"))
    _check_exists("site_id", Site, facts.get("site_id"))
    _check_exists("manager_id", Person, facts.get("manager_id"))
    if person_id is not None and facts.get("manager_id") == person_id:
        raise Invalid.field("manager_id", _("Nobody is the own manager."))


def check_place_in_time(facts: Mapping[str, Any]) -> None:
    """Raise `Invalid` when `timezone` or `language` among some facts is not one that exists (empty: the site's)."""
    zone, code = facts.get("timezone"), facts.get("language")
    if zone and zone not in available_timezones():
        raise Invalid.field("timezone", _("There is no time zone “%(name)s”. Write one like Europe/Madrid.", name=zone))
    if code and code not in LANGUAGES:
        raise Invalid.field("language", _("There is no language “%(name)s” here.", name=code))


def _check_exists(name: str, table: type[Any], row_id: int | None) -> None:
    _check_all_exist(name, table, {row_id} if row_id else set())


def _check_all_exist(name: str, table: type[Any], row_ids: set[int]) -> None:
    if row_ids and set(session.scalars(select(table.id).where(table.id.in_(row_ids)))) != row_ids:
        raise Invalid.field(name, _("There is no such record. Choose one of the list."))


def _check_free_name(table: type[Any], changes: Mapping[str, Any], *, ignore_id: int) -> None:
    name = changes.get("name")
    if name and session.scalar(select(table.id).where(table.name == name, table.id != ignore_id)):
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name))


def _roles(names: Iterable[str]) -> list[Role]:
    wanted = set(names)
    unknown = wanted - set(ROLES)
    if unknown:
        raise Invalid.field("roles", _("Unknown role: %(names)s.", names=", ".join(sorted(unknown))))
    return list(session.scalars(select(Role).where(Role.name.in_(wanted))))


def _change_roles(actor: Actor, person: Person, names: Iterable[str]) -> None:
    before, after = sorted(role.name for role in person.roles), sorted(set(names))
    if before != after:
        if not actor.has("roles.grant"):
            raise Forbidden(_("Only an administrator may give roles."))
        if person.id == actor.person_id and "admin" not in after:
            raise Invalid.field("roles", _("You cannot take the administrator's role from yourself."))
        person.roles = _roles(after)
        session.flush()
        audit.record(
            actor, "person.roles", subject_kind="person", subject_id=person.id, changes={"roles": [before, after]}
        )


def _require_grantable(actor: Actor, roles: Iterable[str]) -> None:
    if set(roles) - {"end_user"} and not actor.has("roles.grant"):
        raise Forbidden(_("Only an administrator may give roles."))


def _require_may_edit(actor: Actor, person: Person) -> None:
    if any(role.name == "admin" for role in person.roles) and not actor.grants_all:
        raise Forbidden(_("Only an administrator may change an administrator."))


def _renew_access(person_ids: Iterable[int]) -> None:
    session.execute(
        update(Person).where(Person.id.in_(list(person_ids))).values(access_version=Person.access_version + 1)
    )
