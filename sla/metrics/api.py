"""Metrics of the site's own as JSON."""

from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.records import locked
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla.agreements import queries as agreement_queries
from sla.agreements.schemas import MetricChanges, MetricInput, MetricOutput
from sla.metrics import services as own_metric_services
from sla.metrics.conditions import CONDITIONS
from sla.models import OwnMetric

blueprint = Blueprint("sla-metrics-api", __name__, description="Metrics of the site's own for service level agreements")


def _whole(metric: OwnMetric) -> dict[str, Any]:
    api.set_etag(metric.version)
    return {name: getattr(metric, name) for name in ("id", "key", "name", "version", *CONDITIONS)}


@blueprint.get("/slas/metrics")
@blueprint.response(200, MetricOutput(many=True))
@requires("sla.read")
def list_metrics() -> list[OwnMetric]:
    """All metrics of the site's own, by key; there are twenty at most."""
    return list(agreement_queries.own_metrics().values())


@blueprint.get("/slas/metrics/<int:metric_id>")
@blueprint.response(200, MetricOutput)
@requires("sla.read")
def read_metric(metric_id: int) -> dict[str, Any]:
    """One metric."""
    return _whole(agreement_queries.get_metric(metric_id))


@blueprint.post("/slas/metrics")
@blueprint.arguments(MetricInput)
@blueprint.response(201, MetricOutput)
@requires("sla.edit")
def create_metric(data: dict[str, Any]) -> Any:
    """Record a metric."""
    metric = own_metric_services.create_metric(current_actor(), **data)
    return api.created(_whole(metric), ".read_metric", metric_id=metric.id)


@blueprint.patch("/slas/metrics/<int:metric_id>")
@blueprint.arguments(MetricChanges)
@blueprint.response(200, MetricOutput)
@requires("sla.edit")
def change_metric(data: dict[str, Any], metric_id: int) -> dict[str, Any]:
    """Change a metric; open clocks of agreements that promise it are computed anew in the background. Needs If-Match."""
    metric = locked(OwnMetric, metric_id)
    api.check_match(metric)
    facts = {name: getattr(metric, name) for name in ("name", *CONDITIONS)} | data
    own_metric_services.change_metric(current_actor(), metric, **facts)
    return _whole(metric)


@blueprint.delete("/slas/metrics/<int:metric_id>")
@blueprint.response(204)
@requires("sla.edit")
def delete_metric(metric_id: int) -> None:
    """Remove a metric that no agreement promises."""
    own_metric_services.delete_metric(current_actor(), agreement_queries.get_metric(metric_id))
