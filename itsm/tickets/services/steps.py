"""Steps of the life cycle, whatever the kind of ticket."""

from collections.abc import Iterable, Mapping
from typing import Any

from itsm.kernel import clock, lifecycles
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, IllegalTransition, Invalid
from itsm.kernel.events import emit
from itsm.kernel.lifecycle import UNFINISHED, Category, Lifecycle, Transition
from itsm.kernel.module import registry
from itsm.kernel.records import check_version, set_changes
from itsm.kernel.text import _
from itsm.tickets import policy, queries
from itsm.tickets.events import TicketMoved
from itsm.tickets.models import Ticket
from itsm.tickets.services.journal import LONGEST_BODY, write_journal
from itsm.tickets.tasks import guard

HOLD_REASONS = ("customer", "supplier", "change", "problem", "planned")


def lifecycle_of(ticket: Ticket) -> Lifecycle:
    """The life cycle that governs a ticket."""
    return lifecycles.active(ticket.lifecycle_name)


def steps_for(actor: Actor, ticket: Ticket) -> list[Transition]:
    """Steps that the actor may take now, in the order of the life cycle."""
    return [
        step
        for step in lifecycle_of(ticket).steps_from(ticket.state)
        if not step.automatic
        and policy.can_take(actor, ticket, step)
        and (step.guard is None or step.guard(ticket) is None)
    ]


def resolving(ticket: Ticket, steps: Iterable[Transition]) -> set[str]:
    """Names of those steps that resolve the ticket."""
    cycle = lifecycle_of(ticket)
    return {step.name for step in steps if cycle.category(step.target) == Category.RESOLVED}


def is_possible(ticket: Ticket, name: str) -> bool:
    """Whether a step of this name leads away from the present state and its guard lets it pass."""
    steps = [step for step in lifecycle_of(ticket).steps_from(ticket.state) if step.name == name]
    return any(step.guard is None or step.guard(ticket) is None for step in steps)


def take_step(
    actor: Actor,
    ticket: Ticket,
    name: str,
    *,
    fields: Mapping[str, Any] | None = None,
    version: int | None = None,
    automatic: bool = False,
    despite_tasks: bool = False,
) -> None:
    """Take one step of the life cycle; checks permission, guard and required fields.

    Staff resolve a ticket whose required tasks are open only with `despite_tasks`, which the journal tells. Rule: K4.

    Raises `IllegalTransition`, `Forbidden`, or `Invalid` that names every missing field.
    """
    check_version(ticket, version, current=queries.facts_of(ticket))
    step, given = checked_step(actor, ticket, name, fields or {}, automatic=automatic)
    if not automatic and not despite_tasks and resolves(actor, ticket, step):
        guard.require_finished(ticket)
    enter(actor, ticket, step, given, noted=_despite_tasks(actor, ticket, step) if despite_tasks else None)


def checked_step(
    actor: Actor, ticket: Ticket, name: str, fields: Mapping[str, Any], *, automatic: bool = False
) -> tuple[Transition, dict[str, Any]]:
    """The step of this name and what it was given, when `take_step` would take it now; raises what that raises.

    Whether required tasks are open is not looked at, which costs a statement.
    """
    step = lifecycle_of(ticket).step(name, state=ticket.state)
    if step.automatic and not automatic:
        raise IllegalTransition(_("“%(step)s” happens by itself.", step=step.title))
    if not automatic and not policy.can_take(actor, ticket, step):
        raise Forbidden(_("You may not take the step “%(step)s”.", step=step.title))
    _check_guard(step, ticket)
    return step, _checked_fields(ticket, step, fields)


def resolves(actor: Actor, ticket: Ticket, step: Transition) -> bool:
    """Whether staff resolve a ticket by this step, which open required tasks forbid. Rule: K4."""
    return lifecycle_of(ticket).category(step.target) == Category.RESOLVED and policy.can_work(actor, ticket)


def _despite_tasks(actor: Actor, ticket: Ticket, step: Transition) -> dict[str, Any] | None:
    titles = guard.open_titles(ticket) if resolves(actor, ticket, step) else ""
    return {"task.left_open": [None, titles]} if titles else None


def _check_guard(step: Transition, ticket: Ticket) -> None:
    objection = step.guard(ticket) if step.guard else None
    if objection is not None:
        raise IllegalTransition(objection)


