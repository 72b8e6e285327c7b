"""Every write to calendars and agreements, the preview of what it would move, and its effect on open clocks. Rule: C8."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from itsm.identity.models import Organisation
from itsm.kernel import audit, clock, jobs
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _
from itsm.tickets import filters
from sla import queries, services
from sla.calendar import CalendarError, parse_calendar
from sla.models import (
    ACTIONS,
    METRICS,
    TARGET_CHANGES,
    Agreement,
    AgreementTarget,
    BusinessHours,
    EscalationStep,
    SlaClock,
    Terms,
)
from sla.standing import NO_TERMS, stand, stored_terms
from sla.terms import AgreedTerms, content_of, read_content, terms_by_id

RECOMPUTE_TASK = "sla.recompute"
PREVIEWED_TICKETS = 200
LONGEST_TARGET_SECONDS = 366 * 86_400
MOST_STEPS = 20
LARGEST_PERCENT = 1000
NAME_LENGTH = 120
DEFINITION_MEMBERS = ("weekly", "holidays", "date_hours")
AGREEMENT_FACTS = frozenset(
    {
        "name", "active", "order", "condition", "organisation_id", "calendar_id", "pause_response", "reopen_counts",
        "target_change", "valid_from", "valid_to",
    }
)  # fmt: skip

Targets = Mapping[tuple[str, int], int]  # (metric, priority) -> seconds


@dataclass(frozen=True)
class StepInput:
    """One escalation step as somebody wrote it."""

    metric: str
    percent: int
    actions: tuple[str, ...]
    urgent: bool = False


def checked_definition(timezone: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar's definition, read and found usable; raises `Invalid` that names the part. Rules: T1, T4."""
    members = {name: definition[name] for name in DEFINITION_MEMBERS if definition.get(name)}
    unknown = sorted(definition.keys() - set(DEFINITION_MEMBERS))
    if unknown:
        raise Invalid.field(unknown[0], _("A calendar has no such field."))
    try:
        calendar = parse_calendar({"tz": timezone, **members})
    except CalendarError as error:
        field = "timezone" if error.field == "tz" else re.split(r"[.\[]", error.field)[0]
        raise Invalid.field(field, _("%(place)s: %(fault)s", place=error.field, fault=error.message)) from error
    if not calendar.ever_opens:
        raise Invalid.field("weekly", _("A calendar that never opens has no deadline. Give at least one open hour."))
    return members


def create_calendar(actor: Actor, *, name: str, timezone: str, definition: Mapping[str, Any]) -> BusinessHours:
    """Record a business calendar."""
    require(actor, "sla.edit")
    members = checked_definition(timezone, definition)
    return create(actor, BusinessHours(name=_name(name), timezone=timezone, definition=members), kind="sla_calendar")


def change_calendar(
    actor: Actor,
    calendar: BusinessHours,
    *,
    name: str,
    timezone: str,
    definition: Mapping[str, Any],
    version: int | None = None,
) -> None:
    """Change a calendar; open clocks that count in it are computed anew by a background task. Rule: C8."""
    require(actor, "sla.edit")
    check_version(calendar, version)
    members = checked_definition(timezone, definition)
    _require_free(BusinessHours, calendar.id, name)
    facts = {"name": _name(name), "timezone": timezone, "definition": members}
    if apply_changes(actor, calendar, facts, kind="sla_calendar"):
        agreements = queries.agreements_using(calendar.id)
        for agreement in agreements:
            write_terms(agreement)
        _ask_to_recompute(actor, [agreement.id for agreement in agreements])


def _name(text: str) -> str:
    if not text.strip():
        raise Invalid.field("name", _("Give it a name."))
    return text.strip()[:NAME_LENGTH]


def _require_free(table: type[Agreement] | type[BusinessHours], row_id: int, name: str) -> None:
    others = session.query(table.id).filter(table.name == name.strip(), table.id != row_id)
    if others.first() is not None:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name.strip()))


def create_agreement(
    actor: Actor, *, facts: Mapping[str, Any], targets: Targets, steps: Sequence[StepInput]
) -> Agreement:
    """Record an agreement with its targets and steps. It applies to tickets recorded or changed from now on."""
    require(actor, "sla.edit")
    checked = _checked_facts(facts)
    _check_parts(targets, steps)
    if "name" not in checked or "calendar_id" not in checked:
        raise Invalid.field("name", _("An agreement needs a name and a calendar."))
    agreement = create(actor, Agreement(**checked), kind="sla")
    _write_parts(actor, agreement, targets, steps)
    write_terms(agreement)
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
    check_version(agreement, version)
    checked = _checked_facts(facts)
    _require_free(Agreement, agreement.id, checked.get("name", agreement.name))
    stored_targets, stored_steps = _stored_parts(agreement)
    new_targets, new_steps = stored_targets if targets is None else targets, stored_steps if steps is None else steps
    _check_parts(new_targets, new_steps)
    changed = bool(apply_changes(actor, agreement, checked, kind="sla"))
    if _write_parts(actor, agreement, new_targets, new_steps):
        agreement.version += 0 if changed else 1
        changed = True
    if changed:
        write_terms(agreement)
        _ask_to_recompute(actor, [agreement.id])


