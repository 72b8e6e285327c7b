"""Tickets for load data, with journal, clocks and search words."""

import random
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from incident.models import Incident
from itsm.identity.models import Group, Person
from itsm.kernel import clock
from itsm.kernel.db import session, unit_of_work
from itsm.search.models import SearchDocument, SearchPart
from itsm.search.text import normalised
from itsm.seeding.writing import BATCH, follow_ids, indexes_afterwards, next_id, write
from itsm.tickets.models import NO_DUE, NUMBER_DIGITS, Category, JournalEntry, Ticket
from itsm.tickets.priority import priority_of
from sla.models import Agreement, SlaClock

OPEN_SHARE = 0.06
RARE_WORD_EVERY = 1000
WRITTEN = (Ticket, Incident, JournalEntry, SearchDocument, SearchPart, SlaClock)
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


@dataclass(frozen=True)
class Around:
    """What tickets are made of: the present instant, how many there will be over how many days, ids to choose from."""

    now: datetime
    number: int
    days: int
    people: list[int]
    groups: list[int]
    categories: list[int]


def add_tickets(dice: random.Random, number: int, *, days: int = 365) -> None:
    """Tickets over the last `days`, with journal, clocks and search words; six per cent are open."""
    with unit_of_work():
        around = Around(
            now=clock.now(),
            number=number,
            days=days,
            people=list(session.scalars(select(Person.id).where(Person.email.startswith("load")))),
            groups=list(session.scalars(select(Group.id).where(Group.name.startswith("Load group")))),
            categories=list(session.scalars(select(Category.id).where(Category.name.startswith("Load category")))),
        )
        agreement = session.scalars(select(Agreement).order_by(Agreement.id)).first()
        first = next_id(Ticket)
    with indexes_afterwards(WRITTEN) if number >= first else nullcontext():  # making them reads every row
        for start in range(0, number, BATCH):
            with unit_of_work():
                numbers = range(start, min(start + BATCH, number))
                _write_tickets(dice, [_ticket(dice, first + index, index, around) for index in numbers], agreement)
                follow_ids(Ticket)


def _ticket(dice: random.Random, ticket_id: int, index: int, around: Around) -> dict[str, Any]:
    now, number = around.now, around.number
    created = now - timedelta(days=around.days * (1 - index / number), minutes=dice.randrange(600))
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
    write(Ticket, rows)
    write(Incident, [{"ticket_id": row["id"], "first_contact": False} for row in rows])
    first = next_id(JournalEntry)
    journal = (entry for row in rows for entry in _journal(dice, row))
    entries = [{"id": entry_id, **entry} for entry_id, entry in enumerate(journal, first)]
    write(JournalEntry, entries)
    follow_ids(JournalEntry)
    write(SearchPart, [_part(entry) for entry in entries if entry["kind"] == "public"])
    write(
        SearchDocument,
        [
            {
                "kind": "ticket",
                "record_id": row["id"],
                "words": normalised(
                    f"INC{row['id']:0{NUMBER_DIGITS}d} {row['title']} {row['description']} {row['resolution']}"
                ),
                "language": "en",
            }
            for row in rows
        ],
    )
    if agreement is not None:
        write(SlaClock, [_clock(row, metric, agreement) for row in rows for metric in ("response", "resolution")])


def _part(entry: dict[str, Any]) -> dict[str, Any]:
    facts = {"kind": "ticket", "record_id": entry["ticket_id"], "part": "entry", "part_id": entry["id"], "public": True}
    return {**facts, "words": normalised(entry["body"]), "language": "en"}


def _journal(dice: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    common = {
        "ticket_id": row["id"],
        "actor_id": row["requester_id"],
        "actor_name": "Load Person",
        "channel": row["channel"],
    }
    first = {"state": "new", "state_category": "open"}
    facts = {name: [None, value] for name, value in first.items()}
    facts |= {name: [None, row[name]] for name in ("priority", "group_id")}
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
    change = {name: [value, row[name]] for name, value in first.items()}
    change |= {"hold_reason": ["", row["hold_reason"]]} if row["hold_reason"] else {}
    change |= {"step": [None, "resolve" if row["resolved_at"] else "start"]}
    yield common | {"at": row["updated_at"], "kind": "change", "body": "", "changes": change, "by_requester": False}


def _clock(row: dict[str, Any], metric: str, agreement: Agreement) -> dict[str, Any]:
    target = 3_600 if metric == "response" else 28_800
    ended = row["resolved_at"]
    elapsed = int(((ended or row["created_at"]) - row["created_at"]).total_seconds())
    late = elapsed > target
    return {
        "ticket_id": row["id"],
        "agreement_id": agreement.id,
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
        "terms": [[row["created_at"].isoformat(), agreement.terms_id]],
    }
