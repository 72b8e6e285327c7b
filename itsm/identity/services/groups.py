"""Writes to support groups and their members."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from itsm.identity.models import Group, GroupMember, Person
from itsm.identity.services.access import renew_access
from itsm.identity.services.checks import check_all_exist, check_exists, check_free_name
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _


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
    check_free_name(Group, rest, ignore_id=group.id)
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
    check_exists("manager_id", Person, facts.get("manager_id"))
    check_exists("escalates_to_id", Group, facts.get("escalates_to_id"))


def set_members(actor: Actor, group_id: int, person_ids: Iterable[int]) -> None:
    """Make these people, and nobody else, the members of a group."""
    require(actor, "groups.edit")
    _require_inside(actor, {group_id})
    wanted = set(person_ids)
    check_all_exist("member_ids", Person, wanted)
    before = set(session.scalars(select(GroupMember.person_id).where(GroupMember.group_id == group_id)))
    if wanted == before:
        return
    session.execute(
        delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.person_id.in_(before - wanted))
    )
    if wanted - before:
        session.execute(insert(GroupMember), [{"group_id": group_id, "person_id": each} for each in wanted - before])
    renew_access(before ^ wanted)
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
    check_all_exist("group_ids", Group, wanted)
    before = set(session.scalars(select(GroupMember.group_id).where(GroupMember.person_id == person_id)))
    _require_inside(actor, before ^ wanted)
    session.execute(
        delete(GroupMember).where(GroupMember.person_id == person_id, GroupMember.group_id.in_(before - wanted))
    )
    if wanted - before:
        session.execute(insert(GroupMember), [{"group_id": each, "person_id": person_id} for each in wanted - before])
    if wanted != before:
        renew_access({person_id})
        audit.record(
            actor,
            "person.groups",
            subject_kind="person",
            subject_id=person_id,
            changes={"groups": [sorted(before), sorted(wanted)]},
        )