def _stored_parts(agreement: Agreement) -> tuple[dict[tuple[str, int], int], list[StepInput]]:
    shown = queries.show_agreement(agreement.id)
    targets = {(row.metric, row.priority): row.seconds for row in shown.targets}
    return targets, [StepInput(row.metric, row.percent, tuple(row.actions), row.urgent) for row in shown.steps]


def _checked_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    unknown = facts.keys() - AGREEMENT_FACTS
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This field cannot be changed here."))
    checked = dict(facts)
    if "name" in checked:
        checked["name"] = _name(checked["name"])
    if "condition" in checked:
        checked["condition"] = _checked_condition(checked["condition"])
    if "calendar_id" in checked:
        get(BusinessHours, checked["calendar_id"])
    if checked.get("organisation_id") is not None:
        get(Organisation, checked["organisation_id"])
    if checked.get("target_change", "retroactive") not in TARGET_CHANGES:
        raise Invalid.field("target_change", _("Choose one of the ways to measure a new target."))
    _check_validity(checked.get("valid_from"), checked.get("valid_to"))
    return checked


def _checked_condition(text: str) -> str:
    try:
        filters.conditions(SYSTEM, text)
    except Invalid as error:
        raise Invalid.field("condition", error.message) from error
    return text.strip()


def _check_validity(valid_from: datetime | None, valid_to: datetime | None) -> None:
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise Invalid.field("valid_to", _("The agreement must end after it begins."))


def _check_parts(targets: Targets, steps: Sequence[StepInput]) -> None:
    if not targets:
        raise Invalid.field("targets", _("Give at least one target."))
    for (metric, priority), seconds in targets.items():
        if metric not in METRICS or not 1 <= priority <= 5:
            raise Invalid.field("targets", _("Targets are for response or resolution and priorities 1 to 5."))
        if not 0 < seconds <= LONGEST_TARGET_SECONDS:
            raise Invalid.field("targets", _("A target is longer than nothing and at most a year."))
    _check_steps(steps)


def _check_steps(steps: Sequence[StepInput]) -> None:
    if len(steps) > MOST_STEPS:
        raise Invalid.field("steps", _("At most %(most)s steps are possible.", most=MOST_STEPS))
    for step in steps:
        if step.metric not in METRICS or not 1 <= step.percent <= LARGEST_PERCENT:
            raise Invalid.field("steps", _("A step falls at 1 to 1000 per cent of the response or resolution target."))
        if not step.actions or not set(step.actions) <= set(ACTIONS):
            raise Invalid.field("steps", _("Choose what each step does."))
    if len({(step.metric, step.percent) for step in steps}) < len(steps):
        raise Invalid.field("steps", _("Two steps fall at the same share of the same target. Join them into one."))


def _write_parts(actor: Actor, agreement: Agreement, targets: Targets, steps: Sequence[StepInput]) -> bool:
    """Bring targets and steps to what is wanted; a step keeps its id while target and share stay. Answers if any moved."""
    before_targets, before_steps = _stored_parts(agreement)
    wanted_steps = sorted(steps, key=lambda step: (step.metric, step.percent))
    known_steps = sorted(before_steps, key=lambda step: (step.metric, step.percent))
    changes: dict[str, Any] = {}
    if before_targets != dict(targets):
        session.execute(delete(AgreementTarget).where(AgreementTarget.agreement_id == agreement.id))
        for (metric, priority), seconds in targets.items():
            session.add(AgreementTarget(agreement_id=agreement.id, metric=metric, priority=priority, seconds=seconds))
        changes["targets"] = [_target_words(before_targets), _target_words(targets)]
    if known_steps != wanted_steps:
        _write_steps(agreement, wanted_steps)
        changes["steps"] = [[_step_words(each) for each in known_steps], [_step_words(each) for each in wanted_steps]]
    session.flush()
    if changes:
        audit.record(actor, "sla.changed", subject_kind="sla", subject_id=agreement.id, changes=changes)
    return bool(changes)


def _target_words(targets: Targets) -> dict[str, int]:
    return {f"{metric} P{priority}": seconds for (metric, priority), seconds in sorted(targets.items())}


def _step_words(step: StepInput) -> str:
    return f"{step.metric} {step.percent} %: {', '.join(step.actions)}{' (urgent)' if step.urgent else ''}"


