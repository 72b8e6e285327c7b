"""Escalation steps as JSON: groups by name, people by address."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from itsm.identity import references
from itsm.identity.models import Group
from itsm.kernel.db import session
from itsm.web.access import current_actor
from sla.agreements.services import StepInput
from sla.agreements.terms import StepAction
from sla.escalations import actions as step_actions
from sla.escalations.actions import Names
from sla.models import EscalationStep


def steps_json(steps: Sequence[EscalationStep]) -> list[dict[str, Any]]:
    """Steps as the output schema wants them."""
    actions = [action for step in steps for action in step.actions]
    names = Names(actions, full=current_actor().has("sla.edit"))
    groups = _group_names({step.group_id for step in steps if step.group_id is not None})
    return [_step_json(step, names, groups) for step in steps]


def _group_names(group_ids: set[int]) -> dict[int, str]:
    found = session.query(Group.id, Group.name).filter(Group.id.in_(group_ids)) if group_ids else ()
    return {row.id: row.name for row in found}


def _step_json(step: EscalationStep, names: Names, groups: Mapping[int, str]) -> dict[str, Any]:
    where = {"percent": step.percent} if step.percent is not None else {"minutes": step.minutes}
    group = {"group": groups[step.group_id]} if step.group_id is not None else {}
    actions = [names.shown(action) for action in step.actions]
    return {"metric": step.metric, **where, **group, "actions": actions, "urgent": step.urgent}


def read_steps(members: Sequence[Mapping[str, Any]], before: Iterable[EscalationStep] = ()) -> list[StepInput]:
    """Steps that somebody sent; a webhook without a secret keeps that of the action to the same address in `before`."""
    known = [action for step in before for action in step.actions]
    return [_step(number, member, known) for number, member in enumerate(members)]


def _step(number: int, member: Mapping[str, Any], known: Sequence[StepAction]) -> StepInput:
    actions = tuple(
        step_actions.read(action, _namer(f"steps.{number}.actions.{place}"), known)
        for place, action in enumerate(member["actions"])
    )
    return StepInput(
        member["metric"],
        member.get("percent"),
        actions,
        member["urgent"],
        member.get("minutes"),
        references.group_id(f"steps.{number}.group", member.get("group")),
    )


def _namer(prefix: str) -> step_actions.Field:
    return lambda part: f"{prefix}.{part}"
