"""Changes as JSON."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from change import queries, services
from change.models import PLAN, WINDOW, Change
from change.schemas import ChangeChanges, ChangeOutput, OpenChange
from cmdb import queries as cmdb
from itsm.approvals import queries as approvals
from itsm.approvals import services as approval_services
from itsm.approvals.present import present as present_approvals
from itsm.approvals.schemas import ApprovalOutput, VoteInput
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Forbidden
from itsm.kernel.text import _
from itsm.tickets.api import add_routes, answer_created, apply_changes, opening_values, person_id
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("changes-api", __name__, description="Changes and their approval")
PLAIN = (
    "title", "description", "impact", "urgency", "change_type", "reason", "plan", "test_plan", "backout_plan",
    "planned_start_at", "planned_end_at", "risk_level", "risk_reason", "outage_expected",
)  # fmt: skip


@blueprint.post("/changes")
@blueprint.arguments(OpenChange)
@blueprint.response(201, ChangeOutput)
@requires("change.create")
def create(data: dict[str, Any]) -> Any:
    """Open a change; a standard one needs an approved model, an emergency one its approvers."""
    actor = current_actor()
    change = services.open_change(actor, **from_input(actor, data))
    return answer_created(actor, change)


def from_input(actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the service takes, from what the schema read: addresses, names and numbers become ids and records."""
    values = opening_values(data, PLAIN)
    values["requester_id"] = person_id("requester", data.get("requester"))
    values["model"] = queries.find_model(data.get("model"))
    values["approver_ids"] = _approver_ids(data.get("approvers", ()))
    values["ci_ids"] = cmdb.ids_of(actor, data.get("ci", ()))
    return values


def _approver_ids(addresses: Any) -> list[int]:
    found = (person_id("approvers", address) for address in addresses)
    return [each for each in found if each is not None]


def apply(actor: Actor, change: Change, changes: Mapping[str, Any]) -> None:
    """Apply a PATCH: plan and window by their own rules, then what all tickets share."""
    own = {name: changes[name] for name in PLAN | WINDOW if name in changes}
    if "approvers" in changes:
        own["approver_ids"] = _approver_ids(changes["approvers"])
    if own:
        services.change_plan(actor, change, version=None, changes=own)
    apply_changes(actor, change, {name: value for name, value in changes.items() if name not in own})


@blueprint.get("/changes/<string:number>/approvals")
@blueprint.response(200, api.page_schema(ApprovalOutput))
@signed_in
def read_approvals(number: str) -> dict[str, Any]:
    """The questions put to approvers, newest first, with every vote; for staff and for who may vote."""
    actor = current_actor()
    change = queries.get_change(actor, number)
    if not actor.has("tickets.read") and not actor.has("change.vote"):
        raise Forbidden(_("Only staff and approvers read how a change is decided on."))
    return {"items": present_approvals(approvals.list_of_subject("change", change.id)), "next": None}


@blueprint.post("/changes/<string:number>/approvals")
@blueprint.arguments(VoteInput)
@blueprint.response(201, ApprovalOutput)
@requires("change.vote")
def vote(ballot: dict[str, Any], number: str) -> dict[str, Any]:
    """Cast or change the caller's own vote; only a named approver who did not ask for the change votes."""
    actor = current_actor()
    change = queries.get_change(actor, number, lock=True)
    current = approvals.find_current("change", change.id)
    if current is None:
        raise Conflict(_("Nobody was asked to decide on this change yet."), current={"state": change.state})
    approval = approval_services.vote(actor, current.id, vote=ballot["vote"], reason=ballot["reason"])
    return present_approvals([approval])[0]


add_routes(blueprint, Change, ChangeOutput, changes=ChangeChanges, apply=apply)
