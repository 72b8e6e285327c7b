"""A bulk of more tickets than one request should change, in the background."""

from collections.abc import Mapping, Sequence
from typing import Any

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import jobs
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import NotFound
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.records import get
from itsm.kernel.text import _, language
from itsm.tickets.desk import bulk

MOST_REFUSALS_KEPT = 500


def ask(actor: Actor, ids: Sequence[int], wanted: Mapping[str, Any], *, title: Any, back: str) -> BackgroundTask:
    """Let a worker do a bulk; it acts with the rights that the actor has then."""
    payload = {"person": actor.person_id, "ids": list(ids), "wanted": dict(wanted), "title": str(title), "back": back}
    return jobs.enqueue(bulk.BULK, payload, title=str(title), requested_by_id=actor.person_id)


def get_task(actor: Actor, task_id: int) -> BackgroundTask:
    """A bulk that the actor asked for; raises `NotFound`."""
    task = session.get(BackgroundTask, task_id)
    if task is None or task.kind != bulk.BULK or task.requested_by_id != actor.person_id:
        raise NotFound(_("There is no such work, or it is not yours."))
    return task


def run_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Change the tickets part by part, each in a transaction of its own; ends with one undo for all of them."""
    whole, undo_ids = bulk.Result(), list[int]()
    parts = list(bulk.chunks(payload["ids"]))
    try:
        for place, ids in enumerate(parts):
            progress.step(100 * place // len(parts))
            undo_ids += _run_part(payload, ids, whole)
    finally:
        undo_id = _one_undo(payload, undo_ids)
    return {
        "done": whole.done,
        "unchanged": whole.unchanged,
        "failed": len(whole.refused),
        "refused": [list(each) for each in whole.refused[:MOST_REFUSALS_KEPT]],
        "undo": undo_id,
    }


def _run_part(payload: Mapping[str, Any], ids: Sequence[int], whole: bulk.Result) -> list[int]:
    with unit_of_work():
        person = get(Person, payload["person"])
        actor = actor_of(person, channel="web")
        with language(actor.language):
            result = bulk.change_all(actor, ids, payload["wanted"], title=payload["title"], back=payload["back"])
        whole.done += result.done
        whole.unchanged += result.unchanged
        whole.refused += result.refused
        return [result.undo.id] if result.undo else []


def _one_undo(payload: Mapping[str, Any], undo_ids: Sequence[int]) -> int | None:
    with unit_of_work():
        actor = actor_of(get(Person, payload["person"]), channel="web")
        step = bulk.merge_undos(actor, undo_ids, title=payload["title"], back=payload["back"])
        return step.id if step else None
