"""Every write to the metrics of the site's own. Rule: C2."""

import re
from typing import Any

from itsm.kernel import audit
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, locked, require
from itsm.kernel.text import _
from itsm.tickets import filters
from sla.agreements import queries as agreement_queries
from sla.agreements.services import ask_to_recompute, write_terms
from sla.metrics import held
from sla.metrics.conditions import CONDITIONS
from sla.models import METRICS, OwnMetric

LONGEST_NAME = 80
MOST_METRICS = 20
NEEDED = ("start", "stop")
TAKEN = frozenset({"on_call", "mail_waits", "webhook"})  # what else journals tell under the names of clocks
_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")


def create_metric(actor: Actor, *, key: str, name: str, **conditions: str) -> OwnMetric:
    """Record a metric; agreements may promise it from now on. Raises `Invalid` that names the field."""
    require(actor, "sla.edit")
    known = agreement_queries.own_metrics()
    if not _KEY.fullmatch(key):
        raise Invalid.field("key", _("A key is 2 to 40 small letters, digits and underscores, such as first_visit."))
    if key in METRICS or key in TAKEN or key in known:
        raise Invalid.field("key", _("There is a metric “%(key)s” already.", key=key))
    if len(known) >= MOST_METRICS:
        raise Invalid.field("key", _("At most %(most)s metrics of your own are possible.", most=MOST_METRICS))
    metric = create(actor, OwnMetric(key=key, **_checked(name, conditions)), kind="sla_metric")
    held.renew(actor)
    return metric


def change_metric(actor: Actor, metric: OwnMetric, *, name: str, version: int | None = None, **conditions: str) -> None:
    """Change a metric. Clocks keep the conditions that they began by; later ones have the new ones. Rule: C8."""
    require(actor, "sla.edit")
    session.flush()
    metric = locked(OwnMetric, metric.id)
    check_version(metric, version)
    if any(row.name == name.strip() for row in agreement_queries.own_metrics().values() if row.id != metric.id):
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name.strip()))
    if apply_changes(actor, metric, _checked(name, conditions), kind="sla_metric"):
        session.flush()
        held.renew(actor)
        agreements = agreement_queries.agreements_promising(metric.key)
        for agreement in agreements:
            write_terms(agreement, made_by=actor.name)
        ask_to_recompute(actor, [agreement.id for agreement in agreements])


def delete_metric(actor: Actor, metric: OwnMetric) -> None:
    """Remove a metric that no agreement promises; ended clocks keep its definition."""
    require(actor, "sla.edit")
    names = ", ".join(agreement.name for agreement in agreement_queries.agreements_promising(metric.key))
    if names:
        raise Invalid.field("key", _("%(names)s promise this. Take it out of their targets first.", names=names))
    audit.record(
        actor,
        "sla_metric.deleted",
        subject_kind="sla_metric",
        subject_id=metric.id,
        changes={"key": [metric.key, None]},
    )
    session.delete(metric)
    session.flush()
    held.renew(actor)


def _checked(name: str, conditions: dict[str, str]) -> dict[str, Any]:
    if not name.strip():
        raise Invalid.field("name", _("Give it a name."))
    texts = {each: conditions.get(each, "").strip() for each in CONDITIONS}
    for each in NEEDED:
        if not texts[each]:
            raise Invalid.field(each, _("Say when the clock starts and when it ends."))
    if texts["resume"] and not texts["pause"]:
        raise Invalid.field("resume", _("Say first when the clock is paused."))
    for each, text in texts.items():
        if text:
            _check_condition(each, text)
    return {"name": name.strip()[:LONGEST_NAME], **texts}


def _check_condition(name: str, text: str) -> None:
    try:
        filters.conditions(SYSTEM, text)
    except Invalid as error:
        raise Invalid.field(name, error.message) from error
