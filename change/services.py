"""Every write to changes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from change import policy, queries
from change.models import EMERGENCY, STANDARD, Change, ChangeModel
from change.touched import touched_by
from cmdb import services as cmdb
from itsm.approvals import services as approvals
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _
from itsm.tickets import policy as ticket_policy
from itsm.tickets import services

TITLE_LENGTH = 255
FROM_MODEL = ("plan", "test_plan", "backout_plan")
FACTS = (
    "reason",
    "plan",
    "test_plan",
    "backout_plan",
    "risk_reason",
    "planned_start_at",
    "planned_end_at",
    "outage_expected",
)


def open_change(
    actor: Actor,
    *,
    title: str,
    change_type: str = "normal",
    description: str = "",
    impact: int = 3,
    urgency: int = 3,
    requester_id: int | None = None,
    category_id: int | None = None,
    group_id: int | None = None,
    model: ChangeModel | None = None,
    risk_level: str | None = None,
    approver_ids: Collection[int] = (),
    ci_ids: Sequence[int] = (),
    **facts: Any,
) -> Change:
    """Record a change; `facts` are plan and window (`FACTS`). Without a requester, the actor asks for it.

    A standard change needs an approved model, whose plan it takes over where none is given; it carries low risk. An
    emergency change names its approvers, who are asked at once. Raises `Invalid` that names the field. Rule: G1, G3, G9.
    """
    require(actor, "change.create")
    if not title.strip():
        raise Invalid.field("title", _("Say in a few words what will be changed."))
    _check_model(change_type, model)
    _check_window(facts.get("planned_start_at"), facts.get("planned_end_at"))
    change = Change(
        title=title.strip()[:TITLE_LENGTH],
        description=description.strip(),
        change_type=change_type,
        impact=impact,
        urgency=urgency,
        requester_id=requester_id if requester_id is not None else actor.person_id,
        category_id=category_id,
        channel=actor.channel,
        model_id=model.id if model else None,
        risk_level=risk_level or ("low" if model else "medium"),
        approver_ids=sorted(set(approver_ids)),
        **{name: facts[name] for name in FACTS if facts.get(name) is not None},
    )
    _take_over(change, model)
    _check_approvers(actor, change, change.approver_ids)
    with services.opening(actor, change, group_id=group_id):
        cmdb.attach_cis(actor, change, list(ci_ids), opening=True)
    if change_type == EMERGENCY:
        ask_approvers(change)
    elif ci_ids:
        refresh_touched(change)
    return change


def _check_model(change_type: str, model: ChangeModel | None) -> None:
    if change_type != STANDARD:
        if model is not None:
            raise Invalid.field("model", _("Only a standard change follows a model."))
        return
    if model is None:
        raise Invalid.field(
            "model", _("A standard change follows an approved model. Choose one, or open a normal change.")
        )
    if not model.approved:
        raise Invalid.field(
            "model", _("“%(name)s” is not approved yet. Open a normal change instead.", name=model.name)
        )


def _check_window(start: datetime | None, end: datetime | None) -> None:
    if (start is None) != (end is None):
        missing = "planned_start_at" if start is None else "planned_end_at"
        raise Invalid.field(missing, _("A planned window has a start and an end."))
    if start is not None and end is not None and end <= start:
        raise Invalid.field("planned_end_at", _("The planned window must end after it starts."))


def _take_over(change: Change, model: ChangeModel | None) -> None:
    for name in FROM_MODEL:
        if model is not None and not getattr(change, name):
            setattr(change, name, getattr(model, name))


def _check_approvers(actor: Actor, change: Change, approver_ids: Collection[int]) -> None:
    """Approvers hold the right to vote and have not asked for the change themselves. Rule: G9."""
    if change.change_type == EMERGENCY and not approver_ids:
        raise Invalid.field("approvers", _("Name at least one person who can authorise this emergency change now."))
    possible = {person.id: person.name for person in queries.list_possible_approvers()} if approver_ids else {}
    asking = {change.requester_id, change.opened_by_id if change.id else actor.person_id}
    for person_id in approver_ids:
        if person_id not in possible:
            raise Invalid.field("approvers", _("One of these people does not have the right to decide on changes."))
        if person_id in asking:
            raise Invalid.field(
                "approvers",
                _("%(name)s asked for this and cannot decide on it. Name somebody else.", name=possible[person_id]),
            )


def change_plan(actor: Actor, change: Change, *, version: int | None, changes: Mapping[str, Any]) -> None:
    """Change plan, risk, approvers or window. Rule: G5.

    While approvers are deciding, a change of what they decide on withdraws their question and asks anew. Raises
    `Forbidden` without the right, `Conflict` once the decision or the work stands against it.
    """
    check_version(change, version)
    objection = policy.objection_to_planning(actor, change, changes.keys())
    if objection is not None:
        raise (Conflict if ticket_policy.can_work(actor, change) else Forbidden)(objection)
    wanted = dict(changes)
    if "approver_ids" in wanted:
        wanted["approver_ids"] = sorted(set(wanted["approver_ids"]))
        _check_approvers(actor, change, wanted["approver_ids"])
    window = {name: wanted.get(name, getattr(change, name)) for name in ("planned_start_at", "planned_end_at")}
    _check_window(window["planned_start_at"], window["planned_end_at"])
    services.change_facts(actor, change, version=None, changes=wanted)


def ask_approvers(change: Change) -> None:
    """Put a change to its approvers: all of them must agree, of an emergency change one. They may read it from now on.

    Rule: G2, G9.
    """
    refresh_touched(change)
    for person_id in change.approver_ids:
        services.watch(SYSTEM, change, person_id=person_id)
    approvals.ask(
        SYSTEM,
        "change",
        change.id,
        approver_ids=change.approver_ids,
        quorum=1 if change.change_type == EMERGENCY else None,
        step="authorise",
    )


def refresh_touched(change: Change) -> None:
    """Keep the names of the services that a change touches beside it, so that lists need no traversal."""
    touched = touched_by(SYSTEM, change)
    change.touched_services = [service.name for service in touched.services]
    change.touched_people = touched.people
    session.flush()


def create_model(actor: Actor, *, name: str, plan: str, test_plan: str = "", backout_plan: str = "") -> ChangeModel:
    """Record a model for standard changes; it authorises nothing until it is approved."""
    require(actor, "change.edit")
    model = ChangeModel(
        name=name.strip(), plan=plan.strip(), test_plan=test_plan.strip(), backout_plan=backout_plan.strip(),
        made_by_id=actor.person_id,
    )  # fmt: skip
    return create(actor, model, kind="change_model")


def approve_model(actor: Actor, model_id: int, *, approved: bool, version: int | None = None) -> ChangeModel:
    """Approve a model, or take the approval back; whoever wrote it does not approve it. Rule: G3."""
    require(actor, "change.manage")
    model = get(ChangeModel, model_id)
    check_version(model, version)
    if approved and model.made_by_id is not None and model.made_by_id == actor.person_id:
        raise Forbidden(_("You wrote this model, so somebody else approves it."))
    changes = {"approved": approved, "approved_by_id": actor.person_id if approved else None}
    apply_changes(actor, model, changes, kind="change_model")
    return model
