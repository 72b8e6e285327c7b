"""Gives a ticket that came to a group without an assignee to one of its people, by the group's strategy. Rules: W4, W5."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Group, GroupMember, Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.module import registry
from itsm.kernel.records import set_changes
from itsm.staffing import queries
from itsm.staffing.choice import BY_SKILL, NONE, Choice, Colleague, choose
from itsm.staffing.models import Turn
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket


def assign_by_strategy(ticket: Ticket) -> Choice | None:
    """Choose an assignee and explain the choice in the journal; None when the group has no strategy or nothing is to do.

    Runs before others hear of the ticket, so that mails and clocks see its person; it tells no event of its own.
    """
    group = session.get(Group, ticket.group_id) if ticket.group_id and ticket.assignee_id is None else None
    if group is None or group.strategy == NONE or not ticket.unfinished:
        return None
    turn = session.scalars(select(Turn).where(Turn.group_id == group.id).with_for_update()).one()
    choice = _choose(ticket, group, turn)
    changes: dict[str, Any] = {"assignment": [None, _explanation(group, choice)]}
    if choice.person is not None and choice.member is not None:
        turn.member_id = choice.member.id
        changes |= set_changes(ticket, {"assignee_id": choice.person.id})
    session.flush()
    tickets.write_journal(SYSTEM, ticket, "change", changes=changes)
    return choice


def _explanation(group: Group, choice: Choice) -> dict[str, Any]:
    """What the journal keeps of a choice: names, so that it reads the same when people have left."""
    return {"strategy": group.strategy, "instead_of": choice.instead_of, "left_out": [*choice.left_out]}


def _choose(ticket: Ticket, group: Group, turn: Turn) -> Choice:
    names = _members(group.id)
    deputies = _deputies(group, names)
    outside = {each for each in deputies.values() if each is not None} - names.keys()
    people = _colleagues(ticket, group.strategy, names | _outsiders(outside))
    return choose(group.strategy, list(names), people, deputies, after=turn.member_id)


def _members(group_id: int) -> dict[int, tuple[str, bool]]:
    statement = select(Person.id, Person.name, Person.active).join(GroupMember, GroupMember.person_id == Person.id)
    rows = session.execute(statement.where(GroupMember.group_id == group_id))
    return {row.id: (row.name, row.active) for row in rows}


def _deputies(group: Group, members: Collection[int]) -> dict[int, int | None]:
    """Everyone absent now → their deputy; nobody from outside stands in where only members see the tickets."""
    found = queries.deputies_at(clock.now())
    if not group.restricted:
        return found
    return {person: deputy if deputy in members else None for person, deputy in found.items()}


def _outsiders(person_ids: set[int]) -> dict[int, tuple[str, bool]]:
    if not person_ids:
        return {}
    rows = session.execute(select(Person.id, Person.name, Person.active).where(Person.id.in_(person_ids)))
    return {row.id: (row.name, row.active) for row in rows}


def _colleagues(ticket: Ticket, strategy: str, names: Mapping[int, tuple[str, bool]]) -> dict[int, Colleague]:
    ids = sorted(names)
    limits = queries.limits_of(ids, lock=True)  # before the counts, which then hold until the end of the transaction
    counts, working = queries.open_counts(ids), _working(ids)
    unfit = _unskilled(ticket, ids) if strategy == BY_SKILL else set()
    return {
        person_id: Colleague(
            person_id,
            name,
            active=active,
            working=person_id in working,
            open_tickets=counts.get(person_id, 0),
            most_open=limits.get(person_id),
            fits=person_id not in unfit,
        )
        for person_id, (name, active) in names.items()
    }


def _working(person_ids: list[int]) -> set[int]:
    """Who works now by the hours that modules know; whoever has none always works."""
    now, working = clock.now(), set(person_ids)
    for extension in registry().extensions("person.hours"):
        hours = extension.read_many(SYSTEM, person_ids)
        working -= {person_id for person_id, each in hours.items() if not each.is_working(now)}
    return working


def _unskilled(ticket: Ticket, person_ids: list[int]) -> set[int]:
    """Who lacks a skill that the ticket's category needs."""
    needs = queries.needs_of(ticket.category_id)
    levels = queries.levels_of(person_ids, needs) if needs else {}
    return {each for each in person_ids if any(levels.get((each, skill), 0) < least for skill, least in needs.items())}
