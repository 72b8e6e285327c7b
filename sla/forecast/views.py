"""Page of the forecast: clocks likely to be missed, workload against capacity, how well the forecast fared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import fields, validate

from itsm.kernel import jobs
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires
from itsm.web.api import StrictSchema
from itsm.web.forms import Form, read_form
from sla.forecast import backtest as forecast_backtest
from sla.forecast import listing as forecast_list
from sla.forecast import queries as forecast_queries
from sla.forecast.capacity import LEAST_WITH_WORK, SOLVED_DAYS, WORKING_DAYS, Load, loads
from sla.what_if.schemas import LARGEST_ID

blueprint = Blueprint("forecast", __name__)

PICTURE_WIDTH = 1000
PLOT = 300  # width and height of the picture of what was said against what happened


class ForecastArguments(StrictSchema):
    """Of which group."""

    group = fields.Integer(validate=validate.Range(1, LARGEST_ID))


class BacktestForm(StrictSchema):
    """Over how many weeks."""

    weeks = fields.Integer(
        validate=validate.Range(1, forecast_backtest.MOST_WEEKS), load_default=forecast_backtest.WEEKS
    )


@blueprint.get("/sla/forecast")
@requires("sla.read")
def show() -> str:
    """Clocks likely to be missed, workload against capacity, and the latest back-test."""
    return _page()


def _page(test_form: Form | None = None) -> str:
    actor = current_actor()
    asked = read_form(ForecastArguments, source=request.args)
    found = loads(actor)
    longest = _longest(found)
    test = forecast_queries.last_backtest()
    return render_template(
        "sla/forecast.html",
        form=asked,
        test_form=test_form or Form({"weeks": forecast_backtest.WEEKS}),
        found=forecast_list.forecast(actor, group_id=asked.data.get("group")),
        groups=[(row.id, row.name) for row in forecast_queries.list_groups(actor)],
        loads=[(each, _bar(each, longest)) for each in found],
        test=test,
        tested=[_tested(metric, score) for metric, score in test.result["metrics"].items()] if test else [],
        tested_from=datetime.fromisoformat(test.result["from"]) if test else None,
        task=forecast_queries.waiting_task(forecast_backtest.TASK),
        most_weeks=forecast_backtest.MOST_WEEKS,
        working_days=WORKING_DAYS,
        solved_days=SOLVED_DAYS,
        least_with_work=LEAST_WITH_WORK,
    )


@blueprint.post("/sla/forecast/backtest")
@requires("sla.edit")
def backtest() -> Any:
    """Have the forecast tested against the last weeks in the background, unless that is under way."""
    form = read_form(BacktestForm)
    if form.ok:
        try:
            if forecast_queries.waiting_task(forecast_backtest.TASK) is None:
                forecast_backtest.ask(current_actor(), weeks=form.data["weeks"])
            flash(str(_("The test runs in the background; look again in a moment.")), "success")
            return redirect(url_for("forecast.show", _anchor="backtest"))
        except ItsmError as error:
            form.refuse(error)
    return _page(form), 422


@blueprint.post("/sla/forecast/backtest/cancel")
@requires("sla.edit")
def cancel() -> Any:
    """Stop the test that is under way at its next step."""
    task = forecast_queries.waiting_task(forecast_backtest.TASK)
    if task is not None:
        jobs.cancel(task)
    return redirect(url_for("forecast.show", _anchor="backtest"))


@dataclass(frozen=True)
class Bar:
    """Widths, in thousandths of the picture, of the hours that people have and of the work; `cut` when work runs beyond it."""

    have: float
    work: float
    cut: bool


def _longest(found: Sequence[Load]) -> int:
    """What the whole width of the pictures stands for; work far beyond all hours does not squeeze the others."""
    have = max((each.have_seconds for each in found), default=0)
    work = max((each.work_seconds or 0 for each in found), default=0)
    return max(min(max(have, work), 2 * have), 1) if have else max(work, 1)


def _bar(load: Load, longest: int) -> Bar:
    work = load.work_seconds or 0
    return Bar(
        round(PICTURE_WIDTH * load.have_seconds / longest, 1),
        round(PICTURE_WIDTH * min(work, longest) / longest, 1),
        work > longest,
    )


@dataclass(frozen=True)
class Dot:
    """One step of what was said against what happened, as a dot of the picture."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Tested:
    """How one metric's forecasts fared, as the page shows it."""

    metric: str
    score: Mapping[str, Any]
    steps: Sequence[tuple[int, int, int, float, int]]
    dots: Sequence[Dot]


def _tested(metric: str, score: Mapping[str, Any]) -> Tested:
    steps = forecast_backtest.shown_steps(score)
    most = max((said for _first, _last, said, _mean, _happened in steps), default=1)
    dots = [
        Dot(round(PLOT * mean, 1), round(PLOT * (1 - happened / said), 1), round(4 + 10 * (said / most) ** 0.5, 1))
        for _first, _last, said, mean, happened in steps
    ]
    return Tested(metric, score, steps, dots)
