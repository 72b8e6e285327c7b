"""Letting tickets follow an edit of their life cycle. Rules: L2, L3."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from itsm.kernel import preferences
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import Progress
from itsm.kernel.lifecycles import active
from itsm.lifecycles import queries
from itsm.notifications.services import silenced
from itsm.tickets import services
from itsm.tickets.models import Ticket

TASK = "lifecycles.settle"
AT_ONCE = 100  # tickets that follow in the request itself
BATCH = 200
GRACE_SECONDS = 2 * preferences.CACHE_SECONDS  # until every process has learned of the edit


def settle_tickets(actor: Actor, name: str, moves: Mapping[str, str], ids: Sequence[int]) -> int:
    """Let these tickets follow where they have not yet; nobody is mailed about it. Answers how many did."""
    done = 0
    with silenced():
        for ticket_id in ids:
            ticket = session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
            if _has_to_follow(ticket, name, moves):
                services.settle(actor, ticket, moves[ticket.state])
                done += 1
    return done


def _has_to_follow(ticket: Ticket, name: str, moves: Mapping[str, str]) -> bool:
    """A finished ticket has no clock that a pause could stop; it follows only another state or category."""
    if ticket.lifecycle_name != name or ticket.state not in moves:
        return False
    after = active(name).states.get(moves[ticket.state])
    if after is None:
        return False
    other = (after.name, after.category.value) != (ticket.state, ticket.state_category)
    return other or (bool(ticket.unfinished) and services.told_pause(ticket) != after.pauses)


def run(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The task: every ticket of the states in `moves`, then once more those that other processes moved meanwhile."""
    done = _pass(payload, progress, percent=90)
    time.sleep(GRACE_SECONDS)
    preferences.forget()
    return {"settled": done + _pass(payload, progress, percent=100)}


def _pass(payload: dict[str, Any], progress: Progress, *, percent: int) -> int:
    name, moves, done, last = payload["name"], payload["moves"], 0, 0
    while True:
        with unit_of_work():
            ids = queries.ids_to_settle(name, moves, after_id=last, limit=BATCH)
            done += settle_tickets(SYSTEM, name, moves, ids)
        if not ids:
            return done
        last = ids[-1]
        progress.step(min(percent, 99), str(done))
