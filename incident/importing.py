"""Takes over incidents with their whole history, each step as of its own instant, through the same services as people."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from sqlalchemy import select

from incident.audit_rows import AuditRow, Fault, first_named, names_in, read_rows
from incident.models import Incident
from itsm.identity import queries as people
from itsm.identity import services as identity
from itsm.identity.models import Group, Site
from itsm.kernel import clock, external
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import ItsmError
from itsm.kernel.records import require
from itsm.kernel.text import noop
from itsm.tickets import services
from itsm.tickets.models import Category

SYSTEM_NAME = "servicenow"
KIND = "incident"
PRIORITY_REASON = noop("Taken over with its history")
RESOLVED_TEXT = noop("Taken over with its history; closed with the code “%s”.")
UNKNOWN_CODE = "unknown"
Progress = Callable[[int, int], None]


@dataclass
class Result:
    """What an import did: rows read, incidents created, known before and failed, and what was wrong."""

    rows: int = 0
    created: int = 0
    unchanged: int = 0
    failed: int = 0
    faults: list[Fault] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Places:
    """Our records for the names in the log: people, groups, categories."""

    people: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    categories: dict[tuple[str, str], int] = field(default_factory=dict)
    members: set[tuple[int, int]] = field(default_factory=set)


def import_audit_log(
    actor: Actor,
    source: TextIO,
    *,
    timezone: str,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Take over the incidents of an audit log; what was taken over before stays as it is.

    Each incident is one transaction; a row or an incident that is wrong costs only itself. `progress` is called with the
    numbers of incidents done and to do. Raises `audit_rows.WrongField` when the heading is not that of an audit log.
    """
    require(actor, "incident.edit")
    incidents, faults, count = read_rows(source, timezone=timezone)
    result = Result(rows=count, faults=faults)
    with unit_of_work():
        known = external.known_ids(KIND, SYSTEM_NAME, incidents)
    fresh = {number: rows for number, rows in incidents.items() if number not in known}
    result.unchanged = len(incidents) - len(fresh)
    if dry_run:
        result.created = len(fresh)
        return result
    with unit_of_work():
        places = _prepare(actor, [row for rows in fresh.values() for row in rows])
    _take_over_all(actor, fresh, places, result, progress)
    return result


def _take_over_all(
    actor: Actor, fresh: dict[str, list[AuditRow]], places: Places, result: Result, progress: Progress | None
) -> None:
    ordered = sorted(fresh.items(), key=lambda pair: (pair[1][0].opened_at, pair[0]))
    for done, (number, rows) in enumerate(ordered, start=1):
        try:
            with unit_of_work():
                take_over(actor, number, rows, places)
            result.created += 1
        except ItsmError as error:
            result.failed += 1
            result.errors.append(f"{number}: {error}")
        if progress is not None:
            progress(done, len(ordered))


def _prepare(actor: Actor, rows: Sequence[AuditRow]) -> Places:
    places = Places()
    places.groups = _named(Group, names_in(rows, "group"), lambda name: identity.create_group(actor, name=name).id)
    sites = _named(Site, names_in(rows, "location"), lambda name: identity.create_site(actor, name=name).id)
    homes = {row.caller: sites.get(row.location) for row in rows if row.caller}
    places.people = _people(actor, sorted(homes.keys() | names_in(rows, "assignee")), homes)
    places.categories = _categories(rows)
    places.members = {
        (group_id, person_id) for group_id in places.groups.values() for person_id in people.member_ids(group_id)
    }
    return places


def _named(table: type[Group] | type[Site], names: Iterable[str], create: Callable[[str], int]) -> dict[str, int]:
    wanted = sorted(names)
    found = {row.name: row.id for row in session.execute(select(table.name, table.id).where(table.name.in_(wanted)))}
    return {name: found.get(name) or create(name) for name in wanted}


def _people(actor: Actor, names: Sequence[str], homes: dict[str, int | None]) -> dict[str, int]:
    found = external.known_ids("person", SYSTEM_NAME, names)
    for name in names:
        if name not in found:
            person = identity.create_person(actor, name=name, site_id=homes.get(name))
            external.remember("person", SYSTEM_NAME, name, record_id=person.id)
            found[name] = person.id
    return found


def _categories(rows: Sequence[AuditRow]) -> dict[tuple[str, str], int]:
    wanted = sorted(
        {(row.category, "") for row in rows if row.category}
        | {(row.category, row.subcategory) for row in rows if row.category}
    )
    known = {(each.parent_id, each.name): each for each in session.scalars(select(Category))}
    found: dict[tuple[str, str], Category] = {}
    for upper, lower in wanted:
        parent = found[upper, ""] if lower else None
        name = lower or upper
        row = known.get((parent.id if parent else None, name)) or _add_category(name, parent)
        found[upper, lower] = row
    return {names: row.id for names, row in found.items()}


