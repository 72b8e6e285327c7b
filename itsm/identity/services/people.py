"""Writes to people, their roles and their own preferences."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Organisation, Person, Role, Site
from itsm.identity.services.access import change_password, end_access, hashed
from itsm.identity.services.checks import check_exists, check_place_in_time
from itsm.identity.services.groups import set_groups_of_person
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, get, require
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
    return _add(actor, name=name, email=address, roles=roles, password=hashed(password), **facts)


def _add(actor: Actor, *, name: str, email: str | None, roles: Iterable[str], **facts: Any) -> Person:
    person = Person(name=name.strip(), name_key=name.strip().lower(), email=email, **facts)
    person.roles = _roles(roles)
    session.add(person)
    session.flush()
    audit.record(
        actor,
        "person.created",
        subject_kind="person",
        subject_id=person.id,
        changes={"name": [None, name], "email": [None, email]},
    )
    return person


def register_caller(actor: Actor, *, name: str, email: str | None = None, phone: str = "") -> Person:
    """Record somebody who calls for the first time: a requester without a login. Raises `Invalid` when the address is taken."""
    require(actor, "people.register")
    if not name.strip():
        raise Invalid.field("caller_name", _("Give the caller's name."))
    return _add(actor, name=name, email=_free_address(email, ignore_id=None), roles=("end_user",), phone=phone.strip())


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


def save_preferences(actor: Actor, changes: Mapping[str, str]) -> None:
    """A person's own language, time zone, theme and phone."""
    allowed = {"language", "timezone", "theme", "phone"}
    if actor.person_id is None or changes.keys() - allowed:
        raise Forbidden(_("Only your own language, time zone, theme and phone can be changed here."))
    check_place_in_time(changes)
    person = get(Person, actor.person_id)
    apply_changes(actor, person, changes, kind="person")


def _deactivate(actor: Actor, person: Person) -> None:
    if person.id == actor.person_id:
        raise Invalid.field("active", _("You cannot deactivate yourself. Ask another administrator."))
    end_access(person)


def _free_address(email: str | None, *, ignore_id: int | None) -> str | None:
    address = (email or "").strip().lower() or None
    if address and session.scalar(select(Person.id).where(Person.email == address, Person.id != (ignore_id or 0))):
        raise Invalid.field("email", _("%(email)s belongs to another person.", email=address))
    return address


def _check_facts(facts: Mapping[str, Any], *, person_id: int | None) -> None:
    check_place_in_time(facts)
    check_exists("organisation_id", Organisation, facts.get("organisation_id"))
    check_exists("site_id", Site, facts.get("site_id"))
    check_exists("manager_id", Person, facts.get("manager_id"))
    if person_id is not None and facts.get("manager_id") == person_id:
        raise Invalid.field("manager_id", _("Nobody is the own manager."))


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
