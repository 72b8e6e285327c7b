"""Running rules on tickets: in the transaction of what happened, each in a savepoint, and never for ever.

A rule runs at most once for a ticket within a transaction. A rule's own changes are marked by the channel `rule`; what
they, the clock or a schedule lead to runs a rule again on the same ticket at most once an hour. Rules: U1 to U6.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import OperationalError

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import Message, _
from itsm.notifications.services import is_silent
from itsm.rules import live
from itsm.rules.actions import Run, perform
from itsm.rules.live import LiveRule
from itsm.rules.models import RuleFiring
from itsm.rules.triggers import Occasion
from itsm.tickets.models import JournalEntry, Ticket

log = structlog.get_logger()

CHANNEL = "rule"
DEEPEST = 10
AGAIN_AFTER = timedelta(hours=1)
BY_CLOCK = frozenset({"target_spent", "schedule"})


@dataclass
class _Chain:
    """What rules did in one transaction: which ran on which ticket, and those that are running now, outermost first."""

    transaction: Any
    ran: set[tuple[int, int]] = field(default_factory=set)
    running: list[int] = field(default_factory=list)

    @contextmanager
    def of(self, rule_id: int) -> Iterator[None]:
        """What happens inside the block is the rule's doing."""
        self.running.append(rule_id)
        try:
            yield
        finally:
            self.running.pop()


def _chain() -> _Chain:
    transaction = session().get_transaction()
    known: _Chain | None = session.info.get("rules.chain")
    if known is None or known.transaction is not transaction:
        known = session.info["rules.chain"] = _Chain(transaction)
    return known


def consider(occasion: Occasion) -> None:
    """Run the rules that are for an occasion and whose condition holds. Imported history runs none."""
    rules = live.rules_for(occasion)
    if not rules or is_silent():
        return
    ticket = session.get_one(Ticket, occasion.ticket_id)
    chain = _chain()
    if len(chain.running) >= DEEPEST:
        return
    for rule in rules:
        if (rule.id, ticket.id) in chain.ran or not rule.condition.holds(ticket):
            continue
        if run(rule, ticket, occasion.trigger) and rule.stop:
            return


def run(rule: LiveRule, ticket: Ticket, trigger: str) -> bool:
    """Run one rule on one ticket and log it; answers whether its actions were carried out."""
    chain = _chain()
    chain.ran.add((rule.id, ticket.id))
    firing = RuleFiring(
        rule_id=rule.id,
        rule_name=rule.name,
        ticket_id=ticket.id,
        trigger=trigger,
        condition=rule.condition.text,
        caused_by_id=chain.running[-1] if chain.running else None,
    )
    if (chain.running or trigger in BY_CLOCK) and goes_round(rule.id, ticket.id, trigger):
        firing.outcome, firing.done = "held", [_("It ran within the last hour and nobody changed the ticket since.")]
        session.add(firing)
        session.flush()
        return False
    session.add(firing)
    session.flush()
    firing.outcome, firing.done = _carried_out(rule, ticket, firing.id, chain)
    session.flush()
    return firing.outcome == "done"


def _carried_out(rule: LiveRule, ticket: Ticket, firing_id: int, chain: _Chain) -> tuple[str, list[Message]]:
    actor = Actor(person_id=None, name=rule.name, channel=CHANNEL, grants_all=True)
    before = set(chain.ran)
    try:
        with chain.of(rule.id), session.begin_nested():
            run = Run(actor, ticket, key=f"r{firing_id}", by_rule=True, source=rule.name)
            return "done", perform(run, rule.actions)
    except OperationalError:
        raise  # the database itself: the whole request is repeated or fails
    except Exception as error:  # noqa: BLE001 (the boundary between a rule and the request: nothing of the rule is kept)
        chain.ran = before  # what its changes had led to is undone with them
        log.warning("rule failed", rule=rule.name, ticket=ticket.id, error=repr(error))
        return "failed", [error.message if isinstance(error, ItsmError) else _technical(error)]


def _technical(error: Exception) -> Message:
    """Told on the ticket's page: what kind of error it was. The log holds the rest, such as statements and values."""
    return _("Error: %(error)s", error=type(error).__name__)


def goes_round(rule_id: int, ticket_id: int, trigger: str) -> bool:
    """Whether a rule ran on a ticket within the hour and, for what the clock leads to, no person changed it since."""
    statement = select(RuleFiring.at).where(
        RuleFiring.rule_id == rule_id,
        RuleFiring.ticket_id == ticket_id,
        RuleFiring.at > clock.now() - AGAIN_AFTER,
        RuleFiring.outcome == "done",
    )
    ran_at = session.scalar(statement.order_by(RuleFiring.id.desc()).limit(1))
    if ran_at is None:
        return False
    return trigger not in BY_CLOCK or not _touched_since(ticket_id, ran_at)


def held_back(rule_id: int) -> ColumnElement[bool]:
    """Tickets on which `goes_round` holds a scheduled rule back, as a condition: they wait without taking others' places."""
    told = JournalEntry.actor_id.is_not(None) & (JournalEntry.at > RuleFiring.at)
    touched = select(JournalEntry.id).where(JournalEntry.ticket_id == RuleFiring.ticket_id, told)
    ran = select(RuleFiring.id).where(
        RuleFiring.rule_id == rule_id,
        RuleFiring.ticket_id == Ticket.id,
        RuleFiring.at > clock.now() - AGAIN_AFTER,
        RuleFiring.outcome == "done",
    )
    return ran.where(~touched.correlate(RuleFiring).exists()).correlate(Ticket).exists()


def _touched_since(ticket_id: int, instant: Any) -> bool:
    statement = select(JournalEntry.id).where(
        JournalEntry.ticket_id == ticket_id, JournalEntry.at > instant, JournalEntry.actor_id.is_not(None)
    )
    return session.scalar(statement.limit(1)) is not None