def _add_category(name: str, parent: Category | None) -> Category:
    row = Category(name=name, parent_id=parent.id if parent else None)
    session.add(row)
    session.flush()
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    session.flush()
    return row


def take_over(actor: Actor, number: str, rows: Sequence[AuditRow], places: Places) -> Incident:
    """Record one incident as of when it was opened and replay its rows, each as of its own instant.

    A group that is missing at the start is the first that a row names. Priorities are the log's own, kept as overrides.
    What went on is not new again: a row that says so changes no state.
    """
    first = rows[0]
    opened_at = min(first.opened_at, first.at)
    incident = Incident(
        title=_title(first, number),
        description="",
        requester_id=places.people.get(first_named(rows, "caller")),
        impact=first.impact,
        urgency=first.urgency,
        priority=first.priority,
        priority_reason=PRIORITY_REASON,
        category_id=_category_id(first, places),
        channel=first.channel,
    )
    with clock.frozen(opened_at):
        services.open_ticket(_recorder(actor, first), incident, group_id=places.groups.get(first_named(rows, "group")))
    external.remember(KIND, SYSTEM_NAME, number, record_id=incident.id)
    for row in rows:
        with clock.frozen(max(row.at, opened_at)):
            _replay(_recorder(actor, row), incident, row, places)
    return incident


def _title(row: AuditRow, number: str) -> str:
    subject = " › ".join(part for part in (row.category, row.subcategory) if part)
    return f"{subject} ({number})" if subject else number


def _recorder(actor: Actor, row: AuditRow) -> Actor:
    # No person of ours acted: the name is kept, and nobody becomes the assignee or the first contact by it.
    return Actor(person_id=None, name=row.updated_by or actor.name, grants_all=True, channel="import")


def _category_id(row: AuditRow, places: Places) -> int | None:
    return places.categories.get((row.category, row.subcategory)) or places.categories.get((row.category, ""))


def _replay(actor: Actor, incident: Incident, row: AuditRow, places: Places) -> None:
    category_id = _category_id(row, places)
    facts = {"impact": row.impact, "urgency": row.urgency}
    if category_id is not None:
        facts["category_id"] = category_id
    services.change_facts(actor, incident, version=None, changes=facts)
    if row.priority != incident.priority:
        services.override_priority(actor, incident, priority=row.priority, reason=PRIORITY_REASON)
    _assign(actor, incident, row, places)
    for name, fields in steps_to(incident.state, incident.hold_reason, row):
        services.take_step(actor, incident, name, fields=fields)


def _assign(actor: Actor, incident: Incident, row: AuditRow, places: Places) -> None:
    group_id = places.groups.get(row.group, incident.group_id)
    assignee_id = places.people.get(row.assignee, incident.assignee_id if group_id == incident.group_id else None)
    if group_id is None or (group_id, assignee_id) == (incident.group_id, incident.assignee_id):
        return
    if assignee_id is not None and (group_id, assignee_id) not in places.members:
        members = [person_id for each, person_id in places.members if each == group_id]
        identity.set_members(actor, group_id, [*members, assignee_id])
        places.members.add((group_id, assignee_id))
    services.assign(actor, incident, group_id=group_id, assignee_id=assignee_id, reason="import")


def steps_to(state: str, hold_reason: str, row: AuditRow) -> list[tuple[str, dict[str, str]]]:
    """The steps of our life cycle that lead from a state to the one of a row; several where the log jumps."""
    if (state, hold_reason if state == "on_hold" else "") == (row.state, row.hold_reason):
        return []
    resolve = (
        "resolve",
        {
            "resolution_code": row.closed_code or UNKNOWN_CODE,
            "resolution": RESOLVED_TEXT % (row.closed_code or UNKNOWN_CODE),
        },
    )
    hold = ("hold", {"hold_reason": row.hold_reason})
    to_active = {"new": "start", "on_hold": "resume", "resolved": "reopen"}
    again = [(to_active[state], {"note": PRIORITY_REASON} if state == "resolved" else {})] if state in to_active else []
    paths: dict[str, list[tuple[str, dict[str, str]]]] = {
        "new": [],
        "in_progress": again,
        "on_hold": [hold] if state in {"new", "in_progress"} else [*again, hold],
        "resolved": [resolve],
        "closed": [("close", {})] if state == "resolved" else [resolve, ("close", {})],
        "cancelled": [*(again if state == "resolved" else []), ("cancel", {"note": PRIORITY_REASON})],
    }
    return [] if state in {"closed", "cancelled"} else paths[row.state]
