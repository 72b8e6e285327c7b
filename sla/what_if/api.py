"""What-ifs as JSON: asking for one, and what came out."""

from typing import Any
from zoneinfo import available_timezones

from flask_smorest import Blueprint

from itsm.kernel import clock, jobs
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.text import _
from itsm.tickets.pages import number_of
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla.what_if import queries as what_if_queries
from sla.what_if import replay as what_if
from sla.what_if.scenario import Scenario, checked
from sla.what_if.schemas import WhatIfInput, WhatIfOutput
from sla.what_if.views import Block, blocks, shown_changes

blueprint = Blueprint("sla-what-if-api", __name__, description="What service levels would have been under other terms")

TASK_FACTS = ("id", "title", "state", "percent", "created_at", "finished_at")


@blueprint.get("/slas/what-if")
@blueprint.response(200, api.page_schema(WhatIfOutput))
@requires("sla.edit")
def list_what_ifs() -> dict[str, Any]:
    """Your latest what-ifs, newest first, without their results."""
    runs = what_if_queries.list_runs(current_actor(), what_if.TASK)
    return {"items": [_facts(task) for task in runs], "next": None}


@blueprint.post("/slas/what-if")
@blueprint.arguments(WhatIfInput)
@blueprint.response(201, WhatIfOutput)
@requires("sla.edit")
def ask_what_if(data: dict[str, Any]) -> Any:
    """Have a past period replayed in the background under other terms; read the result when its state is `done`."""
    task = what_if.ask(current_actor(), checked(_scenario(data)))
    return api.created(_facts(task), ".read_what_if", task_id=task.id)


@blueprint.get("/slas/what-if/<int:task_id>")
@blueprint.response(200, WhatIfOutput)
@requires("sla.edit")
def read_what_if(task_id: int) -> dict[str, Any]:
    """How far one of your what-ifs is, and what came out."""
    task = what_if.get_task(current_actor(), task_id)
    return _facts(task) | {"result": _result(task) if task.result else None}


@blueprint.delete("/slas/what-if/<int:task_id>")
@blueprint.response(204)
@requires("sla.edit")
def cancel_what_if(task_id: int) -> None:
    """Stop one of your what-ifs at its next step."""
    jobs.cancel(what_if.get_task(current_actor(), task_id))


def _scenario(data: dict[str, Any]) -> Scenario:
    timezone = data.get("timezone") or current_actor().timezone
    if timezone not in available_timezones():
        raise Invalid.field("timezone", _("There is no such time zone."))
    targets = sorted({(each["metric"], each["priority"]): each["seconds"] for each in data["targets"]}.items())
    matrix = data.get("matrix")
    return Scenario(
        first=data["from_day"],
        end=data["to_day"],
        timezone=timezone,
        asked_at=clock.now(),
        agreement_id=data.get("agreement"),
        instead_id=data.get("instead"),
        targets=tuple((metric, priority, seconds) for (metric, priority), seconds in targets),
        hours_id=data.get("hours"),
        calendar_id=data.get("calendar"),
        calendar_instead_id=data.get("calendar_instead"),
        matrix=tuple(tuple(row) for row in matrix) if matrix else None,
    )


def _facts(task: BackgroundTask) -> dict[str, Any]:
    told = _("It failed. The reason stands in the log and under the background tasks.") if task.error else ""
    return {name: getattr(task, name) for name in TASK_FACTS} | {"error": str(told)}


def _result(task: BackgroundTask) -> dict[str, Any]:
    result = task.result or {}
    names = ("looked_at", "cut", "drift", "changed", "tickets")
    titles = what_if_queries.titles_of(current_actor(), {each["ticket_id"] for each in result["changes"]})
    changes = [
        {**each, "ticket": number_of(each["kind"], each["ticket_id"]), "title": titles[each["ticket_id"]]}
        for each in shown_changes(result["changes"], titles)
    ]
    figures = [figure for block in blocks(result["figures"]) for figure in _figures(block)]
    return {name: result[name] for name in names} | {"figures": figures, "changes": changes}


def _figures(block: Block) -> list[dict[str, Any]]:
    return [
        {
            "kind": block.kind,
            "metric": block.metric,
            "priority": line.priority,
            "met_before": line.before.met,
            "missed_before": line.before.missed,
            "met_after": line.after.met,
            "missed_after": line.after.missed,
        }
        for line in block.lines
    ]
