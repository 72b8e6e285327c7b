"""Calendars and agreements as JSON."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from itsm.identity import references
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla import definitions, queries, working_hours
from sla.definitions import StepInput
from sla.models import BusinessHours
from sla.queries import ShownAgreement
from sla.schemas import (
    AgreementChanges,
    AgreementInput,
    AgreementOutput,
    CalendarChanges,
    CalendarInput,
    CalendarOutput,
    ListArguments,
)
from sla.working_hours import Workers

blueprint = Blueprint("slas-api", __name__, description="Service level agreements and business calendars")

MEMBERS = ("weekly", "holidays", "date_hours")
EMPTY: Mapping[str, Any] = {"weekly": {}, "holidays": [], "date_hours": {}}


def calendar_json(calendar: BusinessHours, workers: Workers) -> dict[str, Any]:
    """A calendar as its output schema wants it."""
    row = {"id": calendar.id, "name": calendar.name, "tz": calendar.timezone, "version": calendar.version}
    row |= {"groups": list(workers.groups.values()), "people": list(workers.people.values())}
    return row | {name: calendar.definition.get(name, EMPTY[name]) for name in MEMBERS}


def _whole(calendar: BusinessHours) -> dict[str, Any]:
    api.set_etag(calendar.version)
    return calendar_json(calendar, working_hours.workers_of([calendar.id])[calendar.id])


def _set_workers(calendar: BusinessHours, data: Mapping[str, Any]) -> None:
    groups = references.group_ids("groups", [name for name in data["groups"] if name]) if "groups" in data else None
    people = working_hours.people_ids(data["people"]) if "people" in data else None
    working_hours.set_workers(current_actor(), calendar, group_ids=groups, person_ids=people)


@blueprint.get("/calendars")
@blueprint.arguments(ListArguments, location="query")
@blueprint.response(200, api.page_schema(CalendarOutput))
@requires("sla.read")
def list_calendars(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of calendars, oldest first."""
    page = queries.page_calendars(limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    workers = working_hours.workers_of([calendar.id for calendar in page.items])
    return api.page_body(page.map(lambda calendar: calendar_json(calendar, workers[calendar.id])))


@blueprint.get("/calendars/<int:calendar_id>")
@blueprint.response(200, CalendarOutput)
@requires("sla.read")
def read_calendar(calendar_id: int) -> dict[str, Any]:
    """One calendar."""
    return _whole(queries.get_calendar(calendar_id))


@blueprint.post("/calendars")
@blueprint.arguments(CalendarInput)
@blueprint.response(201, CalendarOutput)
@requires("sla.edit")
def create_calendar(data: dict[str, Any]) -> Any:
    """Record a calendar."""
    definition = {name: data[name] for name in MEMBERS}
    calendar = definitions.create_calendar(
        current_actor(), name=data["name"], timezone=data["tz"], definition=definition
    )
    _set_workers(calendar, data)
    return api.created(_whole(calendar), ".read_calendar", calendar_id=calendar.id)


@blueprint.patch("/calendars/<int:calendar_id>")
@blueprint.arguments(CalendarChanges)
@blueprint.response(200, CalendarOutput)
@requires("sla.edit")
def change_calendar(data: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """Change a calendar; open clocks that count in it are computed anew in the background. Needs If-Match."""
    calendar = queries.get_calendar(calendar_id)
    api.check_match(calendar)
    definition = calendar.definition | {name: data[name] for name in MEMBERS if name in data}
    definitions.change_calendar(
        current_actor(),
        calendar,
        name=data.get("name", calendar.name),
        timezone=data.get("tz", calendar.timezone),
        definition=definition,
    )
    _set_workers(calendar, data)
    return _whole(calendar)


def agreement_json(shown: ShownAgreement) -> dict[str, Any]:
    """An agreement as its output schema wants it."""
    row = shown.row
    columns = ("id", "name", "active", "order", "condition", "pause_response", "reopen_counts", "target_change")
    return {name: getattr(row, name) for name in (*columns, "valid_from", "valid_to", "version")} | {
        "organisation": shown.organisation,
        "calendar": shown.calendar,
        "targets": [
            {"metric": each.metric, "priority": each.priority, "seconds": each.seconds} for each in shown.targets
        ],
        "steps": [
            {"metric": each.metric, "percent": each.percent, "actions": each.actions, "urgent": each.urgent}
            for each in shown.steps
        ],
    }


@blueprint.get("/slas")
@blueprint.arguments(ListArguments, location="query")
@blueprint.response(200, api.page_schema(AgreementOutput))
@requires("sla.read")
def list_agreements(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of agreements, oldest first."""
    page = queries.page_agreements(limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    return api.page_body(page.map(agreement_json))


@blueprint.get("/slas/<int:agreement_id>")
@blueprint.response(200, AgreementOutput)
@requires("sla.read")
def read_agreement(agreement_id: int) -> dict[str, Any]:
    """One agreement."""
    shown = queries.show_agreement(agreement_id)
    api.set_etag(shown.row.version)
    return agreement_json(shown)


@blueprint.post("/slas")
@blueprint.arguments(AgreementInput)
@blueprint.response(201, AgreementOutput)
@requires("sla.edit")
def create_agreement(data: dict[str, Any]) -> Any:
    """Record an agreement."""
    agreement = definitions.create_agreement(
        current_actor(), facts=_facts(data), targets=_targets(data["targets"]), steps=_steps(data.get("steps", []))
    )
    body = agreement_json(queries.show_agreement(agreement.id))
    return api.created(body, ".read_agreement", version=agreement.version, agreement_id=agreement.id)


@blueprint.patch("/slas/<int:agreement_id>")
@blueprint.arguments(AgreementChanges)
@blueprint.response(200, AgreementOutput)
@requires("sla.edit")
def change_agreement(data: dict[str, Any], agreement_id: int) -> dict[str, Any]:
    """Change an agreement; its open clocks are computed anew in the background. Needs If-Match."""
    agreement = queries.get_agreement(agreement_id)
    api.check_match(agreement)
    targets = _targets(data["targets"]) if "targets" in data else None
    steps = _steps(data["steps"]) if "steps" in data else None
    definitions.change_agreement(current_actor(), agreement, facts=_facts(data), targets=targets, steps=steps)
    api.set_etag(agreement.version)
    return agreement_json(queries.show_agreement(agreement_id))


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in data.items() if name in definitions.AGREEMENT_FACTS}
    if "calendar" in data:
        facts["calendar_id"] = queries.calendar_id_by_name(data["calendar"])
        if facts["calendar_id"] is None:
            raise Invalid.field("calendar", _("There is no calendar “%(name)s”.", name=data["calendar"]))
    if "organisation" in data:
        facts["organisation_id"] = _organisation_id(data["organisation"])
    return facts


def _organisation_id(name: str | None) -> int | None:
    found = queries.organisation_id_by_name(name) if name else None
    if name and found is None:
        raise Invalid.field("organisation", _("There is no organisation “%(name)s”.", name=name))
    return found


def _targets(members: list[dict[str, Any]]) -> dict[tuple[str, int], int]:
    targets = {(each["metric"], each["priority"]): each["seconds"] for each in members}
    if len(targets) < len(members):
        raise Invalid.field("targets", _("Two targets are for the same metric and priority."))
    return targets


def _steps(members: list[dict[str, Any]]) -> list[StepInput]:
    return [StepInput(each["metric"], each["percent"], tuple(each["actions"]), each["urgent"]) for each in members]
