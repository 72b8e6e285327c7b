"""What a change of agreements or calendars would move, before it is made. Rule: C8."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.records import get
from itsm.tickets import policy
from sla import queries
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.agreements.terms import AgreedTerms, content_of, read_content, terms_by_id
from sla.kept_clocks import KeptClocks, load
from sla.models import Agreement, AgreementTarget, BusinessHours, EscalationStep
from sla.standing import NO_TERMS, ClockKey, stand

PREVIEWED_TICKETS = 200


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


def preview_agreement(
    actor: Actor,
    agreement: Agreement,
    *,
    facts: Mapping[str, Any],
    targets: agreement_services.Targets,
    steps: Sequence[agreement_services.StepInput],
) -> Preview:
    """Which open clocks would move if the agreement became this. Rule: C8."""
    checked = agreement_services.checked_facts(facts)
    agreement_services.check_parts(agreement.kind, targets, steps)
    if not checked.get("active", agreement.active):
        return preview_drafts(actor, {agreement.id: None})
    draft = Agreement(name=agreement.name)
    for name in agreement_services.AGREEMENT_FACTS:
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
                id=0,
                metric=step.metric,
                percent=step.percent,
                minutes=step.minutes,
                actions=list(step.actions),
                urgent=step.urgent,
                group_id=step.group_id,
            )
            for step in steps
        ],
        agreement_queries.own_metrics().values(),
    )
    return preview_drafts(actor, {agreement.id: read_content(f"draft of {agreement.id}", agreement.id, content)})


def preview_drafts(actor: Actor, drafts: Mapping[int, AgreedTerms | None]) -> Preview:
    """Which open clocks that the actor may see would move if these agreements had these terms; None: applied no longer."""
    ids = list(drafts)
    total = queries.count_open_tickets(ids)
    moves: list[Move] = []
    ticket_ids = queries.list_open_tickets(ids, limit=PREVIEWED_TICKETS, readable=policy.visible(actor))
    now = clock.now()
    for kept in load(queries.tickets_by_id(ticket_ids), open_only=True):
        keys = [key for key, rows in kept.rows.items() if rows[-1].agreement_id in drafts and kept.is_open(key)]
        if keys:
            moves += _moves_of(kept, keys, drafts, now)
    return Preview(moves, len(ticket_ids), total)


def _moves_of(
    kept: KeptClocks, keys: Sequence[ClockKey], drafts: Mapping[int, AgreedTerms | None], now: datetime
) -> list[Move]:
    ids = [terms_id for key in keys for _at, terms_id in kept.terms[key] if terms_id != NO_TERMS]
    known = terms_by_id(ids) | {draft.id: draft for draft in drafts.values() if draft is not None}
    moves = []
    for key in keys:
        row, applied = kept.rows[key][-1], kept.terms[key]
        draft = drafts[row.agreement_id]
        before = stand(key, kept.past, applied, known, now=now)[-1].clock
        after_at, after_state = None, "cancelled"
        if draft is not None:
            changed = kept.with_terms_in_place(key, draft.id)
            after = stand(key, kept.past, changed, known, now=now)[-1].clock
            after_at, after_state = after.due_at, after.state
        if (after_at, after_state) != (before.due_at, before.state):
            ticket = kept.ticket
            instants = (before.due_at, after_at)
            moves.append(Move(ticket.number, ticket.kind, ticket.id, key.metric, *instants, before.state, after_state))
    return moves
