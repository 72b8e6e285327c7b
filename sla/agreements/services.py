"""Every write to agreements, and its effect on open clocks. Rule: C8."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from cmdb.models import Ci
from itsm.identity.models import Group, Organisation, Person
from itsm.identity.services.checks import check_all_exist
from itsm.kernel import audit, jobs
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, locked, require
from itsm.kernel.text import _
from itsm.tickets import filters
from sla import queries
from sla.agreements import queries as agreement_queries
from sla.agreements.terms import StepAction, content_of
from sla.escalations import actions as step_actions
from sla.models import (
    KINDS,
    METRICS_OF,
    TARGET_CHANGES,
    Agreement,
    AgreementTarget,
    BusinessHours,
    EscalationStep,
    Terms,
)

RECOMPUTE_TASK = "sla.recompute"
LONGEST_TARGET_SECONDS = 366 * 86_400
MOST_STEPS = 20  # for tickets of one group, and for those of any
MOST_GROUPS = 20
LARGEST_PERCENT = 1000
LARGEST_MINUTES = 30 * 24 * 60
NAME_LENGTH = 120
AGREEMENT_FACTS = frozenset(
    {
        "name", "kind", "active", "order", "condition", "organisation_id", "group_id", "supplier_id", "service_id",
        "calendar_id", "pause_response", "reopen_counts", "target_change", "valid_from", "valid_to",
    }
)  # fmt: skip

REFERENCES = {"organisation_id": Organisation, "group_id": Group, "supplier_id": Organisation, "service_id": Ci}

Targets = Mapping[tuple[str, int], int]  # (metric, priority) -> seconds


@dataclass(frozen=True)
class StepInput:
    """One escalation step as somebody wrote it: at a share of the target, or minutes before (negative) or after due.

    `actions` are as `step_actions.read` answers them; `group_id` limits the step to tickets of a group. Rule: E6.
    """

    metric: str
    percent: int | None
    actions: tuple[StepAction, ...]
    urgent: bool = False
    minutes: int | None = None
    group_id: int | None = None

    @property
    def place(self) -> tuple[str, int, int, int]:
        """For whom and where it falls; no two steps of an agreement fall at the same place for the same group."""
        share = LARGEST_PERCENT + 1 if self.percent is None else self.percent
        return self.metric, self.group_id or 0, share, self.minutes or 0


def checked_name(text: str) -> str:
    """A name without blanks around it, at most 120 characters; raises `Invalid` for an empty one."""
    if not text.strip():
        raise Invalid.field("name", _("Give it a name."))
    return text.strip()[:NAME_LENGTH]


def require_free(table: type[Agreement] | type[BusinessHours], row_id: int, name: str) -> None:
    """Raise `Invalid` when another agreement or calendar has this name."""
    others = session.query(table.id).filter(table.name == name.strip(), table.id != row_id)
    if others.first() is not None:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name.strip()))


def create_agreement(
    actor: Actor, *, facts: Mapping[str, Any], targets: Targets, steps: Sequence[StepInput]
) -> Agreement:
    """Record an agreement with its targets and steps. It applies to tickets recorded or changed from now on."""
    require(actor, "sla.edit")
    checked = checked_facts(facts)
    if "name" not in checked or "calendar_id" not in checked:
        raise Invalid.field("name", _("An agreement needs a name and a calendar."))
    _check_owner(checked)
    check_parts(checked.get("kind", "sla"), targets, steps)
    _check_webhooks(actor, (), steps)
    agreement = create(actor, Agreement(**checked), kind="sla")
    _write_parts(actor, agreement, targets, steps)
    write_terms(agreement, made_by=actor.name)
    return agreement


def change_agreement(
    actor: Actor,
    agreement: Agreement,
    *,
    facts: Mapping[str, Any],
    targets: Targets | None = None,
    steps: Sequence[StepInput] | None = None,
    version: int | None = None,
) -> None:
    """Change an agreement; its open clocks are computed anew by a background task. None leaves a part as it is."""
    require(actor, "sla.edit")
    session.flush()
    agreement = locked(Agreement, agreement.id)
    check_version(agreement, version)
    checked = checked_facts(facts)
    _check_validity(checked.get("valid_from", agreement.valid_from), checked.get("valid_to", agreement.valid_to))
    if checked.get("kind", agreement.kind) != agreement.kind:
        raise Invalid.field("kind", _("The kind of an agreement stays as it was made. Make another one instead."))
    _check_owner({"kind": agreement.kind, "supplier_id": agreement.supplier_id} | checked)
    require_free(Agreement, agreement.id, checked.get("name", agreement.name))
    stored_targets, stored_steps = _stored_parts(agreement)
    new_targets, new_steps = stored_targets if targets is None else targets, stored_steps if steps is None else steps
    check_parts(agreement.kind, new_targets, new_steps)
    _check_webhooks(actor, stored_steps, new_steps)
    changed = bool(apply_changes(actor, agreement, checked, kind="sla"))
    if _write_parts(actor, agreement, new_targets, new_steps):
        agreement.version += 0 if changed else 1
        changed = True
    if changed:
        write_terms(agreement, made_by=actor.name)
        ask_to_recompute(actor, [agreement.id])


def _check_webhooks(actor: Actor, before: Sequence[StepInput], steps: Sequence[StepInput]) -> None:
    """A webhook is sent about every ticket, also those that its author may not read: for whoever may write rules."""
    if _webhooks(steps) - _webhooks(before) and not actor.has("rules.edit"):
        raise Invalid.field(
            "steps", _("Only who may write rules may have a webhook called. Leave it out, or ask an administrator.")
        )


def _webhooks(steps: Sequence[StepInput]) -> set[str]:
    return {
        step_actions.values_of(action)["url"]
        for step in steps
        for action in step.actions
        if step_actions.name_of(action) == "webhook"
    }


def _stored_parts(agreement: Agreement) -> tuple[dict[tuple[str, int], int], list[StepInput]]:
    shown = agreement_queries.show_agreement(agreement.id)
    targets = {(row.metric, row.priority): row.seconds for row in shown.targets}
    return targets, [
        StepInput(row.metric, row.percent, tuple(row.actions), row.urgent, row.minutes, row.group_id)
        for row in shown.steps
    ]


def checked_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an agreement, looked through; raises `Invalid` that names the field, or `NotFound`."""
    unknown = facts.keys() - AGREEMENT_FACTS
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This field cannot be changed here."))
    checked = dict(facts)
    if "name" in checked:
        checked["name"] = checked_name(checked["name"])
    if "condition" in checked:
        checked["condition"] = _checked_condition(checked["condition"])
    if "calendar_id" in checked:
        get(BusinessHours, checked["calendar_id"])
    for name, table in REFERENCES.items():
        if checked.get(name) is not None:
            get(table, checked[name])
    if checked.get("kind", "sla") not in KINDS:
        raise Invalid.field("kind", _("Choose one of: %(names)s.", names=", ".join(KINDS)))
    if checked.get("target_change", "retroactive") not in TARGET_CHANGES:
        raise Invalid.field("target_change", _("Choose one of the ways to measure a new target."))
    _check_validity(checked.get("valid_from"), checked.get("valid_to"))
    return checked


