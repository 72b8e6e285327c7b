"""The forms of rules and macros: actions as numbered fields, so that the builder works without a script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from itsm.identity import queries as identity
from itsm.kernel import lifecycles
from itsm.kernel.actor import Actor
from itsm.kernel.module import registry
from itsm.kernel.text import Message
from itsm.rules import queries
from itsm.rules.actions import ACTIONS, Action
from itsm.rules.actions.facts import step_titles
from itsm.rules.actions.own import titles
from itsm.rules.models import Rule
from itsm.rules.triggers import OPTIONS
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.web.forms import Form

_FIELD = re.compile(r"actions\.(\d{1,2})\.([a-z_]{1,40})")
_MOVE = re.compile(r"(remove|up|down)-(\d{1,2})")


@dataclass(frozen=True)
class ActionRow:
    """One action as the form shows it; field names begin with `actions.<number>.`."""

    number: int
    action: Action
    values: Mapping[str, Any]


def split(posted: MultiDict[str, str]) -> tuple[MultiDict[str, str], list[dict[str, Any]]]:
    """The fields of the form, and the actions in it in order."""
    rest, actions = MultiDict[str, str](), dict[int, dict[str, Any]]()
    for name, value in posted.items(multi=True):
        match = _FIELD.fullmatch(name)
        if match is None:
            rest.add(name, value)
        else:
            actions.setdefault(int(match[1]), {})[match[2]] = value
    return rest, [actions[number] for number in sorted(actions)]


def rearranged(actions: list[dict[str, Any]], then: str, add: str) -> list[dict[str, Any]] | None:
    """The actions after a button of the builder (add, remove, up, down); None for any other button."""
    if then == "add":
        return [*actions, {"do": add}] if add in ACTIONS else actions
    match = _MOVE.fullmatch(then)
    if match is None:
        return None
    number, rest = int(match[2]), list(actions)
    if number >= len(rest):
        return rest
    moved = rest.pop(number)
    if match[1] != "remove":
        rest.insert(max(0, number + (-1 if match[1] == "up" else 1)), moved)
    return rest


def action_rows(actions: Sequence[Mapping[str, Any]]) -> list[ActionRow]:
    """Actions as rows of the form; unknown kinds are left out."""
    known = [each for each in actions if each.get("do") in ACTIONS]
    return [ActionRow(number, ACTIONS[each["do"]], each) for number, each in enumerate(known)]


def as_typed(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Kept actions as their form shows them: addresses in place of several people, secrets left empty."""
    people = identity.emails_of({each for action in actions for each in action.get("people", ())})
    rows = []
    for action in actions:
        row = {**action, "secret": ""} if "secret" in action else dict(action)
        if "people" in row:
            row["people"] = ", ".join(people.get(each, "") for each in row["people"])
        rows.append(row)
    return rows


def rule_values(rule: Rule) -> dict[str, Any]:
    """A rule as its form shows it."""
    names = ("version", "name", "note", "kinds", "trigger", "condition", "stop", "active")
    return {name: getattr(rule, name) for name in names} | dict(rule.options)


def rule_facts(form: Form, actions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a rule's form means, for `services.checked_rule`."""
    data = form.data
    options = {name: data.get("fields_" if name == "fields" else name) for each in OPTIONS.values() for name in each}
    facts = {name: data[name] for name in ("name", "note", "kinds", "trigger", "condition", "stop", "active")}
    return {**facts, "options": options, "actions": actions}


def states() -> dict[str, Any]:
    """States of all life cycles by name, with their titles."""
    cycles = (lifecycles.active(name) for name in registry().lifecycles)
    return {name: cycle[name].title for cycle in cycles for name in cycle.states}


def kinds() -> dict[str, Message]:
    """Every kind of ticket with the title of its module."""
    modules = registry().by_name
    names = sorted(kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket")
    return {kind: modules[kind].title if kind in modules else kind for kind in names}


def choices(actor: Actor) -> dict[str, Any]:
    """What the selects of the builder offer, by kind of input."""
    return {
        "group": [(group.id, f"L{group.level} {group.name}") for group in identity.list_groups()],
        "person": [(person.id, person.name) for person in identity.list_staff()],
        "category": list(tickets.category_titles().items()),
        "macro": [(macro.id, macro.name) for macro in queries.list_macros(actor)],
        "own_field": sorted(titles().items(), key=lambda pair: str(pair[1])),
        "step": list(step_titles().items()),
        "relation": [(rule.relation, rule.forward) for rule in registry().link_rules.values()],
    }
