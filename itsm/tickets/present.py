"""Tickets as JSON-ready dictionaries: names instead of ids, and what other modules add; a fixed number of statements."""

from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import select

from itsm.fields.present import visible_values
from itsm.identity.models import Group, Organisation, Person
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import held_rows, session
from itsm.kernel.module import registry
from itsm.kernel.runtime import settings
from itsm.tickets import mentions, policy, queries
from itsm.tickets.models import JournalEntry, Ticket

COLUMNS = (
    "id", "kind", "number", "title", "description", "state", "state_category", "impact", "urgency", "priority", "priority_reason",
    "channel", "level", "hold_reason", "wake_at", "resolution_code", "resolution", "reassignments", "reopenings",
    "created_at", "updated_at", "responded_at", "resolved_at", "closed_at", "version",
)  # fmt: skip
ENTRY_COLUMNS = ("id", "at", "actor_name", "channel", "kind", "body", "by_requester", "automatic")
ENTRY_CHANGES_TOLD = frozenset({"state", "state_category", "step", "hold_reason"})
REQUESTER_STEPS = frozenset({"close", "reopen", "cancel"})
STAFF_ONLY = ("priority_reason", "reassignments", "level")


def present(actor: Actor, tickets: Sequence[Ticket]) -> list[dict[str, Any]]:
    """The tickets as their output schema wants them."""
    people = _people(
        actor, {each for ticket in tickets for each in (ticket.requester_id, ticket.opened_by_id, ticket.assignee_id)}
    )
    groups = _names(Group, {ticket.group_id for ticket in tickets})
    organisations = _names(Organisation, {ticket.organisation_id for ticket in tickets})
    categories = queries.category_titles() if any(ticket.category_id for ticket in tickets) else {}
    rows = []
    for ticket in tickets:
        row = {name: getattr(ticket, name) for name in (*COLUMNS, *type(ticket).shown)}
        row |= {
            "requester": people.get(ticket.requester_id),
            "opened_by": people.get(ticket.opened_by_id),
            "assignee": people.get(ticket.assignee_id),
            "group": groups.get(ticket.group_id),
            "organisation": organisations.get(ticket.organisation_id),
            "category": categories.get(ticket.category_id or 0),
            "custom": visible_values(ticket.kind, ticket.custom, staff=policy.is_staff(actor)),
        }
        rows.append(row)
    _extend(actor, rows)
    if policy.is_staff(actor):
        return rows
    return [_outside(row, type(ticket).inside) for row, ticket in zip(rows, tickets, strict=True)]


def present_one(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """One ticket as its output schema wants it."""
    return present(actor, [ticket])[0]


def as_message(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """A ticket as other systems are told of it: when, where it is found, and what the API shows of it."""
    return {
        "at": clock.now().isoformat(),
        "link": f"{settings().public_url}/{type(ticket).path}/{ticket.number}",
        "ticket": {name: _plain(value) for name, value in present_one(actor, ticket).items()},
    }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | list | dict | None) else str(value)


def _extend(actor: Actor, rows: list[dict[str, Any]]) -> None:
    ids = [row["id"] for row in rows]
    if not ids:
        return
    for extension in registry().extensions("api.ticket"):
        values = extension.read_many(actor, ids)
        for row in rows:
            row[extension.name] = values.get(row["id"], [])


def _outside(row: dict[str, Any], inside: Set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in STAFF_ONLY and name not in inside}


def _people(actor: Actor, ids: set[int | None]) -> dict[int | None, str | None]:
    """Addresses of people by id; the requester's side gets names, and of addresses its own alone."""
    known = {each for each in ids if each is not None}
    rows: list[Any] = list(held_rows(Person, known).values())
    missing = known - {row.id for row in rows}
    if missing:
        rows += session.execute(select(Person.id, Person.email, Person.name).where(Person.id.in_(missing))).all()
    told = {row.id for row in rows if policy.is_staff(actor) or row.id == actor.person_id}
    return {row.id: (row.email if row.id in told else None) or row.name for row in rows}


def _names(table: type[Group] | type[Organisation], ids: set[int | None]) -> dict[int | None, str]:
    known = {each for each in ids if each is not None}
    rows: list[Any] = list(held_rows(table, known).values())
    missing = known - {row.id for row in rows}
    if missing:
        rows += session.execute(select(table.id, table.name).where(table.id.in_(missing))).all()
    return {row.id: row.name for row in rows}


def present_entries(actor: Actor, entries: Sequence[JournalEntry]) -> Sequence[Any]:
    """Journal entries as their schema wants them; the requester's side learns of steps, not of who works on what or why."""
    if policy.is_staff(actor):
        closed = mentions.closed_ids(actor, entries)
        return [_staff_entry(entry, closed) for entry in entries] if closed else entries
    told = [entry for entry in entries if entry.kind != "change" or "state" in entry.changes]
    return [_outside_entry(entry) for entry in told]


def _staff_entry(entry: JournalEntry, closed: Set[int]) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in (*ENTRY_COLUMNS, "minutes")}
    return row | {"changes": mentions.told_changes(entry.changes, closed)}


def _outside_entry(entry: JournalEntry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in ENTRY_COLUMNS}
    row["changes"] = {name: pair for name, pair in entry.changes.items() if name in ENTRY_CHANGES_TOLD}
    if entry.kind == "change" and entry.changes.get("step", ["", ""])[1] not in REQUESTER_STEPS:
        row["body"] = ""
    return row
