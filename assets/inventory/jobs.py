"""Scheduled work of the PC audit: importing what arrived, forgetting what is old."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError, OperationalError

from assets.inventory import queries, services
from assets.inventory.models import InventoryBody
from assets.inventory.recording import RaceLost
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.text import Message, _

Answer = TypeVar("Answer")

BATCH = 100
ATTEMPTS = 3
RACES = 5
KEPT_DAYS = 30
CAUSE_KEPT = 4000


def in_own_unit(work: Callable[[], Answer]) -> Answer:
    """Do a piece of work in a unit of its own; where two met on one machine, the later one is done again. Rule: INV-38.

    Two agents of one machine, or one agent twice, may be imported at once. Identifying keys are unique in the database,
    so the second one fails, and finds the first one's CI when it is repeated.
    """
    for attempt in range(1, RACES + 1):
        try:
            with unit_of_work():
                return work()
        except (IntegrityError, OperationalError, RaceLost):
            if attempt == RACES:
                raise
    raise AssertionError("unreachable")


def import_waiting() -> Outcome:
    """Import documents that wait, oldest first; one that fails costs only itself and is tried three times."""
    ids = _claim()
    outcome = Outcome(more=len(ids) == BATCH)
    for body_id in ids:
        _import_one(body_id, outcome)
    return outcome


def _claim() -> list[int]:
    """The next documents, each with one attempt more: one that kills the worker is not tried for ever."""
    with unit_of_work():
        ids = list(queries.list_waiting(limit=BATCH))
        session.execute(
            update(InventoryBody).where(InventoryBody.id.in_(ids)).values(attempts=InventoryBody.attempts + 1)
        )
    return ids


def _import_one(body_id: int, outcome: Outcome) -> None:
    try:
        in_own_unit(lambda: services.import_stored(SYSTEM, body_id))
        outcome.done += 1
    except Exception as error:  # noqa: BLE001 (the boundary between documents: recorded below and in the run)
        outcome.failed += 1
        outcome.errors.append(f"inventory {body_id}: {error!r}"[:500])
        with unit_of_work():
            _note_failure(body_id, error)


def _note_failure(body_id: int, error: Exception) -> None:
    body = session.get(InventoryBody, body_id)
    if body is not None and body.attempts >= ATTEMPTS:
        services.give_up(body_id, _failure(error))


def _failure(error: Exception) -> Message:
    cause = repr(error)[:CAUSE_KEPT]
    return _("It could not be imported after %(number)s attempts: %(cause)s", number=ATTEMPTS, cause=cause)


def forget_old() -> Outcome:
    """Forget documents that were handled more than 30 days ago."""
    with unit_of_work():
        ids = queries.list_old(clock.now() - timedelta(days=KEPT_DAYS), limit=1000)
        session.execute(delete(InventoryBody).where(InventoryBody.id.in_(ids)))
    return Outcome(done=len(ids), more=len(ids) == 1000)


JOBS = (
    Job("inventory.import", _("Import inventories of agents"), import_waiting, every_seconds=2),
    Job("inventory.forget", _("Forget old inventories"), forget_old, every_seconds=3600),
)
