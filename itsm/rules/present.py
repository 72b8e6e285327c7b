"""Rules, macros and what they did as JSON: names and addresses instead of ids, never a secret."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from itsm.kernel.text import _
from itsm.rules.actions import ACTIONS
from itsm.rules.actions.own import column_title
from itsm.rules.conflicts import Finding
from itsm.rules.macros import MacroResult
from itsm.rules.models import Macro, Rule, RuleFiring
from itsm.rules.naming import Names
from itsm.tickets.pages import number_of

OUTCOMES = {"done": _("done"), "failed": _("failed"), "held": _("held back")}
IDS = frozenset({"group", "person", "category"})


def rule_json(rule: Rule, names: Names, found: Sequence[Finding] = ()) -> dict[str, Any]:
    """A rule as its output schema wants it."""
    row = {
        name: getattr(rule, name) for name in ("id", "name", "note", "kinds", "condition", "order", "stop", "active")
    }
    return row | {
        "trigger": {"on": rule.trigger, **rule.options},
        "actions": [action_json(each, names) for each in rule.actions],
        "updated_at": rule.updated_at,
        "version": rule.version,
        "findings": [str(each.text) for each in found if rule.name in each.rules],
    }


def action_json(values: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """A kept action as the API reads it back."""
    action, row = ACTIONS[values["do"]], {"do": values["do"]}
    for wanted in action.inputs:
        value = values.get(wanted.name)
        if value is None or wanted.kind == "secret":
            continue
        if wanted.kind in IDS:
            row[wanted.name] = names.written(wanted.name, value)[-1 if wanted.kind == "person" else 0]
        elif wanted.kind == "people":
            row[wanted.name] = [names.written("person_id", each)[-1] for each in value]
        else:
            row[wanted.name] = value
    return row


def firing_json(firing: RuleFiring, number: str) -> dict[str, Any]:
    """A firing as its output schema wants it."""
    row = {name: getattr(firing, name) for name in ("id", "at", "trigger", "condition", "outcome")}
    return row | {"ticket": number, "done": [str(each) for each in firing.done], "caused_by": firing.caused_by_id}


def trial_json(trial: Mapping[str, Any]) -> dict[str, Any]:
    """A trial as JSON: numbers instead of ids, changes with names."""
    names = Names()
    names.learn(sides_of(trial["hits"]))
    return {**trial, "hits": [_hit_json(hit, names) for hit in trial["hits"]]}


def _hit_json(hit: Mapping[str, Any], names: Names) -> dict[str, Any]:
    changes = {name: [names.of(name, value) for value in pair] for name, pair in hit["changes"].items()}
    number = number_of(hit["kind"], hit["ticket_id"])
    return {"ticket": number, "title": hit["title"], "at": hit["at"], "changes": changes, "agreed": hit["agreed"]}


def sides_of(hits: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What columns held before and what they would hold after each hit of a trial."""
    return ({name: pair[side] for name, pair in hit["changes"].items()} for hit in hits for side in (0, 1))


def changes_in_words(changes: Mapping[str, Sequence[Any]], names: Names) -> list[tuple[Any, str, str]]:
    """Field, before and after of each change, for pages."""
    return [(column_title(name), names.of(name, pair[0]), names.of(name, pair[1])) for name, pair in changes.items()]


def macro_json(macro: Macro, names: Names) -> dict[str, Any]:
    """A macro as its output schema wants it."""
    row = {name: getattr(macro, name) for name in ("id", "name", "scope", "kinds", "active", "version")}
    group = names.of("group_id", macro.group_id) if macro.group_id is not None else None
    return row | {"group": group, "actions": [action_json(each, names) for each in macro.actions]}


def result_json(result: MacroResult) -> dict[str, Any]:
    """What a macro did on one ticket."""
    error = str(result.error.message) if result.error is not None else None
    undo = result.undo.id if result.undo is not None else None
    return {"ticket": result.ticket.number, "done": [str(each) for each in result.done], "error": error, "undo": undo}
