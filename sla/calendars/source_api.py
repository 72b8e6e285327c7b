"""Sources of holidays and what they propose, as JSON."""

from typing import Any
from urllib.parse import urlsplit

from flask_smorest import Blueprint

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _, current_language
from itsm.web import api
from itsm.web.access import current_actor, requires
from sla.agreements import queries as agreement_queries
from sla.calendars import queries as calendar_queries
from sla.calendars import sources as calendar_sources
from sla.calendars.api import preview_json
from sla.calendars.models import CalendarSource, HolidayProposal
from sla.calendars.schemas import (
    CalendarPreviewOutput,
    DecisionInput,
    ProposalArguments,
    ProposalList,
    SourceInput,
    SourceList,
    SourceOutput,
)
from sla.calendars.source_views import ask_to_read
from sla.models import BusinessHours

blueprint = Blueprint("calendar-sources-api", __name__, description="Where holidays come from, and what is proposed")


def _source_json(source: CalendarSource) -> dict[str, Any]:
    row = {name: getattr(source, name) for name in ("id", "kind", "code", "read_at", "tried_at", "found", "left_out")}
    title = calendar_queries.source_title(source, current_language())
    if source.kind == "feed" and not current_actor().has("sla.edit"):
        row["code"] = urlsplit(source.code).hostname  # the rest of an address may be a secret
    return row | {"name": title, "fault": str(calendar_queries.fault_of(source))}


def _proposal_json(proposal: HolidayProposal) -> dict[str, Any]:
    row = {name: getattr(proposal, name) for name in ("id", "source_id", "name", "action", "state")}
    return row | {"date": proposal.falls_on}


@blueprint.get("/calendars/<int:calendar_id>/sources")
@blueprint.response(200, SourceList)
@requires("sla.read")
def list_sources(calendar_id: int) -> dict[str, Any]:
    """Where a calendar's holidays come from, with how feeds were last read."""
    calendar = agreement_queries.get_calendar(calendar_id)
    return {"items": [_source_json(each) for each in calendar_queries.list_sources(calendar.id)]}


@blueprint.post("/calendars/<int:calendar_id>/sources")
@blueprint.arguments(SourceInput)
@blueprint.response(201, SourceOutput)
@requires("sla.edit")
def add_source(data: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """Have the holidays of a country or the whole days of a feed proposed; a feed is read in the background."""
    return _source_json(_added(agreement_queries.get_calendar(calendar_id), data))


def _added(calendar: BusinessHours, data: dict[str, Any]) -> CalendarSource:
    needed = "country" if data["kind"] == "country" else "address"
    if not data.get(needed):
        raise Invalid.field(needed, _("Give the country's code, or the feed's address."))
    if data["kind"] == "country":
        return calendar_sources.add_country(
            current_actor(),
            calendar,
            country=data["country"],
            region=data.get("region", ""),
            year=data.get("year"),
        )
    name = data.get("name") or data["address"]
    source = calendar_sources.add_feed(current_actor(), calendar, name=name, address=data["address"])
    ask_to_read(source)
    return source


@blueprint.delete("/calendars/<int:calendar_id>/sources/<int:source_id>")
@blueprint.response(204)
@requires("sla.edit")
def remove_source(calendar_id: int, source_id: int) -> None:
    """No longer ask a source; what was accepted from it stays."""
    calendar = agreement_queries.get_calendar(calendar_id)
    calendar_sources.remove_source(current_actor(), calendar_queries.get_source(calendar, source_id))


@blueprint.get("/calendars/<int:calendar_id>/proposals")
@blueprint.arguments(ProposalArguments, location="query")
@blueprint.response(200, ProposalList)
@requires("sla.read")
def list_proposals(arguments: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """What is proposed to a calendar (`state` open), or was accepted or refused, by date."""
    calendar = agreement_queries.get_calendar(calendar_id)
    rows = calendar_queries.list_proposals(calendar.id, state=arguments["state"])
    return {"items": [_proposal_json(each) for each in rows]}


@blueprint.post("/calendars/<int:calendar_id>/proposals/preview")
@blueprint.arguments(DecisionInput)
@blueprint.response(200, CalendarPreviewOutput)
@requires("sla.edit")
def preview_decision(data: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """Which open clocks would move if these proposals were accepted; nothing is saved."""
    calendar = agreement_queries.get_calendar(calendar_id)
    choice = calendar_sources.choose(calendar, accepted=data["accept"], refused=data["refuse"])
    return preview_json(calendar_sources.preview_choice(current_actor(), calendar, choice))


@blueprint.post("/calendars/<int:calendar_id>/proposals")
@blueprint.arguments(DecisionInput)
@blueprint.response(200, ProposalList)
@requires("sla.edit")
def decide(data: dict[str, Any], calendar_id: int) -> dict[str, Any]:
    """Accept and refuse proposals; answers those that are still open. Needs the calendar's If-Match."""
    calendar = agreement_queries.get_calendar(calendar_id)
    version = api.check_match(calendar)
    choice = calendar_sources.choose(calendar, accepted=data["accept"], refused=data["refuse"])
    calendar_sources.decide(current_actor(), calendar, choice, version=version)
    api.set_etag(calendar.version)
    return {"items": [_proposal_json(each) for each in calendar_queries.list_proposals(calendar.id)]}
