"""The escalation steps of an agreement's form: sets of rows, one for tickets of any group and one for each group's own.

A row's fields are `steps.<set>.<row>.<member>`; the group of a set is `steps.<set>.group_id`. Set 0 is for any group.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _
from itsm.web.access import current_actor
from itsm.web.problems import flatten
from sla.agreements.services import MOST_GROUPS, MOST_STEPS, StepInput
from sla.agreements.terms import StepAction
from sla.escalations import actions as step_actions
from sla.escalations.actions import Names, name_of
from sla.escalations.schemas import LARGEST_PERCENT, StepRow
from sla.models import EscalationStep

PREFIX = "steps."
MANY = frozenset({"actions", "groups"})
FREE_ROWS = 2
UNITS: Mapping[str, Message] = {
    "percent": _("per cent of the target"),
    "before": _("working minutes before due"),
    "after": _("working minutes after due"),
}
_NAME = re.compile(r"steps\.(\d{1,2})\.(?:(\d{1,2})\.([a-z_]{1,20})|group_id)")
# Which field of a row holds which part of an action.
_FIELD_OF = {
    "assign": {"group": "group", "assignee": "assignee"},
    "task": {"title": "title", "group": "task_group", "owner": "owner", "due_hours": "due_hours"},
}


@dataclass
class TypedSteps:
    """The steps that somebody typed: `values` as they stand in the form, what they mean, and what is wrong by field."""

    values: dict[str, Any] = field(default_factory=dict)
    steps: list[StepInput] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)


def read_steps(posted: MultiDict[str, str], before: Iterable[EscalationStep]) -> TypedSteps:
    """The rows of steps; a webhook without a secret keeps that of the action to the same address in `before`."""
    typed, known = TypedSteps(), [action for step in before for action in step.actions]
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for name in posted:
        if not name.startswith(PREFIX):
            continue
        match = _NAME.fullmatch(name)
        if match is None or int(match[1]) > MOST_GROUPS + 1 or int(match[2] or 0) > MOST_STEPS + FREE_ROWS:
            typed.errors[name[:80]] = [str(_("This field is not known here."))]
            continue
        many = match[3] in MANY
        typed.values[name] = [each for each in posted.getlist(name) if each] if many else posted[name].strip()
        if match[3]:
            rows.setdefault((int(match[1]), int(match[2])), {})[match[3]] = typed.values[name]
    for place, row in sorted(rows.items()):
        _read_row(typed, place, row, known)
    return typed


def _read_row(typed: TypedSteps, place: tuple[int, int], row: Mapping[str, Any], known: Sequence[StepAction]) -> None:
    prefix = f"{PREFIX}{place[0]}.{place[1]}"
    try:
        data = StepRow().load({name: value for name, value in row.items() if value not in ("", None, [])})
        if _is_step(data, prefix):
            typed.steps.append(_step(typed, place[0], data, prefix, known))
    except ValidationError as error:
        typed.errors |= {f"{prefix}.{name}": texts for name, texts in flatten(error.messages).items()}
    except Invalid as error:
        typed.errors |= {name: [str(text) for text in texts] for name, texts in error.errors.items()}


def _is_step(data: Mapping[str, Any], prefix: str) -> bool:
    if data["remove"]:
        return False
    does = bool(data["actions"]) or any(data.get(name) for name in ("groups", "people", "priority", "title", "url"))
    does = does or any(data.get(name) for name in ("group", "assignee"))
    if data.get("at") is None and does:
        raise Invalid.field(f"{prefix}.at", _("Say when this step falls, or tick Remove."))
    if data.get("at") is not None and not does:
        raise Invalid.field(f"{prefix}.at", _("Choose what each step does, or tick Remove."))
    return does


def _step(
    typed: TypedSteps, number: int, data: Mapping[str, Any], prefix: str, known: Sequence[StepAction]
) -> StepInput:
    place = {"percent": data["at"]} if data["unit"] == "percent" else {"percent": None}
    if data["unit"] == "percent" and not 1 <= data["at"] <= LARGEST_PERCENT:
        raise Invalid.field(f"{prefix}.at", _("A step falls at 1 to 1000 per cent of the target."))
    if data["unit"] != "percent":
        place["minutes"] = data["at"] if data["unit"] == "after" else -data["at"]
    actions = [*data["actions"], *_more(data)]
    checked = [step_actions.read(each, _namer(prefix, name_of(each)), known) for each in actions]
    group_id = _group_id(typed, number)
    return StepInput(data["metric"], actions=tuple(checked), urgent=data["urgent"], group_id=group_id, **place)


def _group_id(typed: TypedSteps, number: int) -> int | None:
    """The group of a set of rows."""
    if number == 0:
        return None
    name = f"{PREFIX}{number}.group_id"
    text = typed.values.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Invalid.field(name, _("Choose the group whose steps these are."))
    return int(text)


def _more(data: Mapping[str, Any]) -> Iterable[StepAction]:
    """The actions of a row that need more than their name."""
    people = re.sub(r"[,;]", " ", data.get("people", "")).split()
    if people or data["groups"]:
        yield {"do": "notify_people", "groups": data["groups"], "people": people}
    if data.get("group") or data.get("assignee"):
        group = str(data["group"]) if data.get("group") else None
        yield {"do": "assign", "group": group, "assignee": data.get("assignee")}
    if data.get("priority"):
        yield {"do": "set_priority", "priority": data["priority"]}
    if any(data.get(name) for name in ("title", "task_group", "owner", "due_hours")):
        group = str(data["task_group"]) if data.get("task_group") else None
        task = {"title": data.get("title"), "group": group, "owner": data.get("owner")}
        yield {"do": "task", **task, "due_hours": data.get("due_hours")}
    if data.get("url"):
        yield {"do": "webhook", "url": data["url"], "secret": data.get("secret", "")}


def _namer(prefix: str, name: str) -> step_actions.Field:
    fields = _FIELD_OF.get(name, {})
    return lambda part: f"{prefix}.{fields.get(part, part)}"


def values_of(steps: Sequence[EscalationStep]) -> dict[str, Any]:
    """Stored steps as the form shows them, those for any group first."""
    values: dict[str, Any] = {}
    actions = [action for step in steps for action in step.actions]
    names = Names(actions, full=current_actor().has("sla.edit"))
    groups = sorted({step.group_id for step in steps if step.group_id is not None})
    for number, group_id in enumerate([None, *groups]):
        if group_id is not None:
            values[f"{PREFIX}{number}.group_id"] = str(group_id)
        of_group = [step for step in steps if step.group_id == group_id]
        for row, step in enumerate(of_group):
            for name, value in _row_values(step, names).items():
                values[f"{PREFIX}{number}.{row}.{name}"] = value
    return values


def _row_values(step: EscalationStep, names: Names) -> dict[str, Any]:
    unit = "percent" if step.percent is not None else "before" if (step.minutes or 0) < 0 else "after"
    at = step.percent if step.percent is not None else abs(step.minutes or 0)
    values: dict[str, Any] = {"metric": step.metric, "at": at, "unit": unit, "urgent": step.urgent}
    values["actions"] = [action for action in step.actions if isinstance(action, str)]
    for action in step.actions:
        if isinstance(action, str):
            continue
        shown = names.shown(action)
        if action["do"] == "notify_people" and not isinstance(shown, str):
            values |= {"groups": [str(each) for each in action["group_ids"]], "people": ", ".join(shown["people"])}
        elif action["do"] == "assign" and not isinstance(shown, str):
            values |= {"group": str(action["group_id"] or ""), "assignee": shown["assignee"] or ""}
        elif action["do"] == "task" and not isinstance(shown, str):
            values |= {"title": shown["title"], "task_group": str(action["group_id"] or "")}
            values |= {"owner": shown["owner"] or "", "due_hours": shown["due_hours"] or ""}
        elif action["do"] == "set_priority":
            values["priority"] = str(action["priority"])
        elif action["do"] == "webhook":
            url = shown["url"] if not isinstance(shown, str) else ""
            values |= {"url": url, "kept_secret": bool(action["secret"])}
    return values


@dataclass(frozen=True)
class StepSet:
    """Rows of the form for tickets of one group (0: of any)."""

    number: int
    rows: list[str]
    used: int

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with."""
        return f"{PREFIX}{self.number}"


def sets_of(values: Mapping[str, Any]) -> list[StepSet]:
    """The sets of rows to show: those in use with two free rows each, and a free one for another group."""
    last: dict[int, int] = {0: -1}
    for name, value in values.items():
        match = _NAME.fullmatch(name)
        if match is not None and value not in ("", [], False, None) and match[3] != "metric" and match[3] != "unit":
            row = int(match[2]) if match[2] else -1
            last[int(match[1])] = max(last.get(int(match[1]), -1), row)
    free = max(last) + 1
    if free <= MOST_GROUPS:
        last[free] = -1
    return [
        StepSet(number, [f"{PREFIX}{number}.{row}" for row in range(min(used + 1 + FREE_ROWS, MOST_STEPS))], used + 1)
        for number, used in sorted(last.items())
    ]
