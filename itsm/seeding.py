"""Deterministic load data for benchmarks: people, tickets with journal, clocks and search words, and a layered CMDB.

Rows are written in bulk, past the services; their shapes are those that the services write.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import func, insert, select, text

from cmdb.models import Ci, CiClass, Relation
from incident.models import Incident
from itsm.identity.models import Group, Organisation, Person
from itsm.kernel import clock
from itsm.kernel.db import Base, dialect_name, session, unit_of_work
from itsm.search.models import SearchDocument
from itsm.search.text import normalised
from itsm.tickets.models import NO_DUE, NUMBER_DIGITS, Category, JournalEntry, Ticket
from itsm.tickets.priority import priority_of
from sla.models import Agreement, SlaClock

BATCH = 2000
GROUPS = 20
ORGANISATIONS = 30
OPEN_SHARE = 0.06
RELATIONS_A_CI = 3
RARE_WORD_EVERY = 1000
NOUNS = (
    "printer",
    "laptop",
    "screen",
    "network",
    "order",
    "invoice",
    "password",
    "mailbox",
    "scanner",
    "folder",
    "phone",
    "door",
)
TROUBLES = (
    "does not start",
    "is slow",
    "shows an error",
    "lost the connection",
    "asks again",
    "is missing",
    "stays black",
)
PLACES = ("in the warehouse", "on floor two", "at the reception", "in Madrid", "in Athens", "at home", "since Monday")
LAYERS = (  # share of all CIs, class, relation to the layer below
    (0.02, "business_service", "depends_on"),
    (0.10, "application", "runs_on"),
    (0.25, "virtual_machine", "virtualised_by"),
    (0.10, "server", "connects_to"),
    (0.03, "switch", "connects_to"),
    (0.50, "pc", "connects_to"),
)


@dataclass(frozen=True)
class Around:
    """What tickets are made of: the present instant, how many there will be, ids to choose from."""

    now: datetime
    number: int
    people: list[int]
    groups: list[int]
    categories: list[int]


@click.command("seed")
@click.option("--tickets", type=int, default=0, show_default=True)
@click.option("--cis", type=int, default=0, show_default=True)
@click.option("--people", type=int, default=200, show_default=True)
@click.option("--seed", "seed_number", type=int, default=1, show_default=True)
def seed(tickets: int, cis: int, people: int, seed_number: int) -> None:
    """Write deterministic load data for benchmarks."""
    dice = random.Random(seed_number)
    with unit_of_work():
        add_people(people)
    if tickets:
        add_tickets(dice, tickets)
    if cis:
        add_cis(dice, cis)
    click.echo(f"{people} people, {tickets} tickets, {cis} CIs")


def _insert(table: type[Base], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        session.execute(insert(table), rows[start : start + BATCH])


def _next_id(table: Any) -> int:
    return int(session.scalar(select(func.max(table.id))) or 0) + 1


def _follow_ids(table: type[Base]) -> None:
    """PostgreSQL's sequences know nothing of ids that were written by hand."""
    if dialect_name() == "postgresql":
        name = table.__tablename__
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))  # noqa: S608 (a table's own name)


def add_people(number: int) -> None:
    """People, units, groups and categories, once."""
    if session.scalar(select(Group.id).where(Group.name == "Load group 1")):
        return
    _insert(Organisation, [{"name": f"Load unit {index}", "path": "/"} for index in range(1, ORGANISATIONS + 1)])
    _insert(Group, [{"name": f"Load group {index}", "level": 1 + index % 3} for index in range(1, GROUPS + 1)])
    units = list(session.scalars(select(Organisation.id).where(Organisation.name.startswith("Load unit"))))
    _insert(
        Person,
        [
            {
                "name": f"Load Person {index}",
                "name_key": f"load person {index}",
                "email": f"load{index}@load.example",
                "organisation_id": units[index % len(units)],
            }
            for index in range(1, number + 1)
        ],
    )
    _insert(Category, [{"name": f"Load category {index}", "path": "/"} for index in range(1, 13)])


