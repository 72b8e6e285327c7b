"""What tests of rules share: making a rule in a line, and reading what rules did."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.rules import services
from itsm.rules.models import Rule, RuleFiring
from itsm.tickets.models import JournalEntry, Ticket
from tests.factories import Factory

MakeRule = Callable[..., Rule]
Do = dict[str, Any]


def priority(value: int, reason: str = "by rule") -> Do:
    return {"do": "set_priority", "priority": value, "reason": reason}


def firings(rule: Rule | None = None) -> list[RuleFiring]:
    statement = select(RuleFiring).order_by(RuleFiring.id)
    return list(session.scalars(statement.where(RuleFiring.rule_id == rule.id) if rule else statement))


def done(firing: RuleFiring) -> list[str]:
    return [str(each) for each in firing.done]


def journal(ticket: Ticket) -> list[JournalEntry]:
    statement = select(JournalEntry).where(JournalEntry.ticket_id == ticket.id).order_by(JournalEntry.id)
    return list(session.scalars(statement))


@pytest.fixture
def rule(make: Factory) -> MakeRule:
    """Makes an active rule; actions may follow the name."""

    def make_rule(*actions: Do, **facts: Any) -> Rule:
        values = {"name": f"Rule {next(make.numbers)}", "trigger": "opened", "active": True, "actions": list(actions)}
        return services.create_rule(SYSTEM, values | facts)

    return make_rule
