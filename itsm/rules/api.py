"""Rules and macros as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_smorest import Blueprint

from itsm.identity import references
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.text import _
from itsm.rules import conflicts, laboratory, macros, present, queries, services
from itsm.rules.laboratory import Trial
from itsm.rules.models import Macro, Rule
from itsm.rules.naming import Names
from itsm.rules.schemas import (
    FiringOutput,
    MacroChanges,
    MacroInput,
    MacroOutput,
    RuleChanges,
    RuleInput,
    RuleOutput,
    RunInput,
    RunOutput,
    TryInput,
    TryOutput,
)
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from itsm.tickets.pages import number_of
from itsm.web import api
from itsm.web.access import current_actor, requires

blueprint = Blueprint("rules-api", __name__, description="Rules and macros")


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, in the form of `services.checked_rule`."""
    facts = {name: value for name, value in data.items() if name != "trigger"}
    if "trigger" in data:
        options = {"fields" if name == "fields_" else name: value for name, value in data["trigger"].items()}
        facts |= {"trigger": options.pop("on"), "options": options}
    return facts


def _names(rows: Iterable[Rule | Macro]) -> Names:
    """The names of all that the actions of a page mention, and of the groups that macros are for."""
    names = Names()
    names.learn(action for row in rows for action in row.actions)
    names.learn({"group_id": row.group_id} for row in rows if isinstance(row, Macro))
    return names


def _one(rule: Rule) -> dict[str, Any]:
    api.set_etag(rule.version)
    found = conflicts.findings_about(rule, queries.list_rules(current_actor()))
    return present.rule_json(rule, Names(), found)


