"""Every write to people, organisations, sites, groups, roles and tokens."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from flask_security.utils import hash_password
from sqlalchemy import delete, insert, select, update

from itsm.identity import policy
from itsm.identity.models import ApiToken, Group, GroupMember, Organisation, Person, Role, Site
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _

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
    return person


def change_password(actor: Actor, person: Person, password: str) -> None:
    """Set a password; ends every session and API token of the person."""
    person.password = _hashed(password)
    person.fs_uniquifier = secrets.token_hex(16)
    person.failed_logins, person.locked_until = 0, None
    session.execute(update(ApiToken).where(ApiToken.person_id == person.id).values(revoked_at=clock.now()))
    audit.record(actor, "person.password_changed", subject_kind="person", subject_id=person.id)


def save_preferences(actor: Actor, changes: Mapping[str, str]) -> None:
    """A person's own language, time zone, theme and phone."""
    allowed = {"language", "timezone", "theme", "phone"}
    if actor.person_id is None or changes.keys() - allowed:
        raise Forbidden(_("Only your own language, time zone, theme and phone can be changed here."))
    person = get(Person, actor.person_id)
    apply_changes(actor, person, changes, kind="person")


def create_organisation(actor: Actor, *, name: str, parent_id: int | None = None) -> Organisation:
    """Record an organisation below `parent_id` (or as a root)."""
    require(actor, "people.edit")
    parent = get(Organisation, parent_id) if parent_id else None
    organisation = create(actor, Organisation(name=name.strip(), parent_id=parent_id, path="/"), kind="organisation")
    organisation.path = f"{parent.path if parent else '/'}{organisation.id}/"
    session.flush()
    return organisation


def edit_organisation(
    actor: Actor, organisation_id: int, *, version: int | None, changes: Mapping[str, Any]
) -> Organisation:
    """Rename or move an organisation; everything below it moves along. Refuses to move it below itself."""
    require(actor, "people.edit")
    organisation = get(Organisation, organisation_id)
    check_version(organisation, version)
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


def create_site(actor: Actor, *, name: str, **facts: Any) -> Site:
    """Record a site."""
    require(actor, "people.edit")
    return create(actor, Site(name=name.strip(), **facts), kind="site")


def edit_site(actor: Actor, site_id: int, *, changes: Mapping[str, Any]) -> Site:
    """Change a site."""
    require(actor, "people.edit")
    site = get(Site, site_id)
    apply_changes(actor, site, changes, kind="site")
    return site


def create_group(actor: Actor, *, name: str, member_ids: Iterable[int] = (), **facts: Any) -> Group:
    """Record a support group and its members."""
    require(actor, "groups.edit")
    group = create(actor, Group(name=name.strip(), **facts), kind="group")
    set_members(actor, group.id, member_ids)
    return group


def edit_group(actor: Actor, group_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Group:
    """Change a group; `changes` may hold `member_ids`."""
    require(actor, "groups.edit")
    group = get(Group, group_id)
    check_version(group, version)
    rest = dict(changes)
    if rest.get("escalates_to_id") == group.id:
        raise Invalid.field("escalates_to_id", _("A group cannot escalate to itself."))
    if "member_ids" in rest:
        set_members(actor, group.id, rest.pop("member_ids"))
    if "restricted" in rest:
        session.execute(update(Person).values(access_version=Person.access_version + 1))
    apply_changes(actor, group, rest, kind="group")
    return group


def set_members(actor: Actor, group_id: int, person_ids: Iterable[int]) -> None:
    """Make these people, and nobody else, the members of a group."""
    require(actor, "groups.edit")
    wanted = set(person_ids)
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
    before = set(session.scalars(select(GroupMember.group_id).where(GroupMember.person_id == person_id)))
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
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid.field("password", _("A password has 8 to 128 characters; 15 or more are advised."))
    hashed: str = hash_password(password)
    return hashed


def _roles(names: Iterable[str]) -> list[Role]:
    wanted = set(names)
    unknown = wanted - set(ROLES)
    if unknown:
        raise Invalid.field("roles", _("Unknown role: %(names)s.", names=", ".join(sorted(unknown))))
    return list(session.scalars(select(Role).where(Role.name.in_(wanted))))


def _change_roles(actor: Actor, person: Person, names: Iterable[str]) -> None:
    _require_grantable(actor, names)
    before, after = sorted(role.name for role in person.roles), sorted(names)
    if before != after:
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
