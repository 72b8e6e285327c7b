"""Scheduled rules, and forgetting what rules did long ago."""

from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, delete, select

from itsm.kernel import clock, jobs
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.text import _
from itsm.rules import conditions, engine, live
from itsm.rules.models import Rule, RuleFiring, RuleMatch
from itsm.rules.triggers import next_run
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket

MOST_AT_ONCE = 500
FIRINGS_KEPT = timedelta(days=400)


def run_due() -> Outcome:
    """Run every scheduled rule whose time has come: for each ticket that matches, once until it has stopped matching."""
    with reading(), unit_of_work():
        due = select(Rule.id).where(Rule.next_at <= clock.now()).order_by(Rule.order, Rule.id)
        ids = session.scalars(due).all()
    outcome = Outcome()
    for rule_id in ids:
        part = _run_one(rule_id)
        outcome.done += part.done
        outcome.failed += part.failed
        outcome.errors += part.errors
        outcome.more = outcome.more or part.more
    return outcome


def _run_one(rule_id: int) -> Outcome:
    with unit_of_work():
        rule = session.get(Rule, rule_id, with_for_update=True)
        if rule is None or rule.next_at is None or rule.next_at > clock.now():
            return Outcome()  # another process was first, or somebody changed it
        try:
            ids = _fresh(rule)
        except Invalid as error:
            rule.next_at = next_run(rule.options, clock.now())
            return Outcome(failed=1, errors=[f"{rule.name}: {error}"])
        if len(ids) < MOST_AT_ONCE:
            rule.next_at = next_run(rule.options, clock.now())
    outcome = jobs.each(ids, partial(_run_on, rule_id), job="rules.schedule")
    outcome.more = len(ids) == MOST_AT_ONCE and outcome.done > 0
    return outcome


def _fresh(rule: Rule) -> list[int]:
    """Tickets that match now and did not when the rule last looked; what stopped matching is forgotten."""
    wanted = conditions.in_sql(rule.kinds, rule.condition)
    still = select(Ticket.id).where(Ticket.id == RuleMatch.ticket_id, *wanted).exists()
    session.execute(
        delete(RuleMatch).where(RuleMatch.rule_id == rule.id, ~still).execution_options(synchronize_session=False)
    )
    free = (~_is_known(rule.id), ~engine.held_back(rule.id))
    statement = select(Ticket.id).where(*wanted, *free).order_by(Ticket.id)
    return list(session.scalars(statement.limit(MOST_AT_ONCE)))


def _is_known(rule_id: int) -> ColumnElement[bool]:
    known = select(RuleMatch.ticket_id).where(RuleMatch.rule_id == rule_id, RuleMatch.ticket_id == Ticket.id)
    return known.exists()


def _run_on(rule_id: int, ticket_id: int) -> None:
    """One ticket in a transaction of its own, if it still matches. Rule: U5."""
    tickets.locked_if_exists(ticket_id)
    rule = session.get_one(Rule, rule_id)
    wanted = [Ticket.id == ticket_id, *conditions.in_sql(rule.kinds, rule.condition), ~_is_known(rule_id)]
    ticket = session.scalars(select(Ticket).where(*wanted)).first()
    if ticket is None or engine.goes_round(rule_id, ticket_id, "schedule"):
        return
    session.add(RuleMatch(rule_id=rule_id, ticket_id=ticket_id))
    session.flush()
    engine.run(live.live_of(rule), ticket, "schedule")


def forget_firings() -> Outcome:
    """Remove the log of what rules did after 400 days."""
    with unit_of_work():
        result = session.execute(delete(RuleFiring).where(RuleFiring.at < clock.now() - FIRINGS_KEPT))
    return Outcome(done=int(getattr(result, "rowcount", 0)))


JOBS = (
    Job("rules.schedule", _("Run scheduled rules"), run_due, every_seconds=30),
    Job("rules.forget", _("Forget what rules did long ago"), forget_firings, every_seconds=24 * 3600),
)
