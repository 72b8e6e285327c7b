"""Who works in which business hours, and when somebody is next at work. Rule: E4."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, insert, select

from itsm.identity import references
from itsm.identity.models import Group, GroupMember, Person
from itsm.identity.services.checks import check_all_exist
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.records import require
from sla.calendars.calendar import BusinessCalendar, NeverOpen, parse_calendar
from sla.models import BusinessHours, GroupHours, PersonHours

NUMBERED = re.compile(r"#[0-9]{1,18}")


@dataclass(frozen=True)
class WorkingHours:
    """The calendars of some people and groups, by their ids; those that have none are left out."""

    people: Mapping[int, BusinessCalendar]
    groups: Mapping[int, BusinessCalendar]

    def next_at_work(
        self, at: datetime, *, person_id: int | None, group_id: int | None, otherwise: BusinessCalendar
    ) -> datetime:
        """`at` itself within the working hours of the person, else of the group, else `otherwise`; else their opening.

        Hours that never open keep nobody from being told.
        """
        calendar = self.people.get(person_id or 0) or self.groups.get(group_id or 0) or otherwise
        try:
            return calendar.next_open(at)
        except NeverOpen:
            return at


def read_hours(person_ids: Collection[int], group_ids: Collection[int]) -> WorkingHours:
    """The working hours of some people and groups: two statements."""
    return WorkingHours(
        _calendars(PersonHours.person_id, person_ids) if person_ids else {},
        _calendars(GroupHours.group_id, group_ids) if group_ids else {},
    )


@dataclass(frozen=True)
class AtWork:
    """The hours of one person, as other modules ask for them; hours that never open keep nobody from anything."""

    calendar: BusinessCalendar

    def is_working(self, instant: datetime) -> bool:
        """Whether the person is at work."""
        return self.calendar.is_open(instant) or not self.calendar.ever_opens

    def next_working(self, instant: datetime) -> datetime:
        """The instant itself when the person is at work, else when they are next."""
        try:
            return self.calendar.next_open(instant)
        except NeverOpen:
            return instant


def read_for_people(actor: Actor, person_ids: Sequence[int]) -> dict[int, AtWork]:
    """Person id → their hours: their own, else those of the first of their groups that has some; three statements."""
    del actor
    if not person_ids:
        return {}
    members = select(GroupMember.person_id, GroupMember.group_id).where(GroupMember.person_id.in_(person_ids))
    groups = session.execute(members.order_by(GroupMember.group_id.desc())).all()
    hours = read_hours(person_ids, {row.group_id for row in groups})
    found = {row.person_id: hours.groups[row.group_id] for row in groups if row.group_id in hours.groups}
    return {person_id: AtWork(calendar) for person_id, calendar in (found | dict(hours.people)).items()}


def _calendars(key: Any, ids: Collection[int]) -> dict[int, BusinessCalendar]:
    statement = select(key, BusinessHours.timezone, BusinessHours.definition)
    statement = statement.join(BusinessHours, BusinessHours.id == key.class_.calendar_id).where(key.in_(ids))
    return {row[0]: _parsed(row[1], json.dumps(row[2], sort_keys=True)) for row in session.execute(statement)}


@lru_cache(maxsize=64)
def _parsed(timezone: str, definition: str) -> BusinessCalendar:
    return parse_calendar({"tz": timezone, **json.loads(definition)})


@dataclass(frozen=True)
class Workers:
    """Who works in the hours of a calendar: names of groups by id, people by id as `people_ids` reads them, each in order."""

    groups: dict[int, str]
    people: dict[int, str]


def workers_of(calendar_ids: Collection[int]) -> dict[int, Workers]:
    """Who works in the hours of some calendars: two statements."""
    found = {calendar_id: Workers({}, {}) for calendar_id in calendar_ids}
    groups = select(GroupHours.calendar_id, Group.id, Group.name).join(Group, Group.id == GroupHours.group_id)
    for row in session.execute(groups.where(GroupHours.calendar_id.in_(found)).order_by(Group.name)):
        found[row.calendar_id].groups[row.id] = row.name
    people = select(PersonHours.calendar_id, Person.id, Person.email)
    people = people.join(Person, Person.id == PersonHours.person_id).where(PersonHours.calendar_id.in_(found))
    for person in session.execute(people.order_by(Person.name_key, Person.id)):
        found[person.calendar_id].people[person.id] = person.email or f"#{person.id}"
    return found


def people_ids(named: Sequence[str]) -> list[int]:
    """Ids of people named by address, or by `#` and their id where they have none; raises `Invalid` for the field `people`."""
    by_id = {text: int(text[1:]) for text in named if NUMBERED.fullmatch(text)}
    addresses = [text for text in named if text not in by_id]
    known = dict(zip(addresses, references.person_ids("people", addresses), strict=True))
    return [by_id[text] if text in by_id else known[text] for text in named]


def set_workers(
    actor: Actor,
    calendar: BusinessHours,
    *,
    group_ids: Collection[int] | None = None,
    person_ids: Collection[int] | None = None,
) -> None:
    """Say that these groups and people, and no others, work in a calendar's hours; None leaves a part as it is.

    Whoever had other hours leaves those. Raises `Invalid` for the field `groups` or `people`.
    """
    require(actor, "sla.edit")
    before = workers_of([calendar.id])[calendar.id]
    changes = {}
    if group_ids is not None and set(group_ids) != before.groups.keys():
        _write(calendar, GroupHours.group_id, Group, "groups", set(group_ids))
        changes["groups"] = [sorted(before.groups), sorted(set(group_ids))]
    if person_ids is not None and set(person_ids) != before.people.keys():
        _write(calendar, PersonHours.person_id, Person, "people", set(person_ids))
        changes["people"] = [sorted(before.people), sorted(set(person_ids))]
    if changes:
        calendar.version += 1
        session.flush()
        audit.record(
            actor, "sla_calendar.workers", subject_kind="sla_calendar", subject_id=calendar.id, changes=changes
        )


def _write(calendar: BusinessHours, key: Any, table: type[Any], field: str, ids: set[int]) -> None:
    check_all_exist(field, table, ids)
    rows = key.class_
    session.execute(delete(rows).where((rows.calendar_id == calendar.id) | key.in_(ids)))
    if ids:
        session.execute(insert(rows), [{key.key: each, "calendar_id": calendar.id} for each in sorted(ids)])