def _check_owner(facts: Mapping[str, Any]) -> None:
    """An agreement with a supplier names it; only one with a group may name one."""
    kind = facts.get("kind", "sla")
    if kind == "uc" and facts.get("supplier_id") is None:
        raise Invalid.field("supplier_id", _("Choose the supplier that this contract is with."))
    if kind != "uc" and facts.get("supplier_id") is not None:
        raise Invalid.field("supplier_id", _("Only a supplier contract names a supplier."))
    if kind != "ola" and facts.get("group_id") is not None:
        raise Invalid.field("group_id", _("Only an operational level agreement names a group."))


def _checked_condition(text: str) -> str:
    try:
        filters.conditions(SYSTEM, text)
    except Invalid as error:
        raise Invalid.field("condition", error.message) from error
    return text.strip()


def _check_validity(valid_from: datetime | None, valid_to: datetime | None) -> None:
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise Invalid.field("valid_to", _("The agreement must end after it begins."))


def check_parts(kind: str, targets: Targets, steps: Sequence[StepInput]) -> None:
    """Raise `Invalid` where targets and steps do not make sense for an agreement of this kind."""
    if not targets:
        raise Invalid.field("targets", _("Give at least one target."))
    known = {*METRICS_OF[kind], *agreement_queries.own_metrics()}
    for (metric, priority), seconds in targets.items():
        if metric not in known or not 1 <= priority <= 5:
            raise Invalid.field(
                "targets",
                _("This agreement's targets are for %(names)s and priorities 1 to 5.", names=", ".join(sorted(known))),
            )
        if not 0 < seconds <= LONGEST_TARGET_SECONDS:
            raise Invalid.field("targets", _("A target is longer than nothing and at most a year."))
    _check_steps(known, steps)


def _check_steps(known: Collection[str], steps: Sequence[StepInput]) -> None:
    of_group = Counter(step.group_id for step in steps)
    if max(of_group.values(), default=0) > MOST_STEPS:
        raise Invalid.field("steps", _("At most %(most)s steps are possible.", most=MOST_STEPS))
    if len(of_group) > MOST_GROUPS + 1:
        raise Invalid.field("steps", _("At most %(most)s groups can have steps of their own.", most=MOST_GROUPS))
    for step in steps:
        _check_step(known, step)
    if len({step.place for step in steps}) < len(steps):
        raise Invalid.field("steps", _("Two steps fall at the same share of the same target. Join them into one."))


