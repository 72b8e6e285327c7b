"""Recurring tickets as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_smorest import Blueprint

from cmdb import queries as cmdb
from itsm.identity import queries as identity
from itsm.identity import references
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.recurring import queries, schemas, services
from itsm.recurring.models import Recurrence, RecurrenceRun
from itsm.recurring.times import clock_text, minute_of
from itsm.tickets.api import category_id
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla.agreements import queries as sla

blueprint = Blueprint("recurring-api", __name__, description="Recurring tickets")

SAME = (
    "id", "name", "kind", "title", "description", "category_id", "impact", "urgency", "ci_ids", "rule", "starts_on",
    "timezone", "calendar_id", "off_days", "skip_if_open", "active", "next_at", "version",
)  # fmt: skip


def from_input(actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the services take, from what the schema read: names and addresses become ids."""
    values = dict(data)
    if "requester" in values:
        values["requester_id"] = references.person_id("requester", values.pop("requester"))
    if "category" in values:
        values["category_id"] = category_id(values.pop("category"))
    if "group" in values:
        values["group_id"] = references.group_id("group", values.pop("group"))
    if "calendar" in values:
        values["calendar_id"] = _calendar_id(values.pop("calendar"))
    if "ci" in values:
        values["ci_ids"] = list(cmdb.ids_of(actor, values.pop("ci")))
    if "time" in values:
        values["minute"] = minute_of(values.pop("time"))
    return values


def _calendar_id(name: str | None) -> int | None:
    found = sla.calendar_id_by_name(name) if name else None
    if name and found is None:
        raise Invalid.field("calendar", _("There is no “%(name)s”.", name=name))
    return found


def present(rows: Sequence[Recurrence]) -> list[dict[str, Any]]:
    """Recurring tickets as JSON; three statements for any number."""
    emails = identity.emails_of({row.requester_id for row in rows if row.requester_id})
    groups = {group.id: group.name for group in identity.list_groups(active_only=False)}
    last = queries.tickets_of(current_actor(), {row.last_ticket_id for row in rows if row.last_ticket_id})
    return [
        {name: getattr(row, name) for name in SAME}
        | {
            "requester": emails.get(row.requester_id or 0),
            "group": groups.get(row.group_id or 0),
            "time": clock_text(row.minute),
            "last_ticket": last[row.last_ticket_id].number if row.last_ticket_id in last else None,
        }
        for row in rows
    ]


def _one(row: Recurrence) -> dict[str, Any]:
    api.set_etag(row.version)
    return present([row])[0]


@blueprint.get("/recurrences")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.RecurrenceOutput))
@requires(services.EDIT)
def list_all(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of recurring tickets by name; `q` is part of a name."""
    page = queries.page_of_recurrences(
        words=arguments.get("q", ""), limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    return {"items": present(page.items), "next": page.next}


@blueprint.get("/recurrences/<int:recurrence_id>")
@blueprint.response(200, schemas.RecurrenceOutput)
@requires(services.EDIT)
def read_one(recurrence_id: int) -> dict[str, Any]:
    """One recurring ticket."""
    return _one(queries.get_recurrence(recurrence_id))


@blueprint.post("/recurrences")
@blueprint.arguments(schemas.RecurrenceInput)
@blueprint.response(201, schemas.RecurrenceOutput)
@requires(services.EDIT)
def create(data: dict[str, Any]) -> Any:
    """Record a recurring ticket."""
    row = services.create_recurrence(current_actor(), **from_input(current_actor(), data))
    return api.created(_one(row), ".read_one", version=row.version, recurrence_id=row.id)


@blueprint.post("/recurrences/preview")
@blueprint.arguments(schemas.RecurrenceInput)
@blueprint.response(200, schemas.PreviewOutput)
@requires(services.EDIT)
def preview(data: dict[str, Any]) -> dict[str, Any]:
    """The next five times of a recurring ticket that is not saved yet."""
    return {"items": services.preview(from_input(current_actor(), data)), "next": None}


@blueprint.patch("/recurrences/<int:recurrence_id>")
@blueprint.arguments(schemas.RecurrenceChanges)
@blueprint.response(200, schemas.RecurrenceOutput)
@requires(services.EDIT)
def change(data: dict[str, Any], recurrence_id: int) -> dict[str, Any]:
    """Change a recurring ticket; needs If-Match."""
    version = api.check_match(queries.get_recurrence(recurrence_id))
    values = from_input(current_actor(), data)
    return _one(services.edit_recurrence(current_actor(), recurrence_id, version=version, changes=values))


@blueprint.delete("/recurrences/<int:recurrence_id>")
@blueprint.response(204)
@requires(services.EDIT)
def delete(recurrence_id: int) -> None:
    """Forget a recurring ticket; the tickets that it opened stay."""
    services.delete_recurrence(current_actor(), recurrence_id)


@blueprint.get("/recurrences/<int:recurrence_id>/runs")
@blueprint.response(200, schemas.RecurrenceRunPage)
@requires(services.EDIT)
def runs(recurrence_id: int) -> dict[str, Any]:
    """What came of the last times, newest first."""
    rows = queries.list_runs(queries.get_recurrence(recurrence_id).id)
    tickets = queries.tickets_of(current_actor(), {row.ticket_id for row in rows if row.ticket_id})
    return {"items": [_run(row, tickets) for row in rows], "next": None}


def _run(row: RecurrenceRun, tickets: Mapping[int, Any]) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in ("due_at", "at", "outcome", "passed_over", "reason")}
    return same | {
        "ticket": tickets[row.ticket_id].number if row.ticket_id is not None and row.ticket_id in tickets else None
    }
