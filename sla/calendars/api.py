"""Calendars as JSON."""

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint

from itsm.identity import references
from itsm.kernel import clock
from itsm.kernel.formats import Reader
from itsm.kernel.records import locked
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla.agreements import queries as agreement_queries
from sla.agreements.previews import Preview
from sla.agreements.schemas import ListArguments
from sla.calendars import services as calendar_services
from sla.calendars import working_hours
from sla.calendars.schemas import (
    CalendarChanges,
    CalendarInput,
    CalendarOutput,
    CalendarPreviewOutput,
    YearArguments,
    YearOutput,
)
from sla.calendars.working_hours import Workers
from sla.calendars.written import names_of, written_of
from sla.calendars.year import year_of
from sla.models import BusinessHours

blueprint = Blueprint("calendars-api", __name__, description="Business calendars")

MEMBERS = ("weekly", "holidays", "date_hours", "names", "recurring")


def calendar_json(calendar: BusinessHours, workers: Workers) -> dict[str, Any]:
    """A calendar as its output schema wants it."""
    row = {"id": calendar.id, "name": calendar.name, "tz": calendar.timezone, "version": calendar.version}
    row |= {"groups": list(workers.groups.values()), "people": list(workers.people.values())}
    return written_of(calendar) | row


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
    page = agreement_queries.page_calendars(limit=arguments.get("limit"), cursor=arguments.get("cursor"))
    workers = working_hours.workers_of([calendar.id for calendar in page.items])
    return api.page_body(page.map(lambda calendar: calendar_json(calendar, workers[calendar.id])))


@blueprint.get("/calendars/<int:calendar_id>")
@blueprint.response(200, CalendarOutput)
@requires("sla.read")
def read_calendar(calendar_id: int) -> dict[str, Any]:
    """One calendar."""
    return _whole(agreement_queries.get_calendar(calendar_id))


@blueprint.post("/calendars")
@blueprint.arguments(CalendarInput)
@blueprint.response(201, CalendarOutput)
@requires("sla.edit")
def create_calendar(data: dict[str, Any]) -> Any:
    """Record a calendar."""
    definition = {name: data[name] for name in MEMBERS if name in data}
    calendar = calendar_services.create_calendar(
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
    calendar = locked(BusinessHours, calendar_id)
    api.check_match(calendar)
    definition = _changed(calendar, data)
    calendar_services.change_calendar(
        current_actor(),
        calendar,
        name=data.get("name", calendar.name),
        timezone=data.get("tz", calendar.timezone),
        definition=definition,
    )
    _set_workers(calendar, data)
    return _whole(calendar)


def _changed(calendar: BusinessHours, data: Mapping[str, Any]) -> dict[str, Any]:
    return written_of(calendar) | {name: data[name] for name in MEMBERS if name in data}


@blueprint.post("/calendars/<int:calendar_id>/preview")
@blueprint.arguments(CalendarChanges)
@blueprint.response(200, CalendarPreviewOutput)
@requires("sla.edit")
def preview_calendar(data: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """Which open clocks would move if the calendar changed so; nothing is saved."""
    calendar = agreement_queries.get_calendar(calendar_id)
    timezone = data.get("tz", calendar.timezone)
    return preview_json(
        calendar_services.preview_calendar(
            current_actor(), calendar, timezone=timezone, definition=_changed(calendar, data)
        )
    )


def preview_json(preview: Preview) -> dict[str, Any]:
    """What a change would move, as its output schema wants it."""
    moves = [
        {
            "ticket": move.number,
            "metric": move.metric,
            "due_at": move.before_at,
            "due_then_at": move.after_at,
            "state": move.before_state,
            "state_then": move.after_state,
        }
        for move in preview.moves
    ]
    return {"moves": moves, "looked_at": preview.looked_at, "tickets": preview.total}


@blueprint.get("/calendars/<int:calendar_id>/year")
@blueprint.arguments(YearArguments, location="query")
@blueprint.response(200, YearOutput)
@requires("sla.read")
def read_year(arguments: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """A year of a calendar, day by day: the Gregorian one asked for, or the present one."""
    calendar = agreement_queries.get_calendar(calendar_id)
    today = clock.now().date()
    written = written_of(calendar)
    found = calendar_services.compiled(calendar.timezone, written)
    year = year_of(found.calendar, Reader(), arguments.get("year", today.year), names_of(written, year=today.year))
    days = [
        {"date": day.day, "kind": day.kind, "hours": day.hours, "seconds": day.seconds, "name": day.name}
        for month in year.months
        for day in month.days
    ]
    return {"year": year.number, "seconds": year.seconds, "days": days}