def _write_steps(agreement: Agreement, steps: Iterable[StepInput]) -> None:
    known = {(row.metric, row.percent): row for row in queries.steps_of([agreement.id]).get(agreement.id, [])}
    for step in steps:
        row = known.pop((step.metric, step.percent), None)
        if row is None:
            row = EscalationStep(agreement_id=agreement.id, metric=step.metric, percent=step.percent, actions=[])
            session.add(row)
        row.actions, row.urgent = list(step.actions), step.urgent
    for row in known.values():
        session.delete(row)


def write_terms(agreement: Agreement) -> None:
    """Keep the agreement as it now stands as its terms in force."""
    session.flush()
    terms = Terms(agreement_id=agreement.id, content=_content(agreement))
    session.add(terms)
    session.flush()
    agreement.terms_id = terms.id
    session.flush()


def _content(agreement: Agreement) -> dict[str, Any]:
    targets, steps = queries.targets_of([agreement.id]), queries.steps_of([agreement.id])
    calendar = get(BusinessHours, agreement.calendar_id)
    return content_of(agreement, calendar, targets.get(agreement.id, []), steps.get(agreement.id, []))


def _ask_to_recompute(actor: Actor, agreement_ids: Sequence[int]) -> None:
    if agreement_ids and queries.count_open_tickets(agreement_ids):
        jobs.enqueue(
            RECOMPUTE_TASK,
            {"agreement_ids": list(agreement_ids), "asked_by": actor.name},
            title=str(_("Compute SLA clocks anew")),
            requested_by_id=actor.person_id,
        )


@dataclass(frozen=True)
class Move:
    """An open clock that a change would move."""

    number: str
    kind: str
    ticket_id: int
    metric: str
    before_at: datetime | None
    after_at: datetime | None
    before_state: str
    after_state: str


@dataclass(frozen=True)
class Preview:
    """What a change would move: the clocks among the first tickets, and of how many tickets those were taken."""

    moves: list[Move]
    looked_at: int
    total: int


def preview_calendar(calendar: BusinessHours, *, timezone: str, definition: Mapping[str, Any]) -> Preview:
    """Which open clocks would move if the calendar became this. Rule: C8."""
    members = checked_definition(timezone, definition)
    changed = {"name": calendar.name, "tz": timezone, **members}
    drafts: dict[int, AgreedTerms | None] = {}
    for agreement in queries.agreements_using(calendar.id):
        content = _content(agreement) | {"calendar": changed}
        drafts[agreement.id] = read_content(f"draft of {agreement.id}", agreement.id, content)
    return _preview(drafts)


def preview_agreement(
    agreement: Agreement, *, facts: Mapping[str, Any], targets: Targets, steps: Sequence[StepInput]
) -> Preview:
    """Which open clocks would move if the agreement became this. Rule: C8."""
    checked = _checked_facts(facts)
    _check_parts(targets, steps)
    if not checked.get("active", agreement.active):
        return _preview({agreement.id: None})
    draft = Agreement(name=agreement.name)
    for name in AGREEMENT_FACTS:
        setattr(draft, name, checked.get(name, getattr(agreement, name)))
    content = content_of(
        draft,
        get(BusinessHours, draft.calendar_id),
        [
            AgreementTarget(metric=metric, priority=priority, seconds=each)
            for (metric, priority), each in targets.items()
        ],
        [
            EscalationStep(
                id=0, metric=step.metric, percent=step.percent, actions=list(step.actions), urgent=step.urgent
            )
            for step in steps
        ],
    )
    return _preview({agreement.id: read_content(f"draft of {agreement.id}", agreement.id, content)})


def _preview(drafts: Mapping[int, AgreedTerms | None]) -> Preview:
    ids = list(drafts)
    total = queries.count_open_tickets(ids)
    moves: list[Move] = []
    ticket_ids = queries.list_open_tickets(ids, limit=PREVIEWED_TICKETS)
    now = clock.now()
    for kept in services.load(queries.tickets_by_id(ticket_ids), open_only=True):
        for row in kept.rows:
            if row.ended_at is None and row.agreement_id in drafts:
                moves += _move_of(kept, row, drafts[row.agreement_id], now)
    return Preview(moves, len(ticket_ids), total)


def _move_of(kept: services.KeptClocks, row: SlaClock, draft: AgreedTerms | None, now: datetime) -> list[Move]:
    metric, applied = services.metric_of(row), stored_terms(row)
    known = terms_by_id(terms_id for _at, terms_id in applied if terms_id != NO_TERMS)
    before = stand(metric, kept.history, applied, known, now=now).clock
    after_at, after_state = None, "cancelled"
    if draft is not None:
        changed = [*applied[:-1], (applied[-1][0], draft.id)]
        after = stand(metric, kept.history, changed, {**known, draft.id: draft}, now=now).clock
        after_at, after_state = after.due_at, after.state
    if (after_at, after_state) == (before.due_at, before.state):
        return []
    ticket = kept.ticket
    return [Move(ticket.number, ticket.kind, ticket.id, row.metric, before.due_at, after_at, before.state, after_state)]