def add_tickets(dice: random.Random, number: int) -> None:
    """Tickets over the last year, with journal, clocks and search words; six per cent are open."""
    with unit_of_work():
        around = Around(
            now=clock.now(),
            number=number,
            people=list(session.scalars(select(Person.id).where(Person.email.startswith("load")))),
            groups=list(session.scalars(select(Group.id).where(Group.name.startswith("Load group")))),
            categories=list(session.scalars(select(Category.id).where(Category.name.startswith("Load category")))),
        )
        agreement = session.scalars(select(Agreement).order_by(Agreement.id)).first()
        first = _next_id(Ticket)
    for start in range(0, number, BATCH):
        with unit_of_work():
            rows = [_ticket(dice, first + index, index, around) for index in range(start, min(start + BATCH, number))]
            _write_tickets(dice, rows, agreement)
            _follow_ids(Ticket)


def _ticket(dice: random.Random, ticket_id: int, index: int, around: Around) -> dict[str, Any]:
    now, number = around.now, around.number
    created = now - timedelta(days=365 * (1 - index / number), minutes=dice.randrange(600))
    is_open = dice.random() < OPEN_SHARE
    state, category = (
        dice.choice((("new", "open"), ("in_progress", "active"), ("on_hold", "waiting")))
        if is_open
        else ("closed", "closed")
    )
    impact, urgency = dice.randint(2, 4), dice.randint(1, 4)
    word = f" zx{index // RARE_WORD_EVERY}q" if index % RARE_WORD_EVERY == 0 else ""
    resolved = None if is_open else created + timedelta(minutes=dice.randrange(10, 4000))
    return {
        "id": ticket_id,
        "kind": "incident",
        "title": f"{dice.choice(NOUNS).capitalize()} {dice.choice(TROUBLES)} {dice.choice(PLACES)}{word}",
        "description": f"The {dice.choice(NOUNS)} {dice.choice(TROUBLES)}, please help. " * 3,
        "state": state,
        "state_category": category,
        "unfinished": int(is_open),
        "impact": impact,
        "urgency": urgency,
        "priority": priority_of(impact, urgency),
        "channel": dice.choice(("mail", "phone", "portal", "web")),
        "requester_id": dice.choice(around.people),
        "category_id": dice.choice(around.categories),
        "group_id": dice.choice(around.groups),
        "assignee_id": dice.choice(around.people[:40]) if state != "new" else None,
        "hold_reason": "customer" if state == "on_hold" else "",
        "resolution_code": "" if is_open else "fixed",
        "resolution": "" if is_open else f"Replaced the {dice.choice(NOUNS)}.",
        "created_at": created,
        "updated_at": resolved or created,
        "resolved_at": resolved,
        "closed_at": resolved,
        "due_at": now + timedelta(minutes=dice.randrange(-2000, 6000)) if is_open and state != "on_hold" else NO_DUE,
        "due_from_at": created if is_open else None,
        "due_left_seconds": 3600 if state == "on_hold" else None,
        "due_target_seconds": 28_800 if is_open else None,
        "due_state": {"on_hold": "paused"}.get(state, "running") if is_open else "",
    }


def _write_tickets(dice: random.Random, rows: list[dict[str, Any]], agreement: Agreement | None) -> None:
    session.execute(insert(Ticket.__table__), rows)  # type: ignore[arg-type]  # the mapped table
    session.execute(insert(Incident.__table__), [{"ticket_id": row["id"], "first_contact": False} for row in rows])  # type: ignore[arg-type]
    _insert(JournalEntry, [entry for row in rows for entry in _journal(dice, row)])
    _insert(
        SearchDocument,
        [
            {
                "kind": "ticket",
                "record_id": row["id"],
                "words": normalised(
                    f"INC{row['id']:0{NUMBER_DIGITS}d} {row['title']} {row['description']} {row['resolution']}"
                ),
            }
            for row in rows
        ],
    )
    if agreement is not None:
        _insert(SlaClock, [_clock(row, metric, agreement.id) for row in rows for metric in ("response", "resolution")])