def _checked_fields(ticket: Ticket, step: Transition, fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - {*step.requires, *step.accepts}
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("The step “%(step)s” takes no such field.", step=step.title))
    missing = [name for name in step.requires if fields.get(name) in (None, "")]
    if missing:
        raise Invalid(
            _("Some fields are needed for “%(step)s”.", step=step.title),
            errors={name: [_("This is needed for “%(step)s”.", step=step.title)] for name in missing},
        )
    if fields.get("hold_reason") and fields["hold_reason"] not in HOLD_REASONS:
        raise Invalid.field("hold_reason", _("Choose one of the reasons."))
    _check_own_fields(ticket, fields)
    return dict(fields)


def _check_own_fields(ticket: Ticket, fields: Mapping[str, Any]) -> None:
    """Fields that only this kind's steps take are texts, some with a fixed set of values."""
    for name in fields.keys() & set(type(ticket).step_texts):
        value, choices = fields[name], type(ticket).step_choices.get(name)
        if not isinstance(value, str) or len(value) > LONGEST_BODY:
            raise Invalid.field(name, _("This must be a text of at most 200,000 characters."))
        if choices is not None and value not in choices:
            raise Invalid.field(name, _("Choose one of: %(names)s.", names=", ".join(choices)))


def enter(
    actor: Actor,
    ticket: Ticket,
    step: Transition,
    given: dict[str, Any],
    *,
    noted: Mapping[str, Any] | None = None,
) -> None:
    """Move a ticket by a step whose rules the caller has checked; `noted` is told in the journal besides."""
    cycle = lifecycle_of(ticket)
    before, before_category = ticket.state, Category(ticket.state_category)
    after_category = cycle.category(step.target)
    note = str(given.pop("note", "") or "")
    changes: dict[str, Any] = {"state": step.target, "state_category": after_category.value, **given}
    changes |= _instants(ticket, before_category, after_category)
    if step.takes and actor.person_id is not None and ticket.assignee_id is None:
        changes["assignee_id"] = actor.person_id
    recorded = set_changes(ticket, changes)
    ticket.unfinished = int(after_category in UNFINISHED)
    if before_category == Category.RESOLVED and after_category in UNFINISHED:
        ticket.reopenings += 1
    session.flush()
    noted = {"step": [None, step.name], **(noted or {}), **pause_note(ticket)}
    write_journal(actor, ticket, "change", body=note, changes=noted | recorded)
    emit(
        TicketMoved(
            ticket.id,
            ticket.kind,
            step=step.name,
            before=before,
            after=step.target,
            before_category=before_category.value,
            after_category=after_category.value,
            actor_id=actor.person_id,
        )
    )


def settle(actor: Actor, ticket: Ticket, state: str) -> None:
    """Let a ticket follow an edit of its life cycle: into `state`, or anew into the state it is in. Rule: L2, L3."""
    noted: dict[str, Any] = {"state": [ticket.state] * 2, "state_category": [ticket.state_category] * 2}
    if ticket.hold_reason:
        noted["hold_reason"] = [ticket.hold_reason] * 2
    step = Transition(lifecycles.SETTLED, (ticket.state,), state, lifecycles.SETTLED, "")
    enter(actor, ticket, step, {}, noted=noted)


def told_pause(ticket: Ticket) -> bool:
    """Whether clocks take the ticket's present state for one that pauses them, by its journal."""
    changes = queries.last_move(ticket.id)
    told = changes.get("state_pauses")
    if told is not None:
        return bool(told[1])
    shipped = registry().lifecycles[ticket.lifecycle_name].states.get(ticket.state)
    return shipped.pauses if shipped is not None else ticket.state_category == Category.WAITING


def pause_note(ticket: Ticket) -> dict[str, list[Any]]:
    """Whether the state that a ticket is in pauses clocks, for its journal: only where the shipped life cycle does not say so.

    Clocks read it from there, so that a later edit of the life cycle does not change what was counted. Rule: L3.
    """
    shipped = registry().lifecycles[ticket.lifecycle_name]
    pauses = lifecycle_of(ticket)[ticket.state].pauses
    known = ticket.state in shipped.states and shipped[ticket.state].pauses == pauses
    return {} if known else {"state_pauses": [None, pauses]}


def _instants(ticket: Ticket, before: Category, after: Category) -> dict[str, Any]:
    """Which instants and hold facts a move sets or clears."""
    now, values = clock.now(), dict[str, Any]()
    if after in UNFINISHED:
        values |= {"resolved_at": None, "closed_at": None}
    elif before in UNFINISHED:
        values["resolved_at"] = now
    if after == Category.CLOSED:
        values["closed_at"] = now
    if before == Category.WAITING and after != Category.WAITING:
        values |= {"hold_reason": "", "wake_at": None}
    return {name: value for name, value in values.items() if getattr(ticket, name) != value}
