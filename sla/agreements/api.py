"""Agreements as JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.errors import Invalid
from itsm.kernel.records import locked
from itsm.kernel.text import _
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.agreements.queries import ShownAgreement
from sla.agreements.schemas import (
    AgreementChanges,
    AgreementInput,
    AgreementOutput,
    ListArguments,
)
from sla.escalations import api as step_api
from sla.models import Agreement

blueprint = Blueprint("slas-api", __name__, description="Service level agreements")


def agreement_json(shown: ShownAgreement) -> dict[str, Any]:
    """An agreement as its output schema wants it."""
    row = shown.row
    columns = ("id", "kind", "name", "active", "order", "condition", "pause_response", "reopen_counts", "target_change")
    return {name: getattr(row, name) for name in (*columns, "valid_from", "valid_to", "version")} | {
        "organisation": shown.organisation,
        "group": shown.group,
        "supplier": shown.supplier,
        "service": shown.service,
        "calendar": shown.calendar,
        "targets": [
            {"metric": each.metric, "priority": each.priority, "seconds": each.seconds} for each in shown.targets
        ],
        "steps": step_api.steps_json(shown.steps),
    }


@blueprint.get("/slas")
@blueprint.arguments(ListArguments, location="query")
@blueprint.response(200, api.page_schema(AgreementOutput))
@requires("sla.read")
def list_agreements(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of agreements, oldest first."""
    page = agreement_queries.page_agreements(limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    return api.page_body(page.map(agreement_json))


@blueprint.get("/slas/<int:agreement_id>")
@blueprint.response(200, AgreementOutput)
@requires("sla.read")
def read_agreement(agreement_id: int) -> dict[str, Any]:
    """One agreement."""
    shown = agreement_queries.show_agreement(agreement_id)
    api.set_etag(shown.row.version)
    return agreement_json(shown)


@blueprint.post("/slas")
@blueprint.arguments(AgreementInput)
@blueprint.response(201, AgreementOutput)
@requires("sla.edit")
def create_agreement(data: dict[str, Any]) -> Any:
    """Record an agreement."""
    agreement = agreement_services.create_agreement(
        current_actor(),
        facts=_facts(data),
        targets=_targets(data["targets"]),
        steps=step_api.read_steps(data.get("steps", [])),
    )
    body = agreement_json(agreement_queries.show_agreement(agreement.id))
    return api.created(body, ".read_agreement", version=agreement.version, agreement_id=agreement.id)


@blueprint.patch("/slas/<int:agreement_id>")
@blueprint.arguments(AgreementChanges)
@blueprint.response(200, AgreementOutput)
@requires("sla.edit")
def change_agreement(data: dict[str, Any], agreement_id: int) -> dict[str, Any]:
    """Change an agreement; its open clocks are computed anew in the background. Needs If-Match."""
    agreement = locked(Agreement, agreement_id)
    api.check_match(agreement)
    targets = _targets(data["targets"]) if "targets" in data else None
    before = agreement_queries.show_agreement(agreement_id).steps
    steps = step_api.read_steps(data["steps"], before) if "steps" in data else None
    agreement_services.change_agreement(current_actor(), agreement, facts=_facts(data), targets=targets, steps=steps)
    api.set_etag(agreement.version)
    return agreement_json(agreement_queries.show_agreement(agreement_id))


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in data.items() if name in agreement_services.AGREEMENT_FACTS}
    if "calendar" in data:
        facts["calendar_id"] = agreement_queries.calendar_id_by_name(data["calendar"])
        if facts["calendar_id"] is None:
            raise Invalid.field("calendar", _("There is no calendar “%(name)s”.", name=data["calendar"]))
    for name, find in NAMED.items():
        if name in data:
            facts[f"{name}_id"] = _found(name, data[name], find)
    return facts


def _found(field: str, name: str | None, find: Callable[[str], int | None]) -> int | None:
    found = find(name) if name else None
    if name and found is None:
        raise Invalid.field(field, _("There is nothing called “%(name)s” here.", name=name))
    return found


def _service_id(name: str) -> int | None:
    return next((row_id for row_id, known in agreement_queries.list_services() if known == name), None)


NAMED: Mapping[str, Callable[[str], int | None]] = {
    "organisation": agreement_queries.organisation_id_by_name,
    "supplier": agreement_queries.organisation_id_by_name,
    "group": agreement_queries.group_id_by_name,
    "service": _service_id,
}


def _targets(members: list[dict[str, Any]]) -> dict[tuple[str, int], int]:
    targets = {(each["metric"], each["priority"]): each["seconds"] for each in members}
    if len(targets) < len(members):
        raise Invalid.field("targets", _("Two targets are for the same metric and priority."))
    return targets
