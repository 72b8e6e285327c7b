"""Scheduled work on clocks: escalation steps and breaches, and computing clocks anew after an agreement changed."""

from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from itsm.kernel import audit, clock, jobs
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome, Progress
from itsm.kernel.text import _
from sla import queries, services
from sla.definitions import RECOMPUTE_TASK
from sla.escalation import wake

BATCH = 100
CLAIMED = 1000
EVERY_SECONDS = 5.0


def fire_steps() -> Outcome:
    """Fire every step that has fallen and mark every breach.

    Tickets go in batches, each in one transaction; a batch that fails is repeated ticket by ticket, so that one bad
    ticket costs only itself.
    """
    with unit_of_work():
        ids = list(queries.list_waking(clock.now(), limit=CLAIMED))
    outcome = Outcome(more=len(ids) == CLAIMED)
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        try:
            with unit_of_work():
                wake(part)
            outcome.done += len(part)
        except (SQLAlchemyError, ValueError, LookupError):
            single = jobs.each(part, _wake_one, job="sla.steps")
            outcome.done += single.done
            outcome.failed += single.failed
            outcome.errors += single.errors
    outcome.more = outcome.more and outcome.failed == 0
    return outcome


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
            for kept in services.load(queries.locked_tickets(ids), open_only=True):
                services.take_terms_in_force(kept)
                services.store(kept, kept.standings(clock.now()))
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


JOBS = (Job("sla.steps", _("Fire escalation steps and mark missed targets"), fire_steps, every_seconds=EVERY_SECONDS),)
TASKS = {RECOMPUTE_TASK: recompute_agreements}