def _journal(dice: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    common = {
        "ticket_id": row["id"],
        "actor_id": row["requester_id"],
        "actor_name": "Load Person",
        "channel": row["channel"],
    }
    facts = {name: [None, row[name]] for name in ("state", "state_category", "priority", "group_id")}
    yield common | {
        "at": row["created_at"],
        "kind": "created",
        "body": row["description"],
        "changes": facts,
        "by_requester": True,
    }
    answered = row["created_at"] + timedelta(minutes=dice.randrange(5, 200))
    yield common | {
        "at": answered,
        "kind": "public",
        "body": "We look at it and call back.",
        "changes": {},
        "by_requester": False,
    }
    change = {"state": ["new", row["state"]], "step": [None, "resolve" if row["resolved_at"] else "start"]}
    yield common | {"at": row["updated_at"], "kind": "change", "body": "", "changes": change, "by_requester": False}


def _clock(row: dict[str, Any], metric: str, agreement_id: int) -> dict[str, Any]:
    target = 3_600 if metric == "response" else 28_800
    ended = row["resolved_at"]
    elapsed = int(((ended or row["created_at"]) - row["created_at"]).total_seconds())
    late = elapsed > target
    return {
        "ticket_id": row["id"],
        "agreement_id": agreement_id,
        "metric": metric,
        "generation": 1,
        "priority": row["priority"],
        "organisation_id": None,
        "group_id": row["group_id"],
        "target_seconds": target,
        "state": ("breached" if late else "met") if ended else "running",
        "started_at": row["created_at"],
        "due_at": None if ended or row["due_at"] == NO_DUE else row["due_at"],
        "stopped_at": ended,
        "breached_at": row["created_at"] + timedelta(seconds=target) if ended and late else None,
        "ended_at": ended,
        "elapsed_seconds": elapsed,
        "remaining_seconds": None if ended else target,
        "next_step_at": None,
        "reason": "",
        "terms": [],
    }


def add_cis(dice: random.Random, number: int) -> None:
    """A layered CMDB with about three relations a CI."""
    with unit_of_work():
        classes = {row.key: row.id for row in session.scalars(select(CiClass))}
        first = _next_id(Ci)
    layers = _layers(first, number)
    for class_key, ids, _relation in layers:
        with unit_of_work():
            _insert(Ci, [_ci(class_key, classes[class_key], ci_id) for ci_id in ids])
            _follow_ids(Ci)
    for position, (_class_key, ids, relation) in enumerate(layers):
        suppliers = _suppliers(layers, position)
        for start in range(0, len(ids), BATCH):
            with unit_of_work():
                _insert(Relation, _relations(dice, ids[start : start + BATCH], suppliers, relation))


def _layers(first: int, number: int) -> list[tuple[str, range, str]]:
    layers, start = [], first
    for position, (share, class_key, relation) in enumerate(LAYERS):
        count = number - (start - first) if position == len(LAYERS) - 1 else max(1, int(number * share))
        layers.append((class_key, range(start, start + count), relation))
        start += count
    return layers


def _suppliers(layers: list[tuple[str, range, str]], position: int) -> range:
    """The layer below; PCs hang on the switches, switches on one another (towards lower ids, so that no circle forms)."""
    return layers[4][1] if position >= 4 else layers[position + 1][1]


def _ci(class_key: str, class_id: int, ci_id: int) -> dict[str, Any]:
    name = f"{class_key.replace('_', '-')}-{ci_id}"
    return {
        "id": ci_id,
        "class_id": class_id,
        "class_key": class_key,
        "name": name,
        "name_key": name,
        "attributes": {},
        "origin": "seed",
    }


def _relations(dice: random.Random, ids: range, suppliers: range, relation: str) -> list[dict[str, Any]]:
    found = set()
    for ci_id in ids:
        for _each in range(RELATIONS_A_CI):
            target = suppliers.start + int(len(suppliers) * dice.random() ** 2)
            if target == ci_id or (ci_id in suppliers and target > ci_id):
                continue
            found.add((ci_id, target))
    return [
        {"source_id": source, "target_id": target, "type_key": relation, "origin": "seed"}
        for source, target in sorted(found)
    ]