@blueprint.get("/rules")
@blueprint.arguments(api.CollectionArguments(only=("limit", "cursor")), location="query")
@blueprint.response(200, api.page_schema(RuleOutput))
@requires("rules.edit")
def list_rules(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of rules in the order in which they run."""
    page = queries.page_of_rules(current_actor(), limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    names = _names(page.items)
    return api.page_body(page.map(lambda row: present.rule_json(row, names)))


@blueprint.get("/rules/<int:rule_id>")
@blueprint.response(200, RuleOutput)
@requires("rules.edit")
def read_rule(rule_id: int) -> dict[str, Any]:
    """One rule, with its conflicts and loops."""
    return _one(queries.get_rule(current_actor(), rule_id))


@blueprint.post("/rules")
@blueprint.arguments(RuleInput)
@blueprint.response(201, RuleOutput)
@requires("rules.edit")
def create_rule(data: dict[str, Any]) -> Any:
    """Record a rule, last in order. It is off unless `active` is true."""
    rule = services.create_rule(current_actor(), _facts(data))
    return api.created(_one(rule), ".read_rule", rule_id=rule.id)


@blueprint.patch("/rules/<int:rule_id>")
@blueprint.arguments(RuleChanges)
@blueprint.response(200, RuleOutput)
@requires("rules.edit")
def change_rule(data: dict[str, Any], rule_id: int) -> dict[str, Any]:
    """Change a rule; needs If-Match. Secrets of webhooks that are left out stay."""
    version = api.check_match(queries.get_rule(current_actor(), rule_id))
    return _one(services.edit_rule(current_actor(), rule_id, version=version, values=_facts(data)))


@blueprint.delete("/rules/<int:rule_id>")
@blueprint.response(204)
@requires("rules.edit")
def delete_rule(rule_id: int) -> None:
    """Remove a rule; the log of what it did stays."""
    services.delete_rule(current_actor(), rule_id)


@blueprint.get("/rules/<int:rule_id>/firings")
@blueprint.arguments(api.CollectionArguments(only=("limit", "cursor")), location="query")
@blueprint.response(200, api.page_schema(FiringOutput))
@requires("rules.edit")
def list_firings(arguments: dict[str, Any], rule_id: int) -> dict[str, Any]:
    """What a rule did and why, newest first."""
    actor = current_actor()
    queries.get_rule(actor, rule_id)
    page = queries.list_firings(actor, rule_id=rule_id, limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    return api.page_body(page.map(lambda row: present.firing_json(row.RuleFiring, number_of(row.kind, row.ticket_id))))


@blueprint.post("/rules/<int:rule_id>/try")
@blueprint.arguments(TryInput)
@blueprint.response(200, TryOutput)
@requires("rules.edit")
def try_rule(data: dict[str, Any], rule_id: int) -> dict[str, Any]:
    """Run a rule in shadow over the last days; where that is long, `task` is to be asked for under `/rules/tries`."""
    rule = queries.get_rule(current_actor(), rule_id)
    facts = {name: getattr(rule, name) for name in services.FACTS}
    result = laboratory.ask(current_actor(), facts, days=data["days"])
    if isinstance(result, Trial):
        return {"state": "done", "task": None, "percent": 100, "trial": present.trial_json(result.as_data())}
    return _task(result)


@blueprint.get("/rules/tries/<int:task_id>")
@blueprint.response(200, TryOutput)
@requires("rules.edit")
def read_try(task_id: int) -> dict[str, Any]:
    """A shadow run in the background: its progress, then what it found."""
    return _task(laboratory.get_task(current_actor(), task_id))


def _task(task: BackgroundTask) -> dict[str, Any]:
    trial = present.trial_json(task.result) if task.result else None
    return {"state": task.state, "task": task.id, "percent": task.percent, "trial": trial}


@blueprint.get("/macros")
@blueprint.arguments(api.CollectionArguments(only=("limit", "cursor")), location="query")
@blueprint.response(200, api.page_schema(MacroOutput))
@requires("macros.use")
def list_macros(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of the macros that the caller may use."""
    page = queries.page_of_macros(current_actor(), limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    names = _names(page.items)
    return api.page_body(page.map(lambda row: present.macro_json(row, names)))


@blueprint.get("/macros/<int:macro_id>")
@blueprint.response(200, MacroOutput)
@requires("macros.use")
def read_macro(macro_id: int) -> dict[str, Any]:
    """One macro."""
    return _macro(queries.get_macro(current_actor(), macro_id))


def _macro(row: Macro) -> dict[str, Any]:
    api.set_etag(row.version)
    return present.macro_json(row, Names())


def _macro_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict(data)
    if "group" in facts:
        facts["group_id"] = references.group_id("group", facts.pop("group"))
    return facts


@blueprint.post("/macros")
@blueprint.arguments(MacroInput)
@blueprint.response(201, MacroOutput)
@requires("macros.use")
def create_macro(data: dict[str, Any]) -> Any:
    """Record a macro."""
    row = macros.create_macro(current_actor(), _macro_facts(data))
    return api.created(_macro(row), ".read_macro", macro_id=row.id)


@blueprint.patch("/macros/<int:macro_id>")
@blueprint.arguments(MacroChanges)
@blueprint.response(200, MacroOutput)
@requires("macros.use")
def change_macro(data: dict[str, Any], macro_id: int) -> dict[str, Any]:
    """Change a macro; needs If-Match."""
    version = api.check_match(queries.get_macro(current_actor(), macro_id))
    return _macro(macros.edit_macro(current_actor(), macro_id, version=version, values=_macro_facts(data)))


@blueprint.delete("/macros/<int:macro_id>")
@blueprint.response(204)
@requires("macros.use")
def delete_macro(macro_id: int) -> None:
    """Remove a macro."""
    macros.delete_macro(current_actor(), macro_id)


@blueprint.post("/macros/<int:macro_id>/run")
@blueprint.arguments(RunInput)
@blueprint.response(200, RunOutput(many=True))
@requires("macros.use")
def run_macro(data: dict[str, Any], macro_id: int) -> list[dict[str, Any]]:
    """Run a macro on tickets; on each all of it or nothing, and `error` says why."""
    actor = current_actor()
    macro = queries.get_macro(actor, macro_id)
    rows = [_ticket(number) for number in dict.fromkeys(data["tickets"])]
    ticket_services.locked_if_exists(*(row.id for row in rows))
    for row in rows:
        session.refresh(row)
    return [present.result_json(each) for each in macros.run_macro(actor, rows, macro)]


def _ticket(number: str) -> Ticket:
    ticket = tickets.find_ticket(current_actor(), number)
    if ticket is None:
        raise Invalid.field("tickets", _("There is no %(number)s, or you may not see it.", number=number))
    return ticket
