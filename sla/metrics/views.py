"""Pages of the metrics of the site's own."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from itsm.kernel.errors import ItsmError
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from sla.agreements import queries as agreement_queries
from sla.agreements.schemas import MetricForm
from sla.metrics import services as own_metric_services
from sla.metrics.conditions import CONDITIONS
from sla.models import OwnMetric

blueprint = Blueprint("own_metrics", __name__)


@blueprint.get("/sla/metrics/new")
@requires("sla.edit")
def new() -> str:
    """The form of a new metric."""
    return _page(Form(), None)


@blueprint.post("/sla/metrics/new")
@requires("sla.edit")
def create() -> Any:
    """Save a new metric."""
    return _take(None)


@blueprint.get("/sla/metrics/<int:metric_id>")
@requires("sla.read")
def show(metric_id: int) -> str:
    """A metric."""
    row = agreement_queries.get_metric(metric_id)
    return _page(Form({name: getattr(row, name) for name in ("version", "key", "name", *CONDITIONS)}), row)


@blueprint.post("/sla/metrics/<int:metric_id>")
@requires("sla.edit")
def change(metric_id: int) -> Any:
    """Save or remove a metric."""
    return _take(agreement_queries.get_metric(metric_id))


def _take(metric: OwnMetric | None) -> Any:
    form = read_form(MetricForm)
    if form.ok:
        try:
            _do(form, metric)
            return redirect(url_for("sla.overview") + "#metrics")
        except ItsmError as error:
            form.refuse(error)
    return _page(form, metric), 422


def _do(form: Form, metric: OwnMetric | None) -> None:
    facts = {name: form.data[name] for name in ("name", *CONDITIONS)}
    if metric is None:
        own_metric_services.create_metric(current_actor(), key=form.data["key"].strip(), **facts)
    elif form.data["then"] == "delete":
        own_metric_services.delete_metric(current_actor(), metric)
    else:
        own_metric_services.change_metric(current_actor(), metric, version=form.data.get("version"), **facts)


def _page(form: Form, metric: OwnMetric | None) -> str:
    return render_template(
        "sla/metric.html",
        form=form,
        metric=metric,
        agreements=agreement_queries.agreements_promising(metric.key) if metric else [],
        may_edit=current_actor().has("sla.edit"),
    )
