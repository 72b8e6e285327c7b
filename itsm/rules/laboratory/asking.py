"""Asking for a shadow run: answered at once where few tickets are to be gone through, else in the background."""

from collections.abc import Mapping
from typing import Any

from itsm.kernel import jobs
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.records import require
from itsm.kernel.text import _
from itsm.rules.laboratory.shadow import TASK, Shadow, Trial, try_rule

AT_ONCE = 1000


def ask(actor: Actor, facts: Mapping[str, Any], *, days: int) -> Trial | BackgroundTask:
    """Try a rule, saved or not: the trial, or the task that will have it. `facts` as `services.checked_rule` answers."""
    require(actor, "rules.edit")
    if Shadow(actor, facts, days=days).count(AT_ONCE + 1) <= AT_ONCE or actor.person_id is None:
        return try_rule(actor, facts, days=days)
    title = str(_("Try the rule “%(name)s”", name=facts["name"]))
    payload = {"facts": dict(facts), "days": days, "actor_id": actor.person_id}
    return jobs.enqueue(TASK, payload, title=title, requested_by_id=actor.person_id)


def get_task(actor: Actor, task_id: int) -> BackgroundTask:
    """A shadow run that the actor asked for; raises `NotFound`."""
    require(actor, "rules.edit")
    task = session.get(BackgroundTask, task_id)
    if task is None or task.kind != TASK or task.requested_by_id != actor.person_id:
        raise NotFound(_("There is no such record, or you may not see it."))
    return task
