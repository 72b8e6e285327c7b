"""Pages of what-ifs: asking for one, how far it is, and what would have come out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from config.priorities import MATRIX
from itsm.kernel import clock, jobs
from itsm.kernel.errors import ItsmError, NotFound
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from sla.agreements import forms
from sla.agreements import queries as agreement_queries
from sla.models import METRICS, Agreement, BusinessHours
from sla.queries import Compliance
from sla.standing import METRIC_RANK
from sla.what_if import queries as what_if_queries
from sla.what_if import replay as what_if
from sla.what_if.scenario import Scenario, checked, from_payload, last_quarter
from sla.what_if.schemas import LEVELS, WhatIfForm

blueprint = Blueprint("what_if", __name__)

ENDED = ("done", "failed", "cancelled")
KINDS = ("sla", "ola", "uc")
OUTCOMES = {"met": _("kept"), "missed": _("missed"), "": _("not counted")}


@blueprint.get("/sla/what-if")
@requires("sla.edit")
def new() -> str:
    """The form: a period and what is to be replaced."""
    first, end = last_quarter(reader().local(clock.now()).date(), jalali=reader().is_jalali)
    values: dict[str, Any] = {"from": first.isoformat(), "to": end.isoformat()}
    values |= {f"matrix_{impact}_{urgency}": MATRIX[impact][urgency - 1] for impact in LEVELS for urgency in LEVELS}
    values |= {name: request.args[name] for name in ("agreement", "calendar") if name in request.args}
    return _form_page(Form(values))


@blueprint.post("/sla/what-if")
@requires("sla.edit")
def ask() -> Any:
    """Have it replayed in the background, and go to the page that shows how far it is."""
    form = read_form(WhatIfForm)
    if form.ok:
        try:
            task = what_if.ask(current_actor(), checked(_scenario(form.data)))
            return redirect(url_for("what_if.show", task_id=task.id))
        except ItsmError as error:
            form.refuse(error)
    return _form_page(form), 422


def _scenario(data: Mapping[str, Any]) -> Scenario:
    targets = forms.read_targets(data, METRICS)
    matrix = tuple(tuple(data.get(f"matrix_{impact}_{urgency}", 0) for urgency in LEVELS) for impact in LEVELS)
    given = any(f"matrix_{impact}_{urgency}" in data for impact in LEVELS for urgency in LEVELS)
    return Scenario(
        first=data["from_day"],
        end=data["to_day"],
        timezone=reader().timezone,
        asked_at=clock.now(),
        agreement_id=data.get("agreement"),
        instead_id=data.get("instead"),
        targets=tuple((metric, priority, seconds) for (metric, priority), seconds in sorted(targets.items())),
        hours_id=data.get("hours"),
        calendar_id=data.get("calendar"),
        calendar_instead_id=data.get("calendar_instead"),
        matrix=matrix if given else None,
    )


def _form_page(form: Form) -> str:
    return render_template(
        "sla/what_if.html",
        form=form,
        task=None,
        agreements=[(each.row.id, each.row.name) for each in agreement_queries.list_agreements()],
        calendars=[(row.id, row.name) for row in agreement_queries.list_calendars()],
        metrics=METRICS,
        levels=LEVELS,
        runs=what_if_queries.list_runs(current_actor(), what_if.TASK),
    )


@blueprint.get("/sla/what-if/<int:task_id>")
@requires("sla.edit")
def show(task_id: int) -> str:
    """How far a what-if is, then what came out."""
    task = what_if.get_task(current_actor(), task_id)
    scenario = from_payload(task.payload["scenario"])
    part = request.headers.get("HX-Target") == "what-if"
    return render_template(
        "sla/_what_if.html" if part else "sla/what_if.html",
        task=task,
        ended=task.state in ENDED,
        scenario=scenario,
        replaced=_in_words(scenario),
        outcomes=OUTCOMES,
        **(_shown(task) if task.result else {"result": None}),
    )


@blueprint.post("/sla/what-if/<int:task_id>/cancel")
@requires("sla.edit")
def cancel(task_id: int) -> Any:
    """Stop a what-if at its next step."""
    jobs.cancel(what_if.get_task(current_actor(), task_id))
    return redirect(url_for("what_if.show", task_id=task_id))


@blueprint.get("/sla/what-if/<int:task_id>/changes.csv")
@requires("sla.edit")
def download(task_id: int) -> Response:
    """Every clock that would count otherwise, as a file."""
    try:
        content = what_if.read_changes(current_actor(), task_id)
    except FileNotFoundError as error:
        raise NotFound(_("The file is gone. Ask the what-if again.")) from error
    answer = Response(content, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="what-if-{task_id}.csv"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _in_words(scenario: Scenario) -> list[Any]:
    """What the scenario replaces, one sentence each."""
    found: list[Any] = []
    if scenario.agreement_id is not None:
        found.append(_agreement_words(scenario))
    if scenario.calendar_id is not None:
        before, after = (
            what_if_queries.name_of(BusinessHours, row_id)
            for row_id in (scenario.calendar_id, scenario.calendar_instead_id)
        )
        found.append(_("Calendar “%(before)s” replaced by “%(after)s”", before=before, after=after))
    if scenario.matrix is not None:
        found.append(_("Another matrix of priorities"))
    return found


def _agreement_words(scenario: Scenario) -> Any:
    name = what_if_queries.name_of(Agreement, scenario.agreement_id)
    if scenario.instead_id is not None and scenario.instead_id != scenario.agreement_id:
        instead = what_if_queries.name_of(Agreement, scenario.instead_id)
        if scenario.targets or scenario.hours_id is not None:
            return _("Agreement “%(before)s” under the changed terms of “%(after)s”", before=name, after=instead)
        return _("Agreement “%(before)s” under the terms of “%(after)s”", before=name, after=instead)
    if scenario.targets and scenario.hours_id is not None:
        return _("Agreement “%(name)s” with other targets and another calendar", name=name)
    if scenario.targets:
        return _("Agreement “%(name)s” with other targets", name=name)
    return _("Agreement “%(name)s” with another calendar", name=name)


@dataclass
class Side:
    """Clocks met and missed."""

    met: int = 0
    missed: int = 0

    @property
    def percent(self) -> float | None:
        """Compliance. Rule: R1."""
        return Compliance(self.met, self.missed).percent


@dataclass
class Line:
    """One line of figures, before and then; `priority` is None for the sum of a metric."""

    priority: int | None
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)

    @property
    def points(self) -> float | None:
        """By how many percentage points compliance would differ."""
        if self.before.percent is None or self.after.percent is None:
            return None
        return round(self.after.percent - self.before.percent, 1)


@dataclass
class Block:
    """The figures of one metric of one kind of agreement; the last line is the sum."""

    kind: str
    metric: str
    lines: list[Line]


def blocks(figures: Iterable[list[Any]]) -> list[Block]:
    """The figures of a result as tables, the customer's first."""
    found: dict[tuple[str, str], dict[int | None, Line]] = defaultdict(dict)
    for kind, metric, priority, side, counts, number in figures:
        lines = found[kind, metric]
        for place in (priority, None):
            line = lines.setdefault(place, Line(place))
            part = getattr(line, side)
            setattr(part, counts, getattr(part, counts) + number)
    order = sorted(found, key=lambda each: (KINDS.index(each[0]), METRIC_RANK.get(each[1], 9), each[1]))
    return [Block(*each, sorted(found[each].values(), key=lambda line: line.priority or 9)) for each in order]


def _shown(task: BackgroundTask) -> dict[str, Any]:
    result = task.result or {}
    titles = what_if_queries.titles_of(current_actor(), {each["ticket_id"] for each in result["changes"]})
    return {
        "result": result,
        "blocks": blocks(result["figures"]),
        "titles": titles,
        "changes": shown_changes(result["changes"], titles),
        "ways": [(before, after, number) for before, after, number in result["ways"]],
    }


def shown_changes(changes: Iterable[Mapping[str, Any]], titles: Mapping[int, str]) -> list[dict[str, Any]]:
    """The changes of a result in tickets whose titles are known; the reader may not read the others."""
    return [_shown_change(each) for each in changes if each["ticket_id"] in titles]


def _shown_change(change: Mapping[str, Any]) -> dict[str, Any]:
    kind, _owner, metric = change["clock"]
    sides = {name: _side(change[name]) for name in ("before", "after")}
    return {"ticket_id": change["ticket_id"], "kind": change["kind"], "agreement": kind, "metric": metric, **sides}


def _side(data: list[Any]) -> dict[str, Any]:
    counts, priority, due_at = data
    return {"counts": counts, "priority": priority, "due_at": datetime.fromisoformat(due_at) if due_at else None}
