"""Scheduled work on clocks: escalation steps and breaches, and computing clocks anew after an agreement changed."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from itsm.kernel import audit, clock, jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import unit_of_work
from itsm.kernel.errors import ItsmError
from itsm.kernel.jobs import Job, Outcome, Progress
from itsm.kernel.text import _
from sla import queries, services, waking
from sla.agreements.services import RECOMPUTE_TASK
from sla.escalations.firing import wake
from sla.kept_clocks import load

BATCH = 100
CLAIMED = 1000
EVERY_SECONDS = 1.0  # how long an earlier step that another process wrote may go unseen
ASIDE_SECONDS = 60.0
MOST_ASIDE = CLAIMED


class StepJob:
    """Fires every step that has fallen and marks every breach.

    Tickets go in batches, each in one transaction; a batch that fails is repeated ticket by ticket, so that one bad
    ticket costs only itself. A ticket that failed is tried again after a minute, and meanwhile holds up no other.
    """

    def __init__(self) -> None:
        self._aside: dict[int, float] = {}  # ticket id -> until when, on a clock that is never set

    def run(self) -> Outcome:
        """Handle what is due, at most a thousand clocks."""
        with unit_of_work():
            rows = waking.list_waking(clock.now(), limit=CLAIMED, without=self._left_aside())
        outcome, ids = Outcome(more=len(rows) == CLAIMED), list(dict.fromkeys(rows))
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            try:
                with unit_of_work():
                    handled = wake(part)
                outcome.done += handled
            except (SQLAlchemyError, ItsmError, ValueError, LookupError):
                self._one_by_one(part, outcome)
        outcome.more = outcome.more and outcome.done > 0
        return outcome

    def next_at(self) -> datetime | None:
        """When a clock is to be looked at next; one statement by index."""
        return waking.next_waking(without=self._left_aside())

    def _one_by_one(self, ticket_ids: Sequence[int], outcome: Outcome) -> None:
        for ticket_id in ticket_ids:
            single = jobs.each([ticket_id], _wake_one, job="sla.steps")
            outcome.done += single.done
            outcome.failed += single.failed
            outcome.errors += single.errors
            if single.failed and len(self._aside) < MOST_ASIDE:
                self._aside[ticket_id] = time.monotonic() + ASIDE_SECONDS

    def _left_aside(self) -> set[int]:
        now = time.monotonic()
        self._aside = {ticket_id: until for ticket_id, until in self._aside.items() if until > now}
        return set(self._aside)


def fire_steps() -> Outcome:
    """Fire every step that has fallen and mark every breach, once."""
    return StepJob().run()


def _wake_one(ticket_id: int) -> None:
    wake([ticket_id])


def recompute_agreements(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Measure the open clocks of some agreements by what they say now; answers how many tickets were computed. Rule: C8."""
    agreement_ids = [int(each) for each in payload["agreement_ids"]]
    with unit_of_work():
        total = queries.count_open_tickets(agreement_ids)
    done, after_id = 0, 0
    while True:
        with unit_of_work():
            ids = queries.list_open_tickets(agreement_ids, after_id=after_id, limit=BATCH)
            for kept in load(queries.locked_tickets(ids), open_only=True):
                services.take_terms_in_force(kept)
                services.store(kept, kept.standings_now())
        if not ids:
            break
        done, after_id = done + len(ids), ids[-1]
        progress.step(min(99, 100 * done // max(total, 1)), f"{done} / {total}")
    with unit_of_work():
        changes = {
            "agreements": [None, agreement_ids],
            "tickets": [None, done],
            "asked_by": [None, payload["asked_by"]],
        }
        audit.record(SYSTEM, "sla.recomputed", subject_kind="sla", subject_id=agreement_ids[0], changes=changes)
    return {"tickets": done}


_steps = StepJob()
JOBS = (
    Job(
        "sla.steps",
        _("Fire escalation steps and mark missed targets"),
        _steps.run,
        every_seconds=EVERY_SECONDS,
        next_at=_steps.next_at,
    ),
)
TASKS = {RECOMPUTE_TASK: recompute_agreements}
