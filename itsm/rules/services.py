"""Every write to rules."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select

from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, locked, require
from itsm.kernel.text import _
from itsm.rules import conditions, live
from itsm.rules.actions import checked
from itsm.rules.models import Rule, RuleMatch
from itsm.rules.triggers import checked_options, next_run
from itsm.tickets.models import Ticket

LONGEST_NAME = 120
MOST_RULES = 500
FACTS = ("name", "note", "kinds", "trigger", "options", "condition", "actions", "stop", "active")


def create_rule(actor: Actor, values: Mapping[str, Any]) -> Rule:
    """Record a rule, last in order; raises `Invalid` that names every field (`actions.0.priority`)."""
    require(actor, "rules.edit")
    if (session.scalar(select(func.count()).select_from(Rule)) or 0) >= MOST_RULES:
        raise Invalid.field("name", _("At most %(most)s rules.", most=MOST_RULES))
    last = session.scalar(select(func.max(Rule.order))) or 0
    facts = checked_rule(values)
    row = create(actor, Rule(**facts, order=last + 1, changed_by_id=actor.person_id), kind="rule")
    row.next_at = _next_at(row)
    session.flush()
    audit.record(actor, "rule.changed", subject_kind="rule", subject_id=row.id, changes=_told({}, facts))
    live.renew()
    return row


def edit_rule(actor: Actor, rule_id: int, *, version: int | None, values: Mapping[str, Any]) -> Rule:
    """Change a rule; what `values` leaves out stays."""
    require(actor, "rules.edit")
    row = locked(Rule, rule_id)
    check_version(row, version)
    before = {name: getattr(row, name) for name in FACTS}
    facts = checked_rule({**before, **values}, before=row)
    _check_name(row, facts["name"])
    _apply(actor, row, facts)
    return row


def switch_rule(actor: Actor, rule_id: int, *, on: bool) -> Rule:
    """Switch a rule on or off."""
    require(actor, "rules.edit")
    row = locked(Rule, rule_id)
    _apply(actor, row, {"active": on})
    return row


def _apply(actor: Actor, row: Rule, facts: Mapping[str, Any]) -> None:
    before = {name: getattr(row, name) for name in facts}
    if facts == before:
        return
    for name, value in facts.items():
        setattr(row, name, value)
    row.version, row.updated_at, row.changed_by_id = row.version + 1, clock.now(), actor.person_id
    row.next_at = _next_at(row)
    session.flush()
    audit.record(actor, "rule.changed", subject_kind="rule", subject_id=row.id, changes=_told(before, facts))
    live.renew()


def _told(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    changed = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    return {name: [_masked(each) for each in pair] for name, pair in changed.items()}


def _masked(value: Any) -> Any:
    """Actions without the secrets of receivers, for the audit log."""
    if not isinstance(value, list):
        return value
    return [
        {name: "•••" if name == "secret" else part for name, part in each.items()} if isinstance(each, dict) else each
        for each in value
    ]


def _next_at(row: Rule) -> Any:
    """When a scheduled rule looks first: at once where it looks every few minutes."""
    if row.trigger != "schedule" or not row.active:
        return None
    return next_run(row.options, clock.now()) if "at" in row.options else clock.now()


def _check_name(row: Rule, name: str) -> None:
    if session.scalar(select(Rule.id).where(Rule.name == name, Rule.id != row.id)):
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name))


def move_rule(actor: Actor, rule_id: int, *, up: bool) -> None:
    """Let a rule change places with the one before or after it."""
    require(actor, "rules.edit")
    rows = list(session.scalars(select(Rule).order_by(Rule.order, Rule.id)))
    place = next((number for number, row in enumerate(rows) if row.id == rule_id), None)
    other = None if place is None else place + (-1 if up else 1)
    if place is None or other is None or not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for number, row in enumerate(rows, start=1):
        if row.order != number:
            apply_changes(actor, row, {"order": number}, kind="rule")
    live.renew()


def delete_rule(actor: Actor, rule_id: int) -> None:
    """Remove a rule; the log of what it did stays."""
    require(actor, "rules.edit")
    row = get(Rule, rule_id)
    session.execute(delete(RuleMatch).where(RuleMatch.rule_id == rule_id))
    session.delete(row)
    session.flush()
    audit.record(actor, "rule.deleted", subject_kind="rule", subject_id=rule_id, changes={"name": [row.name, None]})
    live.renew()


def checked_rule(values: Mapping[str, Any], *, before: Rule | None = None) -> dict[str, Any]:
    """The facts of a rule as they are kept; raises `Invalid` with all that is wrong. Also for drafts in the laboratory."""
    facts: dict[str, Any] = {
        "note": str(values.get("note") or "").strip(),
        "condition": str(values.get("condition") or "").strip(),
        "stop": bool(values.get("stop")),
        "active": bool(values.get("active")),
        "trigger": str(values.get("trigger") or ""),
    }
    errors: dict[str, Any] = {}
    kept = before.actions if before is not None else ()
    for name, read in (
        ("name", lambda: checked_name(values)),
        ("kinds", lambda: checked_kinds(values)),
        ("options", lambda: checked_options(facts["trigger"], values.get("options") or {})),
        ("condition", lambda: _condition(facts["condition"])),
        ("actions", lambda: checked(values.get("actions") or (), before=kept)),
    ):
        try:
            facts[name] = read()
        except Invalid as error:
            errors |= error.errors
    if errors:
        raise Invalid(_("Please check what you entered"), errors=errors)
    return facts


def checked_name(values: Mapping[str, Any]) -> str:
    """The name of a rule or macro, with single blanks; raises `Invalid`."""
    name = " ".join(str(values.get("name") or "").split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid.field("name", _("Give it a name of at most %(most)s letters.", most=LONGEST_NAME))
    return name


def checked_kinds(values: Mapping[str, Any]) -> list[str]:
    """Kinds of tickets, each once; raises `Invalid` for an unknown one."""
    kinds = list(dict.fromkeys(values.get("kinds") or ()))
    unknown = set(kinds) - set(Ticket.__mapper__.polymorphic_map) | (set(kinds) & {"ticket"})
    if unknown:
        raise Invalid.field("kinds", _("There is no “%(name)s”.", name=sorted(unknown)[0]))
    return kinds


def _condition(text: str) -> str:
    conditions.check(text)
    return text
