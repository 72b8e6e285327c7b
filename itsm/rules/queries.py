"""Every read of rules, of what they did, and of macros."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import held, session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import get, require
from itsm.kernel.text import _
from itsm.rules import policy
from itsm.rules.models import Macro, Rule, RuleFiring
from itsm.tickets import policy as tickets
from itsm.tickets.models import Ticket

SHOWN_ON_TICKET = 8
COUNTED_DAYS = 7
FIRED: tuple[Any, ...] = (RuleFiring.id, RuleFiring, Ticket.kind, Ticket.title, RuleFiring.ticket_id)


def list_rules(actor: Actor) -> Sequence[Rule]:
    """All rules in the order in which they run."""
    require(actor, "rules.edit")
    return session.scalars(select(Rule).order_by(Rule.order, Rule.id)).all()


def page_of_rules(actor: Actor, *, limit: int | None = None, cursor: str | None = None) -> Page[Rule]:
    """One page of rules in order, for the API."""
    require(actor, "rules.edit")
    size = checked_limit(limit)
    keys = (SortKey("order", Rule.order), SortKey("id", Rule.id))
    rows = session.scalars(keyset(select(Rule), keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.order, row.id))


def get_rule(actor: Actor, rule_id: int) -> Rule:
    """One rule; raises `NotFound`."""
    require(actor, "rules.edit")
    return get(Rule, rule_id)


def count_firings() -> dict[int, dict[str, int]]:
    """Rule id → outcome → number within the last seven days, in one statement."""
    since = clock.now() - timedelta(days=COUNTED_DAYS)
    statement = select(RuleFiring.rule_id, RuleFiring.outcome, func.count()).where(RuleFiring.at > since)
    found: dict[int, dict[str, int]] = {}
    for rule_id, outcome, number in session.execute(statement.group_by(RuleFiring.rule_id, RuleFiring.outcome)):
        found.setdefault(rule_id, {})[outcome] = number
    return found


def list_firings(actor: Actor, *, rule_id: int, limit: int | None = None, cursor: str | None = None) -> Page[Row[Any]]:
    """What a rule did, newest first, on tickets that the actor may read: rows of (firing, kind, title, ticket id)."""
    size = checked_limit(limit)
    statement: Select[Any] = select(*FIRED).join(Ticket, Ticket.id == RuleFiring.ticket_id)
    statement = statement.where(RuleFiring.rule_id == rule_id, tickets.visible(actor))
    keys = (SortKey("id", RuleFiring.id, descending=True),)
    rows = session.execute(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.id,))


def firings_on(ticket: Ticket) -> Sequence[RuleFiring]:
    """What rules last did on a ticket that the actor may read, newest first."""
    statement = select(RuleFiring).where(RuleFiring.ticket_id == ticket.id).order_by(RuleFiring.id.desc())
    return session.scalars(statement.limit(SHOWN_ON_TICKET)).all()


def list_macros(actor: Actor) -> Sequence[Macro]:
    """Macros that the actor may use or keep, in order."""
    statement = select(Macro).where(policy.visible_macros(actor))
    return session.scalars(statement.order_by(Macro.order, Macro.id)).all()


def page_of_macros(actor: Actor, *, limit: int | None = None, cursor: str | None = None) -> Page[Macro]:
    """One page of macros, for the API."""
    size = checked_limit(limit)
    keys = (SortKey("order", Macro.order), SortKey("id", Macro.id))
    statement = select(Macro).where(policy.visible_macros(actor))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.order, row.id))


def hold_macros_of(rules: Iterable[Rule]) -> None:
    """Read the macros that rules run, at once: whoever asks for one of them then finds it in the session."""
    ids = {each["macro_id"] for rule in rules for each in rule.actions if each.get("macro_id")}
    for macro in session.scalars(select(Macro).where(Macro.id.in_(ids))) if ids else ():
        held(macro)


def get_macro(actor: Actor, macro_id: int) -> Macro:
    """A macro that the actor may use or keep; raises `NotFound`."""
    row = session.scalars(select(Macro).where(Macro.id == macro_id, policy.visible_macros(actor))).first()
    if row is None:
        raise NotFound(_("There is no such macro, or it is not yours."))
    return row