def _check_step(known: Collection[str], step: StepInput) -> None:
    if step.metric not in known:
        raise Invalid.field("steps", _("A step belongs to one of the targets: %(names)s.", names=", ".join(known)))
    if (step.percent is None) == (step.minutes is None):
        raise Invalid.field("steps", _("A step falls either at a share of the target or minutes from its due time."))
    if step.percent is not None and not 1 <= step.percent <= LARGEST_PERCENT:
        raise Invalid.field("steps", _("A step falls at 1 to 1000 per cent of the target."))
    if step.minutes is not None and not -LARGEST_MINUTES <= step.minutes <= LARGEST_MINUTES:
        raise Invalid.field("steps", _("A step falls at most 30 days before or after the due time."))
    names = [step_actions.name_of(action) for action in step.actions]
    if not names or not all(map(step_actions.is_whole, step.actions)):
        raise Invalid.field("steps", _("Choose what each step does."))
    if len(set(names)) < len(names):
        raise Invalid.field("steps", _("A step does each thing once. Make a second step for the rest."))


def _write_parts(actor: Actor, agreement: Agreement, targets: Targets, steps: Sequence[StepInput]) -> bool:
    """Bring targets and steps to what is wanted; a step keeps its id while target and share stay. Answers if any moved."""
    before_targets, before_steps = _stored_parts(agreement)
    wanted_steps = sorted(steps, key=lambda step: step.place)
    known_steps = sorted(before_steps, key=lambda step: step.place)
    changes: dict[str, Any] = {}
    if before_targets != dict(targets):
        session.execute(delete(AgreementTarget).where(AgreementTarget.agreement_id == agreement.id))
        for (metric, priority), seconds in targets.items():
            session.add(AgreementTarget(agreement_id=agreement.id, metric=metric, priority=priority, seconds=seconds))
        changes["targets"] = [_target_words(before_targets), _target_words(targets)]
    if known_steps != wanted_steps:
        _check_named(wanted_steps)
        _write_steps(agreement, wanted_steps)
        changes["steps"] = [[_step_words(each) for each in known_steps], [_step_words(each) for each in wanted_steps]]
    session.flush()
    if changes:
        audit.record(actor, "sla.changed", subject_kind="sla", subject_id=agreement.id, changes=changes)
    return bool(changes)


def _check_named(steps: Sequence[StepInput]) -> None:
    """Raise `Invalid` unless the groups and people whom steps name are there."""
    actions = [action for step in steps for action in step.actions]
    groups = {step.group_id for step in steps if step.group_id} | step_actions.group_ids_of(actions)
    check_all_exist("steps", Group, groups)
    check_all_exist("steps", Person, step_actions.person_ids_of(actions))


def _target_words(targets: Targets) -> dict[str, int]:
    return {f"{metric} P{priority}": seconds for (metric, priority), seconds in sorted(targets.items())}


def _step_words(step: StepInput) -> str:
    place = f"{step.percent} %" if step.percent is not None else f"{step.minutes:+d} min"
    actions = ", ".join(map(step_actions.in_audit, step.actions))
    group = f" for group {step.group_id}" if step.group_id else ""
    return f"{step.metric} {place}{group}: {actions}{' (urgent)' if step.urgent else ''}"


def _write_steps(agreement: Agreement, steps: Iterable[StepInput]) -> None:
    rows = agreement_queries.steps_of([agreement.id]).get(agreement.id, [])
    known = {(row.metric, row.group_id, row.percent, row.minutes): row for row in rows}
    for step in steps:
        place = {"metric": step.metric, "group_id": step.group_id, "percent": step.percent, "minutes": step.minutes}
        row = known.pop((step.metric, step.group_id, step.percent, step.minutes), None)
        if row is None:
            row = EscalationStep(agreement_id=agreement.id, **place, actions=[])
            session.add(row)
        row.actions, row.urgent = list(step.actions), step.urgent
    for row in known.values():
        session.delete(row)


def write_terms(agreement: Agreement, *, made_by: str = "") -> None:
    """Keep the agreement as it now stands as its terms in force, under the next number.

    The agreement is held first, so that of two at once the second reads what the first wrote. Who writes the terms of
    several does so in the order of their ids.
    """
    session.flush()
    session.execute(select(Agreement.id).where(Agreement.id == agreement.id).with_for_update())
    number = agreement_queries.last_terms_number(agreement.id) + 1
    terms = Terms(agreement_id=agreement.id, number=number, made_by=made_by, content=content_now(agreement))
    session.add(terms)
    session.flush()
    agreement.terms_id = terms.id
    session.flush()


def content_now(agreement: Agreement) -> dict[str, Any]:
    """What the terms of an agreement hold as it stands now."""
    targets, steps = agreement_queries.targets_of([agreement.id]), agreement_queries.steps_of([agreement.id])
    calendar = get(BusinessHours, agreement.calendar_id)
    parts = targets.get(agreement.id, []), steps.get(agreement.id, [])
    return content_of(agreement, calendar, *parts, agreement_queries.own_metrics().values())


def ask_to_recompute(actor: Actor, agreement_ids: Sequence[int]) -> None:
    """Have the open clocks of some agreements computed anew by a background task. Rule: C8."""
    if agreement_ids and queries.count_open_tickets(agreement_ids):
        jobs.enqueue(
            RECOMPUTE_TASK,
            {"agreement_ids": list(agreement_ids), "asked_by": actor.name},
            title=str(_("Compute SLA clocks anew")),
            requested_by_id=actor.person_id,
        )
