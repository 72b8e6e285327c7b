"""Figures for Prometheus, computed when asked."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from itsm.kernel import jobs
from itsm.kernel.db import session
from itsm.kernel.module import registry
from itsm.kernel.outbox import OutboxMessage


def exposition() -> bytes:
    """The figures in Prometheus' text format."""
    figures = CollectorRegistry()
    worker = Gauge("itsm_worker_alive", "1 while a worker holds the scheduler lease", registry=figures)
    worker.set(1 if jobs.worker_alive() else 0)
    outbox = Gauge("itsm_outbox_messages", "messages in the outbox by state", ["state"], registry=figures)
    tasks = Gauge("itsm_background_tasks", "background tasks by state", ["state"], registry=figures)
    for state, number in session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)):
        outbox.labels(state).set(number)
    counts = select(jobs.BackgroundTask.state, func.count()).group_by(jobs.BackgroundTask.state)
    for state, number in session.execute(counts):
        tasks.labels(state).set(number)
    _add_figures_of_modules(figures)
    return generate_latest(figures)


def _add_figures_of_modules(figures: CollectorRegistry) -> None:
    known: dict[str, Gauge] = {}
    for module in registry().modules:
        for read in module.figures:
            for each in read():
                if each.name not in known:
                    known[each.name] = Gauge(each.name, each.title, list(each.labels), registry=figures)
                gauge = known[each.name].labels(**each.labels) if each.labels else known[each.name]
                gauge.set(each.value)
