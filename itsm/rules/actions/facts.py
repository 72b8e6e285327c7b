"""Actions that change what a ticket says and where it stands."""

from collections.abc import Callable, Mapping
from typing import Any

from config.priorities import IMPACTS, URGENCIES
from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel import lifecycles
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.records import get
from itsm.kernel.text import Message, _
from itsm.rules.actions.base import Action, Input, Run, Values, register
from itsm.tickets import queries, services
from itsm.tickets.priority import TITLES
from itsm.tickets.services import HOLD_REASONS
from itsm.web.presentation import HOLD_REASONS as HOLD_TITLES


def _set_priority(run: Run, values: Values) -> Message:
    reason = run.words(values["reason"])
    services.override_priority(run.actor, run.ticket, priority=values["priority"], reason=reason)
    return _("priority: %(value)s", value=TITLES[values["priority"]])


def _fact(column: str, told: Callable[[Any], Message]) -> Callable[[Run, Values], Message]:
    def run(run: Run, values: Values) -> Message:
        services.change_facts(run.actor, run.ticket, version=None, changes={column: values[column]})
        return told(values[column])

    return run


def _column(*names: str) -> Callable[[Values], dict[str, Any]]:
    return lambda values: {name: values[name] for name in names if values.get(name) is not None}


def _assign(run: Run, values: Values) -> Message:
    group_id, person_id = values.get("group_id"), values.get("assignee_id")
    services.assign(run.actor, run.ticket, group_id=group_id, assignee_id=person_id, reason="rule")
    names = [get(Group, group_id).name] if group_id else []
    names += [get(Person, person_id).name] if person_id else []
    return _("given to %(name)s", name=", ".join(names))


def _somebody(values: Values) -> Mapping[str, Message]:
    if values.get("group_id") is None and values.get("assignee_id") is None:
        return {"group_id": _("Choose a group or a person.")}
    return _member(values)


def _member(values: Values) -> Mapping[str, Message]:
    group_id, person_id = values.get("group_id"), values.get("assignee_id")
    if group_id and person_id and person_id not in identity.member_ids(group_id):
        return {"assignee_id": _("This person does not work in that group.")}
    return {}


def _watch(run: Run, values: Values) -> Message:
    services.watch(run.actor, run.ticket, person_id=values["person_id"])
    return _("%(name)s watches", name=get(Person, values["person_id"]).name)


def _link(run: Run, values: Values) -> Message:
    target = queries.find_ticket(run.actor, values["target"])
    if target is None:
        raise Invalid.field("target", _("There is no %(number)s, or you may not see it.", number=values["target"]))
    services.link(run.actor, run.ticket, target, relation=values["relation"])
    return _("linked to %(number)s", number=target.number)


def _step(run: Run, values: Values) -> Message:
    given = {name: values[name] for name in ("resolution_code", "hold_reason") if values.get(name)}
    given |= {name: run.words(values[name]) for name in ("resolution", "note") if values.get(name)}
    services.take_step(run.actor, run.ticket, values["step"], fields=given)
    return _("step: %(name)s", name=step_titles().get(values["step"], values["step"]))


def step_titles() -> dict[str, Message]:
    """Steps of all life cycles that people may take, by name."""
    found: dict[str, Message] = {}
    for name in registry().lifecycles:
        for step in lifecycles.active(name).transitions:
            if not step.automatic:
                found.setdefault(step.name, step.title)
    return found


def _category_told(category_id: int) -> Message:
    return _("category: %(name)s", name=queries.category_titles().get(category_id, ""))


IMPACT_TITLES = {key: _(title) for key, title in IMPACTS.items()}
URGENCY_TITLES = {key: _(title) for key, title in URGENCIES.items()}

register(
    Action(
        "set_priority",
        _("Set the priority"),
        (
            Input("priority", "choice", _("Priority"), choices=TITLES),
            Input("reason", "line", _("Reason"), hint=_("Shown on the ticket.")),
        ),
        _set_priority,
        effects=_column("priority"),
    ),
    Action(
        "set_impact",
        _("Set the impact"),
        (Input("impact", "choice", _("Impact"), choices=IMPACT_TITLES),),
        _fact("impact", lambda value: _("impact: %(value)s", value=IMPACT_TITLES[value])),
        effects=_column("impact"),
    ),
    Action(
        "set_urgency",
        _("Set the urgency"),
        (Input("urgency", "choice", _("Urgency"), choices=URGENCY_TITLES),),
        _fact("urgency", lambda value: _("urgency: %(value)s", value=URGENCY_TITLES[value])),
        effects=_column("urgency"),
    ),
    Action(
        "set_category",
        _("Set the category"),
        (Input("category_id", "category", _("Category")),),
        _fact("category_id", _category_told),
        effects=_column("category_id"),
    ),
    Action(
        "assign",
        _("Assign"),
        (
            Input("group_id", "group", _("Group"), required=False),
            Input("assignee_id", "person", _("Person"), required=False),
        ),
        _assign,
        effects=_column("group_id", "assignee_id"),
        check=_somebody,
    ),
    Action(
        "step",
        _("Take a step"),
        (
            Input("step", "step", _("Step")),
            Input("resolution_code", "text", _("Resolution code"), required=False, hint=_("Such as fixed or advice.")),
            Input("resolution", "words", _("Resolution"), required=False),
            Input(
                "hold_reason",
                "choice",
                _("On hold because"),
                required=False,
                choices={name: HOLD_TITLES[name] for name in HOLD_REASONS},
            ),
            Input("note", "words", _("Note"), required=False),
        ),
        _step,
    ),
    Action("watch", _("Let somebody watch"), (Input("person_id", "person", _("Person")),), _watch),
    Action(
        "link",
        _("Link to a ticket"),
        (
            Input("relation", "relation", _("Relation")),
            Input("target", "ticket", _("Number of the ticket"), hint="INC0000123"),
        ),
        _link,
    ),
)
