"""Pages of where a calendar's holidays come from, and of what is proposed."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel import jobs
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from sla.agreements import queries as agreement_queries
from sla.calendars import queries as calendar_queries
from sla.calendars import sources as calendar_sources
from sla.calendars.feed_reading import LARGEST_FEED
from sla.calendars.jobs import READ_FEED_TASK
from sla.calendars.models import CalendarSource
from sla.calendars.schemas import ProposalForm, SourceForm
from sla.calendars.views import calendar_page, stored_form
from sla.models import BusinessHours

blueprint = Blueprint("calendar_sources", __name__)


def ask_to_read(source: CalendarSource) -> None:
    """Have a feed read soon by a background task."""
    jobs.enqueue(
        READ_FEED_TASK,
        {"source_id": source.id},
        title=str(_("Read the calendar feed %(name)s", name=source.name)),
        requested_by_id=current_actor().person_id,
    )


def _back(calendar: BusinessHours) -> Response:
    return redirect(url_for("calendars.show_calendar", calendar_id=calendar.id, _anchor="proposals"))


def _refused(calendar: BusinessHours, side: Form) -> Any:
    return calendar_page(stored_form(calendar), calendar, side=side), 422


@blueprint.post("/sla/calendars/<int:calendar_id>/countries")
@requires("sla.edit")
def add_country(calendar_id: int) -> Any:
    """Have a country's holidays proposed."""
    calendar, form = agreement_queries.get_calendar(calendar_id), read_form(SourceForm)
    if form.ok:
        try:
            calendar_sources.add_country(
                current_actor(),
                calendar,
                country=form.data["country"],
                region=form.data["region"],
                year=form.data.get("year"),
            )
            return _back(calendar)
        except ItsmError as error:
            form.refuse(error)
    return _refused(calendar, form)


@blueprint.post("/sla/calendars/<int:calendar_id>/feeds")
@requires("sla.edit")
def add_feed(calendar_id: int) -> Any:
    """Have a feed's days proposed; it is read in the background."""
    calendar, form = agreement_queries.get_calendar(calendar_id), read_form(SourceForm)
    if form.ok:
        try:
            source = calendar_sources.add_feed(
                current_actor(), calendar, name=form.data["feed_name"], address=form.data["address"]
            )
            ask_to_read(source)
            return _back(calendar)
        except ItsmError as error:
            form.refuse(error)
    return _refused(calendar, form)


@blueprint.post("/sla/calendars/<int:calendar_id>/files")
@requires("sla.edit")
def add_file(calendar_id: int) -> Any:
    """Have the days of an iCal file proposed."""
    calendar, form = agreement_queries.get_calendar(calendar_id), Form()
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid.field("file", _("Choose a file that ends in .ics."))
        content = file.stream.read(LARGEST_FEED + 1)
        calendar_sources.take_file(current_actor(), calendar, name=file.filename, content=content)
        return _back(calendar)
    except ItsmError as error:
        form.refuse(error)
    return _refused(calendar, form)


@blueprint.post("/sla/calendars/<int:calendar_id>/sources/<int:source_id>/read")
@requires("sla.edit")
def read_source(calendar_id: int, source_id: int) -> Response:
    """Read a feed soon."""
    calendar = agreement_queries.get_calendar(calendar_id)
    source = calendar_queries.get_source(calendar, source_id)
    if source.kind == "feed":
        ask_to_read(source)
        flash(str(_("The feed is read in the background; look again in a minute.")), "success")
    return _back(calendar)


@blueprint.post("/sla/calendars/<int:calendar_id>/sources/<int:source_id>/remove")
@requires("sla.edit")
def remove_source(calendar_id: int, source_id: int) -> Response:
    """No longer ask a source."""
    calendar = agreement_queries.get_calendar(calendar_id)
    calendar_sources.remove_source(current_actor(), calendar_queries.get_source(calendar, source_id))
    return _back(calendar)


@blueprint.post("/sla/calendars/<int:calendar_id>/proposals")
@requires("sla.edit")
def decide(calendar_id: int) -> Any:
    """Accept or refuse the ticked proposals, or show which open clocks accepting them would move."""
    calendar, form = agreement_queries.get_calendar(calendar_id), read_form(ProposalForm)
    if form.ok:
        try:
            return _decided(calendar, form)
        except ItsmError as error:
            form.refuse(error)
    return _refused(calendar, form)


def _decided(calendar: BusinessHours, form: Form) -> Any:
    ticked, then = form.data["proposals"], form.data["then"]
    if then == "refuse":
        calendar_sources.decide(
            current_actor(), calendar, calendar_sources.choose(calendar, accepted=[], refused=ticked)
        )
        return _back(calendar)
    choice = calendar_sources.choose(calendar, accepted=ticked)
    if then == "preview":
        preview = calendar_sources.preview_choice(current_actor(), calendar, choice)
        return calendar_page(stored_form(calendar), calendar, preview=preview, side=form, confirm="accept")
    calendar_sources.decide(current_actor(), calendar, choice)
    return _back(calendar)
