"""Reports by mail as JSON."""

from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.reports.builder import policy, queries, subscriptions
from itsm.reports.builder.models import Recipient, Subscription
from itsm.reports.builder.schemas import SubscriptionChanges, SubscriptionInput, SubscriptionOutput
from itsm.web import api
from itsm.web.access import current_actor, requires

blueprint = Blueprint("subscriptions-api", __name__, description="Reports that go out by mail on a schedule")

SHOWN = ("id", "owner_id", "saved_id", "arguments", "rhythm", "day", "file_format", "active", "failed_at", "fault")


def _as_json(row: Subscription, people: Sequence[tuple[Recipient, str]]) -> dict[str, Any]:
    recipients = [
        {"person_id": each.person_id, "name": name, "active": each.active, "next_at": each.next_at}
        for each, name in people
    ]
    time = f"{row.minute // 60:02d}:{row.minute % 60:02d}"
    more = {"report": row.report or None, "time": time, "recipients": recipients, "version": row.version}
    return {name: getattr(row, name) for name in SHOWN} | more


def _one(row: Subscription) -> dict[str, Any]:
    api.set_etag(row.version)
    return _as_json(row, queries.recipients_of([row.id]).get(row.id, []))


@blueprint.get("/reports/subscriptions")
@blueprint.response(200, api.page_schema(SubscriptionOutput))
@requires(policy.READ)
def list_subscriptions() -> dict[str, Any]:
    """Your subscriptions and, with the right to send reports, everyone's; at most 200."""
    rows = queries.list_subscriptions(current_actor())
    people = queries.recipients_of([row.id for row in rows])
    return {"items": [_as_json(row, people.get(row.id, [])) for row in rows], "next": None}


@blueprint.get("/reports/subscriptions/<int:subscription_id>")
@blueprint.response(200, SubscriptionOutput)
@requires(policy.READ)
def read_subscription(subscription_id: int) -> dict[str, Any]:
    """One subscription."""
    return _one(queries.get_subscription(current_actor(), subscription_id))


@blueprint.post("/reports/subscriptions")
@blueprint.arguments(SubscriptionInput)
@blueprint.response(201, SubscriptionOutput)
@requires(policy.READ)
def create_subscription(data: dict[str, Any]) -> Any:
    """Have a report mailed on a schedule, to yourself or, with the right to, to others."""
    people, myself = data.pop("people"), data.pop("myself")
    row = subscriptions.subscribe(current_actor(), _facts(data), people, myself=myself)
    return api.created(_one(row), ".read_subscription", version=row.version, subscription_id=row.id)


@blueprint.patch("/reports/subscriptions/<int:subscription_id>")
@blueprint.arguments(SubscriptionChanges)
@blueprint.response(200, SubscriptionOutput)
@requires(policy.READ)
def change_subscription(data: dict[str, Any], subscription_id: int) -> dict[str, Any]:
    """Change a subscription; `people` and `myself` together say to whom it goes from now on. Needs If-Match."""
    actor = current_actor()
    row = queries.get_subscription(actor, subscription_id)
    version = api.check_match(row)
    if "people" not in data and "myself" not in data:
        return _one(subscriptions.change_facts(actor, row.id, version=version, facts=_changed_facts(row, data)))
    for name in ("people", "myself"):
        if name not in data:
            raise Invalid.field(name, _("Give `people` and `myself` together: they say to whom it goes from now on."))
    people, myself = data.pop("people"), data.pop("myself")
    facts = _changed_facts(row, data)
    return _one(
        subscriptions.change_subscription(actor, row.id, version=version, facts=facts, emails=people, myself=myself)
    )


@blueprint.delete("/reports/subscriptions/<int:subscription_id>")
@blueprint.response(204)
@requires(policy.READ)
def end_subscription(subscription_id: int) -> None:
    """Send this report no more."""
    subscriptions.delete_subscription(current_actor(), subscription_id)


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    """What the services take, from what the API was given; a report is either a kept question or a ready one."""
    saved_id, report = data.get("saved_id"), data.get("report", "")
    if saved_id is not None and report:
        raise Invalid.field("report", _("Name a kept question or a ready report, not both."))
    hours, minutes = data["time"].split(":")
    kept = {name: data[name] for name in ("rhythm", "day", "file_format", "active")}
    arguments = dict(data["arguments"]) if saved_id is None else {}
    return kept | {
        "saved_id": saved_id,
        "report": report,
        "arguments": arguments,
        "minute": int(hours) * 60 + int(minutes),
    }


def _changed_facts(row: Subscription, data: dict[str, Any]) -> dict[str, Any]:
    present = {name: getattr(row, name) for name in ("saved_id", "report", "arguments", "rhythm", "day", "file_format")}
    present |= {"active": row.active, "time": f"{row.minute // 60:02d}:{row.minute % 60:02d}"}
    if "saved_id" in data:
        present["report"] = ""
    elif "report" in data:
        present["saved_id"] = None
    return _facts(present | data)
